"""Before buying: what the guide says of prices, services and waiting, as figures with sources."""

from __future__ import annotations

import datetime as dt
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dozor.forecast import Prediction, predict
from dozor.forecast.learn import learn
from dozor.forecast.learnt import Parcel
from dozor.forecast.outlook import look, outlook
from dozor.forecast.tables import lane, obligatory, postage, services, untracked
from dozor.i18n import LANGUAGES, has, say
from dozor.model import Journey, Money, Order

DAY = dt.timedelta(days=1)
NOW = dt.datetime(2026, 7, 15, tzinfo=dt.UTC)


def of(cents: int | None = None, now: dt.datetime = NOW, **more: object) -> Prediction:
    price = None if cents is None else Money(cents, "USD")
    return predict(Order(price=price, **more), now)  # type: ignore[arg-type]


def reasons(found: Prediction) -> set[str]:
    return {reason.id for reason in found.reasons}


@pytest.mark.rule("S003", "S104")
def test_cheap_untracked_parcels_mostly_arrive() -> None:
    found = of(150)
    assert found.p_tracked <= 0.15
    assert found.p_never < 0.1
    assert "predict.arrives_untracked" in reasons(found)
    economy = lane("ship_to_delivered", None, None, "economy")
    assert economy.never < 0.1


@pytest.mark.rule("S004")
def test_bad_numbers_go_with_cheap_goods() -> None:
    shares = [of(cents).p_bad_number for cents in (150, 800, 1900, 2100)]
    assert shares == sorted(shares, reverse=True)  # type: ignore[type-var]
    assert shares[-1] == untracked()[-1].bad < shares[2]  # type: ignore[operator]
    assert "predict.bad_numbers" in reasons(of(1900)) and "predict.bad_numbers" not in reasons(of(2100))


@pytest.mark.rule("S015", "S016")
def test_since_2017_parcels_to_russia_and_ukraine_are_to_be_tracked_the_whole_way() -> None:
    before, after = dt.datetime(2017, 1, 31, tzinfo=dt.UTC), dt.datetime(2017, 2, 8, tzinfo=dt.UTC)
    for country in ("RU", "UA", "BY"):
        assert of(450, before, destination=country).p_tracked < of(450, after, destination=country).p_tracked
        assert "predict.obligatory" in reasons(of(450, destination=country))
    assert "predict.obligatory" not in reasons(of(190, destination="RU"))  # up to two dollars it was lawful
    assert "predict.obligatory" in reasons(of(190, destination="UA"))
    assert "predict.obligatory" not in reasons(of(450, destination="BR"))


@pytest.mark.rule("S017", "S121")
def test_a_followed_service_can_be_asked_for_and_makes_the_goods_dearer() -> None:
    told = next(reason for reason in of(300).reasons if reason.id == "predict.option")
    assert (told.args["low"], told.args["high"]) == (Money(500, "USD"), Money(1000, "USD"))
    assert told.args["dearer"] == Money(10_000, "RUB")
    assert "100.00 RUB" in say(told, "ru")
    assert "predict.option" not in reasons(of(3000))


@pytest.mark.rule("S019", "S020", "S119", "S120")
def test_what_costs_less_than_being_followed_is_not() -> None:
    assert postage()["average"].low == 250 and postage()["followed"].low == 100
    for cents in (100, 249, 330):  # 300 roubles are some 3.33 dollars
        assert "predict.uneconomic" in reasons(of(cents))
    assert "predict.uneconomic" not in reasons(of(340))
    assert of(249).p_tracked < 0.5 < of(1500).p_tracked


@pytest.mark.rule("S103", "S125")
def test_the_dearer_the_likelier_it_is_tracked() -> None:
    shares = [of(cents).p_tracked for cents in (100, 300, 700, 1500, 5000)]
    assert shares == sorted(shares)
    assert shares[0] < 0.2 and shares[-1] > 0.95 and shares[3] >= 0.9
    assert of(300).reach == "origin_only" and of(1500).reach == "end_to_end"


@pytest.mark.rule("S107")
def test_ordinary_mail_takes_twenty_to_sixty_days() -> None:
    for destination in (None, "BY", "KZ", "UZ"):
        found = of(service="ordinary mail, economy", destination=destination)
        assert 14 <= found.days_p10 <= 24 and 50 <= found.days_p90 <= 75
        assert 20 < found.days_p50 < 60


@pytest.mark.rule("S114")
def test_a_month_without_a_scan_is_beyond_what_is_usual() -> None:
    def silent(days: int) -> float:
        found = outlook(Journey(), Order(shipped=NOW.date() - DAY * days), NOW)
        assert found is not None
        return found.unusual

    assert silent(10) < 0.9 < silent(14) < 0.99 < silent(30)


@pytest.mark.rule("S134", "S135", "S136")
def test_customs_makes_gaps_in_the_scans_of_couriers() -> None:
    courier, post = lane("customs", "CN", "RU", "express"), lane("customs", "CN", "RU", None)
    assert courier.median > post.median and courier.sigma > post.sigma
    waiting = Parcel("customs", NOW - DAY * 5, 5.0, reached=False, origin="CN", destination="RU", service="express")
    assert look(waiting, NOW).unusual < 0.8
    assert "predict.customs_gap" in reasons(of(service="DHL"))
    assert 10 <= of(service="DHL", destination="RU").days_p50 <= 20
    assert of(service="EMS").days_p50 <= 14


def test_a_named_service_decides_before_the_price() -> None:
    assert of(100, service="DHL").p_tracked > 0.9
    assert of(5000, service="Super Economy").reach == "origin_only"
    assert {row.service for row in services()} == {"express", "ems", "registered", "standard", "economy"}


def test_nothing_known_is_said_so() -> None:
    found = of()
    assert found.p_bad_number is None and found.p_tracked == 0.75
    assert "predict.by_nothing" in reasons(found) and found.thin


def test_the_band_of_a_thing_just_shipped_is_the_row_it_comes_from() -> None:
    row = lane("ship_to_delivered", "CN", "RU", "standard")
    assert of(service="standard", origin="CN", destination="RU").days_p50 == pytest.approx(row.median, abs=1)


def test_what_was_learnt_moves_the_days_and_says_by_how_much() -> None:
    chance = random.Random(2)
    parcels = []
    for _ in range(600):
        seller = chance.choice(["slow", "quick"])
        started = NOW - DAY * chance.uniform(1, 200)
        takes = {"slow": 18.0, "quick": 9.0}[seller] * chance.lognormvariate(0, 0.3)
        age = (NOW - started) / DAY
        places = {"origin": "CN", "destination": "KZ", "service": "standard", "seller": seller}
        parcels.append(Parcel("ship_to_delivered", started, min(age, takes), takes <= age, **places))  # type: ignore[arg-type]
    model = learn(parcels, NOW)
    order = Order(service="standard", origin="CN", destination="KZ")
    slow, quick = (
        predict(msgspec.structs.replace(order, seller=name), NOW, learnt=model) for name in ("slow", "quick")
    )
    assert quick.days_p50 < 11 < 15 < slow.days_p50 < of(service="standard").days_p50
    assert "forecast.learnt.sooner" in reasons(slow)
    assert {"forecast.seller.later"} <= reasons(slow) and {"forecast.seller.sooner"} <= reasons(quick)
    assert slow.days_p90 - slow.days_p10 < of(service="standard").days_p90 - of(service="standard").days_p10
    assert slow.n > 100


@given(
    cents=st.none() | st.integers(0, 100_000),
    service=st.sampled_from([None, "DHL", "EMS", "Super Economy", "ePacket", "registered air mail", "nonsense"]),
    origin=st.sampled_from([None, "CN", "HK", "DE", "BR"]),
    destination=st.sampled_from([None, "RU", "UA", "BY", "KZ", "UZ", "US", "DE", "BR", "MX"]),
    day=st.dates(dt.date(2016, 1, 1), dt.date(2030, 12, 31)),
)
def test_shares_are_shares_and_every_reason_has_its_sentence(
    cents: int | None, service: str | None, origin: str | None, destination: str | None, day: dt.date
) -> None:
    now = dt.datetime.combine(day, dt.time(9), dt.UTC)
    found = of(cents, now, service=service, origin=origin, destination=destination)
    assert 0 <= found.p_tracked <= 1 and 0 <= found.p_never <= 1
    assert 0 <= found.days_p10 <= found.days_p50 <= found.days_p90
    assert found.sources and all(source.note for source in found.sources)
    assert [(r.id, lang) for r in found.reasons for lang in LANGUAGES if not has(r.id, lang)] == []
    assert all(has(f"predict.reach.{found.reach}", lang) for lang in LANGUAGES)


def test_every_row_has_its_source() -> None:
    rows = [*obligatory(), *postage().values(), *untracked(), *services()]
    assert all(row.source for row in rows)
