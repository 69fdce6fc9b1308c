"""Whom to tell what: untold answers and due reminders become rows of the outbox, and are marked in the same commit.

However often this is done, and by however many, an answer is put in once: its mark and its rows are one transaction,
and the key of a row (owner, what, channel) is unique.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.conf import settings
from django.db import transaction

from dozor.service.notify.compose import last_safe
from dozor.service.notify.models import EVERYTHING, Channel, Habits, Mute
from dozor.service.notify.tables import news
from dozor.service.notify.times import time_to_tell
from dozor.service.parcels import mapping, summary
from dozor.service.parcels.faults import Faults
from dozor.service.parcels.models import ENDED, Answer, Outbox, Parcel, Person, Reminder, Work
from dozor.service.parcels.people import zone_of

R = TypeVar("R", Answer, Reminder)
AT_ONCE = 100  # rows looked at in one transaction


def habits_of(person: Person) -> Habits:
    """How a person wants to be told; what nobody set is as it is by default."""
    return Habits.objects.filter(owner=person).first() or Habits(owner=person)


def decide(now: dt.datetime) -> int:
    """Puts everything that is new into the outbox; how many rows."""
    count = 0
    for step in (tell_answers, tell_reminders):
        more = True
        while more:
            put, more = step(now)
            count += put
    return count


def tell_answers(now: dt.datetime) -> tuple[int, bool]:
    """Answers that nobody was told of; how many rows were put in, and whether there is more to do."""
    with transaction.atomic():
        faults = Faults(Work.TELL, now)
        found = list(
            Answer.objects.filter(told_at=None)
            .exclude(parcel__in=faults.waiting())
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("parcel", "parcel__owner", "parcel__order")
            .order_by("id")[:AT_ONCE]
        )
        latest: dict[int, Answer] = {}
        changed: dict[int, dict[str, None]] = {}
        for row in found:
            latest[row.parcel_id] = row  # of several, the last is told, with all that changed
            # What somebody changes himself he reads where he changes it.
            own = row.at == row.parcel.changed
            changed.setdefault(row.parcel_id, {}).update(dict.fromkeys(() if own else row.change))

        def wanted(row: Answer) -> Iterable[Outbox]:
            habits = habits_of(row.parcel.owner)
            wanted = news().everything if habits.detail == EVERYTHING else news().matters
            if not set(changed[row.parcel_id]) & set(wanted) or not _may_be_told(row.parcel):
                return ()
            payload = {"kind": "answer", "answer": row.pk, "changed": list(changed[row.parcel_id])}
            return _for_channels(row.parcel, habits, row, f"answer:{row.pk}", payload, now)

        rows, broken = _each(latest.values(), wanted, faults)
        Answer.objects.filter(pk__in=[row.pk for row in found if row.parcel_id not in broken]).update(told_at=now)
    return len(rows), len(found) == AT_ONCE


def tell_reminders(now: dt.datetime) -> tuple[int, bool]:
    """Reminders whose day has come. Of several of a parcel the last is told."""
    with transaction.atomic():
        faults = Faults(Work.TELL, now)
        found = list(
            Reminder.objects.filter(done_at=None, at__lte=now)
            .exclude(parcel__in=faults.waiting())
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("parcel", "parcel__owner", "parcel__order")
            .order_by("at")[:AT_ONCE]
        )
        latest = {row.parcel_id: row for row in found}

        def wanted(row: Reminder) -> Iterable[Outbox]:
            answer = row.parcel.answers.first()
            if answer is None or not _may_be_told(row.parcel):
                return ()
            payload = {"kind": "reminder", "answer": answer.pk, "changed": [], "step": row.step}
            key = f"reminder:{row.parcel.ref}:{row.at:%Y%m%dT%H%M%S}"
            return _for_channels(row.parcel, habits_of(row.parcel.owner), answer, key, payload, now, loud=True)

        rows, broken = _each(latest.values(), wanted, faults)
        Reminder.objects.filter(pk__in=[row.pk for row in found if row.parcel_id not in broken]).update(done_at=now)
    return len(rows), len(found) == AT_ONCE


def _each(
    news_of: Iterable[R], wanted: Callable[[R], Iterable[Outbox]], faults: Faults
) -> tuple[list[Outbox], set[int]]:
    """The outbox rows of each parcel's news, put in; and the parcels with which that broke, whose news stay untold."""
    rows: list[Outbox] = []
    broken: set[int] = set()
    for row in news_of:
        try:
            with transaction.atomic():
                found = list(wanted(row))
        except Exception as error:
            faults.broke(row.parcel, error)
            broken.add(row.parcel_id)
        else:
            rows += found
            faults.went_well(row.parcel)
    Outbox.objects.bulk_create(rows, ignore_conflicts=True)
    return rows, broken


def _may_be_told(parcel: Parcel) -> bool:
    """A parcel that has ended, that is muted, or that is nobody's but the demonstration's, tells nothing."""
    staged = parcel.demo and not settings.CONFIG.demo
    return parcel.fate not in ENDED and not staged and not Mute.objects.filter(parcel=parcel).exists()


def _for_channels(
    parcel: Parcel,
    habits: Habits,
    answer: Answer,
    key: str,
    payload: dict[str, object],
    now: dt.datetime,
    *,
    loud: bool = False,
) -> Iterable[Outbox]:
    """A row for each channel of the parcel's owner, with the instant at which it may be told."""
    said = mapping.answer_struct(answer)
    step = str(payload.get("step", ""))
    loud = loud or summary.attention(said) >= news().loud
    before = last_safe(said, step)
    at = time_to_tell(
        now,
        zone_of(parcel.owner),
        quiet=(habits.quiet_from, habits.quiet_to),
        digest=habits.digest_at,
        loud=loud,
        before=before,
    )
    payload = {**payload, "loud": loud, "before": before.isoformat() if before else None}
    return [
        Outbox(
            owner=parcel.owner,
            parcel=parcel,
            key=f"{key}:{channel.ref}",
            channel=channel.ref,
            payload=payload,
            made=now,
            next_at=at,
        )
        for channel in Channel.objects.of(parcel.owner)
    ]
