"""Learning delivery times from the installation's own parcels, those still under way included.

A hierarchical log-normal location with a pooled, empirical curve of errors and a share that never arrives
(statistics: ridge normal equations are posterior means; Buckley and James 1979 for what is censored; Boag 1949 for the
share that never comes). Nothing is drawn at random: the same parcels give the same model.

The spread is not that of the fit: each of the last months is forecast anew from what was known before it, and the
errors of those real forecasts are pooled (Kaplan and Meier). What drift did to us is thus in every band.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from dozor.forecast.clock import HOURS, Rhythm, side, usual_rhythm
from dozor.forecast.columns import EPOCH, UNKNOWN, Clocks, Columns, Floats, columns
from dozor.forecast.learnt import (
    COVARIATES,
    CURVE_FROM,
    CURVE_POINTS,
    CURVE_STEP,
    LEVELS,
    VERSION,
    Check,
    Effect,
    Model,
    Parcel,
    StageModel,
)
from dozor.forecast.tables import settings

GRID = CURVE_FROM + CURVE_STEP * np.arange(CURVE_POINTS)
NORMAL = NormalDist()
NORMAL_SURVIVAL = np.array([1 - NORMAL.cdf(z) for z in GRID])
# Mills' ratio: by how much the mean of a standard normal above z exceeds nothing.
MILLS = np.array([NORMAL.pdf(z) / max(1 - NORMAL.cdf(z), 1e-300) for z in GRID])
SHORTEST = 0.02  # of a day on the clock: two scans within half an hour are one


@dataclass
class Fit:
    """The state of a fit: effects by level and code, ridge coefficients, the drift by step back in time."""

    now: float
    base: Floats
    adds: dict[str, Floats]
    slopes: dict[str, Floats]
    drift: Floats
    sigma: float
    never: dict[int, float] = field(default_factory=dict)  # by code of the lane
    gone: Floats = field(default_factory=lambda: np.zeros(0))  # P(never arrives) of each parcel
    errors: Floats = field(default_factory=lambda: np.zeros(0))
    weights: Floats = field(default_factory=lambda: np.zeros(0))


def learn(parcels: Iterable[Parcel], as_of: dt.datetime) -> Model:
    """A model of all stages of which there are parcels. `as_of` is an aware instant; what came later is not used."""
    by_stage: dict[str, list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        by_stage[parcel.stage].append(parcel)
    stages = {}
    for stage, rows in sorted(by_stage.items()):
        found = learn_stage(columns(rows), as_of)
        if found is not None:
            stages[stage] = found
    return Model(as_of=as_of, stages=stages, version=VERSION)


def learn_stage(told: Columns, as_of: dt.datetime) -> StageModel | None:
    """The model of one stage; None where no parcel says anything yet."""
    figures = settings()
    now = (as_of - EPOCH) / dt.timedelta(days=1)
    seen = told.visible(now)
    if not len(seen):
        return None
    rhythms = _rhythms(seen, now)
    oldest = now - figures.look_back - (figures.checks + 1) * figures.check_step
    clocks = Clocks(seen.stage, seen.pairs, rhythms, max(float(told.started.min()), oldest), now)
    passed = _passed(seen, clocks)
    fitted = fit(seen, passed, now)
    pool = _hindcasts(told, seen, clocks, passed, fitted)
    curves, check = _curves(seen, fitted, pool)
    return StageModel(
        stage=seen.stage,
        n=round(float(fitted.weights.sum()), 3),
        base=float(fitted.base[0]),
        drift=float(fitted.drift[0]) * figures.drift_carried,
        covariates=dict(zip(COVARIATES, fitted.base[8:].tolist(), strict=True)),
        weekdays=tuple(fitted.base[1:8].tolist()),
        levels=_levels(seen, fitted),
        sigma=fitted.sigma,
        never={seen.names["lane"][code]: share for code, share in fitted.never.items()},
        curves=curves,
        rhythms=rhythms,
        check=check,
    )


def fit(seen: Columns, passed: Floats, now: float, start: Fit | None = None, passes: int | None = None) -> Fit:
    """Location, spread and the share that never comes, by alternating: impute, regress, weigh again."""
    figures = settings()
    design, ridge = _design(seen)
    age = now - seen.started
    recent = seen.weight * 0.5 ** (age / figures.half_life)
    offset = np.log([row.median for row in seen.lanes])[seen.codes["lane"]]
    log = np.log(passed) - offset
    waiting = ~seen.reached
    lanes, prior = seen.codes["lane"], np.array([row.never for row in seen.lanes])
    state = _begin(seen, design, now, start)
    guess = _Guess(log.copy(), np.zeros(len(seen)), prior.copy(), log)
    if start is not None:
        guess.renew(state, waiting, lanes, _middle(state, seen, design))
    else:
        guess.gone = waiting.astype(np.float64)  # to begin with, by those alone that have come
    for _ in range(passes or figures.passes):
        weights = recent * (1 - guess.gone)
        middle = _regress(state, seen, design, ridge, guess.log, weights)
        scaled = (log - middle) / state.sigma
        squares = scaled**2
        squares[waiting] = 1 + scaled[waiting] * _lookup(MILLS, scaled[waiting])  # E[z² | z above what was seen]
        share = (weights @ squares + figures.curve_prior) / (weights.sum() + figures.curve_prior)
        state.sigma = float(min(max(state.sigma * math.sqrt(share), 0.05), 3.0))
        guess.renew(state, waiting, lanes, middle)
        lost = np.bincount(lanes, seen.weight * guess.gone, len(prior))
        held = figures.never_strength + np.bincount(lanes, seen.weight, len(prior))
        guess.never = (figures.never_strength * prior + lost) / held
    state.never = {code: float(guess.never[code]) for code in np.unique(lanes).tolist()}
    state.gone, state.weights = guess.gone, recent * (1 - guess.gone)
    state.errors = (log - middle) / state.sigma
    return state


@dataclass
class _Guess:
    """What a fit supposes of parcels under way: ln of their days, whether they are gone; `seen` is what was waited."""

    log: Floats
    gone: Floats
    never: Floats
    seen: Floats

    def renew(self, state: Fit, waiting: NDArray[np.bool_], lanes: NDArray[np.int64], middle: Floats) -> None:
        """Buckley and James' imputation, and Bayes' rule for those that never come."""
        scaled = (self.seen[waiting] - middle[waiting]) / state.sigma
        self.log[waiting] = middle[waiting] + state.sigma * _lookup(MILLS, scaled)
        never = self.never[lanes[waiting]]
        self.gone[waiting] = never / (never + (1 - never) * np.maximum(_lookup(NORMAL_SURVIVAL, scaled), 1e-9))


def _begin(seen: Columns, design: Floats, now: float, start: Fit | None) -> Fit:
    """From nothing, or from the effects of another fit of the same names (its drift is of another time)."""
    figures = settings()
    drift = np.zeros(figures.drift_bins)
    if start is None:
        adds = {level: np.zeros(len(seen.names[level])) for level in LEVELS}
        slopes = {level: np.zeros(len(seen.names[level])) for level in figures.slope}
        return Fit(now, np.zeros(design.shape[1]), adds, slopes, drift, figures.sigma)
    return replace(
        start,
        now=now,
        base=start.base.copy(),
        adds={level: effect.copy() for level, effect in start.adds.items()},
        slopes={level: effect.copy() for level, effect in start.slopes.items()},
        drift=drift,
    )


def _lookup(table: Floats, scaled: Floats) -> Floats:
    """A table over GRID, read between its points; beyond its ends the last value."""
    at = np.clip((scaled - CURVE_FROM) / CURVE_STEP, 0.0, CURVE_POINTS - 1.000001)
    low = at.astype(np.int64)
    here = table[low]
    return np.asarray(here + (at - low) * (table[low + 1] - here))


def middle_of(state: Fit, seen: Columns) -> Floats:
    """Ln of days on the clock, beyond the lane's own row, as the fit expects them of parcels that are to start now."""
    design, _ = _design(seen)
    return _middle(state, seen, design) + float(state.drift[0]) * settings().drift_carried


def _middle(state: Fit, seen: Columns, design: Floats) -> Floats:
    middle = design @ state.base
    for level, add in state.adds.items():
        middle = middle + add[seen.codes[level]]
    for level, slope in state.slopes.items():
        middle = middle + slope[seen.codes[level]] * seen.promise
    return np.asarray(middle, dtype=np.float64)


def _regress(state: Fit, seen: Columns, design: Floats, ridge: Floats, target: Floats, weights: Floats) -> Floats:
    """Two sweeps of exact block updates; each block is a ridge regression on what the others leave."""
    figures = settings()
    weighted = (design * weights[:, None]).T
    inverse = np.linalg.inv(weighted @ design + np.diag(ridge))
    blocks = [
        _Block.of(level, state, seen, weights) for level in LEVELS if level == "lane" or np.ptp(seen.codes[level])
    ]
    steps, smooth = _drift(seen, weights, state.now)
    drift = state.drift[steps]
    fixed = design @ state.base
    rest = target - fixed - drift - sum((block.part for block in blocks), np.zeros(len(seen)))
    for _ in range(figures.sweeps):
        state.base = inverse @ (weighted @ (rest + fixed))
        rest += fixed
        fixed = design @ state.base
        rest -= fixed
        for block in blocks:
            rest = block.update(state, rest, weights)
        state.drift = smooth @ np.bincount(steps, weights * (rest + drift), figures.drift_bins)
        state.drift -= weights @ state.drift[steps] / max(weights.sum(), 1e-9)  # the level belongs to the base
        rest += drift
        drift = state.drift[steps]
        rest -= drift
    return np.asarray(target - rest)


@dataclass
class _Block:
    """The effects of one level on the parcels, while a regression runs."""

    level: str
    codes: NDArray[np.int64]
    held: Floats
    part: Floats
    lever: Floats | None = None
    held_slope: Floats | None = None

    @classmethod
    def of(cls, level: str, state: Fit, seen: Columns, weights: Floats) -> _Block:
        figures, codes, size = settings(), seen.codes[level], len(seen.names[level])
        hold = np.array([float(row.n) for row in seen.lanes]) if level == "lane" else figures.level[level]
        block = cls(level, codes, np.bincount(codes, weights, size) + hold, state.adds[level][codes])
        if level in state.slopes:
            block.lever = seen.promise
            lever = np.bincount(codes, weights * seen.promise**2, size)
            block.held_slope = np.asarray(lever + figures.slope[level], dtype=np.float64)
            block.part = block.part + state.slopes[level][codes] * seen.promise
        return block

    def update(self, state: Fit, rest: Floats, weights: Floats) -> Floats:
        """The rest after the effects of this level were learnt anew from it."""
        rest = rest + self.part
        size = len(self.held)
        slope = state.slopes[self.level][self.codes] * self.lever if self.lever is not None else 0.0
        add = np.bincount(self.codes, weights * (rest - slope), size) / self.held
        state.adds[self.level] = add
        self.part = add[self.codes]
        if self.lever is not None and self.held_slope is not None:
            tilt = np.bincount(self.codes, weights * (rest - self.part) * self.lever, size) / self.held_slope
            state.slopes[self.level] = tilt
            self.part = self.part + tilt[self.codes] * self.lever
        return rest - self.part


def _drift(seen: Columns, weights: Floats, now: float) -> tuple[NDArray[np.int64], Floats]:
    """The step of each parcel (0: the newest), and the matrix that turns sums of rests into a random walk's means."""
    figures = settings()
    count = figures.drift_bins
    steps = np.minimum(((now - seen.started) / figures.drift_bin).astype(np.int64), count - 1)
    walk = 2 * np.eye(count) - np.eye(count, k=1) - np.eye(count, k=-1)
    walk[0, 0] = walk[-1, -1] = 1.0
    held = np.diag(np.bincount(steps, weights, count) + 0.5) + figures.drift_stiffness * walk
    return steps, np.asarray(np.linalg.inv(held), dtype=np.float64)


def _design(seen: Columns) -> tuple[Floats, Floats]:
    """Base, weekdays, covariates (as `learnt.covariates_of`); and the ridge of each."""
    figures = settings()
    held, bend = figures.covariate, figures.promise_bend
    weekday = (np.floor(seen.started).astype(np.int64) + 3) % 7  # 1970 began on a Thursday
    told = seen.promise != 0
    shape = np.empty((len(seen), 8 + len(COVARIATES)))
    shape[:, 0] = 1.0
    shape[:, 1:8] = weekday[:, None] == np.arange(7)
    shape[:, 8] = seen.promise
    shape[:, 9] = np.maximum(0.0, seen.promise)
    shape[:, 10] = np.where(told, np.maximum(0.0, seen.promise + bend) - bend, 0.0)
    shape[:, 11] = np.maximum(0.0, seen.promise - bend)
    shape[:, 12] = seen.postage
    shape[:, 13] = seen.price
    bends = [held["promised"]] + [held["promised_bend"]] * 3
    return shape, np.array([held["base"]] + [held["weekday"]] * 7 + [*bends, held["postage"], held["price"]])


def _rhythms(seen: Columns, now: float) -> dict[str, Rhythm]:
    """The share of arrivals in each hour of the week, by country, begun with the week of the table."""
    figures = settings()
    recent = seen.weight * 0.5 ** ((now - seen.started) / figures.rhythm_half_life) * seen.reached
    end = seen.started + seen.days
    hour = ((np.floor(end).astype(np.int64) + 3) % 7) * HOURS + ((end % 1) * HOURS).astype(np.int64)
    countries = [side(seen.stage, origin or None, destination or None) for origin, destination in seen.pairs]
    found = {}
    for country in sorted({name for name in countries if name}):
        mine = np.isin(seen.sides, [place for place, name in enumerate(countries) if name == country])
        counts = np.bincount(hour[mine], recent[mine], 7 * HOURS).reshape(7, HOURS)
        usual = usual_rhythm(country)
        table = np.array([sum(day) for day in usual.days])
        strength = figures.rhythm_prior
        days = (counts.sum(1) + strength * table / table.sum()) / (counts.sum() + strength) * 7
        hours = (counts.sum(0) + strength / HOURS) / (counts.sum() + strength) * HOURS
        closed = float(np.clip(sum(usual.closed) / max(table[6], 1e-9), 0, 1))
        week = np.round(days[:, None] * hours[None], 4)
        found[country] = Rhythm.of(
            tuple(tuple(day) for day in week.tolist()), tuple(np.round(week[6] * closed, 4).tolist())
        )
    return found


def _passed(seen: Columns, clocks: Clocks) -> Floats:
    end = clocks.at(seen.sides, seen.started + seen.days)
    return np.maximum(end - clocks.at(seen.sides, seen.started), SHORTEST)


@dataclass(frozen=True)
class Pool:
    """Errors of forecasts, in units of the spread: those that came due and those still under way."""

    errors: Floats
    reached: NDArray[np.bool_]
    weights: Floats
    service: NDArray[np.int64]
    month: NDArray[np.int64]
    parcels: Floats  # how many each row stands for


def _hindcasts(told: Columns, seen: Columns, clocks: Clocks, passed: Floats, fitted: Fit) -> Pool | None:
    """The errors that forecasts made at the start of each of the last months would have had by now."""
    figures = settings()
    pools: list[Pool] = []
    for month in range(1, figures.checks + 1):
        then = fitted.now - month * figures.check_step
        before = told.visible(then)
        if before.weight.sum() < figures.check_least:
            break
        earlier = fit(before, _passed(before, clocks), then, fitted, figures.check_passes)
        which = (seen.started >= then) & (seen.started < then + figures.check_step)
        after = seen.take(which)
        if not len(after):
            continue
        offset = np.log([row.median for row in after.lanes])[after.codes["lane"]]
        errors = (np.log(passed[which]) - offset - middle_of(earlier, after)) / fitted.sigma
        weights = after.weight * (1 - fitted.gone[which])
        weights = weights * 0.5 ** ((fitted.now - after.started) / figures.check_half_life)
        months = np.full(len(after), month)
        pools.append(Pool(errors, after.reached, weights, after.codes["service"], months, after.weight))
    if not pools:
        return None
    return Pool(*(np.concatenate([getattr(pool, name) for pool in pools]) for name in Pool.__dataclass_fields__))


def _curves(seen: Columns, fitted: Fit, pool: Pool | None) -> tuple[dict[str, tuple[float, ...]], Check | None]:
    """The curve of errors of all, of each class of service with parcels enough, and how earlier bands did."""
    figures = settings()
    if pool is None:
        months = np.zeros(len(seen), dtype=np.int64)
        pool = Pool(fitted.errors, seen.reached, fitted.weights, seen.codes["service"], months, seen.weight)
        check = None
    else:
        check = _check(pool)
    curves = {"": _curve(pool, pool.weights)}
    for code, name in enumerate(seen.names["service"]):
        mine = pool.service == code
        if code != UNKNOWN and pool.weights[mine].sum() >= figures.class_least:
            curves[name] = _curve(pool, pool.weights * np.where(mine, 1.0, figures.class_others))
    return curves, check


def _curve(pool: Pool, weights: Floats) -> tuple[float, ...]:
    """The survival of errors on the grid, stretched, and begun with a normal curve."""
    figures = settings()
    at, share = survival(pool.errors, pool.reached, weights)
    at, share = at * figures.stretch, share
    if len(at):
        known = np.interp(GRID, np.append(at, at[-1] + 1.5), np.append(share, 0.0), left=1.0, right=0.0)
    else:
        known = NORMAL_SURVIVAL
    total = float(weights[pool.reached].sum())
    mixed = (figures.curve_prior * NORMAL_SURVIVAL + total * known) / (figures.curve_prior + total)
    mixed[0], mixed[-1] = 1.0, 0.0
    return tuple(np.round(np.minimum.accumulate(mixed), 6).tolist())


def _check(pool: Pool) -> Check | None:
    """The share of parcels within the 80-% band that the other months' errors would have given."""
    inside = count = weight = 0.0
    for month in np.unique(pool.month).tolist():
        mine = pool.month == month
        if mine.all() or not pool.reached[~mine].any():
            return None
        at, share = survival(pool.errors[~mine], pool.reached[~mine], pool.weights[~mine])
        low, high = np.interp([-0.9, -0.1], -share, at) * settings().stretch
        own, left = survival(pool.errors[mine], pool.reached[mine], pool.weights[mine])
        if not len(own):
            continue
        heavy = float(pool.weights[mine].sum())
        below = 1 - np.interp([low, high], own, left, left=1.0)
        inside += heavy * float(below[1] - below[0])
        weight += heavy
        count += float(pool.parcels[mine & pool.reached].sum())
    return Check(round(count), round(inside / weight, 4)) if weight else None


def survival(errors: Floats, reached: NDArray[np.bool_], weights: Floats) -> tuple[Floats, Floats]:
    """Kaplan and Meier's curve, weighted: where it falls, and to what share."""
    order = np.argsort(errors, kind="stable")
    errors, reached, weights = errors[order], reached[order], weights[order]
    at_risk = np.cumsum(weights[::-1])[::-1]
    left = np.cumprod(1 - np.where(reached, weights, 0.0) / np.maximum(at_risk, 1e-12))
    return errors[reached], np.asarray(left[reached], dtype=np.float64)


def _levels(seen: Columns, fitted: Fit) -> dict[str, dict[str, Effect]]:
    found: dict[str, dict[str, Effect]] = {}
    for level in LEVELS:
        names, codes = seen.names[level], seen.codes[level]
        weights = np.bincount(codes, fitted.weights, len(names))
        slopes = fitted.slopes.get(level, np.zeros(len(names)))
        found[level] = {
            names[code]: Effect(
                round(float(fitted.adds[level][code]), 6), round(float(slopes[code]), 6), round(float(weights[code]), 3)
            )
            for code in np.flatnonzero(weights > 0).tolist()
        }
    return found


__all__: Sequence[str] = ["Parcel", "learn", "learn_stage"]
