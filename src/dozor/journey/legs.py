"""The legs of the way, one after the other, each under one custody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from dozor.journey.figures import figures
from dozor.journey.places.tables import SystemRow, systems
from dozor.journey.scans import DAY, UNDATED, Scan, instant
from dozor.model import Leg, LegKind, Milestone

FIXED: dict[Milestone | None, LegKind] = {
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
    moves: Sequence[Scan],
    *,
    exported: float | None,
    imported: float | None,
    origin: str | None,
    destination: str | None,
    now: float | None,
    carriers: Mapping[str, str],
    numbers: Sequence[str] = (),
) -> tuple[Leg, ...]:
    """Stretches of movements of one kind and number, oldest first; movements without a time belong to no leg.

    A journey goes forward: a scan that belongs to an earlier leg is one more scan of the present one, unless the
    number begins another life. `exported` and
    `imported` are the borders (seconds, as in `Scan`), `carriers` says who carries each number, as far as it was
    said; `now` is None where the journey is over. `numbers` are its numbers as they took over: who still tells a scan
    under an earlier one tells of the present custody.
    """
    borders = [at for at in (exported, imported) if at is not None]
    border = min(borders, default=UNDATED)
    cleared = max(
        (scan.at for scan in moves if FIXED.get(scan.milestone) is LegKind.CUSTOMS and scan.at >= border),
        default=UNDATED,
    )
    taken_over = {number: place for place, number in enumerate(numbers)}
    latest = -1
    number: str | None = None
    stretches: list[tuple[LegKind, str | None, list[Scan]]] = []
    for scan in moves:
        if scan.at == UNDATED:
            continue
        kind = _kind(scan, border, exported, imported if scan.at >= cleared else None, origin)
        if scan.at < cleared and kind in (LegKind.TRANSPORT, LegKind.ORIGIN) and imported and scan.at >= imported:
            kind = LegKind.IMPORT  # on its way to the customs of the destination
        place = taken_over.get(scan.event.number or "", -1)
        if place >= latest:
            latest, number = place, scan.event.number
        last = stretches[-1] if stretches else None
        again = last is not None and scan.at - last[2][-1].at > figures().hole_days * DAY
        if last is not None and RANK[kind] < RANK[last[0]] and not again:
            kind = last[0]
        if last is not None and not again and last[0] is kind and last[1] == number:
            last[2].append(scan)
        else:
            stretches.append((kind, number, [scan]))
    ends = [scans[0].at for _, _, scans in stretches[1:]]
    by_kind = {**dict.fromkeys(AT_HOME, origin), **dict.fromkeys(ABROAD, destination)}
    return tuple(
        _leg(kind, scans, end, carriers.get(under or ""), by_kind.get(kind), under)
        for (kind, under, scans), end in zip(stretches, [*ends, now or UNDATED][: len(stretches)], strict=True)
    )


def _kind(scan: Scan, border: float, exported: float | None, imported: float | None, origin: str | None) -> LegKind:
    """`border` is the first of the two borders; with none known, nothing is before it."""
    at = scan.at
    fixed = FIXED.get(scan.milestone)
    if fixed is not None:
        if at < border and scan.country is not None and scan.country == origin:
            # The inland leg of a consolidator ends with a delivery of its own, and customs of the origin are export.
            if fixed in (LegKind.LAST_MILE, LegKind.IMPORT):
                return LegKind.ORIGIN
            if fixed is LegKind.CUSTOMS:
                return LegKind.EXPORT
        return fixed
    if imported is not None and at >= imported:
        return LegKind.DESTINATION
    return LegKind.TRANSPORT if exported is not None and at >= exported else LegKind.ORIGIN


def _leg(
    kind: LegKind, scans: list[Scan], end: float, carrier: str | None, country: str | None, number: str | None
) -> Leg:
    silent, before = 0.0, scans[0].at
    countries: dict[str, int] = {}
    for scan in scans:
        silent = max(silent, scan.at - before)
        before = scan.at
        if scan.country:
            countries[scan.country] = countries.get(scan.country, 0) + 1
    return Leg(
        kind=kind,
        carrier=_carrier(scans) or carrier,
        country=_most(countries) or country,
        number=number,
        since=instant(scans[0].at),
        until=instant(before),
        events=len(scans),
        silent_days=max(silent, end - before) / DAY,
    )


def _carrier(scans: Sequence[Scan]) -> str | None:
    """Who scans most on it; who only retells others carries nothing."""
    counted: dict[str, int] = {}
    consolidators: dict[str, int] = {}
    for scan in scans:
        own, others = _hands(scan.event.sources)
        for name in own:
            counted[name] = counted.get(name, 0) + 1
        for name in others:
            consolidators[name] = consolidators.get(name, 0) + 1
    return _most(counted) or _most(consolidators)


@lru_cache(maxsize=1000)
def _hands(sources: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of those who told a scan, who scanned it, and who retells others but carries as well."""
    rows = {name: systems().get(name, UNLISTED) for name in sources}
    own = tuple(name for name, row in rows.items() if not row.retold)
    return own, tuple(name for name, row in rows.items() if row.retold and row.carries)


def _most(counted: Mapping[str, int]) -> str | None:
    return min(counted, key=lambda name: (-counted[name], name), default=None)
