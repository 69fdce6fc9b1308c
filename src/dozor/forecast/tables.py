"""The tables of this room: priors by lane, classes of service, seasons, the share sent untracked by price."""

from __future__ import annotations

import datetime as dt
from functools import cache

from msgspec import Struct

from dozor import knowledge


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
    source: str


class Season(Struct, frozen=True, forbid_unknown_fields=True):
    """Days on which some stages take longer."""

    id: str
    start: dt.date
    end: dt.date
    stages: tuple[str, ...]
    days: float
    source: str


class Untracked(Struct, frozen=True, forbid_unknown_fields=True):
    """The share sent without tracking, up to a price in US dollars."""

    up_to: float
    share: float
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
def untracked() -> tuple[Untracked, ...]:
    """Price bands, cheapest first."""
    return knowledge.table("forecast", "untracked.csv", Untracked)


@cache
def rates() -> dict[str, float]:
    """Units for a dollar, by currency."""
    return {row.currency: row.per_dollar for row in knowledge.table("forecast", "rates.csv", Rate)}


def lane(stage: str, origin: str | None, destination: str | None, service: str | None) -> Lane:
    """The prior that fits closest: a row that names more of the three wins; one that names another never fits."""
    asked = (origin or "", destination or "", service or "")

    def closeness(row: Lane) -> int:
        named = (row.origin, row.destination, row.service)
        if any(name and name != want for name, want in zip(named, asked, strict=True)):
            return -1
        return sum(2 if place == 2 else 1 for place, name in enumerate(named) if name)

    fitting = [row for row in lanes() if row.stage == stage]
    return max(fitting, key=closeness)
