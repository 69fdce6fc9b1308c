"""The tables of the room: colours, sizes, widths of letters."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from msgspec import Struct

from dozor import knowledge

NARROW = frozenset(" \u00a0.,:;!|'()ijltfrIгт-·")
BROAD = frozenset("mwMWW@%ЖШЩЮЫФМжшщюыфмДД")


class Colour(Struct, frozen=True, forbid_unknown_fields=True):
    """One colour by its meaning, for light paper and for dark."""

    id: str
    light: str
    dark: str
    source: str


class Figure(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One size, in pixels unless `unit` says otherwise."""

    id: str
    value: float
    source: str
    unit: str = "px"


@cache
def palette() -> dict[str, Colour]:
    """Every colour by its id."""
    return {row.id: row for row in knowledge.rows("picture", "palette.toml", Colour)}


def figure(id: str) -> float:
    """A size by its id. Raises KeyError for one that the table does not have."""
    return _figures()[id].value


@cache
def _figures() -> dict[str, Figure]:
    return {row.id: row for row in knowledge.rows("picture", "figures.toml", Figure)}


@lru_cache(maxsize=8192)  # places are tried many times for the same words
def width_of(text: str, *, bold: bool = False) -> float:
    """How wide a line of text is at most, in pixels, whatever common face the reader has."""
    return sum(map(_ems, text)) * figure("font") * (figure("char.bold") if bold else 1.0)


@lru_cache(maxsize=8192)
def _ems(character: str) -> float:
    return figure(f"char.{_breadth(character)}")


def _breadth(character: str) -> str:
    if unicodedata.east_asian_width(character) in "WF":
        return "square"
    if character in NARROW:
        return "narrow"
    return "broad" if character in BROAD else "common"
