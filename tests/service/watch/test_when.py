"""When to ask next: soon where news is likely, seldom where it is not, never past the bounds."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dozor.model import Milestone
from dozor.service.watch.tables import wait_row, waits
from dozor.service.watch.when import Wait, after_failure, next_ask, price_of
from tests.service.conftest import NOW

pytestmark = pytest.mark.once  # no database is in it

HOUR = dt.timedelta(hours=1)
PRICE = waits().price


def wait(stage: str, silent: float = 0.5, **more: object) -> Wait:
    row = wait_row(stage)
    return replace(Wait(row, row.median, row.sigma, row.never, silent, 180, row.weight), **more)


def hours(it: Wait, price: float = PRICE, floor: float = 0.25, at: dt.datetime = NOW) -> float:
    found = next_ask(it, at, price, floor)
    assert found.at is not None
    return (found.at - at) / HOUR


waiting = st.builds(
    wait,
    st.sampled_from([stage.value for stage in Milestone] + [""]),
    st.floats(0, 250),
    median=st.floats(0.1, 60),
    sigma=st.floats(0.2, 2),
    offset=st.integers(-720, 840),
    weight=st.floats(0.1, 10),
)


@given(waiting, st.floats(1e-5, 1), st.floats(0.25, 48))
def test_it_keeps_its_bounds(it: Wait, price: float, floor: float) -> None:
    found = next_ask(it, NOW, price, floor)
    if found.at is None:
        assert found.why in ("finished", "silent_too_long")
        return
    ahead = (found.at - NOW) / HOUR
    rare = it.silent >= waits().rare_after_days
    assert floor - 0.26 <= ahead <= max(floor, waits().rare_ceiling_hours if rare else waits().ceiling_hours) + 0.26


@given(waiting, st.floats(1e-4, 0.1), st.floats(1.1, 20))
def test_a_dearer_ask_is_made_no_sooner(it: Wait, price: float, times: float) -> None:
    cheap, dear = next_ask(it, NOW, price, 0.25), next_ask(it, NOW, price * times, 0.25)
    assert cheap.at is None or (dear.at is not None and dear.at >= cheap.at)


def test_a_parcel_on_the_road_is_asked_about_more_often_than_one_at_sea() -> None:
    assert hours(wait("out_for_delivery", 0.05)) < hours(wait("accepted")) < hours(wait("left_origin_country", 25))
    assert hours(wait("out_for_delivery", 0.05)) < 2


def test_a_silence_that_goes_on_is_asked_about_ever_less() -> None:
    ages = [hours(wait("", silent)) for silent in (4, 20, 45)]
    assert ages == sorted(ages) and ages[0] < ages[2]


def test_nobody_is_asked_while_offices_sleep() -> None:
    night = dt.datetime(2026, 11, 24, 19, tzinfo=dt.UTC)  # 22 o'clock in Moscow
    found = next_ask(wait("available_for_pickup", 1.0), night, PRICE, 0.25)
    day = next_ask(wait("available_for_pickup", 1.0), night + dt.timedelta(hours=12), PRICE, 0.25)
    assert found.at and day.at
    assert found.at - night > 2 * (day.at - night - dt.timedelta(hours=12))


def test_a_delivered_parcel_is_watched_for_some_days_more_and_then_no_longer() -> None:
    assert next_ask(wait("delivered", 1), NOW, PRICE, 1).at is not None
    assert next_ask(wait("delivered", 5), NOW, PRICE, 1).why == "finished"
    assert next_ask(wait("lost", 15), NOW, PRICE, 1).why == "finished"
    assert next_ask(wait("", 181), NOW, PRICE, 1).why == "silent_too_long"


def test_a_budget_that_is_too_small_makes_asks_dearer() -> None:
    assert price_of(10, 500) == PRICE
    assert price_of(1000, 1000) > 10 * PRICE


def test_failures_are_tried_again_later_each_time_and_daily_in_the_end() -> None:
    ahead = [(after_failure(n, NOW, 0) - NOW) / HOUR for n in range(1, 9)]
    assert ahead == [1, 2, 4, 8, 16, 24, 24, 24]
    assert (after_failure(1, NOW, 6) - NOW) / HOUR == 6


def test_every_stage_has_its_row() -> None:
    assert {stage for row in waits().row for stage in row.stages} == {stage.value for stage in Milestone} | {""}
