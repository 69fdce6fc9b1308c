"""What an installation has learnt about delivery times: plain numbers, stored as JSON, read without an array library.

For each stage: ln days (on the clock of clock.py) = the closest row of lanes.csv + an effect of each name that is known
of the parcel + covariates + sigma * an error whose curve was pooled from forecasts that had to be made earlier.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from bisect import bisect_left
from functools import lru_cache

import msgspec
from msgspec import Struct

from dozor.forecast.clock import Rhythm
from dozor.forecast.tables import WHOLE, Lane, lane, settings

CURVE_FROM, CURVE_STEP, CURVE_POINTS = -6.0, 0.025, 481
LEVELS = ("lane", "origin", "destination", "route", "service", "seller", "user")
VERSION = 2  # of the stored form: another one is not read
COVARIATES = ("promised", "promised_bend", "promised_bend_low", "promised_bend_high", "postage", "price")


class Parcel(Struct, frozen=True, omit_defaults=True):
    """One stage of one parcel, as far as it is known: a row to learn from, or one to look out for.

    `days` are calendar days from `started` until the next stage where `reached`, else until it was last looked at.
    Places are countries, or regions of them (BR-SP); `postage` and `price` are in one currency throughout.
    """

    stage: str
    started: dt.datetime
    days: float
    reached: bool
    origin: str | None = None
    destination: str | None = None
    service: str | None = None
    seller: str | None = None
    user: str | None = None
    promised_days: float | None = None
    postage: float | None = None
    price: float | None = None
    weight: float = 1.0


class Effect(Struct, frozen=True, array_like=True):
    """What a name adds to ln days, what it adds for each unit of the promise, and the parcels it was learnt from."""

    add: float
    slope: float = 0.0
    n: float = 0.0


class Check(Struct, frozen=True):
    """How earlier forecasts did: parcels that came due, and the share of them within the 80-% band."""

    n: int
    within_80: float


class StageModel(Struct, frozen=True):
    """One stage. `curves` are survivals of the error at CURVE_FROM + i * CURVE_STEP, by class of service ("": all)."""

    stage: str
    n: float
    base: float
    drift: float
    covariates: dict[str, float]
    weekdays: tuple[float, ...]
    levels: dict[str, dict[str, Effect]]
    sigma: float
    never: dict[str, float]  # by row of lanes.csv
    curves: dict[str, tuple[float, ...]]
    rhythms: dict[str, Rhythm]
    check: Check | None = None

    @property
    def calibrated(self) -> bool:
        """Whether earlier forecasts kept their bands."""
        low, high = settings().coverage_low, settings().coverage_high
        return self.check is not None and low <= self.check.within_80 <= high


class Model(Struct, frozen=True):
    """All stages, as learnt at an instant. `msgspec.json.encode` stores it, `load` reads it."""

    as_of: dt.datetime
    stages: dict[str, StageModel]
    version: int = 1  # what names none is of the first form


class Curve(Struct, frozen=True):
    """Days on the clock until something happens, where it does: exp(mu + sigma * error), the error by its curve."""

    mu: float
    sigma: float
    points: tuple[float, ...]

    def survival(self, days: float) -> float:
        """The share still waiting after so many days."""
        if days <= 0:
            return 1.0
        place = ((math.log(days) - self.mu) / self.sigma - CURVE_FROM) / CURVE_STEP
        if place <= 0:
            return 1.0
        if place >= CURVE_POINTS - 1:
            return 0.0
        low = int(place)
        return self.points[low] + (place - low) * (self.points[low + 1] - self.points[low])

    def quantile(self, share: float) -> float:
        """After how many days this share no longer waits."""
        target = 1 - share
        low = bisect_left(self.points, -target, key=lambda value: -value)
        if low <= 0:
            place = 0.0
        elif low >= CURVE_POINTS:
            place = CURVE_POINTS - 1.0
        else:
            before, after = self.points[low - 1], self.points[low]
            place = low - 1 + (before - target) / (before - after) if after != before else float(low)
        return math.exp(self.mu + self.sigma * (CURVE_FROM + place * CURVE_STEP))

    @property
    def median(self) -> float:
        """Half are through by then."""
        return self.quantile(0.5)

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and variance, in days and days squared."""
        first, second = _spreads(self.points, self.sigma)
        mean = math.exp(self.mu) * first
        return mean, max(1e-9, math.exp(2 * self.mu) * second - mean**2)

    def later(self, days: float) -> Curve:
        """The same spread, its median moved by so many days."""
        median = self.median
        return Curve(self.mu + math.log(max(0.25, median + days) / median), self.sigma, self.points)

    def times(self, factor: float) -> Curve:
        """The same shape, so many times as long."""
        return Curve(self.mu + math.log(factor), self.sigma, self.points)


@lru_cache(maxsize=1024)  # one a stage: parcels differ in `mu` alone
def _spreads(points: tuple[float, ...], sigma: float) -> tuple[float, float]:
    """The means of exp(sigma * error) and of its square over a curve of errors."""
    return _spread(points, sigma), _spread(points, 2 * sigma)


def _spread(points: tuple[float, ...], rate: float) -> float:
    total = 0.0
    for low in range(CURVE_POINTS - 1):
        share = points[low] - points[low + 1]
        if share:
            total += share * math.exp(rate * (CURVE_FROM + (low + 0.5) * CURVE_STEP))
    return total


class Placed(Struct, frozen=True):
    """What a stage model says of one parcel: its curve, its share that never comes, the terms in ln days, and n."""

    curve: Curve
    never: float
    terms: dict[str, float]
    n: float
    row: Lane


def load(text: bytes | str) -> Model:
    """A model from its JSON. Raises msgspec.DecodeError for anything else, msgspec.ValidationError for another form."""
    found = msgspec.json.decode(text, type=Model)
    if found.version != VERSION:
        raise msgspec.ValidationError(f"it is of form {found.version}, this version reads form {VERSION}: learn anew")
    return found


def place(model: StageModel, parcel: Parcel) -> Placed:
    """Where the model sees a parcel: names it has never met leave the estimate as it is."""
    row = lane(model.stage, parcel.origin, parcel.destination, parcel.service)
    promise = promise_of(parcel)
    terms = {"base": model.base + model.drift}
    for level, name in names_of(parcel, row).items():
        effect = model.levels.get(level, {}).get(name)
        if effect is not None:
            terms[level] = effect.add + effect.slope * promise
    terms["covariates"] = sum(
        model.covariates.get(name, 0.0) * value for name, value in covariates_of(parcel, promise).items()
    )
    terms["weekday"] = model.weekdays[parcel.started.weekday()]
    own = model.levels.get("lane", {}).get(row.id)
    n = own.n if own is not None else 0.0
    sigma = spread(row, n, model.sigma)
    curve = model.curves.get(parcel.service or "") or model.curves[""]
    mu = math.log(row.median) + sum(terms.values())
    never = model.never.get(row.id, row.never)
    return Placed(Curve(mu, sigma, curve), never, terms, n + row.n, row)


def spread(row: Lane, n: float, sigma: float) -> float:
    """The spread of ln days on a lane: of its row and of what was learnt (with the doubt of its middle), by parcels."""
    measured = sigma**2 * (1 + 1 / (row.n + n))
    return math.sqrt((row.n * row.sigma**2 + n * measured) / (row.n + n))


def names_of(parcel: Parcel, row: Lane) -> dict[str, str]:
    """The name of a parcel on each level ("": not known)."""
    origin, destination = parcel.origin or "", parcel.destination or ""
    return {
        "lane": row.id,
        "origin": origin,
        "destination": destination,
        "route": f"{origin}>{destination}" if origin and destination else "",
        "service": parcel.service or "",
        "seller": mark_of(parcel.seller or ""),
        "user": mark_of(parcel.user or ""),
    }


@lru_cache(maxsize=10_000)
def mark_of(name: str) -> str:
    """What a model keeps of a person's or seller's name: it is known again when met again, and cannot be read."""
    name = " ".join(name.casefold().split())
    return hashlib.sha256(f"dozor.forecast {name}".encode()).hexdigest()[:16] if name else ""


def promise_of(parcel: Parcel) -> float:
    """Ln of the promised days, from the usual; 0 where nothing was promised.

    A shop promises the whole way: that says nothing of one stage of it.
    """
    if parcel.stage != WHOLE or not parcel.promised_days:
        return 0.0
    return math.log(min(max(parcel.promised_days, 1.0), 120.0) / settings().usual["promised"])


def covariates_of(parcel: Parcel, promise: float) -> dict[str, float]:
    """What is told beside the names, each zero where it is not told."""
    usual, bend = settings().usual, settings().promise_bend
    return {
        "promised": promise,
        "promised_bend": max(0.0, promise),
        "promised_bend_low": max(0.0, promise + bend) - bend if promise else 0.0,
        "promised_bend_high": max(0.0, promise - bend),
        "postage": money_of(parcel.postage, usual["postage"]),
        "price": money_of(parcel.price, usual["price"]),
    }


def money_of(amount: float | None, usual: float) -> float:
    """Ln of an amount from the usual one; 0 where it is not told."""
    return 0.0 if amount is None else math.log((amount + usual / 10) / (usual * 1.1))
