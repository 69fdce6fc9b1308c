"""How often is the cause right, in a world whose truth is known and whose parameters are not the model's?

    .venv/bin/python bench/diagnosis/run.py [--orders 3000] [--seed 29] [--svg bench/diagnosis/reliability.svg]

Order-days are drawn from `bench/world` as it is and with parameters turned: delays half as long again, twice the
dishonest sellers, carriers that behave otherwise than they are known for, all three at once. Beside the product
stand three rules of thumb that read the same scans.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.diagnosis.picture import reliability_svg
from bench.diagnosis.rules import RULES
from bench.world import CAUSES, World, causes, dossier, perturbed, world
from bench.world.draw import Mode
from bench.world.parameters import Parameters

from dozor.answer import answer
from dozor.model import CauseId, Diagnosis, Dossier, OutcomeKind

LOOKED_AT = 90  # days after shipping in which an order is asked about
AFTER = 4  # days after the arrival in which it still is
ACCUSED = (Mode.FAKE_SENT, Mode.FAKE_EMPTY)
NOT_UNDER_IT = (*ACCUSED, Mode.NOT_SENT, Mode.RECYCLED, Mode.LABEL_NEVER)
# The verdicts that somebody waits for: how long until they are given?
AWAITED = (
    CauseId.FAKE_NUMBER,
    CauseId.NOT_SHIPPED,
    CauseId.LABEL_ONLY,
    CauseId.RECYCLED_NUMBER,
    CauseId.LOST,
    CauseId.UNTRACKED_BY_DESIGN,
    CauseId.RETURNING,
    CauseId.CUSTOMS_HELD,
    CauseId.DELIVERED_NOT_RECEIVED,
)


def all_at_once(p: Parameters) -> Parameters:
    """Lag, sellers and profiles turned together."""
    for knob in ("lag +50 %", "sellers shifted", "profiles wrong for a fifth"):
        p = perturbed(knob, p)
    return p


WORLDS: dict[str, Callable[[], Parameters]] = {
    "as the file has it": lambda: perturbed("none"),
    "lag +50 %": lambda: perturbed("lag +50 %"),
    "sellers shifted": lambda: perturbed("sellers shifted"),
    "profiles wrong for a fifth": lambda: perturbed("profiles wrong for a fifth"),
    "all three": lambda: all_at_once(perturbed("none")),
}


@dataclass
class Case:
    """One order on one day: the truth, and what was said."""

    truth: CauseId
    asked: Dossier
    now: dt.datetime
    found: Diagnosis
    honest: bool  # the number is not invented
    sent: bool  # and a parcel of this purchase goes under it
    rules: dict[str, CauseId] = field(default_factory=dict)

    @property
    def top(self) -> CauseId:
        """The first cause."""
        return self.found.causes[0].id


def cases(w: World, n: int, seed: int) -> Iterator[Case]:
    """About n order-days, spread over the whole world: active orders only, each at most once a day looked at."""
    rng = np.random.default_rng(seed)
    last = float(np.quantile(w.paid, 0.95))
    for t in np.sort(rng.uniform(20, last, 60)):
        t = float(t)
        active = (w.shipped <= t) & (t < np.minimum(w.arrives + AFTER, w.shipped + LOOKED_AT))
        truth = causes(w, t)
        for i in rng.choice(np.flatnonzero(active), max(1, n // 60), replace=False):
            yield judged(w, int(i), t, CAUSES[truth[i]])


def judged(w: World, i: int, t: float, truth: CauseId) -> Case:
    asked, now = dossier(w, i, t), w.instant(t)
    silent = bool(asked.reports) and all(r.outcome.kind is OutcomeKind.UNREACHABLE for r in asked.reports)
    if silent and truth is not CauseId.DELIVERED:
        truth = CauseId.SOURCE_DOWN
    given = answer(asked, now)
    honest, sent = w.mode[i] not in ACCUSED, w.mode[i] not in NOT_UNDER_IT
    return Case(
        truth, asked, now, given.diagnosis, honest, sent, {name: rule(given, asked) for name, rule in RULES.items()}
    )


def share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else float("nan")


def brier(each: Case) -> float:
    """Sum over causes of (probability − truth)²: 0 is perfect, 2 the worst."""
    return sum((c.probability - (c.id is each.truth)) ** 2 for c in each.found.causes)


def calibration(found: Sequence[Case], bins: int = 10) -> list[tuple[float, float, int]]:
    """Of the first cause: mean probability, how often right, and how many, by tenths of probability."""
    rows = []
    for low in np.arange(bins) / bins:
        inside = [c for c in found if low <= c.found.causes[0].probability < low + 1 / bins + (low > 0.89)]
        if inside:
            said = float(np.mean([c.found.causes[0].probability for c in inside]))
            rows.append((said, share([c.top is c.truth for c in inside]), len(inside)))
    return rows


def days_to_verdict(
    w: World, seed: int, orders: int = 25, step: float = 3.0
) -> dict[CauseId, tuple[float, float, int]]:
    """By awaited cause: median days from its becoming true until it is the first verdict, the share that ever gets
    it while it is true, and the number of orders.
    """
    rng = np.random.default_rng(seed)
    grid = np.arange(30.0, 30.0 + 75, step)
    true_at = np.array([causes(w, float(t)) for t in grid])
    waits: dict[CauseId, list[float]] = defaultdict(list)
    for cause in AWAITED:
        holds = true_at == CAUSES.index(cause)
        holds &= (w.shipped[None, :] <= grid[:, None]) & (grid[:, None] <= w.shipped[None, :] + LOOKED_AT)
        begins = holds & ~np.vstack([np.ones((1, w.n), bool), holds[:-1]])
        able = np.flatnonzero(begins.any(0))
        for i in rng.choice(able, min(orders, len(able)), replace=False):
            start = int(begins[:, i].argmax())
            wait = float("inf")
            for k in range(start, len(grid)):
                if not holds[k, i]:
                    break
                if judged(w, int(i), float(grid[k]), cause).top is cause:
                    wait = float(grid[k] - grid[start])
                    break
            waits[cause].append(wait)
    return {
        cause: (float(np.median([each for each in found if each < float("inf")] or [float("nan")])),
                share([each < float("inf") for each in found]), len(found))
        for cause, found in waits.items()
    }  # fmt: skip


def report(name: str, found: Sequence[Case], seconds: float) -> list[tuple[float, float, int]]:
    rows = calibration(found)
    total = sum(n for *_, n in rows)
    ece = sum(n * abs(said - right) for said, right, n in rows) / total
    honest = [c for c in found if c.honest]
    false_fake = share([c.top is CauseId.FAKE_NUMBER for c in honest])
    sent_fake = share([c.top is CauseId.FAKE_NUMBER for c in honest if c.sent])
    print(f"\n## {name}: {len(found)} order-days, {seconds / len(found) * 1e3:.1f} ms each")
    print(f"top-1 {share([c.top is c.truth for c in found]):.3f}  top-3 {share([in_top(c, 3) for c in found]):.3f}  "
          f"Brier {np.mean([brier(c) for c in found]):.3f}  ECE of the first cause {ece:.3f}  "
          f"false fake verdicts {false_fake:.4f} of {len(honest)}, "
          f"{sent_fake:.4f} where a parcel goes under the number")  # fmt: skip
    for rule in RULES:
        fakes = share([c.rules[rule] is CauseId.FAKE_NUMBER for c in honest])
        right = share([c.rules[rule] is c.truth for c in found])
        print(f"   {rule:28} top-1 {right:.3f}  false fake verdicts {fakes:.4f}")
    return rows


def in_top(each: Case, k: int) -> bool:
    return each.truth in [cause.id for cause in each.found.causes[:k]]


def by_cause(found: Sequence[Case]) -> None:
    print("cause                      n   top-1  top-3  most often taken for")
    for cause, n in Counter(c.truth for c in found).most_common():
        mine = [c for c in found if c.truth is cause]
        wrong = Counter(c.top.value for c in mine if c.top is not cause).most_common(2)
        print(f"{cause.value:24} {n:4}   {share([c.top is cause for c in mine]):.2f}   "
              f"{share([in_top(c, 3) for c in mine]):.2f}   {', '.join(f'{a} {b}' for a, b in wrong)}")  # fmt: skip


def main() -> None:
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parse.add_argument("--orders", type=int, default=3000)
    parse.add_argument("--seed", type=int, default=29)
    parse.add_argument("--svg", type=Path)
    parse.add_argument("--only", help="one world, by its name")
    options = parse.parse_args()
    curves = {}
    for name, parameters in WORLDS.items():
        if options.only and name != options.only:
            continue
        w = world(20_000, options.seed, parameters())
        start = time.process_time()
        found = list(cases(w, options.orders, options.seed))
        curves[name] = report(name, found, time.process_time() - start)
        by_cause(found)
        print("days to the right verdict (median), share that gets it while it is true, n:")
        for cause, (days, gets, n) in days_to_verdict(w, options.seed).items():
            print(f"   {cause.value:24} {days:5.1f}  {gets:.2f}  {n}")
    if options.svg:
        options.svg.write_text(reliability_svg(curves), encoding="utf-8")


if __name__ == "__main__":
    main()
