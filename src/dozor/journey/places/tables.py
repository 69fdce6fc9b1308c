"""The tables of places, read once."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import ahocorasick
from msgspec import Struct

from dozor import knowledge

ROOM = "journey/places"


class CountryRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A country: ISO 3166-1, the region within which it is near, its zone where it has one, its names joined by |."""

    country: str
    region: str = ""
    zone: str = ""
    names: str = ""


class CityRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A city of the trade; the columns are explained in the file."""

    city: str
    country: str
    zone: str = ""
    impc: str = ""
    ru: str = ""
    uk: str = ""
    zh: str = ""
    more: str = ""


class IndexRow(Struct, frozen=True, forbid_unknown_fields=True):
    """Postal indices of a country from `first` to `last`, by their first digits."""

    country: str
    first: str
    last: str
    region: str
    city: str = ""
    zone: str = ""


class SystemRow(Struct, frozen=True, forbid_unknown_fields=True):
    """How a system tells times, and whether it retells others."""

    system: str
    source: str
    times: str = "said"
    zone: str = ""
    own: str = ""
    retold: bool = False
    carries: bool = False


class Codes(Struct, frozen=True, forbid_unknown_fields=True):
    """See `codes.toml`; of a postal index: how many digits it has, and how many of them tell the region."""

    source: str
    toward: tuple[str, ...]
    there: tuple[str, ...]
    states: dict[str, frozenset[str]]
    index_length: dict[str, tuple[int, int]]
    others: dict[str, str]


class Name(NamedTuple):
    """What a name stands for; `stem`: a case ending may follow."""

    country: str
    city: str | None
    stem: bool


@cache
def countries() -> dict[str, CountryRow]:
    """By ISO 3166-1 alpha-2."""
    return {row.country: row for row in knowledge.table(ROOM, "countries.csv", CountryRow)}


@cache
def cities() -> dict[str, CityRow]:
    """By the English name."""
    return {row.city: row for row in knowledge.table(ROOM, "cities.csv", CityRow)}


@cache
def offices() -> dict[str, CityRow]:
    """Cities by the first five letters of their offices of exchange."""
    return {row.country + code: row for row in cities().values() for code in row.impc.split()}


@cache
def indices() -> dict[str, IndexRow]:
    """Rows of postal indices by country and first digits: "RU620", "UA79"."""
    return {
        f"{row.country}{digits:0{len(row.first)}}": row
        for row in knowledge.table(ROOM, "indices.csv", IndexRow)
        for digits in range(int(row.first), int(row.last) + 1)
    }


@cache
def systems() -> dict[str, SystemRow]:
    """By the id of the system."""
    return {row.system: row for row in knowledge.rows(ROOM, "systems.toml", SystemRow)}


@cache
def codes() -> Codes:
    """What two or three capital letters stand for."""
    return knowledge.document(ROOM, "codes.toml", Codes)


@cache
def states() -> dict[str, str]:
    """Countries by the codes of their states."""
    return {code: country for country, row in codes().states.items() for code in row}


@cache
def names() -> ahocorasick.Automaton:
    """Every name of a country or a city, lower case; the value is the name with what it stands for."""
    found: dict[str, Name] = {}
    for row in countries().values():
        for name in row.names.split("|"):
            _add(found, name, row.country, None)
    for city in cities().values():
        for name in (city.city, city.ru, city.uk, city.zh, *city.more.split("|")):
            _add(found, name, city.country, city.city)
    automaton = ahocorasick.Automaton()
    for text, value in found.items():
        automaton.add_word(text, (text, value))
    automaton.make_automaton()
    return automaton


def _add(found: dict[str, Name], name: str, country: str, city: str | None) -> None:
    text = name.strip().lower()
    if text:
        # A city that is called as its country (Singapore, Hong Kong) is the city.
        found[text.removesuffix("*")] = Name(country, city, text.endswith("*"))
