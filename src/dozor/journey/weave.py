"""Many reports become one journey: events read, placed, ordered, told once; then stage, silence, legs, lineage.

Every step is a function of the set of reports: the order in which they arrive does not matter, and weaving a
journey anew with one more report never loses a fact, unless the carrier takes it back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from dozor.journey.contradictions import contradictions
from dozor.journey.duplicates import told_once
from dozor.journey.legs import legs
from dozor.journey.lineage import lineage, one_parcel
from dozor.journey.normalise import normalise
from dozor.journey.order import in_order
from dozor.journey.places import located
from dozor.model import Event, Journey, Milestone, Order, OutcomeKind, Reading, Report

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


def weave(
    reports: Sequence[Report],
    now: dt.datetime,
    *,
    told: Sequence[Event] = (),
    order: Order | None = None,
    numbers: Sequence[Reading] = (),
) -> Journey:
    """The journey of one parcel at `now` (aware).

    `told` are events that the buyer saw somewhere, `numbers` the readings of the numbers given, first one first.
    Where reports concern several parcels, the one of the first number is woven.
    """
    order = order or Order()
    mine = one_parcel(reports, [reading.normal for reading in numbers])
    events = in_order(told_once(understood(event) for event in _told_by(mine, told)))
    real = [event for event in events if not event.forecast and not event.reversed]
    moves = _movements(real)
    origin = _origin(mine, real, numbers)
    destination = next((report.destination for report in mine if report.destination), None) or order.destination
    exported, imported = _borders(real, origin, order.destination or destination)
    last = moves[-1] if moves else None
    delivered = next((event for event in reversed(real) if event.milestone is Milestone.DELIVERED), None)
    waiting = next((event for event in real if event.milestone is Milestone.AVAILABLE_FOR_PICKUP), None)
    return Journey(
        numbers=lineage(mine, [reading.normal for reading in numbers]),
        events=tuple(events),
        legs=legs(real, exported, imported),
        stage=_stage(real),
        first_seen=_utc(real[0]) if real else None,
        first_acceptance=_utc(moves[0]) if moves else None,
        last_movement=last,
        silence_days=_days_since(last, now),
        origin=origin,
        destination=destination,
        service=next((report.service for report in mine if report.service), None),
        delivered_at=_utc(delivered) if delivered else None,
        exported_at=exported,
        imported_at=imported,
        available_since=_utc(waiting) if waiting else None,
        contradictions=contradictions(events, mine, order, origin),
        outcomes={report.carrier: report.outcome for report in sorted(reports, key=_newest)},
    )


def understood(event: Event) -> Event:
    """An event with its meaning, where code or text give one, and its place."""
    if event.milestone is None:
        meaning = normalise(event.text, lang=event.lang, code=event.code, system=event.system)
        if meaning.milestone is not None:
            event = replace(
                event,
                milestone=meaning.milestone,
                decided_by=meaning.decided_by,
                rule=meaning.rule,
                forecast=event.forecast or meaning.forecast,
                reversed=event.reversed or meaning.reversed,
            )
    return located(event)


def _told_by(reports: Iterable[Report], told: Sequence[Event]) -> Iterable[Event]:
    for report in reports:
        for event in report.events:
            yield replace(
                event,
                system=event.system or report.carrier,
                number=event.number or report.number,
                sources=event.sources or (event.system or report.carrier,),
            )
    yield from told


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
    """The meaning of the last event that has one; a notice does not change where a parcel is."""
    told = [event.milestone for event in real if event.milestone not in (None, Milestone.INFO)]
    return told[-1] if told else None


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


def _utc(event: Event) -> dt.datetime | None:
    return event.when.utc() if event.when else None


def _days_since(event: Event | None, now: dt.datetime) -> float | None:
    at = _utc(event) if event else None
    return None if at is None else max(0.0, (now - at) / DAY)


def _newest(report: Report) -> tuple[bool, dt.datetime]:
    """The last word of each carrier counts, and a find outweighs a miss."""
    earliest = dt.datetime.min.replace(tzinfo=dt.UTC)
    return report.outcome.kind is OutcomeKind.FOUND, report.asked_at or earliest
