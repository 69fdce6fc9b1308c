"""Seed rules that the numbers answer for."""

from __future__ import annotations

import re

import pytest

from dozor.model import Check, Reach
from dozor.numbers import identify


@pytest.mark.rule("S018")
def test_ordinary_mail_from_china_is_followed_inside_china_only() -> None:
    reading = identify("UA740193524CN")[0]
    assert reading.reach is Reach.ORIGIN_ONLY
    assert "number.s10.untracked" in [reason.id for reason in reading.reasons]


@pytest.mark.rule("S024")
def test_the_specimen_has_the_shape_and_not_the_check_digit() -> None:
    reading = identify("RS123456789CN")[0]
    assert (reading.format, reading.check, reading.expected_check, reading.valid) == ("s10", Check.FAILED, "5", False)


@pytest.mark.rule("S025")
def test_the_international_shape_is_four_letters_and_nine_digits() -> None:
    assert re.fullmatch(r"[A-Z]{2}\d{9}[A-Z]{2}", identify("RB740193524CN")[0].normal)
    assert identify("RB740193524CN")[0].format == "s10"
    assert all(not reading.format.startswith("s10") for reading in identify("RB74019352CN"))


@pytest.mark.rule("S138")
def test_digits_alone_are_not_international() -> None:
    for number in ("75123456789012", "773123456789012", "9876543210123"):
        assert all(reading.reach is not Reach.END_TO_END or reading.format != "s10" for reading in identify(number))
    assert identify("75123456789012")[0].reach is Reach.DOMESTIC_ORIGIN
