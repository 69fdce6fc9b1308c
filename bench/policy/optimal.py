"""The Bayes-optimal plan: knows how the world works, sees what the buyer sees.

A dynamic programme over what can be seen, by simulation (Longstaff and Schwartz 2001): in an independent world with the
true parameters, from the last day back, the value of waiting and of claiming is averaged over all orders that look
alike; where claiming is better it becomes the rule there, and the value of the day before counts with it. With
hundreds of thousands of orders an average is the Bayes posterior of its cell. Cells with few orders lean on coarser
ones and on the days around.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from bench.policy.play import DAYS, HOUR, Morning, mornings
from bench.world import CATEGORIES, World
from bench.world.draw import INF, Bools, Floats, Ints
from bench.world.money import worth

SINCE = np.array([2, 4, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50, 65])
TO_END = np.array([-10.0, 0.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 19.0, 25.0, 35.0])
LEAN = 20.0  # orders that the coarser cell counts for
# What a last scan means, by slot: home, left, landed, at customs, inland, at the office, delivered, back or seized.
GROUP = np.array([0, 1, 1, 2, 3, 4, 5, 5, 6, 6, 6, 7, 8, 7, 7, 9, 10, 11, 11, 11, 0])
KIND = {  # of a seller's answer: 2 reassures, 3 says nothing, 4 is what the worst say
    "dispatch_notice": 2, "tracking_lag": 2, "documents": 2, "gives_tracking_site": 2, "new_number": 2,
    "no_tracking_cheap": 2, "wait_period": 3, "blame_external": 3, "vague": 3, "extend": 3,
}  # fmt: skip
ANSWER = np.array([KIND.get(category, 4) for category in CATEGORIES] + [0])

Level = tuple[
    Ints, Floats, Floats
]  # ids in order; of each, the sum of gains and the number of orders, older days fading
FADE = 0.75  # what a day's orders count for on the day before


@dataclass
class BayesOptimal:
    """Learns on `train`; `rules` are kept by day, coarsest level first."""

    train: World
    name: str = "Bayes-optimal"
    rules: dict[int, list[Level]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        w = self.train
        reliability = np.array([row.reliability for row in w.parameters.person])[w.person]
        days = [self._day(w, morning) for morning in mornings(w)]
        value = np.where(np.isfinite(w.arrives), 1.0, 0.0)
        # What an order is worth is counted by the rule that the other half of the orders teaches: no order knows its
        # own end. The rule that is kept learns from both halves.
        halves: list[list[Level]] = [[], []]
        for day in range(DAYS - 1, -1, -1):
            rows, levels = days[day]
            if not len(rows):
                continue
            opened = np.full(w.n, INF)
            opened[rows] = w.shipped[rows] + day + HOUR
            gain = worth(w, opened)[rows] - value[rows]
            self.rules[day] = _learn(self.rules.get(day + 1, []), gain, reliability[rows], levels)
            chosen = np.zeros(len(rows), bool)
            for side in (0, 1):
                mine = rows % 2 == side
                halves[side] = _learn(
                    halves[side], gain[~mine], reliability[rows][~mine], [level[~mine] for level in levels]
                )
                chosen[mine] = _expected(halves[side], [level[mine] for level in levels]) > 0
            value[rows] += chosen * reliability[rows] * gain

    def _day(self, w: World, morning: Morning) -> tuple[Ints, list[Ints]]:
        rows = np.flatnonzero(morning.legal & ~morning.seen.received)
        return rows, cells(w, morning, rows)

    def asks(self, w: World, morning: Morning, open_: Bools) -> Bools:
        rows = np.flatnonzero(open_ & morning.legal)
        asks = np.zeros(w.n, bool)
        if len(rows) and morning.day in self.rules:
            asks[rows] = _expected(self.rules[morning.day], cells(w, morning, rows)) > 0
        return asks


def cells(w: World, morning: Morning, rows: Ints) -> list[Ints]:
    """What the buyer sees, as one number at each level of detail, coarsest first."""
    seen = morning.seen
    since = np.searchsorted(SINCE, (morning.now - seen.since)[rows])
    to_end = np.searchsorted(TO_END, (morning.end - morning.now)[rows])
    group = GROUP[seen.slot[rows]]
    talk = np.where(seen.reply >= 0, ANSWER[seen.reply], np.where(seen.asked, 1, 0))[rows]
    odd = (seen.foreign * 1 + (seen.label & (seen.slot < 0)) * 2)[rows]
    held = np.isin(w.venue, [place for place, row in enumerate(w.parameters.venue) if row.holds_money])[rows]
    band = np.minimum(w.band, 3)[rows]
    first = (w.service[rows] * 17 + to_end) * 2 + held
    second = (first * 12 + group) * 16 + since
    third = (second * 12 + w.carrier[rows]) * 4 + odd
    fourth = (third * 5 + talk) * 4 + band
    return [first, second, third, fourth]


def _learn(later: list[Level], gain: Floats, heeded: Floats, levels: list[Ints]) -> list[Level]:
    """The gains of each cell today, with what is kept of the days after."""
    found: list[Level] = []
    for place, level in enumerate(levels):
        ids, sums, counts = later[place] if later else (np.zeros(0, int), np.zeros(0), np.zeros(0))
        every, back = np.unique(np.concatenate([ids, level]), return_inverse=True)
        weights = np.concatenate([counts * FADE, heeded])
        total = np.bincount(back, np.concatenate([sums * FADE, heeded * gain]))
        n = np.bincount(back, weights)
        kept = n > 0.02
        found.append((every[kept], total[kept], n[kept]))
    return found


def _expected(rule: list[Level], levels: list[Ints]) -> Floats:
    """The mean gain of each order's finest cell, which leans on the cell one level up."""
    found = np.zeros(len(levels[0]))
    for (ids, sums, counts), wanted in zip(rule, levels, strict=True):
        if not len(ids):
            continue
        place = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
        met = ids[place] == wanted
        found = np.where(met, (sums[place] + LEAN * found) / (counts[place] + LEAN), found)
    return found
