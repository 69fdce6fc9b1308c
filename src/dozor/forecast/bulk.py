"""Outlooks for very many parcels at once: what `outlook` says of one, as arrays. Needs NumPy."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dozor.forecast.columns import EPOCH, Clocks, Columns, Floats
from dozor.forecast.learnt import COVARIATES, CURVE_FROM, CURVE_STEP, LEVELS, StageModel, spread
from dozor.forecast.tables import settings

FARTHEST = 500.0  # days ahead that the clocks are wound


@dataclass(frozen=True)
class Outlooks:
    """A row a parcel: `by[:, k]` P(next stage by `now + horizons[k]` | not yet), `never` P(never | silent so far)."""

    never: Floats
    unusual: Floats
    by: Floats


def outlooks(model: StageModel, parcels: Columns, now: dt.datetime, horizons: Sequence[float]) -> Outlooks:
    """What is to be expected of parcels that wait since `started`, and wait still at `now`; horizons in days.

    Names are coded as in `columns(parcels)`; what the model never met leaves the estimate as it is.
    """
    placed = _Placed.of(model, parcels)
    today = (now - EPOCH) / dt.timedelta(days=1)
    first = min(float(parcels.started.min()), today)
    clocks = Clocks(parcels.stage, parcels.pairs, model.rhythms, first, today + min(max(horizons), FARTHEST))
    start = clocks.at(parcels.sides, parcels.started)
    still = placed.survival(clocks.at(parcels.sides, np.full(len(parcels), today)) - start)
    left = placed.never + (1 - placed.never) * still
    by = np.empty((len(parcels), len(horizons)))
    for column, ahead in enumerate(horizons):
        later = placed.survival(clocks.at(parcels.sides, np.full(len(parcels), today + ahead)) - start)
        by[:, column] = (1 - placed.never) * np.maximum(still - later, 0.0) / left
    return Outlooks(placed.never / left, 1 - still, by)


def shares(model: StageModel, parcels: Columns, days: Sequence[float]) -> Floats:
    """P(next stage within so many days of `started`), a row a parcel, a column a number of days: as of the start."""
    placed = _Placed.of(model, parcels)
    ahead = np.asarray(days, dtype=np.float64)
    first, last = float(parcels.started.min()), float(parcels.started.max() + ahead.max())
    clocks = Clocks(parcels.stage, parcels.pairs, model.rhythms, first, last)
    start = clocks.at(parcels.sides, parcels.started)
    found = np.empty((len(parcels), len(ahead)))
    for column, day in enumerate(ahead.tolist()):
        found[:, column] = placed.survival(clocks.at(parcels.sides, parcels.started + day) - start)
    return np.asarray((1 - placed.never[:, None]) * (1 - found))


@dataclass(frozen=True)
class _Placed:
    """Of each parcel: ln of the middle, the spread, the share that never comes, and which curve is its own."""

    mu: Floats
    sigma: Floats
    never: Floats
    curve: NDArray[np.int64]
    curves: Floats

    @classmethod
    def of(cls, model: StageModel, parcels: Columns) -> _Placed:
        """As `learnt.place`, for all."""
        lanes = parcels.codes["lane"]
        rows = parcels.lanes
        own = model.levels.get("lane", {})
        counts = [own[row.id].n if row.id in own else 0.0 for row in rows]
        middles = [math.log(row.median) for row in rows]
        sigmas = np.array([spread(row, n, model.sigma) for row, n in zip(rows, counts, strict=True)])
        nevers = np.array([model.never.get(row.id, row.never) for row in rows])
        mu = np.array(middles)[lanes] + (model.base + model.drift)
        for level in LEVELS:
            effects = model.levels.get(level, {})
            if not any(effect.add or effect.slope for effect in effects.values()):
                continue
            known = [effects.get(name) for name in parcels.names[level]]
            codes = parcels.codes[level]
            mu += np.array([effect.add if effect else 0.0 for effect in known])[codes]
            slopes = np.array([effect.slope if effect else 0.0 for effect in known])
            if slopes.any():
                mu += slopes[codes] * parcels.promise
        mu += np.array(model.weekdays)[(np.floor(parcels.started).astype(np.int64) + 3) % 7]
        mu += _covariates(model, parcels)
        names = sorted(model.curves)
        services = [names.index(name) if name in model.curves else 0 for name in parcels.names["service"]]
        curve = np.array(services, dtype=np.int64)[parcels.codes["service"]]
        return cls(mu, sigmas[lanes], nevers[lanes], curve, np.array([model.curves[name] for name in names]))

    def survival(self, days: Floats) -> Floats:
        """The share of each still waiting after so many days of its clock."""
        with np.errstate(divide="ignore"):
            at = (np.log(np.maximum(days, 0.0)) - self.mu) / self.sigma
        at = np.clip((at - CURVE_FROM) / CURVE_STEP, 0.0, self.curves.shape[1] - 1.000001)
        low = at.astype(np.int64)
        table = self.curves[0] if len(self.curves) == 1 else self.curves.ravel()
        place = low if len(self.curves) == 1 else low + self.curve * self.curves.shape[1]
        here = table[place]
        return np.asarray(here + (at - low) * (table[place + 1] - here))


def _covariates(model: StageModel, parcels: Columns) -> Floats:
    """The sum of what is told beside the names: the bends of the promise are one broken line."""
    figures, held = settings(), model.covariates
    total = held.get("postage", 0.0) * parcels.postage + held.get("price", 0.0) * parcels.price
    bend = figures.promise_bend
    knots = np.array([math.log(1 / 200), -bend, 0.0, bend, math.log(200)])
    line = (
        held.get("promised", 0.0) * knots
        + held.get("promised_bend", 0.0) * np.maximum(0, knots)
        + held.get("promised_bend_low", 0.0) * (np.maximum(0, knots + bend) - bend)
        + held.get("promised_bend_high", 0.0) * np.maximum(0, knots - bend)
    )
    told = parcels.promise != 0
    return total + np.where(told, np.interp(parcels.promise, knots, line), 0.0)


__all__ = ["COVARIATES", "Outlooks", "outlooks", "shares"]
