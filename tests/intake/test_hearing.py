"""Where a text says the parcel ended and when; who speaks in it; what waits for the carrier and not for the buyer."""

from __future__ import annotations

import datetime as dt

import pytest

from dozor.intake.concepts import sentences
from dozor.intake.hearing import hear, scanned_before
from dozor.model import Milestone

DAY = dt.date(2026, 11, 24)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("delivered in Austin. I live in Marseille", "US"),
        ("Вручено в Новосибирске, а я живу в Алматы", "RU"),
        ("Consegnato a Bergamo, io abito a Lione", "IT"),
        ("物流显示在马赛签收了，我住在波兰", "FR"),
    ],
)
def test_a_town_says_the_country_of_a_delivery(text: str, country: str) -> None:
    assert country in hear(text, DAY).ends


def test_a_town_on_the_way_is_no_end() -> None:
    assert "DE" not in hear("parcel in transit, left Leipzig yesterday, I live in Poland", DAY).ends


def test_a_common_word_is_no_town() -> None:
    assert not hear("It would be nice to have it delivered, I was reading about it", DAY).ends


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("It says delivered in Kyiv yesterday, I live in Kyiv but there is nothing", False),
        ("It says delivered in Kyiv yesterday, I live in Lviv", True),
        ("Marked delivered with a photo of a hallway – we live in a bungalow", False),
    ],
)
def test_another_place_needs_two_places(text: str, other: bool) -> None:
    assert ("other_place" in hear(text, DAY).said) is other


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("Ordered in October, the number shows delivered in July", True),
        ("Bestellt im Oktober, zugestellt im Juli", True),
        ("Заказал в октябре, а по треку вручено ещё в июле", True),
        ("我10月买的，物流显示7月就签收了", True),
        ("ordered in October, delivered in November", False),
        ("I ordered in October, it may be delivered later", False),
    ],
)
def test_a_month_of_delivery_before_that_of_the_order(text: str, before: bool) -> None:
    assert scanned_before(sentences(text), DAY) is before


@pytest.mark.parametrize(
    ("text", "sellers"),
    [
        ("Продавец говорит, что таможня задержала", True),
        ("По словам продавца посылку задержала таможня", True),
        ("The post told me that the seller never handed it in", False),
        ("Estafeta confirma que la tienda no ha entregado el paquete", False),
    ],
)
def test_the_seller_speaks_where_he_is_nearest(text: str, sellers: bool) -> None:
    assert bool(hear(text, DAY).seller) is sellers


@pytest.mark.parametrize(
    "text",
    [
        "Seller dropped the parcel at the post office yesterday",
        "Le vendeur a déposé le colis au point relais il y a 3 jours",
        "Продавец сдал посылку на почту вчера",
        "卖家昨天把包裹交到邮局了",
    ],
)
def test_what_the_seller_hands_in_waits_for_the_carrier(text: str) -> None:
    stage = hear(text, DAY).stage
    assert stage is not None
    assert stage[1] is Milestone.ACCEPTED


def test_an_idiom_with_a_gap_does_not_swallow_a_denial() -> None:
    assert not any(hit.concept == "came" for each in sentences("товар не пришёл") for hit in each.hits)
    assert any(hit.concept == "came" for each in sentences("посылка сегодня пришла") for hit in each.hits)
