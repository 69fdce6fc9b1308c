"""What does an event mean? The carrier's own code, the phrases of its text, a small model of letters; else unknown.

Which of them decided, and by which row, stands in the answer. The order: a code whose row says one thing, unless the
words deny it (`yields.toml`); the notions that stand in the text, put together by the rows of `rules.toml`; a code that
names but a general stage; the model of letters, where it is sure enough.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from msgspec import Struct

from dozor import knowledge
from dozor.journey.letters import guess
from dozor.journey.phrases import Found, found_in, language_of, notions, plain
from dozor.model import Milestone


class Meaning(Struct, frozen=True):
    """The canonical meaning of an event and who decided it. `milestone` None: unknown."""

    milestone: Milestone | None = None
    decided_by: str | None = None  # code, stage, phrase or model
    rule: str = ""
    forecast: bool = False
    reversed: bool = False


class Coded(NamedTuple):
    """What a carrier's own table says of an event's code. `general`: it names a stage of many meanings."""

    milestone: Milestone
    general: bool = False
    rule: str = ""


UNKNOWN = Meaning()


class RuleRow(Struct, frozen=True, forbid_unknown_fields=True):
    """Notions that mean a milestone when they stand together; see the head of `rules.toml`."""

    id: str
    milestone: Milestone
    source: str
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    forecast: bool = False
    reversed: bool = False


class YieldRow(Struct, frozen=True, forbid_unknown_fields=True):
    """Words that outweigh a code; see the head of `yields.toml`."""

    coded: Milestone
    yields_to: tuple[Milestone, ...]


class Yields(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of `yields.toml`."""

    source: str
    says_little: frozenset[Milestone]
    row: tuple[YieldRow, ...]


class Rule(NamedTuple):
    """A row as sets of bits."""

    row: RuleRow
    all: int
    any: int
    none: int


def normalise(text: str, *, lang: str | None = None, coded: Coded | None = None) -> Meaning:
    """The meaning of an event with `text` in `lang` (where known), and what the carrier's table says of its code."""
    if coded is None:
        return _of_text(plain(text), lang or language_of(text))
    by_code = Meaning(coded.milestone, "stage" if coded.general else "code", coded.rule)
    if not open_to_text(coded.milestone, by_code.decided_by):
        return by_code
    said = _of_text(plain(text), lang or language_of(text))
    if said.milestone is None or said.decided_by == "model":
        return by_code
    if said.milestone in _yielding().get(coded.milestone, frozenset()) or said.forecast:
        return said
    more = said.milestone not in _yields().says_little or coded.milestone in _yields().says_little
    return said if coded.general and more else by_code


def open_to_text(milestone: Milestone | None, decided_by: str | None) -> bool:
    """Whether the words of an event may still change what is known of it."""
    return milestone is None or decided_by == "stage" or (decided_by == "code" and milestone in _yielding())


@lru_cache(maxsize=50_000)
def _of_text(text: str, lang: str | None) -> Meaning:
    said = by_phrases(text, lang)
    if said.milestone is not None:
        return said
    like = guess(text)
    return UNKNOWN if like is None else Meaning(like.milestone, "model", f"letters ({like.probability:.2f})")


def by_phrases(text: str, lang: str | None) -> Meaning:
    """What the phrases of a plain text say."""
    for found in found_in(text, lang):
        row = _first(found.notions)
        if row is not None:
            return _meaning(row, found)
    return UNKNOWN


def _first(said: int) -> RuleRow | None:
    for row, every, some, none in rules():
        if said & every == every and (not some or said & some) and not said & none:
            return row
    return None


def _meaning(row: RuleRow, found: Found) -> Meaning:
    named = {*row.all, *row.any}
    words = sorted({phrase for notion, phrase in found.phrases if notion in named})
    return Meaning(row.milestone, "phrase", f"{row.id} ({found.lang}: {', '.join(words)})", row.forecast, row.reversed)


@cache
def rules() -> tuple[Rule, ...]:
    """The rows of `rules.toml`, in order of precedence. KnowledgeError where one names a notion that no phrase says."""
    bits = notions()

    def together(names: tuple[str, ...], row: RuleRow) -> int:
        missing = [name for name in names if name not in bits]
        if missing:
            raise knowledge.KnowledgeError(f"journey/rules.toml: row {row.id}: no phrase says {', '.join(missing)}")
        return sum({bits[name] for name in names})

    rows = knowledge.rows("journey", "rules.toml", RuleRow)
    return tuple(Rule(row, together(row.all, row), together(row.any, row), together(row.none, row)) for row in rows)


@cache
def _yields() -> Yields:
    return knowledge.document("journey", "yields.toml", Yields)


@cache
def _yielding() -> dict[Milestone, frozenset[Milestone]]:
    return {row.coded: frozenset(row.yields_to) for row in _yields().row}
