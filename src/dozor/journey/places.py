"""Where was it? Countries from codes of offices of exchange and from the words of an event."""

from __future__ import annotations

import re
from functools import cache

import ahocorasick
from msgspec import Struct
from msgspec.structs import replace

from dozor import knowledge
from dozor.model import Event, Moment, Place

# An office of exchange: country, place, letter (UPU code list 108): CNCANA, RUMOWD, USJFKA.
IMPC = re.compile(r"\b([A-Z]{2})[A-Z]{3}[A-Z]\b")


class PlaceRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A country, its names in events, and its one offset from UTC, where it has one."""

    country: str
    names: tuple[str, ...]
    source: str
    offset: int | None = None


def located(event: Event) -> Event:
    """The event with its country, where place or text tell it, and with its offset, where the country is sure of it."""
    place = event.place or Place()
    country = place.country or country_of(place.text) or country_of(event.text)
    if country is not None and country != place.country:
        place = replace(place, country=country)
    when = event.when
    if when is not None and when.offset is None and country in _offsets() and event.place and event.place.text:
        when = Moment(when.local, _offsets()[country], when.precision)
    if place == (event.place or Place()) and when == event.when:
        return event
    return replace(event, place=place, when=when)


def country_of(text: str) -> str | None:
    """The only country a text names; None when it names none, or several."""
    if not text:
        return None
    offices = {match[1] for match in IMPC.finditer(text)} & _countries()
    if len(offices) == 1:
        return offices.pop()
    folded = f" {text.lower()} "
    found = {}
    for end, (name, country) in _names().iter(folded):
        start = end - len(name) + 1
        if name[0] >= "\u3400" or not (folded[start - 1].isalnum() or folded[end + 1].isalnum()):
            found[country] = start
    return next(iter(found)) if len(found) == 1 else None


@cache
def _rows() -> tuple[PlaceRow, ...]:
    return knowledge.rows("journey", "places.toml", PlaceRow)


@cache
def _countries() -> frozenset[str]:
    return frozenset(row.country for row in _rows())


@cache
def _offsets() -> dict[str | None, int]:
    return {row.country: row.offset for row in _rows() if row.offset is not None}


@cache
def _names() -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for row in _rows():
        for name in row.names:
            automaton.add_word(name, (name, row.country))
    automaton.make_automaton()
    return automaton
