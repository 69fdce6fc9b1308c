"""Small things that several readers of the situation share."""

from __future__ import annotations

import datetime as dt
from functools import cache

from msgspec import Struct

from dozor import knowledge

DAY = dt.timedelta(days=1)

Facts = set[str]
Instants = dict[str, dt.datetime]


class Venues(Struct, frozen=True, forbid_unknown_fields=True):
    """Words that mean: no marketplace; no purchase; faulty goods; a card without chargeback; duty paid before."""

    source: str
    direct: tuple[str, ...]
    private: tuple[str, ...]
    express: tuple[str, ...]
    defect: tuple[str, ...]
    no_chargeback_networks: tuple[str, ...]
    no_chargeback_countries: tuple[str, ...]
    prepaid_countries: tuple[str, ...]
    prepaid_shops: tuple[str, ...]


@cache
def venues() -> Venues:
    """The words of `venues.toml`."""
    return knowledge.document("advice", "venues.toml", Venues)


def midnight(day: dt.date | None) -> dt.datetime | None:
    """The start of a day, UTC."""
    return None if day is None else dt.datetime.combine(day, dt.time(), dt.UTC)


def add(facts: Facts, **holds: bool) -> None:
    """Adds the names whose condition holds."""
    facts.update(name for name, value in holds.items() if value)
