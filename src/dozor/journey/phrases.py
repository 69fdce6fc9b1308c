"""Which phrase of the trade stands in a text? The longest one decides, and says what the text means.

A phrase is one or more stems in order. Stems begin where a word begins (Chinese has no such borders) and may go
on, so that "доставл" finds every form; texts are compared in lower case, without accents of typography, digits
and punctuation. All stems of all languages stand in one Aho-Corasick automaton: a text is read once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import ahocorasick
from msgspec import Struct

from dozor import knowledge
from dozor.model import Milestone

SPACES = re.compile(r"[\W_]+")
HAN = re.compile(r"[\u3400-\u9fff]")
CYRILLIC = re.compile(r"[\u0400-\u04ff]")
# Cyrillic and Latin languages do not read each other's stems.
SCRIPTS = {"zh": "han", "ru": "cyrillic", "uk": "cyrillic"}


class PhraseRow(Struct, frozen=True, forbid_unknown_fields=True):
    """Phrases of one meaning. `unless`: phrases whose presence silences the row; `forecast`: an announcement."""

    milestone: Milestone
    phrases: tuple[str, ...]
    lang: str
    source: str
    unless: tuple[str, ...] = ()
    forecast: bool = False
    reversed: bool = False


class Strengths(Struct, frozen=True, forbid_unknown_fields=True):
    """How much a word of each meaning says about a whole text; 1 where a meaning is not named."""

    source: str
    strength: dict[Milestone, float]


class Found(NamedTuple):
    """A phrase that stands in a text: its row, its words, and its weight (how much it says)."""

    row: PhraseRow
    phrase: str
    weight: float


@dataclass(frozen=True)
class Phrase:
    """One phrase, split into its stems."""

    row: PhraseRow
    text: str
    stems: tuple[str, ...]
    weight: float


def plain(text: str) -> str:
    """A text as the automaton reads it: lower case, one space between words and around them, digits gone."""
    folded = unicodedata.normalize("NFKC", text).lower().replace("ё", "е").replace("ß", "ss")
    folded = re.sub(r"\d+", " ", folded)
    if HAN.search(folded):
        # Chinese is written without spaces; those in a Chinese text separate place names from verbs.
        folded = re.sub(r"(?<=[\u3400-\u9fff])[\W_]+(?=[\u3400-\u9fff])", " ", folded)
    return f" {SPACES.sub(' ', folded).strip()} "


def script(text: str) -> str:
    """The script that decides which languages can be meant: han, cyrillic or latin."""
    if HAN.search(text):
        return "han"
    return "cyrillic" if CYRILLIC.search(text) else "latin"


def phrases_in(text: str, lang: str | None = None) -> list[Found]:
    """All phrases of a plain text, weightiest first; `lang` tells apart the languages that share a script."""
    automaton, phrases = _automaton()
    places: dict[str, list[int]] = {}
    candidates: set[int] = set()
    for end, (stem, owners) in automaton.iter(text):
        places.setdefault(stem, []).append(end - len(stem) + 1)
        candidates.update(owners)
    written = script(text)
    found = []
    for index in candidates:
        phrase = phrases[index]
        if SCRIPTS.get(phrase.row.lang, "latin") != written and not (written == "han" and phrase.row.lang == "en"):
            continue
        if lang and written != "han" and phrase.row.lang not in (lang, "en"):
            continue
        if not _in_order(phrase.stems, places):
            continue
        if phrase.row.unless and any(
            _in_order(_stems(each, phrase.row.lang), places, text) for each in phrase.row.unless
        ):
            continue
        found.append(Found(phrase.row, phrase.text, phrase.weight + (0.5 if phrase.row.lang == lang else 0.0)))
    found.sort(key=lambda each: (-each.weight, each.row.milestone, each.phrase))
    return found


def _in_order(stems: tuple[str, ...], places: dict[str, list[int]], text: str = "") -> bool:
    at = -1
    for stem in stems:
        starts = places.get(stem)
        if starts is None and text and (found := text.find(stem)) >= 0:
            starts = [found]
        later = [start for start in starts or () if start > at]
        if not later:
            return False
        at = later[0] + len(stem) - 1
    return True


@cache
def _stems(phrase: str, lang: str) -> tuple[str, ...]:
    """The stems of a phrase, each with the space that says where it begins and, after a full stop, ends."""
    stems = []
    for part in phrase.split("*"):
        ends = part.rstrip().endswith(".") or (part.endswith(" ") and not phrase.endswith(part.strip()))
        core = plain(part.replace(".", "")).strip()
        if core:
            begin = "" if lang == "zh" else " "
            stems.append(f"{begin}{core}{' ' if ends else ''}")
    return tuple(stems)


def _all() -> Iterator[Phrase]:
    strength = knowledge.document("journey", "strengths.toml", Strengths).strength
    for row in knowledge.rows("journey/phrases", "*.toml", PhraseRow):
        # A Chinese character says as much as a syllable and more.
        scale = strength.get(row.milestone, 1.0) * (2.5 if row.lang == "zh" else 1.0)
        for text in row.phrases:
            stems = _stems(text, row.lang)
            if not stems:
                raise knowledge.KnowledgeError(f"journey/phrases/{row.lang}.toml: {text!r} has no letters")
            yield Phrase(row, text, stems, scale * sum(len(stem.strip()) for stem in stems))


@cache
def _automaton() -> tuple[ahocorasick.Automaton, tuple[Phrase, ...]]:
    phrases = tuple(_all())
    owners: dict[str, list[int]] = {}
    for index, phrase in enumerate(phrases):
        for stem in phrase.stems:
            owners.setdefault(stem, []).append(index)
    automaton = ahocorasick.Automaton()
    for stem, indices in owners.items():
        automaton.add_word(stem, (stem, tuple(indices)))
    automaton.make_automaton()
    return automaton, phrases
