"""Seed rules that the clock answers for."""

from __future__ import annotations

import datetime as dt

import pytest

from dozor.model import Dispute, DisputeState, Journey, MoneyState, Order
from dozor.protection import clock

DAY = dt.timedelta(days=1)
NOW = dt.datetime(2019, 5, 1, 12, tzinfo=dt.UTC)
QUIET = Journey()


def bought(days_ago: int, **more: object) -> Order:
    paid = NOW.date() - DAY * days_ago
    return Order(marketplace="aliexpress", paid=paid, shipped=paid, **more)  # type: ignore[arg-type]


def at(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


@pytest.mark.rule("S060")
def test_the_seller_has_five_days_to_answer() -> None:
    opened = NOW.date() - DAY * 2
    found = clock(bought(30), QUIET, NOW, Dispute(state=DisputeState.WAITING_SELLER, opened=opened))
    assert found.at("seller_reply") == at(opened + DAY * 5)


@pytest.mark.rule("S065")
def test_the_refund_takes_its_time_by_the_way_of_paying() -> None:
    decided = Dispute(state=DisputeState.DECIDED, decided=dt.date(2019, 4, 29))  # a Monday
    card = clock(bought(60, payment="card"), QUIET, NOW, decided).at("refund")
    purse = clock(bought(60, payment="webmoney"), QUIET, NOW, decided).at("refund")
    assert card == at(dt.date(2019, 5, 27))  # twenty working days
    assert purse == at(dt.date(2019, 5, 13))  # ten


@pytest.mark.rule("S069")
def test_the_right_to_dispute_is_not_moved_by_an_extension() -> None:
    before = clock(bought(30), QUIET, NOW)
    extended = clock(bought(30, protection_end=NOW + DAY * 60, extensions=1), QUIET, NOW)
    assert extended.at("earliest_open") == before.at("earliest_open")
    assert extended.may_open_now is True


@pytest.mark.rule("S117")
def test_after_the_longest_term_the_sum_can_still_be_claimed_for_a_while() -> None:
    found = clock(bought(65), QUIET, NOW)
    assert found.at("protection_end") == at(NOW.date() - DAY * 5)
    assert found.money is MoneyState.RELEASED_RECOVERABLE
    assert found.may_open_now is True


@pytest.mark.rule("S151")
def test_for_some_days_after_shipping_no_dispute_can_be_opened() -> None:
    assert clock(bought(9), QUIET, NOW).may_open_now is False
    assert clock(bought(12), QUIET, NOW).may_open_now is True


@pytest.mark.rule("S036")
def test_money_that_is_held_stays_whatever_becomes_of_the_shop() -> None:
    assert clock(bought(20, seller="a shop that closed"), QUIET, NOW).money is MoneyState.HELD
