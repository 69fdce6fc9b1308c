"""Many reports become one journey: events read, placed, told once, ordered; then stage, silence, legs, lineage.

Every step is a function of the set of reports: the order in which they arrive does not matter, and weaving a
journey anew with one more report never loses a fact, unless the carrier takes it back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from msgspec.structs import replace

from dozor.journey.contradictions import contradictions
from dozor.journey.corrections import folded
from dozor.journey.duplicates import told_once
from dozor.journey.figures import figures, renumbered
from dozor.journey.legs import legs
from dozor.journey.lineage import Trace, guesses, lineage
from dozor.journey.normalise import Coded, normalise, open_to_text
from dozor.journey.order import in_order
from dozor.journey.parcels import Parcel, parcels
from dozor.journey.places.clocks import Clock, clock_of, clocked, placed
from dozor.journey.scans import DAY, UNDATED, Scan, instant, ranked, seconds
from dozor.model import Event, Journey, Milestone, Order, Outcome, OutcomeKind, Place, Reading, Report

LATEST = float("inf")
OVER = frozenset({Milestone.DELIVERED, Milestone.RETURNED, Milestone.LOST, Milestone.SEIZED, Milestone.CANCELLED})
# What says nothing about where the parcel is.
NO_MOVEMENT = frozenset({Milestone.PRE_SHIPMENT, Milestone.INFO, Milestone.CANCELLED})
ABROAD = frozenset(
    {
        Milestone.ARRIVED_DESTINATION_COUNTRY,
        Milestone.CUSTOMS_RELEASED,
        Milestone.CUSTOMS_HELD,
        Milestone.OUT_FOR_DELIVERY,
    }
)


# Scans that a parcel going back has as well.
ALSO_ON_THE_WAY_BACK = frozenset(
    {
        Milestone.ACCEPTED,
        Milestone.IN_TRANSIT,
        Milestone.EXPORT_PROCESSING,
        Milestone.LEFT_ORIGIN_COUNTRY,
        Milestone.ARRIVED_DESTINATION_COUNTRY,
        Milestone.CUSTOMS_PROCESSING,
        Milestone.CUSTOMS_RELEASED,
        Milestone.HANDED_TO_LOCAL_CARRIER,
        Milestone.ARRIVED_AT_DELIVERY_OFFICE,
    }
)


def weave(
    reports: Sequence[Report],
    now: dt.datetime,
    *,
    told: Sequence[Event] = (),
    order: Order | None = None,
    numbers: Sequence[Reading] = (),
) -> Journey:
    """The journey of one parcel at `now` (aware): of the first that `weave_each` finds.

    `told` are events that the buyer saw somewhere, `numbers` the readings of the numbers given, first one first.
    """
    return weave_each(reports, now, told=told, order=order, numbers=numbers, most=1)[0]


def weave_each(
    reports: Sequence[Report],
    now: dt.datetime,
    *,
    told: Sequence[Event] = (),
    order: Order | None = None,
    numbers: Sequence[Reading] = (),
    most: int | None = None,
) -> tuple[Journey, ...]:
    """One journey for each parcel that the reports speak of (see `parcels`), at least one and at `most` so many.

    How each ask ended is kept with every journey whose numbers were asked, and with the first for all others.
    """
    order = order or Order()
    every = parcels(reports, numbers, told)
    if not every:
        return (Journey(),)
    read = [_read(parcel) for parcel in every] if len(every) > 1 else []
    woven = []
    for place, parcel in enumerate(every[:most]):
        scans = read[place] if read else _read(parcel)
        others = [(each, read[other]) for other, each in enumerate(every) if other != place]
        asked = reports if place == 0 else parcel.reports
        woven.append(_woven(parcel, scans, others, asked, order, now))
    return tuple(woven)


def understood(event: Event) -> Event:
    """An event with its meaning, where code or text give one, its place, and its offset where the place tells it."""
    return _understood(event, event.system, event.number, event.sources)


def _woven(
    parcel: Parcel,
    scans: list[Scan],
    others: Sequence[tuple[Parcel, list[Scan]]],
    asked: Sequence[Report],
    order: Order,
    now: dt.datetime,
) -> Journey:
    reports = parcel.reports
    ordered = in_order(told_once(folded(scans)))
    every = ordered.scans
    real = [scan for scan in every if not scan.event.forecast and not scan.event.reversed]
    moves = _movements(real)
    destination = next((report.destination for report in reports if report.destination), None) or order.destination
    home = order.destination or destination
    origin = _origin(reports, real, parcel.readings, home)
    stage = _stage(real)
    life = _last_life(real)  # a number that lived before has its dates from the present life
    exported, imported = _borders(life, origin, home)
    last = moves[-1] if moves else None
    delivered = next((scan for scan in reversed(life) if is_delivery(scan, origin, home)), None)
    waiting = next((scan for scan in life if scan.milestone is Milestone.AVAILABLE_FOR_PICKUP), None)
    since = _since(scans)
    links = lineage(reports, parcel.group, parcel.given, since, _renumbered(real))
    carriers = {alias.number: alias.carrier for report in reports for alias in report.aliases if alias.carrier}
    if others and links:
        mine = Trace(links[0].number, _events(moves), destination, _grams(reports))
        links = (*links, *guesses(mine, (_trace(other, found) for other, found in others)))
    return Journey(
        numbers=links,
        events=_events(every),
        legs=legs(
            [scan for scan in real if scan.milestone is not None and scan.milestone not in NO_MOVEMENT],
            exported=exported,
            imported=imported,
            origin=origin,
            destination=home,
            now=None if stage in OVER else seconds(now),
            carriers=carriers,
            numbers=sorted(since, key=lambda number: (since[number], number)),
        ),
        stage=stage,
        first_seen=_first(real),
        first_acceptance=_first(_movements(life)) if len(life) < len(real) else _first(moves),
        last_movement=last.event if last else None,
        silence_days=None if last is None or last.at == UNDATED else max(0.0, (seconds(now) - last.at) / DAY),
        origin=origin,
        destination=destination,
        service=next((report.service for report in reports if report.service), None),
        delivered_at=delivered.utc() if delivered else None,
        exported_at=None if exported is None else instant(exported),
        imported_at=None if imported is None else instant(imported),
        available_since=waiting.utc() if waiting else None,
        contradictions=contradictions(every, reports, order, origin, ordered.uncertain),
        outcomes=_outcomes(asked),
    )


def _events(scans: Iterable[Scan]) -> tuple[Event, ...]:
    return tuple(scan.event for scan in scans)


# --- reading ----------------------------------------------------------------------------------------------


def _read(parcel: Parcel) -> list[Scan]:
    """Every event of a parcel, understood, with its place in its report."""
    scans: list[Scan] = []
    for report in parcel.reports:
        scans += _heard(report.carrier, report.number, report.events)
    by_system: dict[str, list[Event]] = {}
    for event in parcel.told:
        by_system.setdefault(event.system, []).append(event)
    for system, events in sorted(by_system.items()):
        scans += _heard(system, None, events)
    return _once(scans)


def _heard(carrier: str, number: str | None, events: Sequence[Event]) -> list[Scan]:
    itself = (carrier,) if carrier else ()
    return ranked(
        [
            _understood(
                event,
                event.system or carrier,
                event.number or number,
                event.sources or ((event.system,) if event.system else itself),
            )
            for event in events
        ]
    )


def _once(scans: Iterable[Scan]) -> list[Scan]:
    """The scans without rows that came again word for word, as they do when a system is asked every day."""
    once: dict[object, Scan] = {}
    for scan in scans:
        event = scan.event
        key = (event.system, event.number, event.text, event.code, scan.wall)
        known = once.setdefault(key, scan)
        if known.event == event:
            known.rank = min(known.rank, scan.rank)
        else:
            once[(*key, len(once))] = scan
    return list(once.values())


def _understood(event: Event, system: str, number: str | None, sources: tuple[str, ...]) -> Event:
    known = _known(event.text, event.lang, event.milestone, event.decided_by, event.rule, system, event.place)
    return replace(
        event,
        milestone=known.milestone,
        decided_by=known.decided_by,
        rule=known.rule,
        forecast=event.forecast or known.forecast,
        takes_back=event.takes_back or (known.reversed and not event.reversed),
        system=system,
        number=number,
        sources=sources,
        place=known.place,
        when=clocked(event.when, known.clock),
    )


class Known(NamedTuple):
    """What the words of an event, its code and its place tell; the same for every event of the same words."""

    milestone: Milestone | None
    decided_by: str | None
    rule: str | None
    forecast: bool
    reversed: bool
    place: Place | None
    clock: Clock


@lru_cache(maxsize=50_000)
def _known(
    text: str,
    lang: str | None,
    milestone: Milestone | None,
    decided_by: str | None,
    rule: str | None,
    system: str,
    place: Place | None,
) -> Known:
    forecast = taken_back = False
    if open_to_text(milestone, decided_by):
        coded = None if milestone is None else Coded(milestone, decided_by == "stage", rule or "")
        meaning = normalise(text, lang=lang, coded=coded)
        if meaning.milestone is not None:
            milestone, decided_by, rule = meaning.milestone, meaning.decided_by, meaning.rule
            forecast, taken_back = meaning.forecast, meaning.reversed
    found, zone = placed(place, text, milestone)
    return Known(
        milestone,
        decided_by,
        rule,
        forecast,
        taken_back,
        found,
        clock_of(system, found.country if found else None, zone),
    )


# --- what follows from the events -------------------------------------------------------------------------


def _movements(real: Sequence[Scan]) -> list[Scan]:
    """Scans that say the parcel was somewhere: no pre-advice, no notice, no row repeated word for word."""
    moves: list[Scan] = []
    before: Event | None = None
    for scan in real:
        if scan.milestone in NO_MOVEMENT:
            continue
        event = scan.event
        if before is not None and event.text and event.text == before.text and event.place == before.place:
            continue
        moves.append(scan)
        before = event
    return moves


def is_delivery(scan: Scan, origin: str | None, destination: str | None) -> bool:
    """Whether it was delivered where it goes: the end of an inland leg, at a forwarder, is no delivery to the buyer."""
    inland = origin is not None and destination not in (None, origin) and scan.country == origin
    return scan.milestone is Milestone.DELIVERED and not inland


def _stage(real: Sequence[Scan]) -> Milestone | None:
    """The meaning of the last scan that has one.

    A notice does not change it, nor does a label that comes late; what only moves on the way back is still returning.
    """
    stage: Milestone | None = None
    for scan in real:
        milestone = scan.milestone
        if milestone is None or milestone is Milestone.INFO:
            continue
        late = milestone is Milestone.PRE_SHIPMENT and stage is not None
        if not late and not (stage is Milestone.RETURN_STARTED and milestone in ALSO_ON_THE_WAY_BACK):
            stage = milestone
    return stage


def _last_life(real: Sequence[Scan]) -> Sequence[Scan]:
    """The scans since the last hole that is longer than a parcel's life."""
    hole = figures().hole_days * DAY
    for place in range(len(real) - 1, 0, -1):
        if real[place].at - real[place - 1].at > hole and real[place - 1].at != UNDATED:
            return real[place:]
    return real


def _origin(
    reports: Sequence[Report], real: Sequence[Scan], numbers: Sequence[Reading], destination: str | None
) -> str | None:
    """As it was said, or as the number's issuer tells, or where the first scan was, unless that is its destination."""
    said = next((report.origin for report in reports if report.origin), None)
    if said:
        return said
    issued = next((reading.country for reading in numbers if reading.country), None)
    first = next((scan.country for scan in real if scan.country), None)
    return issued or (first if first != destination else None)


def _borders(real: Sequence[Scan], origin: str | None, destination: str | None) -> tuple[float | None, float | None]:
    """When it left the country of origin and when it came into that of destination, as far as dated scans show."""
    exported = imported = None
    abroad = destination is not None and destination != origin
    for scan in real:
        country, milestone = scan.country, scan.milestone
        if milestone in NO_MOVEMENT or scan.at == UNDATED:
            continue
        if imported is None and (
            (abroad and country == destination)
            or (milestone in ABROAD and country != origin)
            or milestone is Milestone.ARRIVED_DESTINATION_COUNTRY
        ):
            imported = scan.at
        if exported is None and (
            imported is not None
            or milestone is Milestone.LEFT_ORIGIN_COUNTRY
            or (country is not None and origin is not None and country != origin)
        ):
            exported = scan.at
        if imported is not None and exported is not None:
            break
    return exported, imported


def _trace(parcel: Parcel, scans: Sequence[Scan]) -> Trace:
    every = in_order(told_once(folded(scans))).scans
    moves = _movements([scan for scan in every if not scan.event.forecast and not scan.event.reversed])
    destination = next((report.destination for report in parcel.reports if report.destination), None)
    number = min(parcel.given or parcel.group.numbers, default="")
    return Trace(number, _events(moves), destination, _grams(parcel.reports))


def _since(scans: Iterable[Scan]) -> dict[str, dt.datetime]:
    """The first event of each number."""
    first: dict[str, float] = {}
    for scan in scans:
        number = scan.event.number
        if number is not None and scan.at != UNDATED and scan.at < first.get(number, LATEST):
            first[number] = scan.at
    return {number: instant(at) for number, at in first.items()}


def _renumbered(real: Sequence[Scan]) -> dt.datetime | None:
    """When a carrier said that the number changes, whatever the new one is."""
    codes = renumbered()
    return next((scan.utc() for scan in real if (scan.system, scan.event.code or "") in codes), None)


def _grams(reports: Iterable[Report]) -> int | None:
    return next((report.weight_grams for report in reports if report.weight_grams), None)


def _first(scans: Sequence[Scan]) -> dt.datetime | None:
    return next((scan.utc() for scan in scans if scan.at != UNDATED), None)


# What an answer is worth when one system was asked several times: a find outweighs all, then the newest counts.
WORTH = {kind: -place for place, kind in enumerate(OutcomeKind)}


def _outcomes(reports: Sequence[Report]) -> dict[str, Outcome]:
    """How the last ask of each system ended; the kinds of nothing stay apart."""
    return {report.carrier: report.outcome for report in sorted(reports, key=_newest)}


def _newest(report: Report) -> tuple[bool, dt.datetime, int, str, str]:
    earliest = dt.datetime.min.replace(tzinfo=dt.UTC)
    found = report.outcome.kind is OutcomeKind.FOUND
    return found, report.asked_at or earliest, WORTH[report.outcome.kind], report.number, report.outcome.detail
