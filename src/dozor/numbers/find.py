"""Numbers in free text: chat, mail, pages, addresses of pages.

A run of letters and digits is a candidate; word characters of other alphabets end it, because "трекRI…CN"
has no space before the number. The words before a candidate and the name of its URL parameter settle what
the shape leaves open.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from dozor import knowledge
from dozor.model import Kind, Mention, Reading, Text
from dozor.numbers.identify import identify, masked

NEAR = 25  # characters before a number in which a word speaks of it
HOMOGLYPHS = "АВЕЅКМНОРСТУХІЈЗавекморстухіј"
WIDE = "０-９Ａ-Ｚａ-ｚ"
# A token holds at least five digits in a row of characters that can belong to a number.
TOKEN = re.compile(rf"\+?[0-9A-Za-z{WIDE}{HOMOGLYPHS}](?:[0-9A-Za-z{WIDE}{HOMOGLYPHS}]|-(?=\d)){{6,41}}")
DIGITS = re.compile(rf"[0-9{WIDE}].*?[0-9{WIDE}].*?[0-9{WIDE}].*?[0-9{WIDE}]")
CLUSTER = re.compile(rf"[0-9{WIDE[:3]}](?:[^\n]{{0,3}}[0-9{WIDE[:3]}]){{3}}")  # four digits close together
REACH = 48  # characters around a cluster that can belong to its number
SPACED_S10 = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z]{2})[ \u00a0]?(\d{3,4}(?:[ \u00a0]?\d{3,4}){1,2}(?:[ \u00a0]?\d)?)"
    r"[ \u00a0]?([A-Z]{2})(?![A-Za-z0-9])"
)
SPACED_DIGITS = re.compile(r"(?<![\w.,])\+?\d{1,5}(?:[ \u00a0()-]{1,2}\d{2,6}){2,7}(?![\w])")


class Words(Struct, frozen=True):
    """Words that tell a kind."""

    kind: Kind
    words: tuple[str, ...]
    source: str


def find(text: str, *, suffixes: Collection[str] = ()) -> tuple[Mention, ...]:
    """Every number of a text with its readings, in order of place."""
    if not any(c.isdigit() for c in text):
        return ()
    whole = identify(text, suffixes=suffixes) if len(text.strip()) <= 60 else ()
    if whole and whole[0].certainty >= 0.3 and "\n" not in text.strip():
        start = len(text) - len(text.lstrip())
        return (_mention(text.strip(), start, whole),)
    taken: list[Mention] = []
    covered = bytearray(len(text))
    for start, end in _spans(text):
        if any(covered[start:end]):
            continue
        raw = text[start:end]
        readings = _with_context(identify(raw, suffixes=suffixes), text, start)
        if readings:
            taken.append(_mention(raw, start, readings))
            covered[start:end] = b"\x01" * (end - start)
    return tuple(sorted(taken, key=lambda mention: mention.start))


def _mention(raw: str, start: int, readings: tuple[Reading, ...]) -> Mention:
    """A place in the text; what is written there is kept, unless it is a payment card."""
    shown = masked(raw) if any(reading.kind is Kind.CARD for reading in readings) else raw
    return Mention(raw=shown, start=start, end=start + len(raw), readings=readings)


def _spans(text: str) -> list[tuple[int, int]]:
    spaced: list[tuple[int, int]] = []
    tokens: list[tuple[int, int]] = []
    for start, end in _zones(text):
        for pattern in (SPACED_S10, SPACED_DIGITS):
            found = (match for match in pattern.finditer(text, start, end))
            spaced += [match.span() for match in found if pattern is SPACED_DIGITS or re.search(r"\s", match[0])]
        tokens += [_trimmed(match) for match in TOKEN.finditer(text, start, end) if DIGITS.search(match[0])]
    return spaced + tokens


def _zones(text: str) -> list[tuple[int, int]]:
    """The stretches of a text that hold digits enough for a number; the rest is not looked at twice."""
    zones: list[tuple[int, int]] = []
    for match in CLUSTER.finditer(text):
        before = zones[-1][1] if zones else 0  # what lies before it was gone through already
        start = max(0, match.start() - REACH)
        while start > before and not text[start - 1].isspace():
            start -= 1
        end = max(before, min(len(text), match.end() + REACH))
        while end < len(text) and not text[end].isspace():
            end += 1
        if zones and start <= zones[-1][1]:
            zones[-1] = (zones[-1][0], max(end, zones[-1][1]))
        else:
            zones.append((start, end))
    return zones


def _trimmed(match: re.Match[str]) -> tuple[int, int]:
    """A Cyrillic word run into a number ("трекRI937765505CN") is cut off where Latin letters or digits begin."""
    start, raw = match.start(), match[0]
    lead = re.match(r"[а-яёіїєґ]+(?=[A-Z]{1,4}\d)", raw)
    return (start + lead.end(), match.end()) if lead else match.span()


def _with_context(readings: tuple[Reading, ...], text: str, start: int) -> tuple[Reading, ...]:
    before = text[max(0, start - NEAR) : start].lower()
    said = _last_word(before)
    if said is Kind.ORDER and not readings and (labelled := _labelled_order(text[start : start + 40])):
        return (labelled,)
    if said is None or not readings:
        return readings
    if said in (Kind.ORDER, Kind.TRACKING):
        chosen = [replace(r, certainty=min(0.99, r.certainty + 0.3)) if r.kind is said else r for r in readings]
        return tuple(sorted(chosen, key=lambda reading: -reading.certainty))
    if said in (Kind.PHONE, Kind.PRODUCT) and readings[0].check.value == "none":
        return tuple(r for r in readings if r.kind is not Kind.TRACKING)
    return readings


def _labelled_order(ahead: str) -> Reading | None:
    """A shop that no table knows, but the text calls the number an order: that is believed."""
    token = TOKEN.match(ahead)
    if token is None or sum(c.isdigit() for c in token[0]) < 6:
        return None
    return Reading(
        kind=Kind.ORDER,
        normal=token[0].upper(),
        format="labelled-order",
        certainty=0.6,
        reasons=(Text("number.order.labelled"),),
    )


def _last_word(before: str) -> Kind | None:
    best: tuple[int, Kind] | None = None
    for row in _words():
        for word in row.words:
            place = before.rfind(word)
            if place >= 0 and (best is None or place > best[0]):
                best = (place, row.kind)
    return best[1] if best else None


@cache
def _words() -> tuple[Words, ...]:
    return knowledge.rows("numbers", "words.toml", Words)
