"""What does an event mean? The carrier's own code, the phrases of its text, a small model of letters; else unknown.

Which of them decided, and by which row, stands in the answer. The order: a code whose row says one thing; the
notions that stand in the text, put together by the rows of `rules.toml`; a code that says only something general;
the model, where it is sure enough.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from msgspec import Struct

from dozor import knowledge
from dozor.journey.phrases import Found, found_in, notions, plain
from dozor.model import Milestone


class Meaning(Struct, frozen=True):
    """The canonical meaning of an event and who decided it. `milestone` None: unknown."""

    milestone: Milestone | None = None
    decided_by: str | None = None  # code, phrase or model
    rule: str = ""
    certainty: float = 0.0
    forecast: bool = False
    reversed: bool = False


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


class Rule(NamedTuple):
    """A row as sets of bits."""

    row: RuleRow
    all: int
    any: int
    none: int


def normalise(text: str, *, lang: str | None = None, code: str | None = None, system: str = "") -> Meaning:
    """The meaning of an event told by `system` with `code` and `text` in `lang` (each may be unknown)."""
    return _of_text(plain(text), lang)


@lru_cache(maxsize=50_000)
def _of_text(text: str, lang: str | None) -> Meaning:
    for found in found_in(text, lang):
        rule = _first(found.notions)
        if rule is not None:
            return _meaning(rule, found)
    return UNKNOWN


def _first(said: int) -> RuleRow | None:
    for row, every, some, none in rules():
        if said & every == every and (not some or said & some) and not said & none:
            return row
    return None


def _meaning(row: RuleRow, found: Found) -> Meaning:
    named = {*row.all, *row.any}
    words = sorted({phrase for notion, phrase in found.phrases if notion in named})
    return Meaning(
        milestone=row.milestone,
        decided_by="phrase",
        rule=f"{row.id} ({found.lang}: {', '.join(words)})",
        certainty=0.9,
        forecast=row.forecast,
        reversed=row.reversed,
    )


@cache
def rules() -> tuple[Rule, ...]:
    """The rows of `rules.toml`, in order of precedence. KnowledgeError where one names a notion that no phrase says."""
    bits = notions()

    def together(names: tuple[str, ...], row: RuleRow) -> int:
        missing = [name for name in names if name not in bits]
        if missing:
            raise knowledge.KnowledgeError(f"journey/rules.toml: row {row.id}: no phrase says {', '.join(missing)}")
        return sum(bits[name] for name in names)

    rows = knowledge.rows("journey", "rules.toml", RuleRow)
    return tuple(Rule(row, together(row.all, row), together(row.any, row), together(row.none, row)) for row in rows)
