"""The tables of this room: priors by lane, classes of service, seasons, the share sent untracked by price."""

from __future__ import annotations

import datetime as dt
from functools import cache, lru_cache

from msgspec import Struct

from dozor import knowledge
from dozor.forecast.lognormal import LogNormal, total

STAGES = ("first_scan", "export", "import", "customs", "delivery")
WHOLE = "ship_to_delivered"
# What is left of the way from a movement in a stage: of the last stage the stage itself, of the first the whole.
REST = {"export": "export_to_delivered", "import": "import_to_delivered", "customs": "customs_to_delivered"}
REST_FROM = {rest: stage for stage, rest in REST.items()}


class Lane(Struct, frozen=True, forbid_unknown_fields=True):
    """A prior: log-normal in days for one stage, on one lane, for one class of service; empty: any."""

    stage: str
    median: float
    sigma: float
    never: float
    n: int
    source: str
    confidence: str
    origin: str = ""
    destination: str = ""
    service: str = ""

    @property
    def id(self) -> str:
        """Its name, as an Outlook shows it."""
        parts = [self.stage, self.origin or "*", self.destination or "*", self.service or "*"]
        return "/".join(parts)


class ServiceRow(Struct, frozen=True, forbid_unknown_fields=True):
    """Words of the shop, and classes of numbers, that mean a class of service."""

    service: str
    words: tuple[str, ...]
    readings: tuple[str, ...]
    reach: str
    untracked: float
    n: int
    source: str


class Season(Struct, frozen=True, forbid_unknown_fields=True):
    """Days on which some stages advance more slowly; `start` and `end` are dates or days of every year."""

    id: str
    start: str
    end: str
    stages: tuple[str, ...]
    speed: float
    source: str
    origins: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()


class Week(Struct, frozen=True, forbid_unknown_fields=True):
    """How fast parcels move on each day of the week in a country, and on a public holiday."""

    mon: float
    tue: float
    wed: float
    thu: float
    fri: float
    sat: float
    sun: float
    closed: float
    source: str
    country: str = ""

    @property
    def days(self) -> tuple[float, ...]:
        """Monday first."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


class Holiday(Struct, frozen=True, forbid_unknown_fields=True):
    """A day on which the post of a country rests."""

    country: str
    on: str
    name: str
    source: str
    since: dt.date | None = None
    until: dt.date | None = None


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """How this room learns; every figure is explained beside it in settings.toml."""

    unknown_origin: str
    untracked_overall: float
    half_life: float
    passes: int
    sweeps: int
    check_passes: int
    look_back: float
    settle_after: float
    drift_bin: float
    drift_bins: int
    drift_stiffness: float
    drift_carried: float
    checks: int
    check_step: float
    check_least: int
    check_half_life: float
    stretch: float
    promise_bend: float
    horizons: tuple[int, ...]
    near: int
    rhythm_prior: float
    rhythm_half_life: float
    sigma: float
    never_strength: float
    curve_prior: float
    class_least: float
    class_others: float
    thin_below: float
    coverage_low: float
    coverage_high: float
    source: str
    level: dict[str, float]
    slope: dict[str, float]
    covariate: dict[str, float]
    usual: dict[str, float]


class Untracked(Struct, frozen=True, forbid_unknown_fields=True):
    """The share sent without tracking, and that of numbers that lead nowhere, up to a price in US dollars."""

    up_to: float
    share: float
    bad: float
    n: int
    source: str


class Obligatory(Struct, frozen=True, forbid_unknown_fields=True):
    """Where parcels have to be followed the whole way: since a day, above a price in US dollars."""

    destination: str
    since: dt.date
    above: float
    left: float
    source: str


class Postage(Struct, frozen=True, forbid_unknown_fields=True):
    """What being followed costs, in minor units."""

    id: str
    low: int
    high: int
    currency: str
    source: str


class Rate(Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a currency for a dollar, roughly."""

    currency: str
    per_dollar: float
    source: str


@cache
def lanes() -> tuple[Lane, ...]:
    """All priors."""
    return knowledge.table("forecast", "lanes.csv", Lane)


@cache
def services() -> tuple[ServiceRow, ...]:
    """All classes of service."""
    return knowledge.rows("forecast", "services.toml", ServiceRow)


@cache
def seasons() -> tuple[Season, ...]:
    """All seasons."""
    return knowledge.rows("forecast", "calendar.toml", Season)


@cache
def weeks() -> tuple[Week, ...]:
    """The weeks of countries."""
    return knowledge.table("forecast", "weeks.csv", Week)


@cache
def holidays() -> tuple[Holiday, ...]:
    """The public holidays of countries."""
    return knowledge.table("forecast", "holidays.csv", Holiday)


@cache
def settings() -> Settings:
    """The figures of this room."""
    return knowledge.document("forecast", "settings.toml", Settings)


@cache
def untracked() -> tuple[Untracked, ...]:
    """Price bands, cheapest first."""
    return knowledge.table("forecast", "untracked.csv", Untracked)


@cache
def obligatory() -> tuple[Obligatory, ...]:
    """Where tracking is obligatory."""
    return knowledge.table("forecast", "obligatory.csv", Obligatory)


@cache
def postage() -> dict[str, Postage]:
    """What being followed costs, by id."""
    return {row.id: row for row in knowledge.table("forecast", "postage.csv", Postage)}


@cache
def rates() -> dict[str, float]:
    """Units for a dollar, by currency."""
    return {row.currency: row.per_dollar for row in knowledge.table("forecast", "rates.csv", Rate)}


@lru_cache(maxsize=20_000)
def lane(stage: str, origin: str | None, destination: str | None, service: str | None) -> Lane:
    """The prior that fits closest: a row that names more of the three wins; one that names another never fits.

    What is left of the way from a stage on has no row of its own: it is the sum of its stages, in scale with the whole.
    """
    if stage in REST_FROM:
        return _rest(stage, origin, destination, service)
    asked = (origin or "", destination or "", service or "")

    def closeness(row: Lane) -> int:
        named = (row.origin, row.destination, row.service)
        if any(name and name != want for name, want in zip(named, asked, strict=True)):
            return -1
        return sum(2 if place == 2 else 1 for place, name in enumerate(named) if name)

    fitting = [row for row in lanes() if row.stage == stage]
    return max(fitting, key=closeness)


def _rest(rest: str, origin: str | None, destination: str | None, service: str | None) -> Lane:
    rows = {stage: lane(stage, origin, destination, service) for stage in (*STAGES, WHOLE)}
    times = {stage: LogNormal(row.median, row.sigma) for stage, row in rows.items()}
    scale = times[WHOLE].median / total([times[stage] for stage in STAGES]).median
    stages = STAGES[STAGES.index(REST_FROM[rest]) :]
    left = total([times[stage].times(scale) for stage in stages])
    used = [rows[stage] for stage in (*STAGES, WHOLE)]
    return Lane(
        stage=rest,
        median=left.median,
        sigma=left.sigma,
        never=rows[WHOLE].never * len(stages) / len(STAGES),
        n=min(rows[stage].n for stage in stages),
        source=rows[WHOLE].source,
        confidence=rows[WHOLE].confidence,
        origin=next((row.origin for row in used if row.origin), ""),
        destination=next((row.destination for row in used if row.destination), ""),
        service=next((row.service for row in used if row.service), ""),
    )
