"""The clock by example, by property, and by the rules of the founding guide."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dozor.model import (
    Dispute,
    DisputeState,
    Event,
    Journey,
    Milestone,
    MoneyState,
    Order,
)
from dozor.protection import choose, clock, policies

DAY = dt.timedelta(days=1)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
QUIET = Journey()


def at(year: int, month: int, day: int) -> dt.datetime:
    return dt.datetime(year, month, day, tzinfo=dt.UTC)


def bought(days_ago: int, marketplace: str = "aliexpress", shipped_after: int = 2, **more: object) -> Order:
    paid = NOW.date() - DAY * days_ago
    return Order(marketplace=marketplace, paid=paid, shipped=paid + DAY * shipped_after, **more)  # type: ignore[arg-type]


# --- which policy -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid", "policy"),
    [
        (dt.date(2013, 5, 1), "aliexpress-2013"),
        (dt.date(2015, 12, 31), "aliexpress-2013"),
        (dt.date(2016, 1, 1), "aliexpress-2016"),
        (dt.date(2017, 2, 7), "aliexpress-2017"),
        (dt.date(2018, 8, 1), "aliexpress-2018"),
        (dt.date(2020, 5, 31), "aliexpress-2018"),
        (dt.date(2020, 6, 1), "aliexpress-2020"),
        (dt.date(2026, 11, 1), "aliexpress-2025"),
    ],
)
def test_the_day_of_payment_chooses_the_version(paid: dt.date, policy: str) -> None:
    found = choose(Order(marketplace="aliexpress", paid=paid))
    assert found is not None and found.id == policy


def test_versions_of_a_marketplace_leave_no_gap_and_do_not_overlap() -> None:
    for one, two in pairwise(policies()):
        if (one.marketplace, one.destinations) == (two.marketplace, two.destinations):
            assert one.valid_to is not None, one.id
            assert two.valid_from == one.valid_to + DAY, two.id


def test_a_shop_without_rules_of_its_own_has_no_protection_that_is_known() -> None:
    assert choose(Order()) is None
    for name, policy in (("direct", "direct-shop"), ("webshop", "direct-shop"), ("nowhere", "other-shop")):
        found = clock(Order(marketplace=name, paid=dt.date(2026, 1, 1), payment="paypal"), QUIET, NOW)
        assert found.policy == policy
        assert {limit.id: limit.at for limit in found.limits} == {"protection_end": None, "safe_deadline": None}
        assert found.may_open_now is None and found.money is MoneyState.UNKNOWN
        assert "protection_length" in found.unknown
        assert [stop.id for stop in found.backstops if stop.available] == ["paypal"]


@given(st.sampled_from(sorted({p.marketplace for p in policies()})), st.dates(dt.date(2010, 1, 1), dt.date(2030, 1, 1)))
def test_the_choice_does_not_depend_on_today(marketplace: str, paid: dt.date) -> None:
    order = Order(marketplace=marketplace, paid=paid)
    early, late = (clock(order, QUIET, now) for now in (at(2012, 1, 1), at(2032, 1, 1)))
    assert early.policy == late.policy
    assert [(x.id, x.at) for x in early.limits] == [(x.id, x.at) for x in late.limits]


# --- limits -----------------------------------------------------------------------------------------------


@pytest.mark.rule("S115", "S066", "S031")
def test_an_unread_end_is_the_earliest_reading_and_the_buyer_is_asked() -> None:
    found = clock(Order(marketplace="aliexpress", paid=dt.date(2026, 10, 1), shipped=dt.date(2026, 10, 3)), QUIET, NOW)
    assert found.at("protection_end") == at(2026, 12, 2)
    assert found.at("safe_deadline") == at(2026, 11, 30)
    assert "protection_end" in found.ask_buyer
    assert "protection_length" in found.unknown


@pytest.mark.rule("S046", "S052")
def test_the_date_read_on_the_page_wins() -> None:
    read = at(2026, 12, 20)
    found = clock(bought(20, protection_end=read), QUIET, NOW)
    limit = found.limit("protection_end")
    assert limit is not None and limit.at == read and limit.certain
    assert found.at("safe_deadline") == read - DAY * 2
    assert "protection_end" not in found.ask_buyer


def test_a_date_that_was_read_needs_no_known_marketplace() -> None:
    found = clock(Order(protection_end=at(2026, 12, 1)), QUIET, NOW)
    assert found.policy is None
    assert found.at("safe_deadline") == at(2026, 11, 29)
    assert found.money is MoneyState.HELD
    assert found.may_open_now is None


@pytest.mark.rule("S146")
def test_a_delivered_scan_shortens_protection() -> None:
    order = Order(marketplace="aliexpress", paid=dt.date(2018, 9, 1), shipped=dt.date(2018, 9, 3))
    before = clock(order, QUIET, at(2018, 9, 20)).at("protection_end")
    after = clock(order, Journey(stage=Milestone.DELIVERED, delivered_at=at(2018, 9, 18)), at(2018, 9, 20))
    assert before == at(2018, 11, 2)
    assert after.at("protection_end") == at(2018, 9, 23)
    limit = after.limit("protection_end")
    assert limit is not None and limit.readings == (at(2018, 9, 23), at(2018, 9, 28), at(2018, 10, 3))


@pytest.mark.rule("S089", "S147")
def test_no_dispute_before_the_eleventh_day() -> None:
    early = clock(bought(9), QUIET, NOW)
    assert early.may_open_now is False
    assert early.blocked_why is not None and early.blocked_why.id == "blocked.too_early"
    assert clock(bought(20), QUIET, NOW).may_open_now is True


def test_a_moving_parcel_blocks_a_dispute_until_the_end_is_near() -> None:
    moving = Journey(stage=Milestone.IN_TRANSIT, silence_days=2.0, last_movement=Event())
    far = clock(bought(30), moving, NOW)
    assert far.may_open_now is False
    assert far.blocked_why is not None and far.blocked_why.id == "blocked.moving"
    assert clock(bought(30), replace(moving, silence_days=12.0), NOW).may_open_now is True
    near = clock(bought(30, protection_end=NOW + DAY), moving, NOW)
    assert near.may_open_now is None  # the shop may refuse: worth trying, and again when protection has ended
    assert near.blocked_why is not None and near.blocked_why.id == "blocked.moving_at_the_end"
    ended = clock(bought(30, protection_end=NOW - DAY), moving, NOW)
    assert ended.may_open_now is True and ended.blocked_why is None


def test_a_lost_parcel_opens_at_once() -> None:
    assert clock(bought(5), Journey(stage=Milestone.LOST), NOW).may_open_now is True


@pytest.mark.rule("S034", "S035", "S106")
def test_the_money_after_the_end() -> None:
    held = clock(bought(20), QUIET, NOW)
    assert held.money is MoneyState.HELD
    ended = bought(70, protection_end=NOW - DAY * 5)
    assert clock(ended, QUIET, NOW).money is MoneyState.RELEASED_RECOVERABLE
    long_ago = bought(120, protection_end=NOW - DAY * 40)
    assert clock(long_ago, QUIET, NOW).money is MoneyState.LOST_ON_PLATFORM
    assert clock(long_ago, QUIET, NOW).may_open_now is False
    confirmed = bought(40, completed=NOW.date() - DAY * 3)
    assert clock(confirmed, QUIET, NOW).money is MoneyState.RELEASED_RECOVERABLE


@pytest.mark.rule("S088")
def test_a_running_dispute_has_its_clocks() -> None:
    dispute = Dispute(state=DisputeState.WAITING_SELLER, opened=dt.date(2026, 11, 20))
    found = clock(bought(40), QUIET, NOW, dispute)
    assert found.at("seller_reply") == at(2026, 11, 25)
    assert found.at("platform") == at(2026, 11, 27)
    assert found.may_open_now is False
    won = clock(bought(40), QUIET, NOW, Dispute(state=DisputeState.DECIDED, decided=dt.date(2026, 11, 20)))
    assert won.money is MoneyState.REFUND_DUE
    assert won.at("refund") == at(2026, 12, 18)  # 20 working days after Friday the 20th


@pytest.mark.rule("S058")
def test_a_dispute_is_for_a_line_of_the_order() -> None:
    assert clock(bought(20), QUIET, NOW).dispute_scope == "line"


def test_the_shortest_window_of_all() -> None:
    found = clock(Order(marketplace="shein", paid=dt.date(2026, 10, 20), promised=dt.date(2026, 11, 15)), QUIET, NOW)
    assert found.at("protection_end") == at(2026, 11, 29)
    assert found.may_open_now is True


@pytest.mark.rule("S005", "S006")
def test_the_office_keeps_it_for_the_shortest_known_term() -> None:
    waiting = Journey(stage=Milestone.AVAILABLE_FOR_PICKUP, available_since=at(2026, 11, 20))
    assert clock(bought(40, destination="RU"), waiting, NOW).at("pickup_until") == at(2026, 12, 5)
    assert clock(bought(40, destination="UA"), waiting, NOW).at("pickup_until") == at(2026, 11, 27)
    assert clock(bought(40), waiting, NOW).at("pickup_until") == at(2026, 11, 27)


# --- back-stops -------------------------------------------------------------------------------------------


def test_back_stops_stand_from_the_first_day() -> None:
    found = {stop.id: stop for stop in clock(bought(10, payment="paypal"), QUIET, NOW).backstops}
    paid = dt.datetime.combine(NOW.date() - DAY * 10, dt.time(), dt.UTC)
    assert found["paypal"].available is True
    assert found["paypal"].latest_safe == paid + DAY * 178
    assert found["visa"].available is False


def test_an_unknown_payment_is_unknown() -> None:
    assert {stop.available for stop in clock(bought(10), QUIET, NOW).backstops} == {None}


def test_a_card_of_a_known_network_has_one_chargeback() -> None:
    found = clock(bought(10, payment="card", card_network="mastercard"), QUIET, NOW).backstops
    assert [stop.id for stop in found if stop.available] == ["mastercard"]


def test_cards_issued_in_russia_have_no_chargeback_abroad() -> None:
    found = clock(bought(10, payment="card", card_network="visa", card_country="RU"), QUIET, NOW).backstops
    assert [stop.available for stop in found if stop.id == "visa"] == [False]


# --- properties -------------------------------------------------------------------------------------------

days = st.integers(0, 200)


@given(
    marketplace=st.sampled_from(["aliexpress", "aliexpress-ru", "ebay", "amazon", "temu", "shein", "joom", "dhgate"]),
    paid=st.dates(dt.date(2013, 6, 1), dt.date(2026, 11, 1)),
    wait=st.integers(0, 10),
    promised=st.none() | st.integers(3, 90),
    destination=st.sampled_from([None, "RU", "BR", "UA", "DE"]),
    delivered=st.none() | days,
    read=st.none() | days,
)
def test_the_order_of_the_limits(
    marketplace: str,
    paid: dt.date,
    wait: int,
    promised: int | None,
    destination: str | None,
    delivered: int | None,
    read: int | None,
) -> None:
    start = dt.datetime.combine(paid, dt.time(), dt.UTC)
    order = Order(
        marketplace=marketplace,
        paid=paid,
        shipped=paid + DAY * wait,
        promised=None if promised is None else paid + DAY * promised,
        destination=destination,
        protection_end=None if read is None else start + DAY * read,
    )
    journey = Journey(delivered_at=None if delivered is None else start + DAY * delivered)
    found = clock(order, journey, NOW)
    end, safe, rescue = (found.at(id) for id in ("protection_end", "safe_deadline", "rescue_deadline"))
    for limit in found.limits:
        assert limit.at is None or limit.at in limit.readings
    if end is None:
        assert safe is None and rescue is None
        return
    assert safe is not None and safe < end
    assert rescue is None or safe <= rescue
    if read is not None:
        assert end == order.protection_end
    if found.may_open_now:
        assert max(end, rescue or end) >= NOW


@given(
    marketplace=st.sampled_from(["aliexpress", "aliexpress-ru", "ebay", "temu", "joom", "dhgate", "etsy"]),
    shift=st.integers(0, 40),
    moved=st.sampled_from(["paid", "shipped", "promised"]),
    destination=st.sampled_from([None, "RU", "BR"]),
)
def test_a_later_anchor_never_gives_an_earlier_limit(
    marketplace: str, shift: int, moved: str, destination: str | None
) -> None:
    order = Order(
        marketplace=marketplace,
        paid=dt.date(2026, 1, 10),
        shipped=dt.date(2026, 1, 12),
        promised=dt.date(2026, 3, 1),
        destination=destination,
    )
    later = replace(order, **{moved: getattr(order, moved) + DAY * shift})
    before, after = clock(order, QUIET, NOW), clock(later, QUIET, NOW)
    for limit in before.limits:
        then = after.at(limit.id)
        if limit.at is not None and then is not None:
            assert then >= limit.at
    for one, two in zip(before.backstops, after.backstops, strict=True):
        if one.latest_safe and two.latest_safe:
            assert two.latest_safe >= one.latest_safe
