"""The clock parcels live by: weekends, holidays and seasons are slow, and what it counts can be counted back."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dozor.forecast.clock import Clock, closed, easter, pascha, usual_rhythm, within
from dozor.forecast.tables import holidays, seasons, weeks

DAY = dt.timedelta(days=1)
COUNTRIES = st.sampled_from([None, "CN", "RU", "UA", "BR", "US", "DE", "MX"])
STAGES = st.sampled_from(["first_scan", "export", "import", "customs", "delivery", "ship_to_delivered"])
INSTANTS = st.datetimes(dt.datetime(2016, 1, 1), dt.datetime(2030, 1, 1), timezones=st.just(dt.UTC))


@pytest.mark.parametrize(
    ("year", "western", "orthodox"),
    [(2018, (4, 1), (4, 8)), (2025, (4, 20), (4, 20)), (2026, (4, 5), (4, 12)), (2027, (3, 28), (5, 2))],
)
def test_the_two_easters(year: int, western: tuple[int, int], orthodox: tuple[int, int]) -> None:
    assert easter(year) == dt.date(year, *western)
    assert pascha(year) == dt.date(year, *orthodox)


def test_holidays_of_countries() -> None:
    assert dt.date(2026, 2, 17) in closed("CN", 2026)
    assert dt.date(2026, 1, 7) in closed("RU", 2026)
    assert dt.date(2018, 2, 13) in closed("BR", 2018)  # Carnival
    assert dt.date(2026, 4, 21) in closed("BY", 2026)  # Radunitsa
    assert closed("UA", 2026) == frozenset()  # none under martial law
    assert dt.date(2021, 8, 24) in closed("UA", 2021)
    assert all(row.source and row.country for row in holidays())


def test_ten_days_over_the_new_year_in_china_are_not_ten_days() -> None:
    july = Clock("export", "CN", "RU", dt.datetime(2026, 7, 10, tzinfo=dt.UTC))
    feast = Clock("export", "CN", "RU", dt.datetime(2026, 2, 14, tzinfo=dt.UTC))
    assert july.elapsed(july.since + DAY * 10) == pytest.approx(10)
    assert feast.elapsed(feast.since + DAY * 10) < 4
    assert feast.until(5) > july.until(5) + 6
    # At the other end of the way nobody feasts.
    there = Clock("delivery", "CN", "BR", dt.datetime(2026, 2, 23, tzinfo=dt.UTC))
    assert there.elapsed(there.since + DAY * 7) == pytest.approx(7, abs=0.1)


def test_a_sunday_advances_less_than_a_monday() -> None:
    sunday = Clock("delivery", "CN", "RU", dt.datetime(2026, 7, 12, tzinfo=dt.UTC))
    assert (
        sunday.elapsed(sunday.since + DAY)
        < 0.5
        < 1
        < sunday.elapsed(sunday.since + 2 * DAY) - sunday.elapsed(sunday.since + DAY)
    )


@given(STAGES, COUNTRIES, COUNTRIES, INSTANTS, st.floats(0, 300), st.floats(0, 60))
def test_it_never_goes_back_and_can_be_counted_back(
    stage: str, origin: str | None, destination: str | None, since: dt.datetime, days: float, more: float
) -> None:
    clock = Clock(stage, origin, destination, since)
    passed = clock.elapsed(since + DAY * days)
    assert 0 <= passed <= clock.elapsed(since + DAY * (days + more))
    assert clock.until(passed) <= days + 1e-6
    assert clock.elapsed(since + DAY * clock.until(passed)) == pytest.approx(passed, abs=1e-6)


@given(st.dates(dt.date(2020, 1, 1), dt.date(2029, 12, 31)))
def test_a_season_may_go_over_the_turn_of_the_year(day: dt.date) -> None:
    assert within(day, "12-24", "01-10") == ((day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 10))
    assert within(day, "2026-02-03", "2026-03-04") == (dt.date(2026, 2, 3) <= day <= dt.date(2026, 3, 4))


def test_the_tables_are_of_shares_and_a_week_has_seven_days() -> None:
    assert all(0 < row.speed < 1 and row.source for row in seasons())
    assert all(0 <= row.closed <= max(row.days) and row.source for row in weeks())
    for row in weeks():
        rhythm = usual_rhythm(row.country)
        assert sum(sum(day) for day in rhythm.days) == pytest.approx(7 * 24)
