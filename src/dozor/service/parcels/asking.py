"""Which systems are to be asked about a parcel: a `Poll` row each. When, is the watcher's to say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from django.conf import settings

from dozor.answer import read_numbers
from dozor.carriers import plan, systems
from dozor.model import Dossier, Kind, Reading, Report
from dozor.numbers import identify
from dozor.service.parcels import mapping
from dozor.service.parcels.models import Fate, Number, Parcel, Person, Poll
from dozor.service.parcels.models import Report as SaidRow


def plan_polls(parcel: Parcel, dossier: Dossier, now: dt.datetime, *, with_keys: Collection[str] = ()) -> int:
    """Makes the rows that are missing, due at once; stops those of numbers that are no longer the parcel's.

    About a parcel of the demonstration only the local peer is asked.
    """
    if parcel.demo and not settings.CONFIG.demo:
        return 0
    named = {row.number: row for row in parcel.numbers.all()}
    readings = [mention.readings[0] for mention in read_numbers(dossier) if mention.readings]
    known = {reading.normal for reading in readings}
    readings += [found for row in named.values() if not row.given and (found := _reading(row.number, known))]
    parcel.polls.exclude(number__in=[reading.normal for reading in readings]).update(next_at=None, why="number_gone")
    pins = {row.number: row.pinned for row in named.values() if row.pinned}
    made = 0
    for reading in readings:
        pinned = [pins[number] for number in (reading.normal,) if number in pins]
        pinned += [pin for number, pin in pins.items() if _normal(number) == reading.normal and pin not in pinned]
        made += _make(parcel, [reading], dossier.order.destination, now, with_keys, pinned)
    return made


def follow_aliases(
    parcel: Parcel, reports: Iterable[Report], now: dt.datetime, *, with_keys: Collection[str] = ()
) -> int:
    """Numbers that a system named as the same parcel's become the parcel's, and are asked about, too."""
    known = set(parcel.numbers.values_list("number", flat=True))
    made = 0
    asked = not parcel.demo or settings.CONFIG.demo
    for report in reports:
        for alias in report.aliases:
            if alias.guess or len(alias.number) > 128 or (reading := _reading(alias.number, known)) is None:
                continue
            known.add(alias.number)
            Number.objects.create(
                parcel=parcel,
                number=alias.number,
                position=len(known),
                given=False,
                follows=report.number,
                kind=alias.kind.value,
                said_by=report.carrier,
            )
            if asked:
                made += _make(parcel, [reading], parcel.order.destination, now, with_keys, ())
    return made


def stop(parcel: Parcel, why: str) -> None:
    """Nobody is asked about it any more."""
    parcel.polls.exclude(why="number_gone").update(next_at=None, why=why)


def wake(parcel: Parcel, now: dt.datetime) -> None:
    """Asked again from now on, at the pace of each system."""
    for row in parcel.polls.filter(next_at=None).exclude(why="number_gone"):
        row.next_at, row.why = polite(row, now), "woken"
        row.save(update_fields=["next_at", "why"])


def key_changed(person: Person, system: str, now: dt.datetime, *, with_keys: Collection[str]) -> None:
    """A person has a new key for a system, or none any more: it is asked about the open parcels, or not."""
    mine = Poll.objects.filter(carrier=system, parcel__owner=person, parcel__fate=Fate.OPEN)
    known = systems().get(system)
    if known is None:
        return
    if known.needs_key and system not in with_keys:
        mine.update(next_at=None, why="no_key")
        return
    for row in mine.filter(why="no_key"):
        row.next_at, row.why = polite(row, now), "woken"
        row.save(update_fields=["next_at", "why"])
    for parcel in Parcel.objects.of(person).filter(fate=Fate.OPEN).select_related("order"):
        plan_polls(parcel, mapping.read_dossier(parcel), now, with_keys=with_keys)


def polite(poll: Poll, now: dt.datetime) -> dt.datetime:
    """Now, or when the system may be asked about this number again."""
    system = systems().get(poll.carrier)
    if poll.asked_at is None or system is None:
        return now
    return max(now, poll.asked_at + dt.timedelta(hours=system.min_interval_hours))


def _make(
    parcel: Parcel,
    readings: Iterable[Reading],
    destination: str | None,
    now: dt.datetime,
    with_keys: Collection[str],
    pinned: Collection[str],
) -> int:
    there = {(row.carrier, row.number): row for row in parcel.polls.all()}
    readings = [reading for reading in readings if reading.kind is Kind.TRACKING or pinned]
    wanted = plan(readings, destination=destination, with_keys=with_keys, pinned=list(pinned))
    for row in there.values():
        # A number that was taken away and is given again.
        if row.why == "number_gone" and (row.carrier, row.number) in {(step.system, step.number) for step in wanted}:
            row.next_at, row.why = polite(row, now), "new"
            row.save(update_fields=["next_at", "why"])
    fresh = [
        _with_what_was_said(Poll(parcel=parcel, carrier=step.system, number=step.number, next_at=now, why="new"), now)
        for step in wanted
        if (step.system, step.number) not in there and len(step.number) <= 128 and step.system in systems()
    ]
    Poll.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def _with_what_was_said(poll: Poll, now: dt.datetime) -> Poll:
    """A system that answered about the number a short time ago, here or for another parcel, is not asked again yet.

    What people say that a system said stands on no bytes that we fetched: it is told to nobody else, nor is what was
    mixed with it.
    """
    known = poll.parcel.reports.filter(carrier=poll.carrier, number=poll.number).exclude(outcome__in=mapping.FAILED)
    report = known.last()
    if report is None and not systems()[poll.carrier].needs_key:
        since = now - dt.timedelta(hours=systems()[poll.carrier].min_interval_hours)
        alike = {"carrier": poll.carrier, "number": poll.number}
        unproven = SaidRow.objects.filter(**alike, snapshot=None).exclude(outcome__in=mapping.FAILED)
        others = Poll.objects.filter(**alike, answered_at__gt=since).exclude(parcel__in=unproven.values("parcel"))
        other = others.exclude(parcel=poll.parcel).select_related("parcel").order_by("-answered_at").first()
        if other is not None:
            for told in mapping.reports_of(other.parcel, poll.carrier, poll.number):
                mapping.write_report(poll.parcel, told, now)
            report = known.last()
    if report is not None and report.asked_at is not None:
        poll.asked_at = poll.answered_at = report.asked_at
        poll.said, poll.outcome = report.said, report.outcome
        poll.next_at = polite(poll, now)
    return poll


def _reading(number: str, known: Collection[str]) -> Reading | None:
    readings = identify(number)
    if not readings or readings[0].normal in known:
        return None
    return readings[0]


def _normal(number: str) -> str:
    readings = identify(number)
    return readings[0].normal if readings else number
