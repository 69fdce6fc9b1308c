"""A carrier takes a scan back: the scan stays, marked as reversed, and counts no more."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from dozor.journey.figures import figures, reversals
from dozor.journey.scans import DAY, Scan
from dozor.model import Event, Milestone


def folded(scans: Sequence[Scan]) -> list[Scan]:
    """The same scans, oldest first as given; each correction is taken together with what it takes back.

    A correction takes back the last scan of its own system that it can mean, at most once each. Folding what is
    folded already changes nothing: the same scans are found again.
    """
    if not any(scan.event.takes_back for scan in scans):
        return list(scans)
    found = list(scans)
    taken: set[int] = set()
    for place, scan in enumerate(found):
        if not scan.event.takes_back:
            continue
        target = _target(found, place, taken)
        _replace(found, place, replace(scan.event, reversed=True))
        if target is not None:
            taken.add(target)
            _replace(found, target, replace(found[target].event, reversed=True))
    return found


def _target(scans: Sequence[Scan], place: int, taken: set[int]) -> int | None:
    correction = scans[place]
    wanted = _meant(correction.event)
    reach = figures().reversal_days * DAY
    mine = {correction.system, *correction.event.sources}
    for index in range(place - 1, -1, -1):
        scan = scans[index]
        if index in taken or scan.event.takes_back or scan.event.forecast:
            continue
        if correction.at - scan.at > reach:
            return None
        if not mine & {scan.system, *scan.event.sources}:
            continue
        if scan.milestone is wanted if wanted else scan.milestone is not Milestone.INFO:
            return index
    return None


def _meant(event: Event) -> Milestone | None:
    """The milestone a correction takes back, where its code or its own meaning tells."""
    coded = reversals().get((event.system, event.code or ""))
    return coded or (event.milestone if event.milestone is not Milestone.INFO else None)


def _replace(scans: list[Scan], place: int, event: Event) -> None:
    scans[place] = Scan(event, scans[place].rank)
