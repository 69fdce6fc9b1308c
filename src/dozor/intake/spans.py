"""Durations and dates in a sentence, and what each of them is the age of: the concept nearest to it decides."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from dozor import knowledge
from dozor.intake.concepts import TIMES, Sentence, breaks, folded
from dozor.intake.sentence import lookup, words_of

# A comma or a "but" between a duration and a concept counts as so many signs of distance.
BREAK = 25
AHEAD = 8  # signs by which a future reading of an open duration must be nearer
YEAR = 366
MIDDLE = 15  # the day of a month that is named without one
TOUCH = 6  # signs between a duration and the word that says it has passed
NO_WORD = 3  # letters of a unit that without a count may be another language's word
WINDOW = 24  # signs on either side of a duration that may tell its direction


class RoleRow(Struct, frozen=True, forbid_unknown_fields=True):
    """The fact that a duration gives when one of the concepts `near` stands nearest to it.

    `tense`: past, future, or `passed`: a past that is said, as in "was due two weeks ago" (never "due in 30 days").
    `together`: no comma and no "but" may stand between them.
    """

    fact: str
    tense: str
    near: tuple[str, ...]
    source: str
    together: bool = False


class Span(Struct, frozen=True):
    """A duration or date at [start, end) of the sentence; `past` None where the words leave the direction open."""

    start: int
    end: int
    days: float
    past: bool | None


def roles(spoken: Sequence[Sentence], today: dt.date) -> dict[str, Any]:
    """Facts by the durations of the sentences; the first that gives a fact is kept."""
    found: dict[str, Any] = {}
    still = any(sentence.holds("stuck|-moving") for sentence in spoken)
    for sentence in spoken:
        if not (spans := durations(sentence, today)):
            continue
        told = _telling(sentence)
        for span in spans:
            fact = _role(span, told)
            if fact is None and still and span.past is not False:
                fact = "last_event_days_ago"  # a duration on its own, where something is said to stand still
            if fact and fact not in found:
                found[fact] = span.days
    return found


def durations(sentence: Sentence, today: dt.date) -> tuple[Span, ...]:
    """All durations and dates of a sentence, in order, in days from `today` (into the past or the future)."""
    kinds = frozenset(hit.concept for hit in sentence.hits if hit.concept in TIMES)
    figures = any(sign.isdigit() for sign in sentence.text)
    return _durations(sentence.text, today, kinds, figures) if kinds or figures else ()


@lru_cache(maxsize=4096)
def _durations(text: str, today: dt.date, kinds: frozenset[str], figures: bool) -> tuple[Span, ...]:
    flat = folded(text)
    spans = [
        *(_counted(flat) if "unit" in kinds else ()),
        *(_named_days(flat) if "day" in kinds else ()),
        *(_dates(flat, today, named="month" in kinds) if figures else ()),
        *(_months(flat, today) if "month" in kinds else ()),
    ]
    spans.sort(key=lambda span: (span.start, -span.end))
    found, reached = [], 0
    for span in spans:
        if span.start >= reached:
            found.append(span)
        reached = max(reached, span.end)
    return tuple(found)


def _counted(flat: str) -> list[Span]:
    spans = []
    for match in _duration().finditer(flat):
        unit = lookup("unit", match["unit"])
        if unit is None:
            continue
        word = match["n"]
        if not word and len(match["unit"]) <= NO_WORD and match["unit"].isascii():
            continue  # "d'avant", "mes colis": such short units are units beside a count alone
        count = 1.0 if not word else float(word.replace(",", ".")) if word[0].isdigit() else lookup("count", word)
        if count is not None:
            spans.append(Span(match.start(), match.end(), float(count) * float(unit), _tense(flat, match)))
    return spans


def _tense(flat: str, match: re.Match[str]) -> bool | None:
    """Whether a duration lies behind or ahead, by the words that touch it."""
    before, after = flat[max(0, match.start() - WINDOW) : match.start()], flat[match.end() : match.end() + WINDOW]
    if _touches("ago", after):
        return True
    if _touches("left", after) or _ends_with("ahead", before):
        return False
    return True if _ends_with("so_far", before) else None


def _touches(kind: str, after: str) -> bool:
    found = words_of(kind).match(after.lstrip())
    return found is not None


def _ends_with(kind: str, before: str) -> bool:
    bare = before.rstrip()
    return any(found.end() == len(bare) for found in words_of(kind).finditer(bare))


def _named_days(flat: str) -> list[Span]:
    spans = []
    for match in words_of("day").finditer(flat):
        ago = lookup("day", match[0])
        if ago is not None:
            spans.append(Span(match.start(), match.end(), abs(float(ago)), float(ago) >= 0))
    return spans


def _dates(flat: str, today: dt.date, *, named: bool) -> list[Span]:
    """Days of a month, `named` or in figures, with or without a year; without one the latest that is not far ahead."""
    spans = []
    for match in _date(named).finditer(flat):
        parts = dict.fromkeys(("m1", "m2", "d1", "d2", "y1", "y2")) | match.groupdict()
        month = parts["m1"] or parts["m2"]
        number = lookup("month", month) if month is not None else float(parts["mm"] or parts["im"] or 0)
        day = int(parts["d1"] or parts["d2"] or parts["dd"] or parts["id"] or 0)
        year = parts["y1"] or parts["y2"] or parts["yy"] or parts["iy"]
        if number is None:
            continue
        found = _day(int(year) if year else None, int(number), day, today)
        if found is not None:
            ago = (today - found).days
            spans.append(Span(match.start(), match.end(), float(abs(ago)), ago >= 0))
    return spans


def _months(flat: str, today: dt.date) -> list[Span]:
    """Months without a day, after a word that counts from them: "since September", "from early October"."""
    spans = []
    for match in _since().finditer(flat):
        month = lookup("month", match["month"])
        part = lookup("part", match["part"]) if match["part"] else None
        if month is None:
            continue
        found = _day(None, int(month), int(part or MIDDLE), today)
        if found is not None and found <= today:
            spans.append(Span(match.start(), match.end(), float((today - found).days), True))
    return spans


def _day(year: int | None, month: int, day: int, today: dt.date) -> dt.date | None:
    try:
        if year is not None:
            return dt.date(year + 2000 if year < 100 else year, month, day)
        this = dt.date(today.year, month, day)
        return this if (this - today).days < YEAR / 4 else dt.date(today.year - 1, month, day)
    except ValueError:
        return None


class _Telling(Struct, frozen=True):
    """A sentence, folded, and what in it may say what a duration is of: each with its rows, places in the sentence."""

    flat: str
    near: tuple[tuple[int, int, list[tuple[int, RoleRow]]], ...]
    passed: tuple[tuple[int, int], ...]


def _telling(sentence: Sentence) -> _Telling:
    offset = sentence.start
    return _Telling(
        folded(sentence.text),
        tuple(
            (hit.start - offset, hit.end - offset, rows)
            for hit in sentence.hits
            if (rows := _rows_near().get(f"-{hit.concept}" if hit.denied else hit.concept))
        ),
        tuple(
            (hit.start - offset, hit.end - offset)
            for hit in sentence.hits
            if hit.concept == "passed" and not hit.denied
        ),
    )


def _role(span: Span, told: _Telling) -> str | None:
    if span.past is None and _passed(span, told):
        span = replace(span, past=True)
    best: tuple[float, int, str] | None = None
    near = [(max(start - span.end, span.start - end, 0), start, end, rows) for start, end, rows in told.near]
    for apart, start, end, rows in sorted(near, key=lambda each: each[0]):
        if best is not None and apart > best[0]:
            break  # all further ones are further away still
        for place, row in rows:
            future = row.tense == "future"
            if span.past is future or (row.tense == "passed" and span.past is None):
                continue
            # An open direction is rather the past: people tell what has been.
            ahead = AHEAD if span.past is None and future else 0
            if best is not None and (apart + ahead, place) >= best[:2]:
                continue  # a pause between them only makes it further
            pauses = breaks(_between(span, start, end, told.flat))
            if not (row.together and pauses):
                far = (apart + BREAK * pauses + ahead, place, row.fact)
                best = far if best is None or far[:2] < best[:2] else best
    return best[2] if best else None


def _between(span: Span, start: int, end: int, flat: str) -> str:
    """What stands between a duration and a concept at those places."""
    return flat[span.end : start] if start >= span.end else flat[end : span.start]


def _passed(span: Span, told: _Telling) -> bool:
    """Whether "passed" stands beside the duration: "60 days have passed", "прошло 60 дней"."""
    return any(
        len(between) <= TOUCH and not breaks(between)
        for between in (_between(span, start, end, told.flat) for start, end in told.passed)
    )


@cache
def _rows_near() -> dict[str, list[tuple[int, RoleRow]]]:
    """The rows that a concept may decide, each with its place in the table: of two as near the earlier one counts."""
    found: dict[str, list[tuple[int, RoleRow]]] = {}
    for place, row in enumerate(knowledge.rows("intake/meaning", "roles.toml", RoleRow)):
        for concept in dict.fromkeys(row.near):
            found.setdefault(concept, []).append((place, row))
    return found


@cache
def _duration() -> re.Pattern[str]:
    unit, count = words_of("unit").pattern, words_of("count").pattern
    number = rf"\d{{1,3}}(?:[.,]\d)?|{count}"
    return re.compile(
        rf"(?:(?<![\w.,])|(?<=[\u3400-\u9fff]))(?:(?P<n>{number})(?:\s*[-–]\s*\d{{1,3}})?[\s-]*)?(?P<unit>{unit})"
    )


@cache
def _since() -> re.Pattern[str]:
    since, part, month = (words_of(kind).pattern for kind in ("since", "part", "month"))
    return re.compile(rf"(?:{since})\s+(?:(?P<part>{part})\s+)?(?P<month>{month})(?!\s*\d)")


@cache
def _date(named: bool) -> re.Pattern[str]:
    """Dates in figures; with `named` those with the name of a month, too, which are many times as long to look for."""
    month = words_of("month").pattern
    year = r"(?:,?\s*(?P<{}>20\d\d))?"
    words = (
        rf"(?<!\w)(?P<d1>\d{{1,2}})(?:st|nd|rd|th|\.|º|er)?(?:\s+(?:of|de|di))?\s+(?P<m1>{month}){year.format('y1')}"
        rf"|(?P<m2>{month})\s*(?P<d2>\d{{1,2}})(?:日|号|(?:st|nd|rd|th)?(?!\w)){year.format('y2')}|"
    )
    figures = (
        r"(?<![\d.])(?P<dd>\d{1,2})\.(?P<mm>0[1-9]|1[0-2])(?:\.(?P<yy>20\d\d|\d\d))?(?![\d.])"
        r"|(?<!\d)(?P<iy>20\d\d)-(?P<im>\d\d)-(?P<id>\d\d)(?!\d)"
    )
    return re.compile(words + figures if named else figures)
