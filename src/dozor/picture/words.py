"""Days as short as a picture needs them: "28 Oct", "28 окт", "10月28日", "5–11 Nov"."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache


@lru_cache(maxsize=4096)
def short(day: dt.date, lang: str, *, year: bool = False) -> str:
    """A day with its month abbreviated, with the year on demand."""
    from babel.dates import format_date

    pattern = {"zh": "M月d日"}.get(lang, "d MMM")
    if year:
        pattern = {"zh": "y年M月d日"}.get(lang, "d MMM y")
    return str(format_date(day, pattern, locale=lang)).replace(".", "").replace(" ", "\u00a0")


def between(since: dt.datetime, until: dt.datetime, lang: str) -> str:
    """A range of days; the month is written once where it is the same."""
    first, last = since.date(), until.date()
    if first == last:
        return short(first, lang)
    if (first.year, first.month) == (last.year, last.month):
        if lang == "zh":
            return f"{first.month}月{first.day}–{last.day}日"
        return f"{first.day}–{short(last, lang)}"
    return f"{short(first, lang)}\u00a0– {short(last, lang)}"
