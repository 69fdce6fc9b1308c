"""How long a decision takes: `.venv/bin/python -m bench.policy.speed`. Best of five rounds, one core."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from bench.world import dossier, world

from dozor.advice.decide import arrivals, programme
from dozor.advice.tables import style
from dozor.answer import answer

POINTS = [(7.0, 0.2), (14.0, 0.45), (30.0, 0.8), (60.0, 0.97)]


def main() -> None:
    plain = {"first": 0, "style": style("balanced"), "reliability": 0.5}
    one = seconds(lambda: programme(arrivals(POINTS, 0.2, 61), 0.2, last=45, **plain), 50)
    n = 20_000
    never, last = np.linspace(0.01, 0.95, n), np.arange(n) % 46
    known = [(at, np.full(n, share)) for at, share in POINTS]
    many = seconds(lambda: programme(arrivals(known, never, 61), never, last=last, **plain), 1)
    w = world(300, 3)
    asked = [(dossier(w, i, float(w.shipped[i]) + 14.4), w.instant(w.shipped[i] + 14.4)) for i in range(200)]
    whole = seconds(lambda: [answer(d, now) for d, now in asked], 1)
    print(f"one decision, 45 days ahead: {one * 1e3:.2f} ms; in bulk {many / n * 1e6:.1f} µs an order")
    print(f"a whole answer of the world's orders, 14 days after shipping: {whole / len(asked) * 1e3:.1f} ms")


def seconds(job: Callable[[], object], times: int) -> float:
    """The best of five rounds, for one time."""
    rounds = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(times):
            job()
        rounds.append((time.perf_counter() - start) / times)
    return min(rounds)


if __name__ == "__main__":
    main()
