"""The legs of the way, one after the other, each under one custody."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence

from dozor.journey.places.tables import SystemRow, systems
from dozor.model import Event, Leg, LegKind, Milestone

DAY = dt.timedelta(days=1)
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
# Legs that lie in the country of origin, and in that of destination, by what they are.
AT_HOME = (LegKind.ORIGIN, LegKind.EXPORT)
ABROAD = (LegKind.IMPORT, LegKind.CUSTOMS, LegKind.DESTINATION, LegKind.LAST_MILE)
RANK = {kind: place for place, kind in enumerate(LegKind)}
UNLISTED = SystemRow(system="", source="")


def legs(
    moves: Sequence[Event],
    *,
    exported: dt.datetime | None,
    imported: dt.datetime | None,
    origin: str | None,
    destination: str | None,
    now: dt.datetime,
    carriers: Mapping[str, str],
) -> tuple[Leg, ...]:
    """Stretches of movements of one kind and number; movements without a time belong to no leg.

    A journey goes forward: a scan that belongs to an earlier leg is one more scan of the present one. `carriers`:
    who carries each number, as far as it was said.
    """
    stretches: list[tuple[LegKind, list[Event]]] = []
    abroad = exported is not None or imported is not None
    for event in moves:
        if event.when is None:
            continue
        kind = _kind(event, exported, imported, origin if abroad else None)
        last = stretches[-1] if stretches else None
        if last is not None and RANK[kind] < RANK[last[0]]:
            kind = last[0]
        if last is not None and last[0] is kind and last[1][-1].number == event.number:
            last[1].append(event)
        else:
            stretches.append((kind, [event]))
    ends = [events[0].when.utc() for _, events in stretches[1:] if events[0].when]
    return tuple(
        _leg(kind, events, end, carriers, {**dict.fromkeys(AT_HOME, origin), **dict.fromkeys(ABROAD, destination)})
        for (kind, events), end in zip(stretches, [*ends, max(now, ends[-1]) if ends else now], strict=False)
    )


def _kind(event: Event, exported: dt.datetime | None, imported: dt.datetime | None, origin: str | None) -> LegKind:
    at = event.when.utc() if event.when else None
    fixed = FIXED.get(event.milestone) if event.milestone else None
    if fixed is not None:
        before = at is not None and (exported is None or at < exported) and (imported is None or at < imported)
        at_home = event.place is not None and event.place.country is not None and event.place.country == origin
        # The inland leg of a consolidator ends with a delivery of its own, and customs of the origin are export.
        if before and at_home and fixed in (LegKind.LAST_MILE, LegKind.IMPORT):
            return LegKind.ORIGIN
        if before and at_home and fixed is LegKind.CUSTOMS:
            return LegKind.EXPORT
        return fixed
    if at is not None and imported is not None and at >= imported:
        return LegKind.DESTINATION
    return LegKind.TRANSPORT if at is not None and exported is not None and at >= exported else LegKind.ORIGIN


def _leg(
    kind: LegKind,
    events: list[Event],
    end: dt.datetime,
    carriers: Mapping[str, str],
    countries_of: Mapping[LegKind, str | None],
) -> Leg:
    times = [event.when.utc() for event in events if event.when]
    gaps = [later - earlier for earlier, later in zip(times, [*times[1:], max(end, times[-1])], strict=True)]
    countries = Counter(event.place.country for event in events if event.place and event.place.country)
    number = events[0].number
    return Leg(
        kind=kind,
        carrier=_carrier(events) or carriers.get(number or "") or (events[0].system or None),
        country=_most(countries) or countries_of.get(kind),
        number=number,
        since=times[0],
        until=times[-1],
        events=len(events),
        silent_days=max(gaps) / DAY,
    )


def _carrier(events: Sequence[Event]) -> str | None:
    """Who scans most on it; who retells others carries nothing."""
    scanned: Counter[str] = Counter()
    for event in events:
        scanned.update(
            name for name in (event.sources or (event.system,)) if name and not systems().get(name, UNLISTED).retold
        )
    return _most(scanned)


def _most(counted: Counter[str]) -> str | None:
    return min(counted, key=lambda name: (-counted[name], name), default=None)
