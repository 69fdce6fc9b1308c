"""What happened before what? By instant; where a clock is not sure, by the way a parcel goes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from dozor.journey.scans import UNDATED, Scan
from dozor.model import Milestone

# The place of each milestone on the usual way; equal times are told apart by it.
SLOT = attrgetter("slot")
USUAL = {milestone: place for place, milestone in enumerate(Milestone)}


class Ordered(NamedTuple):
    """Scans, oldest first, and the pairs whose clocks say one order and whose meanings another."""

    scans: list[Scan]
    uncertain: list[tuple[Scan, Scan]]


def in_order(scans: Iterable[Scan]) -> Ordered:
    """Scans, oldest first; those without a time come first, for they cannot be the latest news.

    A scan whose clock is not sure (no zone told, or only a day) is moved, within what its clock allows, behind the
    sure scans that must come before it and in front of those that must come after it. Where the sure ones leave no
    such place, it stays where its clock has it.
    """
    every = list(scans)
    sure = sorted((scan for scan in every if scan.sure and not scan.whole_day), key=lambda scan: scan.at)
    times = [scan.at for scan in sure]
    uncertain: list[tuple[Scan, Scan]] = []
    for scan in every:
        scan.slot = (scan.at, 0)
        if scan.way is None or scan.at == UNDATED or (scan.sure and not scan.whole_day) or not sure:
            continue
        moved = _moved(scan, sure[bisect_left(times, scan.earliest()) : bisect_right(times, scan.latest())])
        if moved is not None:
            other, side = moved
            scan.slot = (other.at, side)
            if other.system != scan.system and not scan.whole_day:
                uncertain.append((scan, other))
    every.sort(key=SLOT)
    ordered: list[Scan] = []
    for _, run in groupby(every, key=SLOT):
        together = list(run)
        ordered += together if len(together) == 1 else sorted(together, key=_tie(together))
    return Ordered(ordered, uncertain)


def _moved(scan: Scan, near: list[Scan]) -> tuple[Scan, int] | None:
    """The sure scan beside which it belongs, and on which side; None: its clock does not contradict the way."""
    way = scan.way or 0
    before = [each for each in near if each.way is not None and each.way < way]
    after = [each for each in near if each.way is not None and each.way > way]
    last = max(before, key=lambda each: each.at, default=None)
    first = min(after, key=lambda each: each.at, default=None)
    if last is not None and first is not None and last.at >= first.at:
        return None  # the sure ones contradict each other
    if last is not None and last.at > scan.at:
        return last, 1
    if first is not None and first.at < scan.at:
        return first, -1
    return None


def _tie(run: list[Scan]) -> Callable[[Scan], tuple[int, int, str, str, str]]:
    """At one instant: as their one system lists them, else by the way."""
    alone = len({scan.system for scan in run}) == 1

    def key(scan: Scan) -> tuple[int, int, str, str, str]:
        way = USUAL[scan.milestone] if scan.milestone else len(USUAL)
        event = scan.event
        rank = scan.rank
        one, two = (rank, way) if alone else (way, rank)
        return one, two, event.text, event.system, event.code or ""

    return key
