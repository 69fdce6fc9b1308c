"""What a buyer's words claim beyond dates and prices: "the site wants my postcode", "customs asks for an invoice".

A claim is a rule over concepts within one sentence (`meaning/claims.toml`), the same for every language. Some
claims say where the parcel stands: they carry a milestone and become an event told by the buyer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from msgspec import Struct

from dozor import knowledge
from dozor.intake.concepts import Sentence, concept_ids
from dozor.model import Milestone

# Concepts that are no words: durations and dates that lie ahead or behind.
DERIVED = frozenset({"ahead", "behind"})


class ClaimRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One way of claiming something: all terms of `all` hold in one sentence and none of `none`.

    Terms are those of `Sentence.holds`; `a+b` in `none` wants both to hold. Rows of one id are alternatives.
    `milestone`: where the parcel then is. `across`: two neighbouring sentences may say it together.
    """

    id: str
    all: tuple[str, ...]
    source: str
    none: tuple[str, ...] = ()
    milestone: Milestone | None = None
    across: bool = False


class Claim(Struct, frozen=True):
    """A claim found, with the sentence that makes it."""

    id: str
    sentence: Sentence
    milestone: Milestone | None = None


def claims(spoken: Sequence[Sentence]) -> tuple[Claim, ...]:
    """All claims of the sentences, in the order of the table, each id once (its first sentence)."""
    found: dict[str, Claim] = {}
    held = [(sentence, sentence.terms()) for sentence in spoken]
    pairs = [(sentence, sentence.terms()) for sentence in joined(spoken)]
    compiled, opens = _compiled(), _opening()
    spoken_of = frozenset[str]().union(*(terms for _, terms in held))
    for place in sorted({place for term in spoken_of for place in opens.get(term, ())}):
        row, wanted, unwanted = compiled[place]
        if row.id in found:
            continue
        for sentence, terms in (*held, *pairs) if row.across else held:
            if all(not terms.isdisjoint(parts) for parts in wanted) and not any(
                all(not terms.isdisjoint(parts) for parts in each) for each in unwanted
            ):
                found[row.id] = Claim(row.id, sentence, row.milestone)
                break
    return tuple(found.values())


def joined(spoken: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """Neighbouring sentences taken together, as in "The customs wrote. They want the invoice."."""
    return tuple(Sentence(f"{one.text} {two.text}", one.start, (*one.hits, *two.hits)) for one, two in pairwise(spoken))


Parts = frozenset[str]


@cache
def _compiled() -> tuple[tuple[ClaimRow, tuple[Parts, ...], tuple[tuple[Parts, ...], ...]], ...]:
    """Each row with its terms taken apart: alternatives as sets."""
    return tuple(
        (
            row,
            tuple(frozenset(term.split("|")) for term in row.all),
            tuple(tuple(frozenset(part.split("|")) for part in term.split("+")) for term in row.none),
        )
        for row in rows()
    )


@cache
def _opening() -> dict[str, tuple[int, ...]]:
    """By a term, the places of the rows that begin with it: a text speaks of few things, the table of many."""
    places: dict[str, list[int]] = {}
    for place, (_, wanted, _) in enumerate(_compiled()):
        for term in wanted[0]:
            places.setdefault(term, []).append(place)
    return {term: tuple(found) for term, found in places.items()}


@cache
def rows() -> tuple[ClaimRow, ...]:
    """The table of claims, each term checked to name concepts that exist."""
    found = knowledge.rows("intake/meaning", "claims.toml", ClaimRow)
    for row in found:
        for term in (*row.all, *row.none):
            for part in term.replace("+", "|").split("|"):
                if part.lstrip("-~") not in concept_ids() | DERIVED:
                    raise knowledge.KnowledgeError(f"intake/meaning/claims.toml: {row.id}: no concept {part!r}")
    return found
