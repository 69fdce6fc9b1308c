"""The legs of the way, one after the other, each under one custody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from dozor.model import Event, Leg, LegKind, Milestone

FIXED = {
    Milestone.EXPORT_PROCESSING: LegKind.EXPORT,
    Milestone.LEFT_ORIGIN_COUNTRY: LegKind.TRANSPORT,
    Milestone.ARRIVED_DESTINATION_COUNTRY: LegKind.IMPORT,
    Milestone.CUSTOMS_PROCESSING: LegKind.CUSTOMS,
    Milestone.CUSTOMS_HELD: LegKind.CUSTOMS,
    Milestone.CUSTOMS_RELEASED: LegKind.CUSTOMS,
    Milestone.HANDED_TO_LOCAL_CARRIER: LegKind.LAST_MILE,
    Milestone.ARRIVED_AT_DELIVERY_OFFICE: LegKind.LAST_MILE,
    Milestone.AVAILABLE_FOR_PICKUP: LegKind.LAST_MILE,
    Milestone.OUT_FOR_DELIVERY: LegKind.LAST_MILE,
    Milestone.DELIVERY_ATTEMPT_FAILED: LegKind.LAST_MILE,
    Milestone.DELIVERED: LegKind.LAST_MILE,
    Milestone.RETURN_STARTED: LegKind.RETURN,
    Milestone.RETURNED: LegKind.RETURN,
}
SILENT = frozenset({Milestone.PRE_SHIPMENT, Milestone.INFO, Milestone.CANCELLED, None})


def legs(real: Sequence[Event], exported: dt.datetime | None, imported: dt.datetime | None) -> tuple[Leg, ...]:
    """Stretches of events of one kind, carrier and number; events without a time belong to no leg."""
    found: list[Leg] = []
    back = False
    for event in real:
        if event.milestone in SILENT or event.when is None or event.milestone is None:
            continue
        at = event.when.utc()
        back = back or event.milestone is Milestone.RETURN_STARTED
        kind = LegKind.RETURN if back else FIXED.get(event.milestone) or _by_border(at, exported, imported)
        last = found[-1] if found else None
        country = event.place.country if event.place else None
        if last is not None and last.kind is kind and last.number == event.number:
            found[-1] = Leg(kind, last.carrier, last.country or country, last.number, last.since, at, last.events + 1)
        else:
            found.append(Leg(kind, event.system or None, country, event.number, at, at, 1))
    return tuple(found)


def _by_border(at: dt.datetime, exported: dt.datetime | None, imported: dt.datetime | None) -> LegKind:
    if imported is not None and at >= imported:
        return LegKind.DESTINATION
    return LegKind.TRANSPORT if exported is not None and at >= exported else LegKind.ORIGIN
