"""What breaks with one parcel stays with it: it is tried again later, is said where people look, and the others go on.

    faults = Faults(Work.REVIEW, now)
    for parcel in parcels:
        try:
            with transaction.atomic():
                think_over(parcel)
        except Exception as error:
            again = faults.broke(parcel, error)  # raises what is the database's own affair once more
        else:
            faults.went_well(parcel)

A row a parcel and kind of work, gone once that goes well. The log names the parcel's ref and the place in the code, not
what the error says: that may be the parcel's contents.
"""

from __future__ import annotations

import datetime as dt
import logging
import traceback
from functools import cache
from pathlib import Path

from django.db import InterfaceError, OperationalError
from msgspec import Struct

from dozor import knowledge
from dozor.service.parcels.models import Fault, Parcel, Work

log = logging.getLogger("dozor.faults")


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """faults.toml."""

    source: str
    first_minutes: float
    times: float
    most_hours: float
    named: int


@cache
def settings() -> Settings:
    """The table. Raises KnowledgeError."""
    return knowledge.document("service/parcels", "faults.toml", Settings)


def pause(times: int) -> dt.timedelta:
    """How long to wait after so many faults in a row (from one)."""
    table = settings()
    longer = table.times ** min(max(times - 1, 0), 64)
    return dt.timedelta(minutes=min(table.first_minutes * longer, table.most_hours * 60))


def place_of(error: Exception) -> str:
    """What kind of error it was and where it arose, as far as that is our code: "KeyError at journey/weave.py:120"."""
    ours = [
        f"{Path(frame.filename).relative_to(knowledge.PACKAGE)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(knowledge.PACKAGE)
    ]
    return f"{type(error).__name__} at {ours[-1]}" if ours else type(error).__name__


class Faults:
    """The faults of one kind of work at an instant; read once, so that what goes well costs no query."""

    def __init__(self, work: Work, now: dt.datetime) -> None:
        self.work, self.now = work, now
        self.known = {
            (row.parcel_id, row.subject): row
            for row in Fault.objects.filter(work=work).only("parcel", "subject", "until")
        }

    def waiting(self) -> list[int]:
        """Parcels that this work is not to be tried with yet."""
        return [parcel for (parcel, _), row in self.known.items() if row.until > self.now]

    def broke(self, parcel: Parcel, error: Exception, subject: str = "") -> dt.datetime:
        """Notes a fault; when to try again. An error of the database's own (it is away, it is busy) is raised again."""
        if isinstance(error, (OperationalError, InterfaceError)):
            raise error
        if not Parcel.objects.filter(pk=parcel.pk).exists():
            return self.now + pause(1)  # it was taken away meanwhile
        row, made = Fault.objects.get_or_create(
            parcel_id=parcel.pk,
            work=self.work.value,
            subject=subject,
            defaults={"times": 1, "first": self.now, "last": self.now, "until": self.now + pause(1)},
        )
        row.times = row.times if made else min(row.times + 1, 1000)
        row.last, row.until, row.place = self.now, self.now + pause(row.times), place_of(error)[:200]
        row.save(update_fields=["times", "last", "until", "place"])
        self.known[parcel.pk, subject] = row
        log.error(
            "%s of parcel %s broke, %d in a row, again at %s: %s",
            self.work.value,
            parcel.ref,
            row.times,
            row.until.isoformat(timespec="minutes"),
            row.place,
        )
        return row.until

    def went_well(self, parcel: Parcel, subject: str = "") -> None:
        """A fault that was known is over."""
        if self.known.pop((parcel.pk, subject), None) is not None:
            Fault.objects.filter(parcel_id=parcel.pk, work=self.work.value, subject=subject).delete()
