"""Letters written ahead: when somebody opens a parcel that nobody has looked at for long, its letter lies there.

Beside the pages, with little of the machine, and with next to nothing of it while pages are asked for. Only what a page
of this process would write itself is written, and put on the same shelf: nothing else reads it, and where a letter is
not there yet the page writes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from functools import cache

from django.db import DatabaseError
from django.db.models import Max
from django.utils import timezone, translation
from msgspec import Struct

from dozor import knowledge
from dozor.service import turn
from dozor.service.language import djangos
from dozor.service.parcels import learning, people
from dozor.service.parcels.models import Parcel, Person
from dozor.service.web import written
from dozor.service.writer import Writer

log = logging.getLogger("dozor.ahead")


class Ahead(Struct, frozen=True, forbid_unknown_fields=True):
    """The table."""

    source: str
    look_every: float
    share: float
    busy_share: float
    quiet: float


@cache
def table() -> Ahead:
    """ahead.toml."""
    return knowledge.document("service/web", "ahead.toml", Ahead)


class Scribe:
    """Writes what is missing. `marks`: what each parcel was when its letter was written; `broken`: where none was."""

    def __init__(self) -> None:
        self.marks: dict[int, int] = {}
        self.broken: set[int] = set()

    def missing(self) -> list[tuple[int, int, int]]:
        """Parcels (with owner and mark) whose letter is not there or not the latest, those that need somebody first."""
        shelf, now, latest = written.shelf(), timezone.now().timestamp(), learning.latest()
        parcels = Parcel.objects.order_by("-attention", "decide_by", "-pk").annotate(asked=Max("polls__answered_at"))
        rows = parcels.values_list("pk", "owner", "owner__lang", *MADE_OF)[: shelf.most]
        until, places, found = shelf.until(), set(), []
        for pk, owner, lang, *rest in rows:
            place, mark = repr((pk, lang)), hash((lang, latest, *rest))
            places.add(place)
            lies_there = pk in self.broken or until.get(place, 0.0) > now
            if self.marks.get(pk) != mark or not lies_there:
                found.append((pk, owner, mark))
        shelf.keep(places)
        return found

    def write(self, pk: int, owner: int, mark: int) -> float:
        """One letter, as a page of its owner's would; how much of a core it took, in seconds."""
        begun = time.thread_time()
        self.marks[pk] = mark
        self.broken.discard(pk)
        try:
            self._write(pk, owner)
        except DatabaseError:
            del self.marks[pk]
            raise
        except Exception:
            # The page says so to whoever opens it; the letters of others are not to wait for this one.
            self.broken.add(pk)
            log.exception("a letter could not be written")
        return time.thread_time() - begun

    def _write(self, pk: int, owner: int) -> None:
        person = Person.objects.filter(pk=owner).first()
        if person is None:
            return
        with turn.pages, translation.override(djangos(person.lang)), timezone.override(people.zone_of(person)):
            known = written.seen(person, pk=pk)
            if known is not None:
                written.parts(known, person, person.lang, timezone.now())


# By what is cheaply read of a parcel: where one of these is another, so is its letter.
MADE_OF = ("revision", "order__revision", "asked", "fate", "title", "owner__zone")


async def run(stop: asyncio.Event) -> None:
    """Until asked to stop."""
    writer, scribe, figures = Writer("ahead"), Scribe(), table()
    writer.stay()
    try:
        while not stop.is_set():
            for each in await writer(scribe.missing) or ():
                spent = await writer(scribe.write, *each) or 0.0
                taken = turn.pages.taken
                await _wait(stop, spent / figures.share - spent)
                longest = time.monotonic() + spent / figures.busy_share
                while turn.pages.taken != taken and time.monotonic() < longest:  # somebody is leafing
                    taken = turn.pages.taken
                    await _wait(stop, figures.quiet)
                if stop.is_set():
                    return
            await _wait(stop, figures.look_every)
    finally:
        writer.end()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
