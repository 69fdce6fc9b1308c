"""Whatever is pasted is read in a moment: the box is open to strangers, and one of them must not stop it for all."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from dozor.answer import NUMBERS, answer, read_numbers
from dozor.intake.concepts import sentences
from dozor.intake.spans import durations
from dozor.model import Dossier
from dozor.numbers import find

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SIZE = 200_000  # characters: as much as the box takes

ENDLESS = {
    "letters": "a",
    "Cyrillic letters": "ы",
    "Chinese days": "日",
    "digits": "1",
    "digits apart": "12 ",
    "durations": "paid 3 days ago ",
    "denials": "not received, ",
    "numbers run together": "LP00990011223344,",
    "months": "3 October - ",
}


@pytest.mark.parametrize("unit", ENDLESS.values(), ids=list(ENDLESS))
def test_nothing_that_is_pasted_keeps_the_others_waiting(unit: str) -> None:
    text = (unit * (SIZE // len(unit) + 1))[:SIZE]
    assert answer(Dossier(text=text), NOW).headline.id  # it comes at all: it took minutes or hours (bench/intake)


def test_a_list_of_thousands_of_numbers_is_no_purchase() -> None:
    chance = random.Random(1)
    text = " ".join("LP" + "".join(chance.choices("0123456789", k=14)) for _ in range(11_000))
    assert answer(Dossier(text=text), NOW).headline.id
    assert len(read_numbers(Dossier(text=text))) == NUMBERS < len(find(text))


def test_a_breath_is_cut_between_two_words_and_places_stay_what_they_are() -> None:
    text = "it was delivered and then again " * 100
    parts = sentences(text)
    assert len(parts) > 2 and all(text[part.start :].startswith(part.text) for part in parts)
    assert " ".join(part.text for part in parts).split() == text.split()
    assert not durations(parts[0], NOW.date())
