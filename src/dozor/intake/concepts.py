"""Finds what a text speaks of, in any of the languages: words become concepts, concepts stand in sentences.

A concept ("delivered", "customs", "not") is a row of `meaning/concepts-<language>.toml` with the words that
name it. A `*` stands for the rest of a word, so that one row holds all its endings; a `…` for up to two words
between the parts of an idiom. Rules over concepts (claims, roles of durations) are then the same for every language.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import pairwise

import ahocorasick
from msgspec import Struct
from msgspec.structs import replace

from dozor import knowledge
from dozor.intake.sentence import known, lowered, words_of
from dozor.intake.towns import find_towns

NOT, NOT_AFTER = "not", "not_after"
TIMES = ("unit", "day", "month")  # words of durations and dates: where they stand, spans are looked for
COUNTRY = "country:"  # before the id of a country: a concept like any other
TOWN = "town:"  # before the id of the country that a town lies in
# Nobody says more in one breath: a longer one is cut between two words, as whatever is near in it is nearer than that.
BREATH = 1000
SENTENCE = re.compile(r"(?:[.!?](?=\s|$)|[\n;。！？；])+")
QUOTED = re.compile(
    r"«[^»\n]{1,160}»|“[^”\n]{1,160}”|„[^“\n]{1,160}“|\"[^\"\n]{1,160}\"|「[^」\n]{1,160}」"
)  # a quotation is not cut
PAUSE = re.compile(r"[,:()，：、—–]|\s-\s")
FOLD = str.maketrans({"ё": "е", "’": "'", "ʼ": "'", "`": "'", "\u00a0": " ", "\u00ad": "-"})
NO_SIGNS = "没未无不"  # Chinese words that deny begin so
# How far a "not" reaches: words between it and what it denies (signs in Chinese).
REACH = 3
CLOSED = r"(?![^\W\u3040-\u30ff\u3400-\u9fff])"  # a word ends here; a Chinese or Japanese sign is another word
# What a star in a word stands for, and up to two words between the parts of an idiom, none of which may deny.
ENDING, GAP = r"\w*", r"((?:\W+\w+){0,2}?)\W+"


class ConceptRow(Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one language for one concept."""

    id: str
    words: tuple[str, ...]
    lang: str
    source: str


class Hit(Struct, frozen=True):
    """A place in a folded text that names a concept; `denied` where a "not" stands before it."""

    start: int
    end: int
    concept: str
    denied: bool = False


class Sentence(Struct, frozen=True):
    """One sentence of a text: its words as written, where it starts, and what it speaks of."""

    text: str
    start: int
    hits: tuple[Hit, ...]

    def holds(self, term: str) -> bool:
        """Whether a term holds: `a|b` either; `-a` denied; `~a` said or denied; `a` said and not denied."""
        return not self.terms().isdisjoint(term.split("|"))

    def terms(self) -> frozenset[str]:
        """All terms that hold."""
        return _terms(self.hits)


@lru_cache(maxsize=1024)
def _terms(hits: tuple[Hit, ...]) -> frozenset[str]:
    held = {f"-{hit.concept}" if hit.denied else hit.concept for hit in hits}
    return frozenset(held | {f"~{hit.concept}" for hit in hits})


def folded(text: str) -> str:
    """The text as it is compared: one sign for one, lower case, one kind of apostrophe."""
    return lowered(text).translate(FOLD)


def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text, in order, each with its hits; text without a concept still is a sentence."""
    flat = folded(text)
    hits = _hits(flat)
    towns = [Hit(start, end, TOWN + country) for start, end, country in find_towns(text, flat)]
    hits = sorted((*hits, *towns), key=lambda hit: hit.start)
    quoted = [(match.start(), match.end()) for match in QUOTED.finditer(flat)]
    ends = [match.end() for match in SENTENCE.finditer(flat) if not _in_date(flat, match)]
    cuts = [0, *(end for end in ends if not any(a < end < b for a, b in quoted)), len(flat)]
    found = []
    for start, end in pairwise(_breaths(flat, cuts)):
        if flat[start:end].strip(" \n.!?;。！？；"):
            inside = tuple(hit for hit in hits if start <= hit.start < end)
            left = start + len(text[start:end]) - len(text[start:end].lstrip())
            found.append(Sentence(text[start:end].strip(), left, _with_denials(flat, inside)))
    return tuple(found)


def _breaths(flat: str, cuts: list[int]) -> list[int]:
    """The cuts, and more where two stand further apart than a breath."""
    found = cuts[:1]
    for cut in cuts[1:]:
        while cut - found[-1] > BREATH:
            gap = flat.rfind(" ", found[-1] + BREATH // 2, found[-1] + BREATH)
            found.append(gap if gap > 0 else found[-1] + BREATH)
        found.append(cut)
    return found


def _in_date(flat: str, stop: re.Match[str]) -> bool:
    """Whether a full stop stands after the day of a date, as in "30. Oktober"."""
    before, after = flat[: stop.start()], flat[stop.end() :].lstrip()
    return stop[0] == "." and before[-1:].isdigit() and words_of("month").match(after) is not None


def _hits(flat: str) -> list[Hit]:
    found: list[Hit] = []
    loose: set[Hit] = set()  # idioms with other words between their parts
    for last, (word, entries) in _automaton().iter(flat):
        start, end = last - len(word) + 1, last + 1
        before = flat[start - 1] if start else " "
        if before.isalnum() and not _wide(before) and word[0].isalnum() and not _wide(word[0]):
            continue
        for concept, rest in entries:
            match = _pattern(rest).match(flat, end)
            if match is not None and not any(_not_words().intersection(gap.split()) for gap in match.groups() if gap):
                found.append(Hit(start, match.end(), concept))
                if any(match.groups()):
                    loose.add(found[-1])
    # The longer reading of a place is the right one: "not only" is no "not".
    found.sort(key=lambda hit: (hit.start, -hit.end))
    kept: list[Hit] = []
    for hit in found:
        # A month or a day may stand within another word's place and still be one; so may what fills an idiom's gap.
        if hit.concept in TIMES or not any(_shadows(longer, hit) for longer in kept[-8:] if longer not in loose):
            kept.append(hit)
    return kept


def _shadows(longer: Hit, hit: Hit) -> bool:
    return longer.end >= hit.end and longer.end - longer.start > hit.end - hit.start


def _with_denials(flat: str, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    nots = [hit for hit in hits if hit.concept == NOT]
    after = [hit for hit in hits if hit.concept == NOT_AFTER]
    if not nots and not after:
        return hits
    return tuple(
        Hit(hit.start, hit.end, hit.concept, True)
        if hit.concept not in (NOT, NOT_AFTER)
        and not any(n.start == hit.start for n in nots)
        and not _negative(flat, hit)
        and (
            any(n.end <= hit.start and _near(flat[n.end : hit.start], REACH) for n in nots)
            or any(hit.end <= n.start and _near(flat[hit.end : n.start], 1) for n in after)
        )
        else hit
        for hit in hits
    )


def _negative(flat: str, hit: Hit) -> bool:
    """Whether the words of a hit deny by themselves ("does not load"): a further "not" does not turn them round."""
    return any(word in _not_words() for word in flat[hit.start : hit.end].split()[:2]) or flat[hit.start] in NO_SIGNS


def _near(between: str, reach: int) -> bool:
    if len(between.split()) > reach or sum(_wide(sign) for sign in between) > reach + 1:
        return False
    return not breaks(between)


def breaks(between: str) -> int:
    """How many clauses begin within a stretch of text."""
    return len(PAUSE.findall(between)) + len(words_of("clause").findall(between))


def _wide(sign: str) -> bool:
    """A sign of a script without spaces between words."""
    return "\u3400" <= sign <= "\u9fff" or "\u3040" <= sign <= "\u30ff"


def countries(sentence: Sentence) -> list[tuple[str, Hit]]:
    """The countries a sentence names, itself or by a town, with where it does."""
    return [(hit.concept.rpartition(":")[2], hit) for hit in sentence.hits if hit.concept.startswith((COUNTRY, TOWN))]


@cache
def concept_ids() -> frozenset[str]:
    """All concepts that any language has a word for."""
    return frozenset(row.id for row in _rows())


@cache
def _not_words() -> frozenset[str]:
    return frozenset(folded(word) for row in _rows() if row.id == NOT for word in row.words)


@cache
def _rows() -> tuple[ConceptRow, ...]:
    lands = knowledge.rows("intake/meaning", "countries.toml", ConceptRow)
    spoken = knowledge.rows("intake/meaning", "concepts-*.toml", ConceptRow)
    times = (ConceptRow(kind, tuple(known(kind)), "any", "intake/facts/words.toml") for kind in TIMES)
    return (*spoken, *(replace(row, id=f"{COUNTRY}{row.id}") for row in lands), *times)


def _taken_apart(written: str) -> tuple[str, str]:
    """A word up to its first star or gap, and the pattern of what follows it."""
    last = written[-1]
    closed = CLOSED if last.isalnum() and not _wide(last) else ""
    if "*" not in written and "…" not in written:
        return written, closed
    first, *rest = re.split(r"([*…])", written)
    tail = ""
    for mark, part in zip(rest[::2], rest[1::2], strict=True):
        tail += (ENDING if mark == "*" else GAP) + re.escape(part.strip() if mark == "…" else part)
    return first.rstrip() if rest[0] == "…" else first, tail + closed


@cache
def _pattern(tail: str) -> re.Pattern[str]:
    """What must follow a word; compiled when a text first has the word, since a text has few of them."""
    return re.compile(tail)


@cache
def _automaton() -> ahocorasick.Automaton:
    """Each word up to its first star, with what must follow it."""
    words: dict[str, dict[tuple[str, str], None]] = {}
    for row in _rows():
        for written in row.words:
            word, tail = _taken_apart(folded(written))
            words.setdefault(word, {})[(row.id, tail)] = None
    automaton = ahocorasick.Automaton()
    for word, entries in words.items():
        automaton.add_word(word, (word, tuple(entries)))
    automaton.make_automaton()
    return automaton
