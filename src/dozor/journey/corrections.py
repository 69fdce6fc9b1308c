"""A carrier takes a scan back: the scan stays, marked as reversed, and counts no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from dozor.journey.figures import figures, reversals
from dozor.journey.scans import DAY, UNDATED, Scan
from dozor.model import Event, Milestone


def folded(scans: Iterable[Scan]) -> list[Scan]:
    """The same scans; each correction is marked together with what it takes back.

    A correction takes back the last scan of its own system that it can mean, at most one. What other systems tell has
    no say in it, so that one more report never takes anything back that was not said to be. Folding what is folded
    already changes nothing: the same scans are found again.
    """
    every = list(scans)
    if not any(scan.event.takes_back for scan in every):
        return every
    taken: dict[int, Scan] = {}
    for system in {scan.system for scan in every if scan.event.takes_back}:
        own = sorted((scan for scan in every if scan.system == system), key=_canonical)
        done: set[object] = set()
        claimed: set[object] = set()
        for place, scan in enumerate(own):
            if not scan.event.takes_back:
                continue
            taken[id(scan)] = _reversed(scan)
            if _row(scan) in done:
                continue  # the same correction, in another answer
            done.add(_row(scan))
            target = _target(own[:place], scan, claimed)
            if target is not None:
                claimed.add(_row(target))
                taken.update({id(each): _reversed(each) for each in own if _row(each) == _row(target)})
    return [taken.get(id(scan), scan) for scan in every]


def _target(earlier: Sequence[Scan], correction: Scan, claimed: set[object]) -> Scan | None:
    wanted = _meant(correction.event)
    reach = figures().reversal_days * DAY
    for scan in reversed(earlier):
        if scan.at != UNDATED and correction.at - scan.at > reach:
            return None
        if scan.event.takes_back or scan.event.forecast or _row(scan) in claimed:
            continue
        if scan.milestone is wanted if wanted else scan.milestone is not Milestone.INFO:
            return scan
    return None


def _meant(event: Event) -> Milestone | None:
    """The milestone a correction takes back, where its code or its own meaning tells."""
    coded = reversals().get((event.system, event.code or ""))
    return coded or (event.milestone if event.milestone is not Milestone.INFO else None)


def _row(scan: Scan) -> object:
    """What makes it one row of its system, in whichever answer and language it stands."""
    return scan.wall, scan.event.code or scan.event.text, scan.milestone, scan.event.takes_back


def _reversed(scan: Scan) -> Scan:
    return scan if scan.event.reversed else Scan(replace(scan.event, reversed=True), scan.rank)


def _canonical(scan: Scan) -> tuple[float, int, str, str]:
    return scan.at, scan.rank, scan.event.text, scan.event.code or ""
