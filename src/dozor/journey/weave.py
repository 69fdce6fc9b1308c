"""Many reports become one journey: events read, placed, told once, ordered; then stage, silence, legs, lineage.

Every step is a function of the set of reports: the order in which they arrive does not matter, and weaving a
journey anew with one more report never loses a fact, unless the carrier takes it back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec.structs import replace

from dozor.journey.contradictions import contradictions
from dozor.journey.corrections import folded
from dozor.journey.duplicates import told_once
from dozor.journey.legs import legs
from dozor.journey.lineage import Trace, guesses, lineage
from dozor.journey.normalise import Meaning, normalise
from dozor.journey.order import in_order
from dozor.journey.parcels import Parcel, parcels
from dozor.journey.places.clocks import clocked, placed
from dozor.journey.scans import Scan, ranked
from dozor.model import Event, Journey, Milestone, Order, Outcome, OutcomeKind, Reading, Report

DAY = dt.timedelta(days=1)
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
INLAND_END = frozenset({Milestone.DELIVERED, Milestone.AVAILABLE_FOR_PICKUP, Milestone.OUT_FOR_DELIVERY})


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
    ordered = in_order(told_once(scans))
    events = [scan.event for scan in folded(ordered.scans)]
    real = [event for event in events if not event.forecast and not event.reversed]
    moves = _movements(real)
    origin = _origin(reports, real, parcel.readings)
    destination = next((report.destination for report in reports if report.destination), None) or order.destination
    exported, imported = _borders(real, origin, order.destination or destination)
    last = moves[-1] if moves else None
    delivered = next((event for event in reversed(real) if event.milestone is Milestone.DELIVERED), None)
    waiting = next((event for event in real if event.milestone is Milestone.AVAILABLE_FOR_PICKUP), None)
    links = lineage(reports, parcel.group, parcel.given)
    carriers = {link.number: link.carrier for link in links if link.carrier}
    if others and links:
        mine = Trace(links[0].number, tuple(moves), destination, _grams(reports))
        links = (*links, *guesses(mine, (_trace(other, found) for other, found in others)))
    return Journey(
        numbers=links,
        events=tuple(events),
        legs=legs(
            [event for event in real if event.milestone not in NO_MOVEMENT and event.milestone is not None],
            exported=exported,
            imported=imported,
            origin=origin,
            destination=order.destination or destination,
            now=now,
            carriers=carriers,
        ),
        stage=_stage(real),
        first_seen=_first_utc(real),
        first_acceptance=_first_utc(moves),
        last_movement=last,
        silence_days=_days_since(last, now),
        origin=origin,
        destination=destination,
        service=next((report.service for report in reports if report.service), None),
        delivered_at=_utc(delivered) if delivered else None,
        exported_at=exported,
        imported_at=imported,
        available_since=_utc(waiting) if waiting else None,
        contradictions=contradictions(events, reports, order, origin, ordered.uncertain),
        outcomes=_outcomes(asked),
    )


# --- reading ----------------------------------------------------------------------------------------------


def _read(parcel: Parcel) -> list[Scan]:
    """Every event of a parcel, understood, with its place in its report; the very same row counts once."""
    scans: dict[object, Scan] = {}
    by_system: dict[str, list[Event]] = {}
    for event in parcel.told:
        by_system.setdefault(event.system, []).append(event)
    voices: list[tuple[str, str | None, Iterable[Event]]] = [
        (report.carrier, report.number, report.events) for report in parcel.reports
    ]
    voices += [(system, None, events) for system, events in sorted(by_system.items())]
    for carrier, number, events in voices:
        heard = [
            _understood(
                event,
                event.system or carrier,
                event.number or number,
                event.sources or ((event.system or carrier,) if event.system or carrier else ()),
            )
            for event in events
        ]
        for scan in ranked(tuple(heard)):
            event = scan.event
            key = (event.system, event.number, event.text, event.code, scan.wall, event.place and event.place.text)
            known = scans.get(key)
            if known is None:
                scans[key] = scan
            elif known.event == event:
                known.rank = min(known.rank, scan.rank)
            else:
                scans[(*key, len(scans))] = scan
    return list(scans.values())


def _understood(event: Event, system: str, number: str | None, sources: tuple[str, ...]) -> Event:
    milestone, decided_by, rule = event.milestone, event.decided_by, event.rule
    forecast, takes_back = event.forecast, event.takes_back
    if milestone is None:
        meaning = _meaning(event.text, event.lang, event.code, system)
        if meaning.milestone is not None:
            milestone, decided_by, rule = meaning.milestone, meaning.decided_by, meaning.rule
            forecast = forecast or meaning.forecast
            takes_back = takes_back or (meaning.reversed and not event.reversed)
    place, zone = placed(event.place, event.text, milestone)
    return replace(
        event,
        milestone=milestone,
        decided_by=decided_by,
        rule=rule,
        forecast=forecast,
        takes_back=takes_back,
        system=system,
        number=number,
        sources=sources,
        place=place,
        when=clocked(event.when, system, place.country if place else None, zone),
    )


@lru_cache(maxsize=50_000)
def _meaning(text: str, lang: str | None, code: str | None, system: str) -> Meaning:
    return normalise(text, lang=lang, code=code, system=system)


# --- what follows from the events -------------------------------------------------------------------------


def _movements(real: Sequence[Event]) -> list[Event]:
    """Events that say the parcel was somewhere: no pre-advice, no notice, no row repeated word for word."""
    moves: list[Event] = []
    for event in real:
        if event.milestone in NO_MOVEMENT:
            continue
        if moves and event.text and (event.text, event.place) == (moves[-1].text, moves[-1].place):
            continue
        moves.append(event)
    return moves


def _stage(real: Sequence[Event]) -> Milestone | None:
    """The meaning of the last event that has one; a notice, or a label that comes late, does not change it."""
    told = [event.milestone for event in real if event.milestone not in (None, Milestone.INFO)]
    moved = [milestone for milestone in told if milestone is not Milestone.PRE_SHIPMENT]
    return (moved or told)[-1] if told else None


def _origin(reports: Sequence[Report], real: Sequence[Event], numbers: Sequence[Reading]) -> str | None:
    said = next((report.origin for report in reports if report.origin), None)
    if said:
        return said
    issued = next((reading.country for reading in numbers if reading.country), None)
    if issued:
        return issued
    return next((event.place.country for event in real if event.place and event.place.country), None)


def _borders(
    real: Sequence[Event], origin: str | None, destination: str | None
) -> tuple[dt.datetime | None, dt.datetime | None]:
    """When it left the country of origin and when it came into that of destination, as far as scans show."""
    exported = imported = None
    for event in real:
        country = event.place.country if event.place else None
        home = destination is not None and destination != origin
        here = home and country == destination and event.milestone not in NO_MOVEMENT
        arrived = event.milestone in ABROAD and country != origin
        if imported is None and (here or arrived or event.milestone is Milestone.ARRIVED_DESTINATION_COUNTRY):
            imported = _utc(event)
        left = event.milestone is Milestone.LEFT_ORIGIN_COUNTRY or (
            country is not None and origin is not None and country != origin and event.milestone not in NO_MOVEMENT
        )
        if exported is None and (left or imported is not None):
            exported = _utc(event)
    return exported, imported


def _trace(parcel: Parcel, scans: Sequence[Scan]) -> Trace:
    events = [scan.event for scan in folded(in_order(told_once(scans)).scans)]
    real = [event for event in events if not event.forecast and not event.reversed]
    destination = next((report.destination for report in parcel.reports if report.destination), None)
    number = min(parcel.given or parcel.group.numbers, default="")
    return Trace(number, tuple(_movements(real)), destination, _grams(parcel.reports))


def _grams(reports: Iterable[Report]) -> int | None:
    return next((report.weight_grams for report in reports if report.weight_grams), None)


def _utc(event: Event) -> dt.datetime | None:
    return event.when.utc() if event.when else None


def _first_utc(events: Sequence[Event]) -> dt.datetime | None:
    return next((event.when.utc() for event in events if event.when), None)


def _days_since(event: Event | None, now: dt.datetime) -> float | None:
    at = _utc(event) if event else None
    return None if at is None else max(0.0, (now - at) / DAY)


# What an answer is worth when one system was asked several times: a find outweighs all, then the newest counts.
WORTH = {kind: -place for place, kind in enumerate(OutcomeKind)}


def _outcomes(reports: Sequence[Report]) -> dict[str, Outcome]:
    """How the last ask of each system ended; the kinds of nothing stay apart."""
    return {report.carrier: report.outcome for report in sorted(reports, key=_newest)}


def _newest(report: Report) -> tuple[bool, dt.datetime, int, str, str]:
    earliest = dt.datetime.min.replace(tzinfo=dt.UTC)
    found = report.outcome.kind is OutcomeKind.FOUND
    return found, report.asked_at or earliest, WORTH[report.outcome.kind], report.number, report.outcome.detail
