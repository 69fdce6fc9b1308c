"""Explaining the watch: when each parcel is asked about next, whom, and why then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import F
from msgspec import Struct

from dozor.carriers import systems
from dozor.model import Text
from dozor.service.parcels import actions
from dozor.service.parcels.faults import Faults
from dozor.service.parcels.models import Fate, Fault, Parcel, Person, Poll, Source, Work
from dozor.service.unchanged import Memory
from dozor.service.watch.settle import price_now

WHYS = frozenset(
    {
        "new",
        "woken",
        "likely",
        "floor",
        "ceiling",
        "paced",
        "refused",
        "failed",
        "no_key",
        "needs",
        "not_theirs",
        "broken",
    }
    | {"finished", "silent_too_long", "number_gone", "no_system", "received", "lost", "not_mine", "archived"}
)


# Faults that concern whoever waits for news; an answer that could not be written stands at its own row.
SHOWN = (Work.REVIEW.value, Work.TELL.value, Work.COMPOSE.value, Work.CALENDAR.value)


class Planned(Struct, frozen=True):
    """One row of the plan. `at` None: not asked any more. `source` says that the system itself wants a pause."""

    parcel: str
    title: str
    number: str
    system: str
    at: dt.datetime | None
    why: Text
    asked: dt.datetime | None
    outcome: str
    source: Text | None = None


def plan(now: dt.datetime, person: Person | None = None, ref: str | None = None) -> list[Planned]:
    """The rows of a person's open parcels (of everybody's where none is named), the soonest first."""
    polls = Poll.objects.filter(parcel__fate=Fate.OPEN).select_related("parcel")
    if person is not None:
        polls = polls.filter(parcel__owner=person)
    if ref is not None:
        polls = polls.filter(parcel__ref=ref)
    rows = _planned(polls.order_by(F("next_at").asc(nulls_last=True), "id"), now)
    faults = Fault.objects.filter(work__in=SHOWN, parcel__in=polls.values("parcel")).select_related("parcel")
    return [*(_faulty(row, row.parcel) for row in faults), *rows]


def plan_of(parcel: Parcel, polls: Sequence[Poll], now: dt.datetime) -> list[Planned]:
    """The rows of one open parcel, the soonest first. `polls` are its own; of itself its ref and title are read."""
    for row in polls:
        row.parcel = parcel
    rows = sorted(polls, key=lambda row: (row.next_at is None, row.next_at or now, row.pk))
    faults = Fault.objects.filter(work__in=SHOWN)
    broken = _rare.get("broken", lambda: frozenset(faults.values_list("parcel", flat=True)))
    mine = faults.filter(parcel_id=parcel.pk) if parcel.pk in broken else ()
    return [*(_faulty(row, parcel) for row in mine), *_planned(rows, now)]


def _pauses() -> dict[str, dt.datetime]:
    return dict(Source.objects.filter(closed_until__isnull=False).values_list("carrier", "closed_until"))


_rare = Memory(2)  # few rows, about all parcels


def _faulty(row: Fault, parcel: Parcel) -> Planned:
    """What broke with this parcel alone, and when it is tried again. What a system's row says is not said twice."""
    return Planned(
        parcel=parcel.ref,
        title=parcel.title,
        number="",
        system="Dozor",
        at=row.until,
        why=Text(f"watch.broken.{row.work}"),
        asked=row.last,
        outcome="",
    )


def _planned(polls: Iterable[Poll], now: dt.datetime) -> list[Planned]:
    closed = {carrier: until for carrier, until in _rare.get("closed", _pauses).items() if until > now}
    found = []
    for row in polls:
        system, pause = systems().get(row.carrier), closed.get(row.carrier)
        name, hours = (system.name, system.min_interval_hours) if system else (row.carrier, 0.0)
        why = row.why if row.why in WHYS else "new"
        found.append(
            Planned(
                parcel=row.parcel.ref,
                title=row.parcel.title,
                number=row.number,
                system=name,
                at=row.next_at,
                why=Text(f"watch.why.{why}", {"system": name, "hours": hours}),
                asked=row.asked_at,
                outcome=row.outcome,
                source=Text("watch.paused", {"until": pause}) if pause else None,
            )
        )
    return found


def prices() -> dict[str, float]:
    """What an ask of each watched system is reckoned at: one where its budget is ample, more where it is short."""
    from dozor.service.watch.tables import waits

    carriers = Poll.objects.filter(next_at__isnull=False).values_list("carrier", flat=True).distinct()
    return {carrier: price_now(carrier) / waits().price for carrier in carriers if carrier in systems()}


def forgotten() -> list[Parcel]:
    """Open parcels that nothing will ever look at again: there must be none."""
    return list(Parcel.objects.filter(fate=Fate.OPEN, review_at=None).select_related("owner", "order"))


def repair(now: dt.datetime) -> int:
    """Thinks forgotten parcels over, which gives them their next due time; how many there were."""
    lost, faults = forgotten(), Faults(Work.REVIEW, now)
    for parcel in lost:
        try:
            actions.review(parcel, now)
        except Exception as error:
            Parcel.objects.filter(pk=parcel.pk).update(review_at=faults.broke(parcel, error))
        else:
            faults.went_well(parcel)
    return len(lost)
