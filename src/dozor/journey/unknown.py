"""Texts that nothing understood: counted, without anybody's data, so that a person may add a phrase or a code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache

from msgspec import Struct

from dozor import knowledge
from dozor.model import Event

BLANK = "…"


class Mask(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of personal data, and how it is found; see the head of `masks.toml`."""

    id: str
    pattern: str
    source: str


class Unknown(Struct, frozen=True, omit_defaults=True):
    """A text, or a code without one, that nothing understood; `count` events told it."""

    text: str
    carrier: str = ""
    lang: str | None = None
    code: str | None = None
    count: int = 1


def unknown_texts(events: Iterable[Event]) -> list[Unknown]:
    """The events (read already) that have no meaning, the most frequent first; what they say is masked first, so that
    two texts that differ by a name alone count as one.
    """
    counted = Counter(
        (masked(event.text), event.system, event.lang, event.code)
        for event in events
        if event.milestone is None and (event.text.strip() or event.code)
    )
    rows = [Unknown(text, carrier, lang, code, count) for (text, carrier, lang, code), count in counted.items()]
    return sorted(rows, key=lambda row: (-row.count, row.carrier, row.text, row.lang or "", row.code or ""))


def masked(text: str) -> str:
    """A text without names, telephones, addresses, mail and numbers of parcels."""
    for pattern in _masks():
        text = pattern.sub(rf"\1{BLANK}", text)
    return text


@cache
def _masks() -> tuple[re.Pattern[str], ...]:
    found = []
    for row in knowledge.rows("journey", "masks.toml", Mask):
        try:
            found.append(re.compile(row.pattern))
        except re.error as error:
            raise knowledge.KnowledgeError(f"journey/masks.toml: row {row.id}: {error}") from None
    return tuple(found)
