"""Reads the facts that people put into a sentence: "sent 24 days ago, 3.20 USD, 12 days of protection left".

The patterns are rows of `facts/*.toml`, a file a language. A row names the fact it gives; `{n}`, `{unit}`,
`{price}` and `{words}` in a pattern stand for a count, a unit of time, an amount and quoted words. What a
sentence does not say stays unknown: an explicit field of a dossier always wins over its text.
"""

from __future__ import annotations

import re
from functools import cache

from msgspec import Struct

from dozor import knowledge
from dozor.model import Money

# What a place-holder of a pattern matches; the names of the groups are read below.
SLOTS = {
    # The words themselves: "any letters" would try every part of a long run of letters as either.
    "{n}": r"(?P<n>\d{1,3}(?:[.,]\d)?|%s)",
    "{unit}": r"(?P<unit>%s)",
    "{words}": r"[\"'«“„「](?P<words>[^\"'»”“」\n]{3,200})[\"'»”“」]",
}
COUNTED = {"{n}": "count", "{unit}": "unit"}

# The scripts that languages are written in: a text without a script's letters says nothing in its languages. The
# letters of numbers ("RB740193524CN") are no words.
SCRIPTS = {
    "latin": re.compile("(?<![a-z0-9])[a-z]{2,}(?![a-z0-9])"),
    "cyrillic": re.compile("[\u0400-\u04ff]"),
    "han": re.compile("[\u3400-\u9fff]"),
}
SCRIPT_OF = {"ru": "cyrillic", "uk": "cyrillic", "zh": "han"}


HAN = re.compile("[\u4e00-\u9fff]")
# A capital letter of a pattern that stands for itself.
CAPITAL = re.compile(r"(?<!\\)(?<!\(\?)[A-ZА-ЯЁ]")

# What came of a dispute is no fact where it is asked: "will I win the dispute?"
OUTCOMES = frozenset({"won", "lost"})
ASKED = re.compile(r"[^.!?。！？\n]*[?？]")


class FactRow(Struct, frozen=True, omit_defaults=True):
    """One pattern. `fact` is a field of Facts; `value` is what it gives where the pattern has no slot."""

    fact: str
    pattern: str
    lang: str
    source: str
    value: str | bool | float | None = None


class WordRow(Struct, frozen=True):
    """A word for a unit (in days), a count, a marketplace, a country or a currency."""

    kind: str
    words: tuple[str, ...]
    value: str | float
    source: str


class Facts(Struct, frozen=True, omit_defaults=True):
    """What a text says of a purchase; durations in days before the day it was said."""

    shipped_days_ago: float | None = None
    paid_days_ago: float | None = None
    last_event_days_ago: float | None = None
    untracked_days: float | None = None
    protection_days_left: float | None = None
    protection_over_days: float | None = None  # how long ago it ended
    price: Money | None = None
    marketplace: str | None = None
    destination: str | None = None
    origin: str | None = None
    service: str | None = None
    payment: str | None = None
    card_network: str | None = None
    received: bool | None = None
    events_seen: bool | None = None
    last_event: str | None = None
    dispute: str | None = None
    dispute_days: float | None = None
    shipped: bool | None = None
    promise_passed_days: float | None = None


def read_facts(text: str) -> Facts:
    """All facts the rows find in a text of any of the languages; the first row that matches a fact gives it."""
    found: dict[str, object] = {}
    flat = lowered(text)
    written = {script for script, signs in SCRIPTS.items() if signs.search(flat)}
    for row, pattern in _patterns():
        if SCRIPT_OF.get(row.lang, "latin") not in written:
            continue
        if row.fact in found:
            continue
        match = pattern.search(flat)
        if match and not (row.fact == "dispute" and row.value in OUTCOMES and ASKED.match(flat, match.end())):
            value = _value(row, match, text)
            if value is not None:
                found[row.fact] = value
    for kind in ("marketplace", "destination", "payment", "card_network", "service"):
        if kind not in found and (word := _word_in(flat, kind)) is not None:
            found[kind] = word
    price = _price(flat)
    if price is not None:
        found["price"] = price
    return Facts(**found)  # type: ignore[arg-type]


def lowered(text: str) -> str:
    """The text in lower case, sign for sign: a place in one is the same place in the other."""
    if len(small := text.lower()) == len(text):
        return small
    return "".join(low if len(low := sign.lower()) == 1 else sign for sign in text)


def _value(row: FactRow, match: re.Match[str], text: str) -> object:
    groups = match.groupdict()
    if groups.get("words"):
        return text[slice(*match.span("words"))].strip()
    if "unit" in groups:
        days = lookup("unit", groups["unit"] or "")
        count = 1.0 if groups.get("n") is None else _count(groups["n"])
        return None if days is None or count is None else count * float(days)
    return row.value


def _count(word: str) -> float | None:
    if word[0].isdigit():
        return float(word.replace(",", "."))
    named = lookup("count", word)
    return None if named is None else float(named)


def _price(flat: str) -> Money | None:
    for match in _price_pattern().finditer(flat):
        sign = (match["before"] or match["after"] or "").casefold()
        currency = lookup("currency", sign)
        if currency is not None:
            amount = match["amount"].replace(" ", "").replace("\u00a0", "").replace(",", ".")
            return Money(round(float(amount) * 100), str(currency))
    return None


def _word_in(flat: str, kind: str) -> str | None:
    match = words_of(kind).search(flat)
    return None if match is None else str(lookup(kind, match[0]))


def lookup(kind: str, word: str) -> str | float | None:
    """What a word of a kind stands for: days for a unit, a figure for a count, an id for the rest."""
    return _words()[kind].get(word.casefold())


@cache
def _patterns() -> tuple[tuple[FactRow, re.Pattern[str]], ...]:
    compiled = []
    for row in knowledge.rows("intake/facts", "facts-*.toml", FactRow):
        if row.fact not in Facts.__struct_fields__:
            raise knowledge.KnowledgeError(f"intake/facts: {row.pattern!r} gives {row.fact!r}, which is no fact")
        if CAPITAL.search(row.pattern):
            raise knowledge.KnowledgeError(f"intake/facts: {row.pattern!r}: write it in lower case, as texts are read")
        pattern = row.pattern
        for slot, meaning in SLOTS.items():
            words = _alone(COUNTED[slot]) if slot in COUNTED else ""
            pattern = pattern.replace(slot, meaning.replace("%s", words))
        try:
            compiled.append((row, re.compile(pattern)))
        except re.error as error:
            raise knowledge.KnowledgeError(f"intake/facts: {row.pattern!r}: {error}") from None
    return tuple(compiled)


def _alone(kind: str) -> str:
    """The words of a kind where they are no part of another word; a digit may touch them, as in "24d"."""
    bordered, bare = _by_border(kind)
    return rf"(?<![^\W\d_])(?:{bordered})(?![^\W\d_])" + (f"|{bare}" if bare else "")


@cache
def _words() -> dict[str, dict[str, str | float]]:
    known: dict[str, dict[str, str | float]] = {}
    for row in knowledge.rows("intake/facts", "words.toml", WordRow):
        for word in row.words:
            known.setdefault(row.kind, {})[word.casefold()] = row.value
    return known


def known(kind: str) -> tuple[str, ...]:
    """All words of a kind."""
    return tuple(_words()[kind])


@cache
def words_of(kind: str) -> re.Pattern[str]:
    """Whole words of a text in lower case, longest first; Chinese words have no borders to stand at."""
    bordered, bare = _by_border(kind)
    # One look at the borders for all words, and no folding of case: either makes the search many times as long.
    return re.compile("|".join(filter(None, (rf"(?<!\w)(?:{bordered})(?!\w)" if bordered else "", bare))))


def _by_border(kind: str) -> tuple[str, str]:
    """The words of a kind as alternatives, longest first: those with borders, and Chinese ones, which have none."""
    words = sorted(_words()[kind], key=len, reverse=True)
    bordered = "|".join(re.escape(word) for word in words if not HAN.search(word))
    return bordered, "|".join(re.escape(word) for word in words if HAN.search(word))


@cache
def _price_pattern() -> re.Pattern[str]:
    signs = sorted(_words()["currency"], key=len, reverse=True)
    sign = "|".join(rf"{re.escape(s)}(?!\w)" if s[-1].isalpha() else re.escape(s) for s in signs)
    amount = r"(?P<amount>\d{1,3}(?:[ \u00a0]\d{3})+(?:[.,]\d{1,2})?|\d{1,7}(?:[.,]\d{1,2})?)"
    return re.compile(rf"(?<!\w)(?:(?P<before>{sign})\s?)?{amount}(?:\s?(?P<after>{sign}))?")
