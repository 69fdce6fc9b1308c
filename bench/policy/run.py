"""When to claim: the product's plan beside rules of thumb and two bounds, in a world whose truth is known.

`.venv/bin/python -m bench.policy.run` (from the root; `--orders 100000 --train 200000 --sample 2000 --knobs`).
Money is weighted by price. Regret is the value of the Bayes-optimal plan less the plan's, of all money paid.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from bench.policy.optimal import BayesOptimal
from bench.policy.pipeline import through_answer
from bench.policy.plans import AlwaysWait, Clairvoyant, FromDay, SeedEarly, SeedPatient
from bench.policy.play import Plan, Play, Score, play, score
from bench.policy.product import Product
from bench.world import KNOBS, World, perturbed, world
from bench.world.money import worth

PEERS: tuple[Plan, ...] = (
    AlwaysWait(),
    FromDay("open at day 11", 11),
    SeedEarly(),
    SeedPatient(),
    FromDay("day 30", 30),
)
HEAD = (
    f"{'plan':24}{'recovered':>10}{'expected':>10}{'heeding':>9}{'needless':>10}{'missed':>8}{'unseen':>8}{'illegal':>9}{'refused':>9}{'wrong':>7}"
    f"{'ignored':>9}{'days':>7}{'regret':>9}{'of risk':>9}"
)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--orders", type=int, default=20_000)
    ask.add_argument("--train", type=int, default=100_000)
    ask.add_argument("--sample", type=int, default=1_000, help="order-days through the whole answer")
    ask.add_argument("--seed", type=int, nargs="+", default=[1], help="worlds, one after the other")
    ask.add_argument("--knobs", type=int, default=0, help="orders for each perturbation; 0: none")
    ask.add_argument("--only", nargs="*", help="names of the perturbations")
    options = ask.parse_args()

    product = Product()  # what it believes of a look is the same in every world, and is asked once
    for seed in options.seed:
        compared(product, seed, options.orders, options.train, options.sample)
    for knob in KNOBS if options.knobs else ():
        if knob == "none" or (options.only and knob not in options.only):
            continue
        turned = world(options.knobs, options.seed[0] + 2, perturbed(knob))
        best = BayesOptimal(world(options.train // 2, options.seed[0] + 901, perturbed(knob)))
        print(f"\n{knob}")
        table(turned, play(turned, [*PEERS[2:4], product, best]))


def compared(product: Product, seed: int, orders: int, train: int, sample: int) -> None:
    """All plans over the orders of one world, and a sample of its order-days through the whole answer."""
    start = time.perf_counter()
    w = world(orders, seed)
    drawn = time.perf_counter() - start
    print(f"\nworld {seed}: {w.n:,} orders drawn in {drawn:.1f} s; {np.isfinite(w.arrives).mean():.1%} come")
    table(w, timed(w, [*PEERS, product, Clairvoyant(), BayesOptimal(world(train, seed + 900))]))
    if sample:
        small = world(min(w.n, 4_000), seed + 1)
        found = through_answer(small, play(small, [product], keep=True)[0], sample)
        print(
            f"through the whole answer: {found.days} order-days, {found.same / found.days:.2%} the same claim or wait"
        )
        print(
            f"  {found.asks_now} claims now; {found.disputes} running claims; broken: {dict(found.broken) or 'nothing'}"
        )
        print(f"  {dict(found.differs)}", *found.examples, sep="\n  ", flush=True)


def timed(w: World, plans: list[Plan]) -> list[Play]:
    start = time.perf_counter()
    plays = play(w, plans)
    print(f"{len(plans)} plans played in {time.perf_counter() - start:.0f} s")
    return plays


def table(w: World, plays: list[Play]) -> None:
    """The scores; the last plan is the optimal one."""
    best = plays[-1]
    print(HEAD)
    for each in plays:
        print(line(w, score(w, each), regret(w, each, best)), flush=True)


def regret(w: World, each: Play, best: Play) -> tuple[float, float]:
    """Money left lying beside the best plan, and its standard error, of all money paid."""
    gap = w.price * (worth(w, best.opened) - worth(w, each.opened))
    return float(gap.sum() / w.price.sum()), float(gap.std() * np.sqrt(w.n) / w.price.sum())


def line(w: World, s: Score, lost: tuple[float, float]) -> str:
    return (
        f"{s.name:24}{s.recovered:10.1%}{s.expected:10.2%}{s.recovered_heeding:9.1%}{s.needless:10.2%}{s.missed:8}{s.unseen:8}{s.illegal:9}{s.refused:9}"
        f"{s.wrong_cancels:7}{s.ignored:9}{s.days_to_act:7.1f}{lost[0]:9.2%}{lost[0] / s.money_at_risk:9.1%}"
        f"  ± {lost[1]:.2%}"
    )


if __name__ == "__main__":
    main()
