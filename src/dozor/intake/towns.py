"""The towns a text names, and the countries they lie in (`meaning/towns.csv`)."""

from __future__ import annotations

import re
from functools import cache

from msgspec import Struct

from dozor import knowledge

WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
HAN = re.compile(r"[\u3400-\u9fff]{2,}")
MOST_WORDS = 4  # in the name of a town
HAN_SIGNS = range(6, 1, -1)  # in a Chinese name, longest first
ENDINGS = 2  # letters of a case ending after a stem


class TownRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A town and its country: names joined by `|`, a `*` at the end of a stem."""

    town: str
    country: str
    names: str


def find_towns(text: str, flat: str) -> list[tuple[int, int, str]]:
    """Places [start, end) of a text at which a town is named, with its country; `flat` is the folded text.

    A name begins with a capital, unless the whole text has none: "nice" is no town.
    """
    small = text == text.lower()
    known = _towns()
    found: list[tuple[int, int, str]] = []
    words = list(WORD.finditer(flat))
    for i, first in enumerate(words):
        if not small and not text[first.start()].isupper():
            continue
        far = MOST_WORDS if first[0] in _leads() else 1
        for last in reversed(words[i : i + far]):
            name = flat[first.start() : last.end()]
            country = known.get(name) or next(
                (known[stem] for cut in range(ENDINGS + 1) if (stem := f"{name[: len(name) - cut]}*") in known), None
            )
            if country is not None:
                found.append((first.start(), last.end(), country))
                break
    for run in HAN.finditer(flat):
        for start in range(run.start(), run.end()):
            for signs in HAN_SIGNS:
                if start + signs <= run.end() and (country := known.get(flat[start : start + signs])):
                    found.append((start, start + signs, country))
                    break
    return found


@cache
def _leads() -> frozenset[str]:
    """First words of names of several words."""
    return frozenset(name.split(" ")[0] for name in _towns() if " " in name)


@cache
def _towns() -> dict[str, str]:
    """Country by name in small letters; a stem ends in a star."""
    rows = knowledge.table("intake/meaning", "towns.csv", TownRow)
    return {name.lower(): row.country for row in rows for name in row.names.split("|")}
