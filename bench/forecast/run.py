"""Forecasts of delivery times beside their peers, month by month, each made with what was known on its first day.

`bench/forecast/peers.sh` once, then:
`.venv/bin/python bench/forecast/run.py --data FILE --from 2017-10 --to 2018-05`

For each month: learn from the orders of the 365 days before it as they were seen on its first day (what was under way
is under way), forecast the orders of the month, score what came of them. All models in one run, on the same orders.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from reliability import reliability_svg
from sample import Sample, read
from score import GRID, conditional, crps, scores, tenths

from dozor.forecast.bulk import outlooks, shares
from dozor.forecast.learn import learn_stage

HERE = Path(__file__).resolve().parent
PEERS = HERE.parent / ".peers" / "forecast" / "bin" / "python"
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
OURS = "dozor"
Model = Callable[[Sample, Sample, float], np.ndarray]


def dozor(sample: Sample, test: Sample, now: float) -> np.ndarray:
    """The product's own model, learnt and asked as the product does."""
    model = learn_stage(sample.parcels, EPOCH + dt.timedelta(days=now))
    assert model is not None
    return shares(model, test.parcels, GRID.tolist())


def spells(model: Model, sample: Sample, test: Sample, start: float, every: float) -> np.ndarray:
    """The forecasts of a month, made with what was known on its first day, or on the first day of each spell of it."""
    if not every:
        return model(sample, test, start)
    spell = np.floor((test.bought - start) / every)
    found = np.empty((len(test.days), len(GRID)))
    for each in np.unique(spell).tolist():
        found[spell == each] = model(sample, test.take(spell == each), start + each * every)
    return found


def models() -> dict[str, Model]:
    """Ours, and the peers that are here."""
    import rivals

    found = {OURS: dozor, "Kaplan-Meier 120 d": rivals.kaplan_meier_120}
    for name, module, peer in (
        ("log-normal AFT", "lifelines", rivals.lognormal_aft),
        ("LightGBM hazard", "lightgbm", rivals.lightgbm_hazard),
    ):
        if importlib.util.find_spec(module) is None:
            print(f"{module} is not here: {name} is left out (bench/forecast/peers.sh installs it)")
        else:
            found[name] = peer
    return found


def months(first: str, last: str) -> list[tuple[float, float]]:
    """Starts and ends of the months, in days since 1970."""
    found = []
    year, month = map(int, first.split("-"))
    while f"{year}-{month:02}" <= last:
        start = dt.datetime(year, month, 1, tzinfo=dt.UTC)
        year, month = (year + month // 12, month % 12 + 1)
        found.append(((start - EPOCH).days, (dt.datetime(year, month, 1, tzinfo=dt.UTC) - EPOCH).days))
    return [(float(start), float(end)) for start, end in found]


def bulk(sample: Sample, now: float, count: int) -> float:
    """Seconds of one core that so many outlooks of three horizons take, their columns being there. Best of three."""
    model = learn_stage(sample.parcels, EPOCH + dt.timedelta(days=now))
    assert model is not None
    rng = np.random.default_rng(1)
    many = sample.parcels.take(rng.integers(0, len(sample.parcels), count))
    many = replace(many, started=now - rng.uniform(0, 60, count))
    times = []
    for _ in range(3):
        begun = time.process_time()
        outlooks(model, many, EPOCH + dt.timedelta(days=now), (7.0, 14.0, 30.0))
        times.append(time.process_time() - begun)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE.parents[2] / "shared/data/stats/olist_until_2018-05.csv.gz")
    parser.add_argument("--from", dest="first", default="2017-10", metavar="YYYY-MM")
    parser.add_argument("--to", dest="last", default="2018-05", metavar="YYYY-MM")
    parser.add_argument("--svg", type=Path, help="Where to draw the reliability diagram.")
    parser.add_argument("--months", action="store_true", help="Our scores of each month, too.")
    parser.add_argument("--every", type=float, default=0.0, metavar="DAYS", help="Ours learns anew so often.")
    parser.add_argument("--only", help="Leave out the models whose names do not contain this.")
    options = parser.parse_args()
    if PEERS.exists() and Path(sys.prefix) != PEERS.parents[1]:
        # The same file where the peers are installed; our own linear algebra keeps to one core.
        env = {
            **os.environ,
            "PYTHONPATH": str(HERE.parents[1] / "src"),
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_WAIT_POLICY": "PASSIVE",
        }
        os.execve(PEERS, [str(PEERS), *sys.argv], env)

    sample = read(options.data)
    origins = months(options.first, options.last)
    tests = [sample.take((sample.bought >= start) & (sample.bought < end)) for start, end in origins]
    kept = [place for place, test in enumerate(tests) if len(test.days)]
    origins, tests = [origins[place] for place in kept], [tests[place] for place in kept]
    if not tests:
        sys.exit(f"no orders between {options.first} and {options.last} in {options.data}")
    days = np.concatenate([test.days for test in tests])
    weight = np.concatenate([test.weight for test in tests])
    promised = np.concatenate([test.promised for test in tests])
    print(f"{len(days)} orders of {len(tests)} months ({weight.sum():.0f} weighted)")

    errors: dict[str, np.ndarray] = {}
    rows: dict[str, list[tuple[float, float, float]]] = {}
    table: dict[str, dict[str, float]] = {}
    chosen = {name: model for name, model in models().items() if not options.only or options.only in name}
    for name, model in chosen.items():
        begun, cpu = time.perf_counter(), time.process_time()
        anew = options.every if name == OURS else 0.0
        parts = [spells(model, sample, test, start, anew) for (start, _), test in zip(origins, tests, strict=True)]
        wall, busy = time.perf_counter() - begun, time.process_time() - cpu
        curves = np.maximum.accumulate(np.clip(np.vstack(parts), 0, 1), 1)
        table[name] = {**scores(curves, days, weight, promised), "s": wall, "cpu s": busy}
        errors[name] = crps(curves, days)
        rows[name] = tenths(*conditional(curves, days, weight, 7))
        if name == OURS and options.months:
            for (start, _), test, part in zip(origins, tests, parts, strict=True):
                own = scores(part, test.days, test.weight, test.promised)
                month = (EPOCH + dt.timedelta(days=start)).strftime("%Y-%m")
                print(f"  {month} {len(test.days):5}", *(f"{key} {value:.3f}" for key, value in own.items()))
        if len(table) == 1:
            print(" " * 20, *(f"{key:>8}" for key in table[name]))
        print(f"{name:20}", *(f"{value:8.4f}" for value in table[name].values()), flush=True)
    for name in [name for name in errors if name != OURS and OURS in errors]:
        apart = errors[OURS] - errors[name]
        mean = np.average(apart, weights=weight)
        error = np.sqrt(np.sum(weight**2 * (apart - mean) ** 2)) / weight.sum()
        print(f"CRPS against {name}: {mean:+.3f} (standard error {error:.3f})")
    print(f"1,000,000 outlooks: {bulk(sample, origins[-1][0], 1_000_000):.2f} s")
    if options.svg:
        options.svg.write_text(reliability_svg(rows, "Delivered in the next seven days"), encoding="utf-8")


if __name__ == "__main__":
    main()
