"""A number taken apart: the pieces make the number again, and the wrong piece is the one that is marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dozor.i18n import LANGUAGES, has, say
from dozor.model import Check
from dozor.numbers import anatomy, identify


def parts(number: str) -> list[tuple[str, bool]]:
    return [(part.text, part.wrong) for part in anatomy(identify(number)[0])]


def test_a_right_number_has_no_wrong_piece() -> None:
    assert parts("RB740193524CN") == [("RB", False), ("74019352", False), ("4", False), ("CN", False)]


@pytest.mark.rule("S024")
def test_the_wrong_check_digit_is_the_red_one() -> None:
    found = anatomy(identify("RS123456789CN")[0])
    assert [part.text for part in found if part.wrong] == ["9"]
    assert say(found[2].what, "ru") == "должно быть 5"
    assert "placeholder" in say(found[1].what, "en")


def test_a_country_that_does_not_exist_is_the_wrong_piece() -> None:
    assert parts("RB740193524QQ")[-1] == ("QQ", True)


def test_other_numbers_are_not_taken_apart() -> None:
    assert anatomy(identify("LP00123456789012")[0]) == ()
    assert anatomy(identify("8199633578334590")[0]) == ()


@given(st.from_regex(r"[A-Z]{2}[0-9]{9}[A-Z]{2}", fullmatch=True))
def test_the_pieces_make_the_number_again(number: str) -> None:
    for reading in identify(number):
        found = anatomy(reading)
        assert not found or "".join(part.text for part in found) == reading.normal
        assert not (reading.valid and any(part.wrong for part in found))
        assert all(has(part.what.id, lang) for part in found for lang in LANGUAGES)
        if reading.format == "s10" and reading.check is Check.FAILED and not reading.valid:
            assert any(part.wrong for part in found)
