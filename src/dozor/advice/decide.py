"""Wait or act: a finite-horizon dynamic programme over the days that are left to open a claim.

Each day the goods may come; a claim can be opened while the window is open; a person acts on a prompt with
some reliability, so that the last day is never the best one. All values are shares of the price.

With h the chance that the goods come in the next day, A the value of a claim opened on day a, r the reliability:
W(a) = h + (1 − h) V(a + 1) − unrest, V(a) = W(a) where waiting is better, else r A(a) + (1 − r) W(a), and after the
last day only goods that come late are left (Ross 1983, optimal stopping with a hard horizon).

Every function below takes plain numbers, or arrays of them (`Numbers`), a row an order: one answer and a hundred
thousand orders at once go the same way. Nothing here needs an array library.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from dozor.advice.tables import Style, figure
from dozor.model import Outlook

Numbers: TypeAlias = Any  # a float, or an array of floats with a row an order
LEAST = 1e-9


@dataclass(frozen=True)
class Decision:
    """`act` on day `prompt_in` from now (0: today); `p_arrives` before the last safe day, `p_never` at all (0…1)."""

    prompt_in: Numbers
    p_arrives: Numbers
    p_never: Numbers
    worth_waiting: Numbers  # value of waiting less value of acting, today, in shares of the price


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
    first = max(0, math.ceil(opens_in))
    arrived = arrivals(points(outlook, now), never, last + round(figure("dispute_takes")) + 1)
    return programme(arrived, never, first=first, last=last, style=style, reliability=reliability)


def programme(
    arrived: Sequence[Numbers],
    never: Numbers,
    *,
    first: Numbers,
    last: Numbers,
    style: Style,
    reliability: Numbers,
) -> Decision:
    """The best day of the first prompt.

    `arrived[k]`: P(arrived by day k from now), k = 0 … the largest `last` and the days that a claim takes;
    `first` and `last`: whole days from now on which a claim becomes possible, and to the last safe one.
    """
    takes, win, effort = round(figure("dispute_takes")), figure("win"), figure("dispute_effort")
    horizon = len(arrived) - takes - 1
    left = [_at_least(1 - each, never, LEAST) for each in arrived]  # P(not arrived by then)
    value = 0.0
    prompt, worth = last, 0.0
    for day in range(horizon, -1, -1):
        here, then = left[day], left[day + takes]
        inside, possible = day < last, day >= first
        meanwhile = 1 - then / here
        paid = win + (1 - win) * (1 - never / then)
        acting = meanwhile * (1 - style.needless) + (1 - meanwhile) * paid - effort
        tomorrow = 1 - left[day + 1] / here
        waiting = tomorrow + (1 - tomorrow) * value - style.unrest
        act = inside & possible & (acting > waiting)
        best = act * (reliability * acting + (1 - reliability) * waiting) + (1 - act) * waiting
        # On the last day there is no slot left: only goods that come late save the price.
        value = inside * best + (1 - inside) * (1 - never / here)
        prompt = act * day + (1 - act) * prompt
        worth = (inside & possible) * (waiting - acting) + (1 - (inside & possible)) * worth
    reached = _at(arrived, last)
    prompt = _at_most(_at_least(prompt, first), last)
    return Decision(prompt_in=prompt, p_arrives=reached, p_never=never, worth_waiting=worth)


# --- the curve of arrivals ----------------------------------------------------------------------------------


def points(outlook: Outlook | None, now: dt.datetime) -> list[tuple[float, float]]:
    """What an outlook says of goods that do come: (days from now, share come by then), in order; none known: empty."""
    if outlook is None or not outlook.p_arrives_by:
        return []
    ever = max(1 - outlook.p_never, max(p for _, p in outlook.p_arrives_by), 1e-6)
    known = {float((date - now.date()).days): p / ever for date, p in outlook.p_arrives_by}
    for share, date in ((0.1, outlook.arrival_p10), (0.5, outlook.arrival_p50), (0.9, outlook.arrival_p90)):
        if date is not None:
            known.setdefault(float((date - now.date()).days), share)
    return [(at, share) for at, share in sorted(known.items()) if at > 0]


def arrivals(known: Sequence[tuple[float, Numbers]], never: Numbers, days: int) -> list[Numbers]:
    """P(arrived by day k from now), k = 0 … days: the curve through the known points, scaled to the belief.

    Between two points the same share of what is left comes each day; after the last, what is left comes at the
    usual rate. `known` are (days from now, share come by then, where it comes at all).
    """
    mean = figure("arrival_remaining")
    ends: list[tuple[float, Numbers]] = [(0.0, 1.0)]
    for at, share in known:
        waiting = _at_least(_at_most(1 - share, ends[-1][1]), 0.0)
        ends.append((at, waiting))
    curve: list[Numbers] = [0.0 * never]
    for (start, high), (end, low) in pairwise(ends):
        factor = _at_least(low, LEAST) / _at_least(high, LEAST)
        for day in range(len(curve), min(days, math.floor(end)) + 1):
            waiting = high * factor ** ((day - start) / (end - start))
            curve.append((1 - never) * (1 - waiting))
    end, low = ends[-1]
    later = range(len(curve), days + 1)
    curve += [(1 - never) * (1 - low * math.exp(-(day - end) / mean)) for day in later]
    return curve


# --- what the programme means for today ---------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """What follows for today: `near` is the last week of protection, `act` a claim now, `act_in` days until one."""

    near: Numbers
    act: Numbers
    act_in: Numbers


def plan(
    decision: Decision,
    *,
    to_end: Numbers,
    to_last: Numbers,
    rescue: Numbers,
    talked: Numbers,
    look_first: Numbers,
    coming: Numbers,
    ready: Numbers,
    can_open: Numbers,
) -> Plan:
    """Act now, or on which day: the programme's day, but never later than a week before the end of protection.

    `to_end`: days to the end of protection (of the window in the days after it); `to_last`: days to the last safe
    instant for a claim; `rescue`: the days after the end have begun; `talked`: the seller needs no (more) time to
    answer; `look_first`: the number itself is to be looked into first; `coming`: the parcel is near, and waited for;
    `ready`: it lies there and only has to be fetched; `can_open`: the shop lets a claim be opened now. In the last
    week only goods that will clearly come in time are waited for; before it, all that will more likely come than not;
    on the last safe day and after it, a parcel that is near is relied on only where it can be fetched.
    """
    week, clear, likely = figure("act_before_end"), figure("arrival_clear"), figure("arrival_likely")
    unsure = decision.p_arrives < clear
    near = ((to_end <= week) & unsure) | rescue
    early = talked & (1 - look_first > 0) & (decision.p_arrives < likely)
    wanted = near | (early & (decision.prompt_in <= 0))
    # The day after the last one is too late to see that nobody handed the parcel over.
    pressing = unsure & ((to_last < 1) | rescue) & (1 - ready > 0)
    act = can_open & wanted & ((1 - coming > 0) | pressing)
    by = unsure * _at_most(decision.prompt_in, to_end - week) + (1 - unsure) * decision.prompt_in
    return Plan(near=near, act=act, act_in=by)


# --- numbers and arrays alike ---------------------------------------------------------------------------------


def _at_least(value: Numbers, *others: Numbers) -> Numbers:
    for other in others:
        value = (value >= other) * value + (value < other) * other
    return value


def _at_most(value: Numbers, other: Numbers) -> Numbers:
    return (value <= other) * value + (value > other) * other


def _at(curve: Sequence[Numbers], day: Numbers) -> Numbers:
    """The value of the curve on each order's own day."""
    found: Numbers = 0.0
    for place, each in enumerate(curve):
        found = found + (day == place) * each
    return found
