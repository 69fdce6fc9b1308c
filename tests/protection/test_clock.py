"""The clock by example, by property, and by the rules of the founding guide."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dozor.i18n import LANGUAGES, has
from dozor.model import (
    Contradiction,
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


# --- edges and missing facts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "may", "why"),
    [
        (at(2026, 3, 12), False, "blocked.too_early"),
        (at(2026, 3, 13), True, None),  # the eleventh day after 2 March
        (at(2026, 5, 1), True, None),  # protection may end today
        (at(2026, 5, 15), True, None),  # the last day by the shorter reading
        (at(2026, 5, 16), None, "blocked.may_be_closed"),
        (at(2026, 6, 15), None, "blocked.may_be_closed"),  # the last day by the longest
        (at(2026, 6, 16), False, "blocked.window_closed"),
    ],
)
def test_the_days_on_which_a_dispute_can_be_opened(now: dt.datetime, may: bool | None, why: str | None) -> None:
    order = Order(marketplace="aliexpress", paid=dt.date(2026, 3, 1), shipped=dt.date(2026, 3, 2))
    found = clock(order, QUIET, now)
    assert found.may_open_now is may
    assert (found.blocked_why.id if found.blocked_why else None) == why


def test_the_money_is_not_called_lost_while_a_reading_says_otherwise() -> None:
    order = Order(marketplace="aliexpress", paid=dt.date(2026, 3, 1), shipped=dt.date(2026, 3, 2))
    money = [clock(order, QUIET, at(2026, month, 10)).money for month in (4, 5, 6, 7)]
    states = [MoneyState.HELD, MoneyState.RELEASED_RECOVERABLE, MoneyState.UNKNOWN, MoneyState.LOST_ON_PLATFORM]
    assert money == states


def test_a_promise_of_a_few_days_opens_at_once() -> None:
    soon = bought(4, promised_days=3)
    assert clock(soon, QUIET, NOW).may_open_now is True
    assert clock(bought(4, promised_days=5), QUIET, NOW).may_open_now is False


def test_a_parcel_not_yet_sent_has_no_opening_but_says_what_it_counts_from() -> None:
    found = clock(Order(marketplace="aliexpress", paid=dt.date(2026, 11, 20)), QUIET, NOW)
    opens, ships = found.limit("earliest_open"), found.limit("seller_ship")
    assert opens is not None and opens.at is None and opens.anchor == "shipped"
    assert opens.why is not None and opens.why.id == "limit.why.needs"
    assert ships is not None and ships.at is None  # every listing has its own
    assert ships.why is not None and ships.why.id == "limit.why.unknown"
    assert "seller_ship" in found.unknown and "shipped" in found.ask_buyer
    assert clock(bought(4), QUIET, NOW).limit("seller_ship") is None


@pytest.mark.rule("S035", "S106")
def test_a_completed_order_has_only_its_rescue_left() -> None:
    completed = clock(bought(30, completed=dt.date(2026, 11, 20)), QUIET, NOW)
    assert completed.at("protection_end") == at(2026, 11, 20)
    assert completed.at("rescue_deadline") == at(2026, 12, 2)  # fourteen days and the margin
    assert completed.limit("extension_by") is None
    read_before = bought(30, completed=dt.date(2026, 11, 20), protection_end=at(2026, 12, 20))
    assert clock(read_before, QUIET, NOW).at("protection_end") == at(2026, 11, 20)
    assert clock(read_before, QUIET, at(2026, 12, 5)).may_open_now is None
    assert clock(read_before, QUIET, at(2026, 12, 6)).may_open_now is False


def test_a_shop_that_does_not_hold_the_money_protects_after_completion_too() -> None:
    order = Order(marketplace="ebay", promised=dt.date(2026, 11, 10), completed=dt.date(2026, 11, 5))
    assert clock(order, QUIET, NOW).at("protection_end") == at(2026, 12, 10)


def test_before_2016_a_completed_order_was_closed_for_good() -> None:
    order = Order(marketplace="aliexpress", paid=dt.date(2014, 3, 1), completed=dt.date(2014, 4, 1))
    found = clock(order, QUIET, at(2014, 4, 2))
    assert found.limit("rescue_deadline") is None
    assert found.may_open_now is False and found.money is MoneyState.LOST_ON_PLATFORM


def test_a_delivered_scan_alone_gives_an_end() -> None:
    delivered = Journey(stage=Milestone.DELIVERED, delivered_at=at(2026, 11, 20))
    found = clock(Order(marketplace="aliexpress"), delivered, NOW)
    assert found.at("protection_end") == at(2026, 11, 30)
    assert "protection_end" in found.ask_buyer


def test_a_delivered_scan_leaves_a_window_to_deny_it_in() -> None:
    """An end before the first day of a claim would protect nothing: what else the rule can mean stands."""
    order = Order(marketplace="ebay", paid=dt.date(2026, 9, 1), promised=dt.date(2026, 11, 10))
    early = Journey(stage=Milestone.DELIVERED, delivered_at=at(2026, 9, 20))
    found = clock(order, early, at(2026, 11, 20))
    assert found.at("earliest_open") == at(2026, 11, 11)
    assert found.at("protection_end") == at(2026, 12, 10) and found.may_open_now is True
    assert clock(order, replace(early, delivered_at=at(2026, 11, 1)), NOW).at("protection_end") == at(2026, 12, 1)

    no_day = clock(order, replace(early, delivered_at=at(2026, 10, 13)), NOW)  # by the scan it would end with day one
    assert no_day.at("protection_end") == at(2026, 12, 10)

    few = clock(bought(30), Journey(stage=Milestone.DELIVERED, delivered_at=NOW - DAY * 27.5), NOW)
    limit = few.limit("protection_end")
    assert limit is not None and limit.anchor == "delivered"
    assert (
        limit.at == NOW - DAY * 12.5
    )  # fifteen days; by the other reading, ten, it would have ended before day eleven


def test_after_a_delivered_scan_the_end_that_was_read_is_asked_for_again() -> None:
    delivered = Journey(stage=Milestone.DELIVERED, delivered_at=at(2026, 11, 20))
    found = clock(bought(40, protection_end=at(2026, 12, 30)), delivered, NOW)
    assert found.at("protection_end") == at(2026, 12, 30)
    assert "protection_end_after_delivery" in found.ask_buyer


@pytest.mark.parametrize("which", ["other_destination", "event_before_payment", "number_of_other_year"])
def test_the_scans_of_another_parcel_block_nothing(which: str) -> None:
    moving = Journey(stage=Milestone.IN_TRANSIT, silence_days=2.0, contradictions=(Contradiction(which),))
    assert clock(bought(30), moving, NOW).may_open_now is True


def test_a_label_is_no_movement() -> None:
    label = Journey(stage=Milestone.PRE_SHIPMENT, silence_days=2.0)
    assert clock(bought(30), label, NOW).may_open_now is True


def test_a_delivery_guarantee_is_told_only_where_the_order_carries_its_name() -> None:
    promised = NOW.date() - DAY
    plain = clock(bought(30, promised=promised), QUIET, NOW)
    fast = clock(bought(30, promised=promised, service="AliExpress Choice"), QUIET, NOW)
    assert plain.limit("late_coupon") is None and plain.limit("late_refund") is None
    assert fast.at("late_coupon") == at(2026, 11, 24)
    refund = fast.limit("late_refund")
    assert refund is not None and refund.at is None and "late_refund" in fast.unknown


def test_the_seller_may_correct_the_number_for_ten_of_his_working_days() -> None:
    order = Order(marketplace="aliexpress", paid=dt.date(2026, 11, 1), shipped=dt.date(2026, 11, 2))  # a Monday
    assert clock(order, QUIET, NOW).at("number_fix") == at(2026, 11, 13)  # Saturdays count


# --- a running dispute ------------------------------------------------------------------------------------


def dispute_clock(
    state: DisputeState, marketplace: str = "aliexpress", **more: object
) -> dict[str, dt.datetime | None]:
    said = {"opened": dt.date(2026, 11, 20), **more}
    found = clock(bought(40, marketplace), QUIET, NOW, Dispute(state=state, **said))  # type: ignore[arg-type]
    return {limit.id: limit.at for limit in found.limits}


def test_each_state_of_a_dispute_shows_its_own_clocks() -> None:
    running = {"seller_reply", "buyer_reply", "platform", "refund", "return_by", "appeal", "escalate_by"}
    shown = {state: running & set(dispute_clock(state, decided=dt.date(2026, 11, 23))) for state in DisputeState}
    assert shown[DisputeState.NONE] == shown[DisputeState.CANCELLED] == set()
    assert shown[DisputeState.WAITING_SELLER] == {"seller_reply", "platform"}
    assert shown[DisputeState.WAITING_BUYER] == {"buyer_reply", "platform"}
    assert shown[DisputeState.PARKED] == {"platform"}
    assert shown[DisputeState.RETURN] == {"return_by"}
    assert shown[DisputeState.DECIDED] == {"refund", "appeal"}
    assert shown[DisputeState.WON] == {"refund"}
    assert shown[DisputeState.BACKSTOP] == set()


def test_a_new_proposal_starts_the_answer_anew() -> None:
    offered = dispute_clock(DisputeState.WAITING_BUYER, proposal_at=dt.date(2026, 11, 23))
    assert offered["buyer_reply"] == at(2026, 11, 26)
    assert offered["platform"] == at(2026, 11, 27)  # from the opening, whatever was offered


def test_a_parked_dispute_waits_for_the_end_of_protection() -> None:
    order = bought(40, protection_end=at(2026, 12, 10))
    found = clock(order, QUIET, NOW, Dispute(state=DisputeState.PARKED, opened=dt.date(2026, 11, 1)))
    assert found.at("platform") == at(2026, 12, 17)
    assert found.money is MoneyState.HELD


def test_an_open_dispute_keeps_the_money_and_no_second_one_is_opened() -> None:
    ended = bought(70, protection_end=NOW - DAY * 3)
    open_ = clock(ended, QUIET, NOW, Dispute(state=DisputeState.PLATFORM))
    assert open_.money is MoneyState.HELD
    assert open_.may_open_now is False and "dispute_opened" in open_.ask_buyer
    for state, why in (
        (DisputeState.PLATFORM, "blocked.open_already"),
        (DisputeState.LOST, "blocked.was_decided"),
        (DisputeState.BACKSTOP, "blocked.with_the_payment"),
    ):
        found = clock(ended, QUIET, NOW, Dispute(state=state))
        assert found.may_open_now is False and found.blocked_why is not None and found.blocked_why.id == why
    assert clock(ended, QUIET, NOW, Dispute(state=DisputeState.CANCELLED)).may_open_now is True


def test_a_request_not_brought_to_the_platform_in_time_closes() -> None:
    ebay = dispute_clock(DisputeState.WAITING_SELLER, "ebay")
    assert ebay["seller_reply"] == at(2026, 11, 25)
    assert ebay["escalate_by"] == at(2026, 12, 21)  # twenty-one working days after a Friday
    old = Order(marketplace="aliexpress", paid=dt.date(2014, 3, 1), shipped=dt.date(2014, 3, 2))
    dispute = Dispute(state=DisputeState.WAITING_SELLER, opened=dt.date(2014, 3, 20))
    found = clock(old, QUIET, at(2014, 3, 22), dispute)
    assert (found.at("escalate_by"), found.at("platform")) == (at(2014, 4, 4), at(2014, 4, 5))


def test_a_case_at_paypal_must_become_a_claim() -> None:
    dispute = Dispute(state=DisputeState.BACKSTOP, opened=dt.date(2026, 11, 1))
    assert clock(bought(40, payment="paypal"), QUIET, NOW, dispute).at("escalate_by") == at(2026, 11, 19)
    assert clock(bought(40, payment="card"), QUIET, NOW, dispute).limit("escalate_by") is None
    assert clock(bought(40), QUIET, NOW, dispute).limit("escalate_by") is None


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


def test_no_day_of_a_chargeback_is_safe_without_the_day_of_payment() -> None:
    order = Order(marketplace="aliexpress", promised=dt.date(2026, 12, 1), payment="card", card_network="visa")
    (visa,) = [stop for stop in clock(order, QUIET, NOW).backstops if stop.id == "visa"]
    assert visa.available is True and visa.latest_safe is None
    paid = replace(order, paid=dt.date(2026, 10, 1))
    (visa,) = [stop for stop in clock(paid, QUIET, NOW).backstops if stop.id == "visa"]
    assert visa.latest_safe == at(2027, 1, 27)  # 120 days from payment is the earlier reading; two days of margin
    assert visa.opens == at(2026, 12, 2)


def test_a_buyer_in_russia_is_asked_where_the_card_was_issued() -> None:
    order = bought(10, payment="card", card_network="visa", destination="RU")
    found = clock(order, QUIET, NOW)
    assert [stop.available for stop in found.backstops if stop.id == "visa"] == [None]
    assert "card_country" in found.ask_buyer
    abroad = clock(replace(order, card_country="KZ"), QUIET, NOW)
    assert [stop.available for stop in abroad.backstops if stop.id == "visa"] == [True]
    assert "card_country" not in abroad.ask_buyer


def test_rare_ways_of_paying_are_shown_to_those_who_used_them() -> None:
    def ids(**payment: str) -> set[str]:
        return {stop.id for stop in clock(bought(10, **payment), QUIET, NOW).backstops}

    assert ids() == {"paypal", "visa", "mastercard", "amex"}
    assert ids(payment="klarna") - ids() == {"klarna"}
    assert "mir" in ids(payment="card", card_network="mir") and "mir" in ids(payment="mir")
    assert "mir" not in ids(payment="card")
    (mir,) = [
        stop
        for stop in clock(bought(10, payment="card", card_network="mir"), QUIET, NOW).backstops
        if stop.available is not False
    ]
    assert mir.available is None and mir.latest_safe is None


def test_the_law_is_that_of_the_destination() -> None:
    def laws(to: str | None) -> set[str]:
        found = clock(bought(10, destination=to), QUIET, NOW).backstops
        assert all(stop.available is None for stop in found if stop.id.startswith("law"))
        return {stop.id for stop in found if stop.id.startswith("law")}

    assert laws("RU") == {"law_ru"} and laws("DE") == {"law_eu"} and laws("GB") == {"law_uk"}
    assert laws("BR") == {"law_br"} and laws("US") == {"law_us"} and laws("UA") == {"law_ua"}
    assert laws(None) == laws("KZ") == set()


# --- properties -------------------------------------------------------------------------------------------

days = st.integers(0, 200)


SHOPS = sorted({policy.marketplace for policy in policies()})
dates = st.none() | st.dates(dt.date(2012, 1, 1), dt.date(2026, 11, 24))
instants = dates.map(lambda day: None if day is None else dt.datetime.combine(day, dt.time(), dt.UTC))
orders = st.builds(
    Order,
    marketplace=st.none() | st.sampled_from([*SHOPS, "nowhere"]),
    paid=dates,
    shipped=dates,
    promised=dates,
    completed=dates,
    protection_end=instants,
    destination=st.sampled_from([None, "RU", "BR", "US", "FR", "MY"]),
    payment=st.sampled_from([None, "card", "paypal", "mir", "klarna"]),
    card_network=st.sampled_from([None, "visa", "mir"]),
    service=st.sampled_from([None, "EMS", "choice"]),
)
journeys = st.builds(
    Journey,
    stage=st.none() | st.sampled_from(Milestone),
    delivered_at=instants,
    available_since=instants,
    silence_days=st.none() | st.floats(0, 100),
)
disputes = st.none() | st.builds(Dispute, state=st.sampled_from(DisputeState), opened=dates, decided=dates)


@given(orders, journeys, disputes, st.integers(0, 6000))
def test_whatever_is_known_the_clock_keeps_its_promises(
    order: Order, journey: Journey, dispute: Dispute | None, hours: int
) -> None:
    now = NOW - DAY * hours
    found = clock(order, journey, now, dispute)
    ids = [limit.id for limit in found.limits]
    assert len(ids) == len(set(ids))
    for limit in found.limits:
        assert limit.why is not None and all(has(limit.why.id, lang) for lang in LANGUAGES), limit.id
        assert all(has(f"limit.{limit.id}", lang) for lang in LANGUAGES), limit.id
        assert (limit.at is None) == (not limit.readings)
        assert limit.at is None or limit.at in limit.readings
    end, safe, rescue = (found.at(id) for id in ("protection_end", "safe_deadline", "rescue_deadline"))
    assert (end is None) == (safe is None)
    assert end is None or safe is None or safe < end
    assert rescue is None or (safe is not None and safe <= rescue)
    if order.protection_end is not None and (order.completed is None or not _holds(found.policy)):
        assert end == order.protection_end
    if found.may_open_now:
        opens = found.at("earliest_open")
        assert opens is None or opens <= now or journey.stage in (Milestone.LOST, Milestone.RETURNED)
        assert found.blocked_why is None
    if found.may_open_now is False:
        assert found.blocked_why is not None
    if found.blocked_why is not None:
        assert all(has(found.blocked_why.id, lang) for lang in LANGUAGES)
    for name in found.ask_buyer:
        assert all(has(f"ask_buyer.{name}", lang) for lang in LANGUAGES), name
    for name in found.unknown:
        assert all(has(f"name.figure.{name}", lang) for lang in LANGUAGES), name
    for stop in found.backstops:
        assert stop.latest_safe is None or order.paid is not None


def _holds(policy: str | None) -> bool:
    return next((row.holds_money for row in policies() if row.id == policy), True)


@given(orders, journeys, st.integers(0, 400))
def test_a_delivered_scan_never_lengthens_protection(order: Order, journey: Journey, days: int) -> None:
    before = clock(order, replace(journey, delivered_at=None), NOW).at("protection_end")
    after = clock(order, replace(journey, delivered_at=NOW - DAY * days), NOW).at("protection_end")
    assert before is None or (after is not None and after <= before)


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
