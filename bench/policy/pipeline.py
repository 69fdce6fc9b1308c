"""Order-days of the world through the whole of `dozor.answer`: the same step as the plan in bulk, and no harm done."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from bench.policy.play import DAYS, Play, mornings
from bench.world import World, dossier, end_at
from bench.world.draw import INF
from bench.world.money import MARGIN, last_chance

from dozor.answer import answer
from dozor.model import Answer, Dispute, DisputeState, StepId

CLAIMS = (StepId.OPEN_DISPUTE_NOW, StepId.OPEN_DISPUTE_BY_DEADLINE)
SECOND = dt.timedelta(seconds=1)


@dataclass
class Pipeline:
    """What was found: `differs` names the differences, `broken` the invariants that were broken."""

    days: int = 0
    disputes: int = 0
    same: int = 0
    asks_now: int = 0
    differs: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)


def through_answer(w: World, played: Play, sample: int, seed: int = 3) -> Pipeline:
    """`sample` order-days of undelivered orders, half of them near the end; and claims that run, for wrong cancels."""
    found = Pipeline()
    rng = np.random.default_rng(seed)
    chosen: dict[int, list[int]] = {}
    for i in rng.integers(0, w.n, sample):
        last = min(w.arrives[i], w.end[i] + 12) - w.shipped[i]
        near = rng.random() < 0.5
        day = int(max(1, last - rng.integers(0, 12))) if near else int(rng.integers(1, max(2, int(last))))
        chosen.setdefault(min(day, DAYS - 1), []).append(int(i))
    for morning in mornings(w, max(chosen) + 1):
        asked = played.history[morning.day]
        for i in chosen.get(morning.day, ()):
            if morning.seen.received[i]:
                continue
            t = float(morning.now[i])
            a = answer(dossier(w, i, t), w.instant(t))
            now = any(step.id is StepId.OPEN_DISPUTE_NOW for step in a.advice.steps)
            _compare(found, w, i, t, now, bool(asked[i]))
            _invariants(found, w, i, t, a)
            _running(found, w, i, t, rng)
    return found


def _compare(found: Pipeline, w: World, i: int, t: float, now: bool, bulk: bool) -> None:
    found.days += 1
    found.asks_now += now
    found.same += now == bulk
    if now != bulk:
        found.differs["answer claims, bulk waits" if now else "bulk claims, answer waits"] += 1
        if len(found.examples) < 12:
            found.examples.append(f"{w.seed}/{i} at {t:.1f}: answer {'claims' if now else 'waits'}")


def _invariants(found: Pipeline, w: World, i: int, t: float, a: Answer) -> None:
    """Against the truth of the shop, not against the product's own clock."""
    end = float(end_at(w, np.full(w.n, t))[i])
    rescue = w.parameters.venue[w.venue[i]].rescue
    for step in a.advice.steps:
        if step.id is StepId.CONFIRM_RECEIPT:
            found.broken["confirms without goods"] += 1
        if step.id is StepId.CANCEL_DISPUTE:
            found.broken["cancels"] += 1
        if step.id is StepId.OPEN_DISPUTE_NOW and t < w.opens[i]:
            found.broken["claims before the window"] += 1
        if step.id in CLAIMS and step.not_after is not None:
            safe = w.instant(end - MARGIN) if t <= end - MARGIN else w.instant(end + max(0.0, rescue - MARGIN))
            if step.not_after > safe + SECOND:
                found.broken["claim after the safe deadline"] += 1
    promised = w.arrives[i] > last_chance(w)[i] and t <= end - MARGIN - 1
    if promised and not any(step.id in CLAIMS for step in a.advice.steps) and t >= end - MARGIN - 5:
        found.broken["no claim in sight in the last days"] += 1


def _running(found: Pipeline, w: World, i: int, t: float, rng: np.random.Generator) -> None:
    """A claim runs, the seller asks to withdraw it: nothing may be given up while the goods are out."""
    if t < w.opens[i] or (w.arrives[i] == INF and rng.random() < 0.5):
        return
    opened = w.date(t - rng.integers(0, 9))
    state = rng.choice([DisputeState.WAITING_SELLER, DisputeState.WAITING_BUYER, DisputeState.PLATFORM])
    d = dossier(w, i, t, dispute=Dispute(DisputeState(str(state)), reason="not_received", opened=opened))
    a = answer(d, w.instant(t))
    found.disputes += 1
    for step in a.advice.steps:
        if step.id in (StepId.CANCEL_DISPUTE, StepId.ACCEPT_OFFER, StepId.CONFIRM_RECEIPT):
            found.broken[f"wrong {step.id.value}"] += 1
        if step.id in CLAIMS:
            found.broken["a second claim"] += 1
