"""Plays plans against the simulated world, day by day, and counts what becomes of buyers and of their money.

Every plan sees the same orders, the same luck in claims and the same moods: on each day a person acts on a prompt
or does not, whichever plan it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from bench.world import Seen, World, end_at, seen_at
from bench.world.draw import INF, PICKUP, Bools, Floats
from bench.world.money import MARGIN, last_chance, may_open, outcome, repaid, worth
from bench.world.view import MOVES

DAYS = 150  # after the declared shipping: the longest protection, one extension and the rescue fit in
HOUR = 0.4  # of the day at which everybody looks


@dataclass(frozen=True)
class Morning:
    """One day of all orders, counted from each order's own declared shipping."""

    day: int
    now: Floats
    seen: Seen
    legal: Bools  # the shop lets a claim be opened
    end: Floats  # of protection, as the shop has it today


class Plan(Protocol):
    """Says each morning for which orders it asks the buyer to open a claim (whether or not the shop allows it)."""

    name: str

    def asks(self, w: World, morning: Morning, open_: Bools) -> Bools:
        """`open_`: orders without goods and without a claim."""
        ...


@dataclass
class Play:
    """What one plan has done so far."""

    plan: Plan
    opened: Floats
    first_asked: Floats  # the first morning it asks while the shop allows it
    illegal: Bools
    cancelled: Bools
    could: Bools  # the shop allowed it on the last morning before the safe deadline, the goods being still out
    wrong_cancels: int = 0
    asked_days: int = 0
    history: list[Bools] = field(default_factory=list)


def mornings(w: World, days: int = DAYS) -> Iterator[Morning]:
    """Each day of all orders."""
    for day in range(days):
        now = w.shipped + day + HOUR
        seen = seen_at(w, now)
        yield Morning(day, now, seen, may_open(w, now, seen), end_at(w, now))


def play(w: World, plans: Sequence[Plan], *, keep: bool = False) -> list[Play]:
    """All plans over all days. `keep`: also keeps of which orders each plan would say claim, claimed ones included."""
    mood = np.random.Generator(np.random.PCG64([w.seed, w.n, 17]))
    reliability = np.array([row.reliability for row in w.parameters.person])[w.person]
    none = np.zeros(w.n, bool)
    plays = [Play(plan, np.full(w.n, INF), np.full(w.n, INF), none.copy(), none.copy(), none.copy()) for plan in plans]
    takes = np.array([row.takes for row in w.parameters.venue])[w.venue]
    for morning in mornings(w):
        left = morning.end - MARGIN - morning.now
        could = morning.legal & ~morning.seen.received & (left >= 0) & (left < 1) & (morning.seen.slot != PICKUP)
        heeds = mood.random(w.n) < reliability
        for each in plays:
            if getattr(each.plan, "cancels", False):
                _cancel(w, each, morning, takes)
            open_ = ~morning.seen.received & ~np.isfinite(each.opened)
            wanted = each.plan.asks(w, morning, ~morning.seen.received if keep else open_)
            asks = wanted & open_
            each.illegal |= asks & ~morning.legal
            each.could |= could
            able = asks & morning.legal
            each.first_asked = np.where(able, np.minimum(each.first_asked, morning.now), each.first_asked)
            each.opened = np.where(able & heeds, morning.now, each.opened)
            each.asked_days += int(able.sum())
            if keep:
                each.history.append(wanted)
    return plays


def _cancel(w: World, each: Play, morning: Morning, takes: Floats) -> None:
    """The old habit (S100): once the number shows movement the claim is withdrawn."""
    running = np.isfinite(each.opened) & (morning.now < each.opened + takes) & ~morning.seen.received & ~each.cancelled
    fresh = (w.seen <= morning.now[:, None]) & (w.seen > np.where(running, each.opened, INF)[:, None]) & MOVES
    gives_up = running & fresh.any(1)
    each.cancelled |= gives_up
    each.wrong_cancels += int((gives_up & ~np.isfinite(w.arrives)).sum())
    each.opened = np.where(gives_up, INF, each.opened)


@dataclass(frozen=True)
class Score:
    """The figures of a plan; money is weighted by price, shares are of it."""

    name: str
    recovered: float  # of the money of goods that never come
    expected: float  # the same without the luck of claims: each at its chance to be paid
    recovered_heeding: float  # the same among buyers who read their prompts at all
    needless: float  # needless claims, of all orders
    missed: int  # first asked after the safe day, or never, though the shop allowed it on the last safe morning
    unseen: int  # the same where nobody could know: the end, not read, was cut by a scan that was not shown
    ignored: int  # asked in time, never acted, goods never came
    illegal: int  # orders for which it asked while the shop did not allow it, as the buyer could read
    refused: int  # the same where the buyer has not read the end of protection, so that nobody could know
    wrong_cancels: int
    days_to_act: float  # mean days from shipping to the claim, goods that never come
    value: float  # goods and money less costs, of the price
    money_at_risk: float  # share of the money whose goods never come


def score(w: World, each: Play) -> Score:
    """What the plan achieved."""
    result = outcome(w, each.opened)
    never = ~np.isfinite(w.arrives)
    price, total = w.price, w.price.sum()
    reads = np.array([row.reliability for row in w.parameters.person])[w.person] > 0
    safe = end_at(w, INF) - MARGIN
    due = w.arrives > last_chance(w)
    late = due & each.could & ~(each.first_asked <= safe)
    hidden = _hidden(w, safe)
    claimed = np.isfinite(each.opened)
    return Score(
        name=each.plan.name,
        recovered=float((price * result.refunded)[never].sum() / price[never].sum()),
        expected=float((price * repaid(w, each.opened))[never].sum() / price[never].sum()),
        recovered_heeding=float((price * result.refunded)[never & reads].sum() / price[never & reads].sum()),
        needless=float(result.needless.mean()),
        missed=int((late & ~hidden).sum()),
        unseen=int((late & hidden).sum()),
        ignored=int((never & np.isfinite(each.first_asked) & ~claimed).sum()),
        illegal=int((each.illegal & w.end_read & w.shipped_known).sum()),
        refused=int((each.illegal & ~(w.end_read & w.shipped_known)).sum()),
        wrong_cancels=each.wrong_cancels,
        days_to_act=float((each.opened - w.shipped)[never & claimed].mean())
        if (never & claimed).any()
        else float("nan"),
        value=float((price * worth(w, each.opened)).sum() / total),
        money_at_risk=float(price[never].sum() / total),
    )


def _hidden(w: World, safe: Floats) -> Bools:
    """Whose protection was cut by a delivered scan that could not be known on the last safe morning.

    The end was not read on the page, and until then a system was asked that does not know the number.
    """
    morning = w.shipped + HOUR + np.floor(safe - w.shipped - HOUR)
    asked_wrong = np.maximum(np.maximum(w.mistaken_until, w.wrong_asked_until), w.needs_until) > morning
    full = w.end + np.where(np.isfinite(w.extended_at), w.extension, 0.0)
    return ~w.end_read & (end_at(w, INF) < full) & asked_wrong
