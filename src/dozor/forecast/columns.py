"""Parcels as arrays: what learning and bulk outlooks work on. Needs NumPy; single outlooks do not come here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dozor.forecast.clock import CLOSED, HOURS, Rhythm, day_of, even_rhythm, usual_rhythm
from dozor.forecast.learnt import LEVELS, Parcel, names_of, promise_of
from dozor.forecast.tables import Lane, lane, settings

Floats = NDArray[np.float64]
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
UNKNOWN = 0  # the code of a name that is not told


@dataclass(frozen=True)
class Columns:
    """Parcels of one stage, an array a field. `started` are days since 1970 (UTC); names are codes into `names`."""

    stage: str
    started: Floats
    days: Floats
    reached: NDArray[np.bool_]
    weight: Floats
    promise: Floats
    postage: Floats
    price: Floats
    codes: dict[str, NDArray[np.int64]]
    names: dict[str, list[str]]
    lanes: list[Lane]  # by code of the level "lane"
    sides: NDArray[np.int64]  # which pair of places, for the clock
    pairs: list[tuple[str, str]]

    def __len__(self) -> int:
        return len(self.started)

    def take(self, which: Any) -> Columns:
        """Some of the rows, by mask or index."""
        return replace(
            self,
            started=self.started[which],
            days=self.days[which],
            reached=self.reached[which],
            weight=self.weight[which],
            promise=self.promise[which],
            postage=self.postage[which],
            price=self.price[which],
            codes={level: codes[which] for level, codes in self.codes.items()},
            sides=self.sides[which],
        )

    def visible(self, now: float) -> Columns:
        """What was known at an instant (days since 1970): parcels under way then are under way again."""
        figures = settings()
        young = (self.started < now - figures.settle_after) & (self.started >= now - figures.look_back)
        seen = self.take(young)
        age = now - seen.started
        reached = seen.reached & (seen.days <= age)
        return replace(seen, reached=reached, days=np.where(reached, seen.days, np.minimum(seen.days, age)))


def columns(parcels: Sequence[Parcel], names: dict[str, list[str]] | None = None) -> Columns:
    """Parcels of one stage as arrays; with `names`, coded as those are (names unknown there: code 0)."""
    told: dict[str, list[str]] = {level: [] for level in LEVELS}
    lanes: dict[tuple[str | None, ...], Lane] = {}
    stage = parcels[0].stage if parcels else ""
    pairs: dict[tuple[str, str], int] = {}
    sides = []
    for parcel in parcels:
        key = (parcel.origin, parcel.destination, parcel.service)
        if key not in lanes:
            lanes[key] = lane(stage, *key)
        for level, name in names_of(parcel, lanes[key]).items():
            told[level].append(name)
        sides.append(pairs.setdefault(((parcel.origin or "")[:2], (parcel.destination or "")[:2]), len(pairs)))
    kept = names or {level: ["", *sorted({*values} - {""})] for level, values in told.items()}
    index = {level: {name: code for code, name in enumerate(values)} for level, values in kept.items()}
    usual = settings().usual
    rows = {row.id: row for row in lanes.values()}
    blank = lane(stage, None, None, None) if stage else None
    return Columns(
        stage=stage,
        started=_floats((parcel.started - EPOCH).total_seconds() / 86400 for parcel in parcels),
        days=_floats(parcel.days for parcel in parcels),
        reached=np.array([parcel.reached for parcel in parcels], dtype=bool),
        weight=_floats(parcel.weight for parcel in parcels),
        promise=_floats(promise_of(parcel) for parcel in parcels),
        postage=_money([parcel.postage for parcel in parcels], usual["postage"]),
        price=_money([parcel.price for parcel in parcels], usual["price"]),
        codes={
            level: np.array([index[level].get(name, UNKNOWN) for name in told[level]], dtype=np.int64)
            for level in LEVELS
        },
        names=kept,
        lanes=[rows.get(name, blank) for name in kept["lane"]],  # type: ignore[misc]
        sides=np.array(sides, dtype=np.int64),
        pairs=list(pairs),
    )


class Clocks:
    """The clocks of all pairs of places in some parcels, as running totals over the hours of some years."""

    def __init__(
        self, stage: str, pairs: Sequence[tuple[str, str]], rhythms: dict[str, Rhythm], first: float, last: float
    ):
        self.first = int(first) - 1
        count = int(last) - self.first + 3
        start = (EPOCH + dt.timedelta(days=self.first)).date()
        days = [start + dt.timedelta(days=ahead) for ahead in range(count)]
        self.totals = [self._total(stage, origin, destination, rhythms, days) for origin, destination in pairs]

    def at(self, sides: NDArray[np.int64], days: Floats) -> Floats:
        """The reading of each parcel's clock at instants (days since 1970)."""
        hours = np.clip((days - self.first) * HOURS, 0, len(self.totals[0]) - 1.001) if self.totals else days
        if len(self.totals) == 1:
            return _read(self.totals[0], hours)
        found = np.empty(len(hours))
        for side, total in enumerate(self.totals):
            mine = sides == side
            if mine.any():
                found[mine] = _read(total, hours[mine])
        return found

    @staticmethod
    def _total(stage: str, origin: str, destination: str, rhythms: dict[str, Rhythm], days: list[dt.date]) -> Floats:
        rhythm = rhythm_of(stage, origin, destination, rhythms)
        speeds = []
        for day in days:
            kind, speed = day_of(day, stage, origin or None, destination or None)
            hours = rhythm.closed if kind == CLOSED else rhythm.days[kind]
            speeds.append(np.array(hours) * (speed / HOURS))
        return np.concatenate([[0.0], np.cumsum(np.concatenate(speeds))])


def rhythm_of(stage: str, origin: str, destination: str, rhythms: dict[str, Rhythm]) -> Rhythm:
    """The learnt rhythm of the country whose days count in a stage, else that of the table."""
    from dozor.forecast.clock import side

    country = side(stage, origin or None, destination or None)
    return even_rhythm() if country is None else rhythms.get(country) or usual_rhythm(country)


def _read(total: Floats, hours: Floats) -> Floats:
    whole = hours.astype(np.int64)
    low = total[whole]
    return np.asarray(low + (hours - whole) * (total[whole + 1] - low), dtype=np.float64)


def _floats(values: Any) -> Floats:
    return np.array(list(values), dtype=np.float64)


def _money(values: list[float | None], usual: float) -> Floats:
    told = _floats(np.nan if value is None else value for value in values)
    return np.nan_to_num(np.log((told + usual / 10) / (usual * 1.1)))
