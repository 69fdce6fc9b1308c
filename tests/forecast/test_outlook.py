"""The outlook: shares that are shares, silence that only grows less usual, dates in order."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dozor.forecast import outlook, service_class, tracked_prior
from dozor.forecast.lognormal import LogNormal, total
from dozor.forecast.tables import lane, lanes, untracked
from dozor.i18n import LANGUAGES, has
from dozor.model import Event, Journey, Milestone, Moment, Money, Order, Outlook
from dozor.numbers import identify

DAY = dt.timedelta(days=1)
NOW = dt.datetime(2026, 7, 15, 12, tzinfo=dt.UTC)  # a day of no season
NOTHING = Journey()


def shipped(days_ago: int, **more: object) -> Order:
    return Order(shipped=NOW.date() - DAY * days_ago, **more)  # type: ignore[arg-type]


def moved(milestone: Milestone, days_ago: float, **more: object) -> Journey:
    when = Moment((NOW - DAY * days_ago).replace(tzinfo=None), 0)
    last = Event(when=when, milestone=milestone)
    kept: dict[str, object] = {"stage": milestone, "last_movement": last, "silence_days": days_ago} | more
    return Journey(**kept)  # type: ignore[arg-type]


def looked(journey: Journey = NOTHING, order: Order | None = None, **more: object) -> Outlook:
    found = outlook(journey, order or Order(), NOW, **more)  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.rule("S008", "S027", "S080", "S129")
def test_the_lag_of_the_first_scan() -> None:
    found = looked(order=shipped(6))
    assert found.stage == "first_scan"
    assert found.norm_p50 == pytest.approx(6, abs=0.2)
    assert found.norm_p90 == pytest.approx(12, abs=0.5)
    lag = LogNormal(6, 0.55)
    assert lag.quantile(0.97) == pytest.approx(16.9, abs=0.5)
    assert found.unusual == pytest.approx(1 - lag.survival(6.5), abs=0.01)


def test_nothing_known_gives_no_outlook() -> None:
    assert outlook(NOTHING, Order(), NOW) is None


@pytest.mark.parametrize("stage", [Milestone.DELIVERED, Milestone.RETURNED, Milestone.LOST, Milestone.SEIZED])
def test_nothing_is_left_to_wait_for(stage: Milestone) -> None:
    assert outlook(moved(stage, 3), shipped(30), NOW) is None


@pytest.mark.parametrize(
    ("journey", "stage"),
    [
        (moved(Milestone.ACCEPTED, 3), "export"),
        (moved(Milestone.LEFT_ORIGIN_COUNTRY, 3, exported_at=NOW - DAY * 3), "import"),
        (moved(Milestone.CUSTOMS_PROCESSING, 3, exported_at=NOW - DAY * 9, imported_at=NOW - DAY * 4), "customs"),
        (moved(Milestone.IN_TRANSIT, 3, exported_at=NOW - DAY * 9, imported_at=NOW - DAY * 4), "delivery"),
    ],
)
def test_the_stage_that_is_waited_out(journey: Journey, stage: str) -> None:
    found = looked(journey, shipped(20))
    assert found.stage == stage
    assert found.elapsed == pytest.approx(3, abs=0.01)


def test_later_stages_arrive_sooner() -> None:
    first = looked(order=shipped(0)).arrival_p50
    late = looked(moved(Milestone.IN_TRANSIT, 1, exported_at=NOW, imported_at=NOW), shipped(20)).arrival_p50
    assert first is not None and late is not None and late < first


@pytest.mark.parametrize(
    ("named", "service"),
    [
        ("AliExpress Standard Shipping", "standard"),
        ("AliExpress Saver Shipping", "economy"),
        ("AliExpress Premium Shipping", "express"),
        ("Cainiao Super Economy Global", "economy"),
        ("Yanwen Economic Air Mail", "economy"),
        ("China Post Registered Air Mail", "registered"),
        ("China Post Ordinary Small Packet Plus", "economy"),
        ("ePacket", "standard"),
        ("e-EMS", "ems"),
        ("DHL", "express"),
        ("Заказная почта", "registered"),
        ("без отслеживания", "economy"),
        ("中国邮政挂号小包", "registered"),
        ("Groups of plushes", None),
        ("AliExpress", None),
    ],
)
def test_a_service_is_known_by_whole_words(named: str, service: str | None) -> None:
    assert service_class(Order(service=named), None) == service


@pytest.mark.rule("S134", "S135")
def test_the_service_changes_the_norm() -> None:
    express = looked(order=shipped(3, service="DHL")).arrival_p50
    economy = looked(order=shipped(3, service="Super Economy")).arrival_p50
    assert express is not None and economy is not None and express < economy
    assert service_class(Order(service="EMS"), None) == "ems"
    assert service_class(Order(), identify("UA740193524CN")[0]) == "economy"


def test_the_new_year_in_china_takes_days() -> None:
    calm, feast = dt.datetime(2026, 7, 15, tzinfo=dt.UTC), dt.datetime(2026, 2, 20, tzinfo=dt.UTC)
    one = outlook(NOTHING, Order(shipped=calm.date() - DAY * 3), calm)
    two = outlook(NOTHING, Order(shipped=feast.date() - DAY * 3), feast)
    assert one and two and two.norm_p50 > one.norm_p50 + 4
    assert "forecast.season.new_year" in [reason.id for reason in two.reasons]


@pytest.mark.rule("S102", "S109", "S122", "S123", "S124")
def test_the_price_tells_how_often_such_goods_are_tracked() -> None:
    shares = [tracked_prior(Order(price=Money(minor, "USD"))) for minor in (150, 450, 800, 1500, 5000)]
    assert shares == pytest.approx([0.1, 0.3, 0.7, 0.9, 0.97])
    assert tracked_prior(Order()) is None
    assert tracked_prior(Order(price=Money(100, "XTS"))) is None
    roubles = tracked_prior(Order(price=Money(15_000, "RUB")))
    assert roubles == pytest.approx(0.1)
    assert tracked_prior(Order(price=Money(100, "USD"), service="DHL")) == pytest.approx(0.97)


@given(
    days=st.integers(0, 200),
    stage=st.sampled_from([None, Milestone.ACCEPTED, Milestone.LEFT_ORIGIN_COUNTRY, Milestone.CUSTOMS_PROCESSING]),
    destination=st.sampled_from([None, "RU", "BR", "UA", "DE"]),
    service=st.sampled_from([None, "EMS", "standard", "economy", "registered air mail"]),
    end=st.none() | st.integers(-20, 90),
)
def test_shares_are_shares_and_dates_are_in_order(
    days: int, stage: Milestone | None, destination: str | None, service: str | None, end: int | None
) -> None:
    journey = moved(stage, days) if stage else NOTHING
    protection = None if end is None else NOW + DAY * end
    found = looked(journey, shipped(days, destination=destination, service=service), protection_end=protection)
    shares = [found.unusual, found.p_never, *(p for _, p in (*found.p_arrives_by, *found.p_next_by))]
    assert all(0 <= share <= 1 for share in shares)
    later = [share for _, share in found.p_arrives_by]
    assert later == sorted(later)
    assert found.norm_p10 <= found.norm_p50 <= found.norm_p90
    band = (found.arrival_p10, found.arrival_p50, found.arrival_p90)
    assert all(day is not None and day >= NOW.date() for day in band)
    assert list(band) == sorted(day for day in band if day)
    assert found.thin and found.sources


@given(st.floats(0.5, 90), st.floats(0.1, 1.5), st.floats(0, 200), st.floats(0, 60))
def test_a_longer_silence_is_never_more_usual(median: float, sigma: float, days: float, more: float) -> None:
    time = LogNormal(median, sigma)
    assert time.survival(days + more) <= time.survival(days) <= 1
    assert time.quantile(0.1) <= time.quantile(0.9)


def test_the_sum_of_times_has_the_sum_of_means() -> None:
    parts = [LogNormal(6, 0.55), LogNormal(10, 0.7)]
    for place, moment in enumerate(total(parts).moments):
        assert moment == pytest.approx(sum(part.moments[place] for part in parts))


def test_the_closest_row_of_the_table_is_taken() -> None:
    assert lane("import", "CN", "RU", None).destination == "RU"
    assert lane("import", "CN", "RU", "express").service == "express"
    assert lane("import", "CN", "MX", None).destination == ""
    assert all(row.source for row in lanes())
    assert [row.up_to for row in untracked()] == sorted(row.up_to for row in untracked())


def test_every_reason_has_its_sentence() -> None:
    ids = {"forecast.service", "forecast.destination", "forecast.thin"}
    ids |= {f"forecast.season.{season}" for season in ("new_year", "golden_week", "sales", "winter_holidays")}
    assert [(id, lang) for id in sorted(ids) for lang in LANGUAGES if not has(id, lang)] == []
