"""Which notions of the trade stand in a text? Stems of sixteen languages, read in one pass.

A phrase is one or more stems in order, " * " between them stands for a few words. A stem begins where a word begins
and may go on, so that "доставл" finds every form; "." ends it with its word, "~" lets it begin inside one (German
compounds). Languages written without spaces have no such borders. Where a longer phrase covers a shorter one, the
longer speaks ("delivery office" is no delivery); texts are compared in lower case, without accents, digits and
punctuation. All stems of all languages stand in one Aho-Corasick automaton.
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

WORDS_APART = re.compile(r"[\W\d_]+")
NAMED_BLANK = re.compile(r"<[A-Z]+>|…")  # where a name or a number stood
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
SCRIPTS = (
    ("han", re.compile(r"[\u3400-\u9fff]")),
    ("kana", re.compile(r"[\u3040-\u30ff]")),
    ("hangul", re.compile(r"[\uac00-\ud7af]")),
    ("thai", re.compile(r"[\u0e00-\u0e7f]")),
    ("cyrillic", re.compile(r"[\u0400-\u04ff]")),
    ("latin", re.compile(r"[a-z]")),
)
# Written without spaces between words, or with endings glued on: a stem may begin anywhere.
GLUED = frozenset({"han", "kana", "hangul", "thai"})
HAN_GAP = re.compile(r"(?<=[\u3040-\u30ff\u3400-\u9fff]) (?=[\u3040-\u30ff\u3400-\u9fff])")


class Language(Struct, frozen=True, forbid_unknown_fields=True):
    """A language and its script, as `languages.toml` names them."""

    lang: str
    script: str
    source: str
    also: str = ""  # another script it is written in, where the first is absent
    own: str = ""  # letters that no other language of its script has (of those that are read)


class PhraseRow(Struct, frozen=True, forbid_unknown_fields=True):
    """Phrases that say the notions `means` (several where a phrase says several things)."""

    means: tuple[str, ...]
    phrases: tuple[str, ...]
    lang: str
    source: str


class Reach(Struct, frozen=True, forbid_unknown_fields=True):
    """How far a phrase may stretch; see `reach.toml`."""

    source: str
    gap: int  # letters that " * " may stand for at most
    glued_gap: int  # the same in languages without spaces
    glued_weight: int  # how many Latin letters a letter of such a language is worth
    other_share: float  # share of a text that a language must cover to speak where another was named or covers more


class Found(NamedTuple):
    """The notions that stand in a text in one language: as a set of bits, by phrase, and how much of it they cover."""

    lang: str
    notions: int
    phrases: tuple[tuple[str, str], ...]  # (notion, phrase)
    covered: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase, split into its stems."""

    row: PhraseRow
    text: str
    stems: tuple[str, ...]
    bits: int
    gap: int


def plain(text: str) -> str:
    """A text as the automaton reads it: lower case, no accents, one space between words and around them."""
    if "<" in text or "…" in text:
        text = NAMED_BLANK.sub(" ", text)
    if " " not in text:  # a token like OutForDelivery; in a sentence ParcelShop is one word
        text = CAMEL.sub(" ", text)
    if text.isascii():
        return f" {WORDS_APART.sub(' ', text.lower()).strip()} "
    folded = unicodedata.normalize("NFKC", text).lower().translate(_folding())
    folded = WORDS_APART.sub(" ", folded).strip()
    return f" {HAN_GAP.sub('', folded)} "


@cache
def _folding() -> dict[int, str]:
    """Latin letters without their marks (Cyrillic й and ї are letters of their own, ё is written е)."""
    table = {ord("ё"): "е", ord("ß"): "ss", ord("ø"): "o", ord("ł"): "l", ord("đ"): "d", ord("ı"): "i", ord("æ"): "ae"}
    table |= {ord("œ"): "oe", ord("ґ"): "г", 0x0307: "", 0x2019: " ", 0x02BC: " "}
    # Thai vowels and tones are marks, but no ornament: \W would tear words apart at them.
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        base = "".join(each for each in unicodedata.normalize("NFD", chr(code)) if not unicodedata.combining(each))
        if base and base != chr(code) and code not in table:
            table[code] = base.lower()
    return table


def language_of(text: str) -> str | None:
    """The language whose own letters stand in a text; None where no letter, or letters of several, tell."""
    if text.isascii():
        return None
    small = frozenset(text.lower())
    owners = {lang for lang, letters in _own_letters() if not small.isdisjoint(letters)}
    return owners.pop() if len(owners) == 1 else None


@cache
def _own_letters() -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((lang, frozenset(language.own)) for lang, language in languages().items() if language.own)


def scripts(text: str) -> frozenset[str]:
    """The scripts that a plain text is written in; Japanese is what has kana, Chinese what has no kana."""
    if text.isascii():
        return frozenset({"latin"})
    found = {name for name, pattern in SCRIPTS if pattern.search(text)}
    if "kana" in found:
        found |= {"kana"}
        found -= {"han"}
    return frozenset(found)


@cache
def notions() -> dict[str, int]:
    """Every notion and its bit."""
    named = sorted({notion for row in _rows() for notion in row.means})
    return {notion: 1 << place for place, notion in enumerate(named)}


def found_in(text: str, lang: str | None = None) -> list[Found]:
    """What each language finds in a plain text, the one that covers most of it first.

    `lang` names the language of the text where it is known: it speaks first, and the others only where it finds
    nothing, since systems often name the wrong one.
    """
    automaton, phrases, written = _automaton()
    here = scripts(text)
    places: dict[str, list[int]] = {}
    candidates: set[int] = set()
    for end, (stem, owners) in automaton.iter(text):
        places.setdefault(stem, []).append(end - len(stem) + 1)
        candidates.update(owners)
    matches: dict[str, list[tuple[int, tuple[tuple[int, int], ...], Phrase]]] = {}
    for index in candidates:
        phrase = phrases[index]
        language = written[phrase.row.lang]
        if language.script not in here and language.also not in here:
            continue
        for spans in _spans(phrase, places):
            size = sum(end - start for start, end in spans)
            matches.setdefault(phrase.row.lang, []).append((size, spans, phrase))
    found = [_spoken(each, held) for each, held in matches.items()]
    order = {each: place for place, each in enumerate(languages())}
    found.sort(key=lambda each: (each.lang != lang, -each.covered, order[each.lang]))
    enough = _reach().other_share * len(text)
    named = lang in languages()
    return [
        each
        for place, each in enumerate(found)
        if each.covered >= enough or (place == 0 and (each.lang == lang or not named))
    ]


def _spoken(lang: str, matches: list[tuple[int, tuple[tuple[int, int], ...], Phrase]]) -> Found:
    """The notions of one language, shorter phrases inside longer ones silenced."""
    matches.sort(key=lambda each: (-each[0], each[1], each[2].text))
    taken: list[tuple[int, int]] = []
    bits = 0
    said: list[tuple[str, str]] = []
    for _, spans, phrase in matches:
        if all(any(a <= start and end <= b and end - start < b - a for a, b in taken) for start, end in spans):
            continue
        taken.extend(spans)
        bits |= phrase.bits
        said.extend((notion, phrase.text) for notion in phrase.row.means)
    covered = len({place for start, end in taken for place in range(start, end)})
    covered *= _reach().glued_weight if languages()[lang].script in GLUED else 1
    return Found(lang, bits, tuple(said), covered)


def _spans(phrase: Phrase, places: dict[str, list[int]]) -> list[tuple[tuple[int, int], ...]]:
    """Where the stems of a phrase stand, in order and near one another: once for each place where it begins."""
    first, *more = phrase.stems
    if any(stem not in places for stem in more):
        return []
    found = []
    for begin in places[first]:
        spans = [(begin, begin + len(first.rstrip()))]
        for stem in more:
            at = spans[-1][1]
            # Two stems may share the space between their words.
            start = next((each for each in places[stem] if at - 1 <= each <= at + phrase.gap), None)
            if start is None:
                break
            spans.append((start, start + len(stem.rstrip())))
        else:
            found.append(tuple(spans))
    return found


def _stems(phrase: str, *, glued: bool) -> tuple[str, ...]:
    """The stems of a phrase, each with the spaces that say where it begins and, after a full stop, ends."""
    stems = []
    for part in phrase.split(" * "):
        inside, ends = part.startswith("~"), part.rstrip().endswith(".")
        core = plain(part).strip()
        if core:
            stems.append(f"{'' if glued or inside else ' '}{core}{' ' if ends and not glued else ''}")
    return tuple(stems)


@cache
def languages() -> dict[str, Language]:
    """Every language that is read."""
    return {row.lang: row for row in knowledge.rows("journey", "languages.toml", Language)}


@cache
def _reach() -> Reach:
    return knowledge.document("journey", "reach.toml", Reach)


@cache
def _rows() -> tuple[PhraseRow, ...]:
    return knowledge.rows("journey/phrases", "*.toml", PhraseRow)


def _all() -> Iterator[Phrase]:
    bits = notions()
    reach = _reach()
    for row in _rows():
        if row.lang not in languages():
            raise knowledge.KnowledgeError(f"journey/phrases/{row.lang}.toml: no such language in languages.toml")
        glued = languages()[row.lang].script in GLUED
        for text in row.phrases:
            stems = _stems(text, glued=glued)
            if not stems:
                raise knowledge.KnowledgeError(f"journey/phrases/{row.lang}.toml: {text!r} has no letters")
            gap = reach.glued_gap if glued else reach.gap
            yield Phrase(row, text, stems, sum({bits[notion] for notion in row.means}), gap)


@cache
def _automaton() -> tuple[ahocorasick.Automaton, tuple[Phrase, ...], dict[str, Language]]:
    phrases = tuple(_all())
    owners: dict[str, list[int]] = {}
    for index, phrase in enumerate(phrases):
        owners.setdefault(phrase.stems[0], []).append(index)
        for stem in phrase.stems[1:]:
            owners.setdefault(stem, [])
    automaton = ahocorasick.Automaton()
    for stem, indices in owners.items():
        automaton.add_word(stem, (stem, tuple(indices)))
    automaton.make_automaton()
    return automaton, phrases, languages()
