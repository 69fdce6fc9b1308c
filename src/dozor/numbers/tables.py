"""The number formats as the tables give them, and an index that finds the few rows a string can match."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from msgspec import Struct

from dozor import knowledge
from dozor.model import Kind, Reach
from dozor.numbers.checkdigits import CHECKS


class Format(Struct, frozen=True, omit_defaults=True):
    """One shape. `strict`: a wrong check digit rules the row out; `pattern` is over the normal form, whole."""

    id: str
    pattern: str
    source: str
    confidence: str
    certainty: float
    reach: Reach = Reach.UNKNOWN
    kind: Kind = Kind.TRACKING
    issuer: str | None = None
    carriers: tuple[str, ...] = ()
    check: str | None = None
    strict: bool = False
    valid: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()


class Service(Struct, frozen=True, omit_defaults=True):
    """An S10 service indicator class."""

    id: str
    letters: str
    reach: Reach
    strict: bool
    source: str
    impossible: bool = False


class Issuer(Struct, frozen=True, omit_defaults=True):
    """An issuing country of S10 numbers."""

    country: str
    operator: str
    source: str
    carrier: str | None = None


class Suffix(Struct, frozen=True):
    """Suffixes of S10-shaped numbers that name a carrier instead of a country."""

    suffixes: tuple[str, ...]
    carrier: str
    source: str


@cache
def formats() -> tuple[Format, ...]:
    """Every format row. Raises KnowledgeError where a row names an unknown check or a broken pattern."""
    read = knowledge.rows("numbers/formats", "*.toml", Format)
    for row in read:
        if row.check and row.check not in CHECKS:
            raise knowledge.KnowledgeError(f"numbers/formats: {row.id}: no such check digit: {row.check}")
        try:
            re.compile(row.pattern)
        except re.error as error:
            raise knowledge.KnowledgeError(f"numbers/formats: {row.id}: {error}") from None
    return read


@cache
def candidates(length: int, first: str) -> tuple[tuple[re.Pattern[str], Format], ...]:
    """The rows that a normal form of this length and first character can match."""
    found = []
    for row in formats():
        low, high = _lengths(row.pattern)
        firsts = _firsts(re._parser.parse(row.pattern))  # type: ignore[attr-defined]
        if low <= length <= high and (firsts is None or first in firsts):
            found.append((re.compile(row.pattern), row))
    return tuple(found)


@cache
def service(letter: str) -> Service:
    """The class of a first letter."""
    return next(row for row in knowledge.rows("numbers", "s10_services.toml", Service) if letter in row.letters)


@cache
def issuers() -> dict[str, Issuer]:
    """Issuing countries by code."""
    return {row.country: row for row in knowledge.table("numbers", "s10_issuers.csv", Issuer)}


@cache
def suffixes() -> dict[str, str]:
    """Carrier by pseudo-country suffix."""
    rows = knowledge.rows("numbers", "s10_suffixes.toml", Suffix)
    return {suffix: row.carrier for row in rows for suffix in row.suffixes}


@cache
def _lengths(pattern: str) -> tuple[int, int]:
    """The shortest and longest string a pattern can match, as the regular expression engine knows it."""
    low, high = re._parser.parse(pattern).getwidth()  # type: ignore[attr-defined]
    return int(low), int(min(high, 1000))


def _firsts(parsed: Any) -> frozenset[str] | None:
    """The characters a pattern can begin with, read from its parse tree; None where that is not plain to see."""
    for operation, argument in parsed:
        match str(operation):
            case "LITERAL":
                return frozenset(chr(argument))
            case "IN":
                return _members(argument)
            case "SUBPATTERN":
                return _firsts(argument[3])
            case "BRANCH":
                parts = [_firsts(branch) for branch in argument[1]]
                return None if None in parts else frozenset().union(*[part for part in parts if part is not None])
            case "MAX_REPEAT" if argument[0] >= 1:
                return _firsts(argument[2])
            case _:
                return None
    return None


def _members(items: Any) -> frozenset[str] | None:
    members: set[str] = set()
    for operation, argument in items:
        match str(operation):
            case "LITERAL":
                members.add(chr(argument))
            case "RANGE":
                members.update(map(chr, range(argument[0], argument[1] + 1)))
            case "CATEGORY" if str(argument) == "CATEGORY_DIGIT":
                members.update("0123456789")
            case _:
                return None
    return frozenset(members)
