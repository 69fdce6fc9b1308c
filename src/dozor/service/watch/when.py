"""When to ask next: when what may have been missed is worth the ask.

Pure. News comes at a rate that depends on the stage, on how long it has been silent, and on the hour of the day where
the parcel is. With H the news expected since the last ask and h its rate now, the index (w/h)·(1 − (1+H)·e^(−H)) is
what asking now saves over asking later; a number is asked about when the index reaches the price of an ask. This is
the form of the optimal crawl under a budget (Cho and Garcia-Molina 2003; Azar et al. 2018) and of inspection theory
(Barlow, Hunter and Proschan; Keller 1974).
"""

from __future__ import annotations

import datetime as dt
import math
from functools import lru_cache
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from dozor.service.watch.tables import WaitRow, waits

STEPS = 96  # a day
STEP = 1 / STEPS
DAY = dt.timedelta(days=1)
HORIZON = 200  # days of silence that the tables reach
Rates = NDArray[np.floating[Any]]


class Wait(Struct, frozen=True):
    """What is known of the wait for news. Times are days; `offset` is minutes east of UTC of the clock that counts."""

    row: WaitRow
    median: float
    sigma: float
    never: float
    silent: float  # since the last news, or since there could be any, at the last ask
    offset: int = 0
    weight: float = 1.0


class Next(Struct, frozen=True):
    """When to ask next, and the id of the reason (`watch.why.<why>`). `at` None: not any more."""

    at: dt.datetime | None
    why: str
    expected: float = 0.0  # news expected by then, in numbers of events


@lru_cache(maxsize=2048)
def rates(row: WaitRow, median: float, sigma: float, never: float) -> Rates:
    """The rate of news a day after so many quarter-hours of silence: a mixture of one more scan and the next stage."""
    ages = (np.arange(HORIZON * STEPS) + 0.5) * STEP
    scan_left, scan_pace = _lognormal(ages, row.scan_median, row.scan_sigma)
    stage_left, stage_pace = _lognormal(ages, median, sigma)
    left = row.scans * scan_left + (1 - row.scans) * (never + (1 - never) * stage_left)
    pace = row.scans * scan_pace + (1 - row.scans) * (1 - never) * stage_pace
    return np.maximum(pace / np.maximum(left, 1e-12), 1e-4)


def _lognormal(ages: Rates, median: float, sigma: float) -> tuple[Rates, Rates]:
    """Survival and density."""
    z = np.log(ages / median) / sigma
    density = np.exp(-0.5 * z * z) / (ages * sigma * math.sqrt(2 * math.pi))
    # The survival from its density: no array library is needed for the error function.
    survival = np.clip(1 - np.cumsum(density) * STEP, 0, 1)
    return survival, density


@lru_cache(maxsize=64)
def clock(name: str) -> Rates:
    """The factor of each quarter-hour of a local day; their mean is one."""
    hours = np.repeat(np.array(waits().hours[name]), STEPS // 24)
    return np.asarray(np.concatenate([hours, hours, hours]) / hours.mean())


def next_ask(wait: Wait, asked: dt.datetime, price: float, floor_hours: float) -> Next:
    """When to ask again after an ask at `asked` that found what `wait` says. `price` is in parcel-days.

    Never before `floor_hours`, never after the table's ceiling; not at all once the stage or the silence is over.
    """
    table, row = waits(), wait.row
    over = row.stop_after_days
    if over is not None and wait.silent >= over:
        return Next(None, "finished")
    if wait.silent >= table.stop_after_days:
        return Next(None, "silent_too_long")
    ceiling = table.rare_ceiling_hours if wait.silent >= table.rare_after_days else table.ceiling_hours
    ceiling = max(ceiling, floor_hours)
    floor, last = max(1, round(floor_hours / 24 * STEPS)), max(2, round(ceiling / 24 * STEPS))
    found = rates(row, round(wait.median, 2), round(wait.sigma, 2), round(wait.never, 3))
    start = min(int(wait.silent * STEPS), len(found) - 1)
    of_age = found[start : start + last]
    if len(of_age) < last:
        of_age = np.pad(of_age, (0, last - len(of_age)), mode="edge")
    local = asked + dt.timedelta(minutes=wait.offset)
    quarter = local.hour * 4 + local.minute // 15
    rate = of_age * clock(row.hours)[quarter : quarter + last]
    missed = np.cumsum(rate) * STEP
    index = wait.weight / rate * (1 - (1 + missed) * np.exp(-missed))
    ripe = index >= price
    ripe[: floor - 1] = False
    place = int(np.argmax(ripe)) if ripe.any() else last - 1
    why = "floor" if ripe.any() and place == floor - 1 and floor_hours > 0.25 else "likely" if ripe.any() else "ceiling"
    return Next(asked + (place + 1) * STEP * DAY, why, round(float(missed[place]), 4))


def price_of(active: int, budget_per_day: float) -> float:
    """The price at which so many numbers keep within a budget of asks a day: asks go with one over its square root."""
    table = waits()
    wanted = active * table.calls_per_day
    load = wanted / budget_per_day if budget_per_day > 0 else 1.0
    return table.price * max(1.0, load) ** 2


def after_failure(failures: int, asked: dt.datetime, floor_hours: float) -> dt.datetime:
    """When to try again after so many failures in a row: later each time, a day at most."""
    table = waits()
    hours = min(table.failure_most_hours, table.failure_first_hours * 2 ** max(0, failures - 1))
    return asked + dt.timedelta(hours=max(hours, min(floor_hours, table.failure_most_hours)))
