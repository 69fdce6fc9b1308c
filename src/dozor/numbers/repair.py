"""The normal form of a number: safe repairs only, each of them reported.

Safe is what cannot turn one real number into another: spaces and dashes, width, case, letters of other
alphabets that look like Latin ones, and letters standing where only a digit can stand.
"""

from __future__ import annotations

import re
import unicodedata

from dozor.model import Repair

# Cyrillic and Greek letters by the Latin letter they look like, and what stands for a digit in a digit's place.
LOOK_ALIKE = str.maketrans("АВЕЅКМНОРСТУХІЈавекморстухіјΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABESKMHOPCTYXIJABEKMOPCTYXIJABEZHIKMNOPTYX")
FOR_DIGIT = str.maketrans("OQDIlLSBZГЗО", "000111582" + "130")
GAPS = re.compile(r"[\s\-–—.\u00ad\u200b-\u200f\u2060\ufeff]+")
PLAIN = re.compile(r"[0-9]+|(?:[A-Z]{1,4}[0-9]+)(?:[A-Z]{2})?")
S10_LIKE = re.compile(r"([A-Z]{2})([A-Z0-9]{9})([A-Z]{2})")


def normal_form(text: str) -> tuple[str, tuple[Repair, ...]]:
    """What was meant, as safely as can be known, and the changes made to get there. Idempotent."""
    if PLAIN.fullmatch(text):
        return text, ()  # nothing to repair, which is most numbers
    repairs: list[Repair] = []

    def step(kind: str, before: str, after: str) -> str:
        if before != after:
            repairs.append(Repair(kind, before, after))
        return after

    value = text.strip()
    value = step("fullwidth", value, unicodedata.normalize("NFKC", value))
    value = step("spaces", value, GAPS.sub("", value))
    value = step("cyrillic", value, value.translate(LOOK_ALIKE)) if _foreign(value) else value
    value = step("case", value, value.upper())
    shape = S10_LIKE.fullmatch(value)
    if shape and not shape[2].isdigit():
        digits = shape[2].translate(FOR_DIGIT)
        if digits.isdigit():
            value = step("letter_for_digit", value, shape[1] + digits + shape[3])
    elif re.fullmatch(r"[0-9OI]{12,20}", value) and sum(c.isdigit() for c in value) >= len(value) - 2:
        value = step("letter_for_digit", value, value.translate(FOR_DIGIT))
    elif match := re.fullmatch(r"([A-Z]{2})([0-9OI]{12,16})", value):
        value = step("letter_for_digit", value, match[1] + match[2].translate(FOR_DIGIT))
    return value, tuple(repairs)


def _foreign(value: str) -> bool:
    """Letters of another alphabet among digits: a word in Cyrillic is left alone."""
    return any(ord(c) > 127 for c in value) and any(c.isdigit() for c in value)
