"""How soon is news found for the same number of asks? The watcher beside asking at even times and with backing off.

    .venv/bin/python bench/watch/run.py [parcels] [asks a parcel-day]

The watcher knows of the fleet what it knows of the world: the priors of `forecast/lanes.csv` and `waits.toml`. Nothing
was fitted but each policy's one parameter, on other parcels, so that the number of asks is the wanted one.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import sys
import time
from collections.abc import Callable

from fleet import ECONOMY, HORIZON, Simulated, fleet

from dozor.forecast.tables import lane
from dozor.service.watch.tables import wait_row, waits
from dozor.service.watch.when import Wait, next_ask

START = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
QUARTER = 1 / 96
SERVICES = ("registered", "standard", "economy")
STAGES = {"unseen": "first_scan", "origin": "export", "transport": "import", "import": "customs", "inland": "delivery"}
LAST_MILE = {"out_for_delivery", "available_for_pickup", "delivered"}

# After an ask: (parcel, time, time and stage of the last news, asks in a row without news) -> days until the next.
Policy = Callable[[Simulated, float, float, str, int], float]


def even(hours: float) -> Policy:
    """Every so many hours."""
    return lambda parcel, now, since, stage, idle: hours / 24


def backing_off(hours: float) -> Policy:
    """One and a half times later each time, a day at most, from the beginning again after news."""
    return lambda parcel, now, since, stage, idle: min(1.0, hours / 24 * 1.5**idle)


def watcher(price: float) -> Policy:
    """The product's own."""

    def policy(parcel: Simulated, now: float, since: float, stage: str, idle: int) -> float:
        row = wait_row(stage)
        median, sigma = row.median, row.sigma
        if row.id in STAGES:
            prior = lane(STAGES[row.id], "CN", None, SERVICES[parcel.service])
            median, sigma = prior.median, prior.sigma
        never = max(row.never, waits().dark_never) if row.abroad and parcel.service == ECONOMY else row.never
        offset = 480 if row.clock == "origin" else 60 * parcel.zone
        wait = Wait(row, median, sigma, never, max(0.0, now - since), offset)
        asked = START + DAY * now
        found = next_ask(wait, asked, price, 0.25)
        return HORIZON if found.at is None else (found.at - asked) / DAY

    return policy


def run(parcels: list[Simulated], policy: Policy, seed: int = 0) -> tuple[float, list[float], list[float]]:
    """Asks a parcel-day, delays in hours, and those of the last mile. A delivered parcel is asked about no more."""
    chance = random.Random(seed)
    asks, days, delays, last_mile = 0, 0.0, [], []
    for parcel in parcels:
        now, since, stage, seen, idle = chance.uniform(0, 0.25), 0.0, "", 0, 0
        while now < HORIZON:
            asks += 1
            fresh = [event for event in parcel.events[seen:] if event[0] <= now]
            for at, new_stage in fresh:
                delays.append((now - at) * 24)
                if new_stage in LAST_MILE:
                    last_mile.append((now - at) * 24)
            seen, idle = seen + len(fresh), 0 if fresh else idle + 1
            if fresh:
                since, stage = fresh[-1]
            if stage == "delivered":
                break
            now += max(QUARTER, policy(parcel, now, since, stage, idle))
        days += min(now, HORIZON)
    return asks / days, delays, last_mile


def tuned(make: Callable[[float], Policy], parcels: list[Simulated], wanted: float, low: float, high: float) -> float:
    """The parameter at which a policy asks as often as wanted (more of it: fewer asks)."""
    for _ in range(8):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if run(parcels, make(middle))[0] > wanted else (low, middle)
    return (low * high) ** 0.5


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    wanted = float(sys.argv[2]) if len(sys.argv) > 2 else 4.0
    parcels, others = fleet(count, 3), fleet(max(200, count // 8), 2)
    events = sum(len(parcel.events) for parcel in parcels)
    print(f"{count} parcels, {events / count:.1f} events each, {HORIZON:.0f} days, {wanted:g} asks a parcel-day")
    rows: dict[str, float] = {}
    for name, make, low, high in (
        ("even times", even, 1, 48),
        ("backing off", backing_off, 0.05, 24),
        ("watcher", watcher, 1e-5, 1.0),
    ):
        parameter = tuned(make, others, wanted, low, high)
        began = time.perf_counter()
        asks, delays, last = run(parcels, make(parameter))
        spent = time.perf_counter() - began
        mean, median = statistics.fmean(delays), statistics.median(delays)
        p95 = sorted(delays)[int(len(delays) * 0.95)]
        rows[name] = mean
        print(
            f"{name:12} {asks:5.2f} asks  mean {mean:5.2f} h  median {median:5.2f} h  p95 {p95:5.2f} h  "
            f"last mile {statistics.fmean(last):5.2f} h  found {len(delays) / events:.1%}  "
            f"parameter {parameter:.4g}  {spent / max(1, asks * count * 30) * 1e6:.0f} us an ask"
        )
    print(f"mean: {rows['even times'] / rows['watcher']:.2f} times sooner than at even times")


if __name__ == "__main__":
    main()
