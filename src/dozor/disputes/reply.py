"""What a seller's reply means: one of the categories of sellers' answers to a worried buyer.

Rows of `phrases/*.toml` hold what sellers say, by language and category, each pattern with a weight; the
category with the largest sum wins, so that "close the dispute, then we refund" is a request to close the
dispute although it speaks of a refund too. A reply that matches nothing is `vague` when it is short or only
polite, else `unknown`: the two are told apart, because an unknown reply was not understood.
"""

from __future__ import annotations

import re
from functools import cache

from msgspec import Struct

from dozor import knowledge
from dozor.model import DisputeState, Text

CATEGORIES = (
    "new_number",
    "wait_period",
    "no_tracking_cheap",
    "tracking_lag",
    "cancel_dispute",
    "partial_refund",
    "extend",
    "documents",
    "confirm_first",
    "off_platform",
    "blame_external",
    "says_delivered",
    "resend_offer",
    "choice_offer",
    "full_refund_offer",
    "not_shipped",
    "will_investigate",
    "vague",
    "refuse",
    "returned",
    "address_issue",
    "gives_tracking_site",
    "dispatch_notice",
    "ask_evidence",
    "feedback_pressure",
    "silence",
)

ECHO = 0.25  # what a further wording of the same row adds, as a share of the row's weight


class PhraseRow(Struct, frozen=True, omit_defaults=True):
    """What sellers say in one category and language. A pattern is a regular expression, without case.

    `dispute` is the state that such words take for granted: nobody asks to close what is not open.
    """

    category: str
    lang: str
    patterns: tuple[str, ...]
    source: str
    weight: float = 1.0
    dispute: DisputeState | None = None


class Reply(Struct, frozen=True, omit_defaults=True):
    """A reply understood: `certainty` is the winner's share of all weight found (0…1), `rules` what spoke.

    `dispute` is the state of a dispute that the words take for granted, whatever else they are about.
    """

    category: str
    certainty: float = 0.0
    rules: tuple[str, ...] = ()
    why: Text = Text("reply.unknown")
    dispute: DisputeState | None = None


def classify(text: str, lang: str | None = None) -> Reply:
    """The category of a seller's reply in any of the languages of the tables (`lang` only narrows the search)."""
    scores: dict[str, float] = {}
    spoke: dict[str, list[str]] = {}
    granted: DisputeState | None = None
    flat = re.sub(r"\s+", " ", text.replace("’", "'"))[:4000]
    for row, patterns in _tables():
        if lang is not None and row.lang not in (lang, "any") and lang in _languages():
            continue
        hits = [pattern.pattern for pattern in patterns if pattern.search(flat)]
        if hits:
            # Two wordings of one row say the same thing twice: the second adds a little, not as much again.
            scores[row.category] = scores.get(row.category, 0.0) + row.weight * (1 + ECHO * (len(hits) - 1))
            spoke.setdefault(row.category, []).extend(hits)
            granted = granted or row.dispute
    if not scores:
        return Reply("unknown")
    best = max(scores, key=lambda category: (scores[category], -CATEGORIES.index(category)))
    certainty = round(scores[best] / sum(scores.values()), 2)
    return Reply(best, certainty, tuple(spoke[best]), Text(f"reply.{best}"), granted)


@cache
def _tables() -> tuple[tuple[PhraseRow, tuple[re.Pattern[str], ...]], ...]:
    compiled = []
    for row in knowledge.rows("disputes/phrases", "*.toml", PhraseRow):
        if row.category not in CATEGORIES:
            raise knowledge.KnowledgeError(f"disputes/phrases: no such category: {row.category}")
        try:
            patterns = tuple(re.compile(pattern, re.IGNORECASE) for pattern in row.patterns)
        except re.error as error:
            raise knowledge.KnowledgeError(f"disputes/phrases: {row.category} ({row.lang}): {error}") from None
        compiled.append((row, patterns))
    return tuple(compiled)


@cache
def _languages() -> frozenset[str]:
    return frozenset(row.lang for row, _ in _tables())
