"""Sentences: the same in all languages, with the same place-holders, and plurals as CLDR has them."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from babel import Locale
from babel.plural import to_python
from hypothesis import given
from hypothesis import strategies as st

from dozor.i18n import LANGUAGES, catalogue, day, money, plural, say
from dozor.model import Money, Text

HOLE = re.compile(r"\{(\w+)")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_stands_in_every_language(lang: str) -> None:
    reference, other = catalogue("en"), catalogue(lang)
    assert set(reference) == set(other)
    for id, forms in reference.items():
        assert set(HOLE.findall(forms[0])) == set(HOLE.findall(other[id][0])), id


@given(st.integers(0, 1000))
def test_plurals_follow_cldr(n: int) -> None:
    forms = {"one": "день", "few": "дня", "many": "дней", "other": "дня"}
    assert plural("days", n, "ru") == f"{n} {forms[to_python(Locale('ru').plural_form.rules)(n)]}"


def test_dates_money_and_missing_arguments() -> None:
    assert day(dt.date(2026, 11, 9), "ru") == "9 ноября"
    assert day(dt.date(2026, 11, 9), "zh", year=True) == "2026年11月9日"
    assert money(Money(320, "USD")) == "3.20 USD"
    assert money(Money(320, "JPY")) == "320 JPY"
    assert say(Text("no.such.sentence"), "ru") == "no.such.sentence"
    assert "{number}" in say(Text("number.s10.check_failed", {"expected": 5}), "en")
