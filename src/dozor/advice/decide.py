"""Wait or act: a finite-horizon dynamic programme over the days that are left to open a claim.

Each day the goods may come; a claim can be opened while the window is open; a person acts on a prompt with
some reliability, so that the last day is never the best one. All values are shares of the price.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from dozor.advice.tables import Style, figure
from dozor.model import Outlook


@dataclass(frozen=True)
class Decision:
    """`act` on day `prompt_in` from now (0: today); `p_arrives` before the last safe day, `p_never` at all (0…1)."""

    prompt_in: int
    p_arrives: float
    p_never: float
    worth_waiting: float  # value of waiting less value of acting, today, in shares of the price


def decide(
    outlook: Outlook | None,
    now: dt.datetime,
    *,
    never: float,
    opens_in: float,
    days_left: float,
    style: Style,
    reliability: float,
) -> Decision:
    """When to prompt for a claim.

    `never`: belief that the goods never come; `opens_in` and `days_left`: days until a claim becomes possible
    and until its last safe instant. Exact backward induction, one step a day.
    """
    last = max(0, math.floor(days_left))
    takes = round(figure("dispute_takes"))
    arrived = arrivals(outlook, now, never, last + takes + 1)
    p_arrives = arrived[last]
    first = max(0, math.ceil(opens_in))

    def acting(day: int) -> float:
        meanwhile = _within(arrived, day, day + takes)
        still_never = never / max(1 - arrived[day + takes], never, 1e-9)
        win = figure("win")
        paid = win + (1 - win) * (1 - still_never)
        return meanwhile * (1 - style.needless) + (1 - meanwhile) * paid - figure("dispute_effort")

    # On the last day there is no slot left: only goods that come late save the price.
    value = 1 - never / max(1 - arrived[last], never, 1e-9)
    prompt, worth = last, 0.0
    for day in range(last - 1, -1, -1):
        tomorrow = _within(arrived, day, day + 1)
        waiting = tomorrow + (1 - tomorrow) * value - style.unrest
        value = waiting
        if day >= first:
            worth = waiting - acting(day)
            if worth < 0:
                prompt = day
                value = reliability * acting(day) + (1 - reliability) * waiting
    return Decision(prompt_in=min(max(prompt, first), last), p_arrives=p_arrives, p_never=never, worth_waiting=worth)


def arrivals(outlook: Outlook | None, now: dt.datetime, never: float, days: int) -> list[float]:
    """P(arrived by day k from now), k = 0 … days: the lane's curve, scaled to the belief that it arrives at all."""
    if outlook is None or not outlook.p_arrives_by:
        mean = figure("arrival_remaining")
        return [(1 - never) * (1 - math.exp(-day / mean)) for day in range(days + 1)]
    known = [(0.0, 0.0)]
    ever = max(1 - outlook.p_never, max(p for _, p in outlook.p_arrives_by), 1e-6)
    for date, p in outlook.p_arrives_by:
        at = (date - now.date()).days
        if at > known[-1][0]:
            known.append((float(at), min(1.0, max(known[-1][1], p / ever))))
    return [(1 - never) * _shape(known, float(day)) for day in range(days + 1)]


def _shape(known: Sequence[tuple[float, float]], day: float) -> float:
    """Linear between the known days; after the last one what is left comes at the usual rate."""
    for (left, low), (right, high) in pairwise(known):
        if day <= right:
            return low + (high - low) * (day - left) / (right - left)
    end, reached = known[-1]
    return 1 - (1 - reached) * math.exp(-(day - end) / figure("arrival_remaining"))


def _within(arrived: Sequence[float], day: int, until: int) -> float:
    left = 1 - arrived[day]
    return 0.0 if left <= 0 else (arrived[until] - arrived[day]) / left
