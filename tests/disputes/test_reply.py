"""What sellers write, and what it means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dozor import i18n
from dozor.disputes import CATEGORIES, classify

REPLIES = [
    ("Please cancel the dispute, after that we will refund you", "cancel_dispute"),
    ("Закройте спор, пожалуйста, деньги вернём потом", "cancel_dispute"),
    ("Sorry, wrong number. The correct tracking number is below", "new_number"),
    ("Подтвердите получение, тогда отправим ещё раз", "confirm_first"),
    ("We can refund 40% and you keep the goods", "partial_refund"),
    ("Мы продлили защиту на 20 дней", "extend"),
    ("Ваша таможня всё проверяет слишком долго", "blame_external"),
    ("Товара нет в наличии, отмените заказ", "not_shipped"),
    ("write me in telegram, I pay you there", "off_platform"),
    ("包裹已签收，请问一下邻居", "says_delivered"),
    ("Закрийте спір, ми повернемо гроші", "cancel_dispute"),
    ("qwerty zxcvb", "unknown"),
]


@pytest.mark.rule("S084", "S086", "S087", "S094", "S095", "S096")
@pytest.mark.parametrize(("text", "category"), REPLIES)
def test_a_reply_is_understood(text: str, category: str) -> None:
    assert classify(text).category == category


@given(st.text(max_size=500))
def test_no_reply_breaks_the_reader(text: str) -> None:
    reply = classify(text)
    assert reply.category in {*CATEGORIES, "unknown"}
    assert reply.certainty >= 0


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_every_category_has_its_answer(lang: str) -> None:
    assert all(i18n.has(f"reply.{category}", lang) for category in (*CATEGORIES, "unknown"))
