"""The JSON form, read leniently, and what is relative in it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dozor.intake import DossierError, read_dossier, settle
from dozor.model import Dispute, Dossier, Message, Order

NOW = dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC)


def test_one_number_is_a_dossier() -> None:
    assert read_dossier('{"numbers": ["RB123456785CN"]}').numbers == ("RB123456785CN",)


def test_a_day_will_do_where_an_instant_is_wanted() -> None:
    dossier = read_dossier(
        {"order": {"protection_end": "2026-12-01"}, "messages": [{"text": "wait", "at": "2026-11-01 10:30"}]}
    )
    assert dossier.order.protection_end == dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    assert dossier.messages[0].at == dt.datetime(2026, 11, 1, 10, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("{", "not JSON"),
        ("[1]", "a JSON object"),
        ('{"number": "x"}', "no such field: number; the fields are"),
        ('{"order": {"paid": "yesterday"}}', "$.order.paid"),
        ('{"dispute": {"state": "angry"}}', "$.dispute.state"),
    ],
)
def test_an_error_says_which_field(raw: str, says: str) -> None:
    with pytest.raises(DossierError, match=says.replace("$", r"\$").replace("[", r"\[")):
        read_dossier(raw)


def test_relative_facts_become_dates() -> None:
    settled = settle(
        Dossier(
            order=Order(
                paid_days_ago=30, shipped_days_ago=24, protection_days_left=6, promised_days=40, destination="ru"
            ),
            messages=(Message(text="please wait", days_ago=2),),
            dispute=Dispute(opened_days_ago=3),
            last_event="Departed",
            last_event_days_ago=12,
        ),
        NOW,
    )
    assert settled.order.paid == dt.date(2026, 10, 25)
    assert settled.order.shipped == dt.date(2026, 10, 31)
    assert settled.order.promised == dt.date(2026, 12, 10)
    assert settled.order.protection_end == dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
    assert settled.order.destination == "RU"
    assert settled.messages[0].at == dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    assert settled.dispute is not None and settled.dispute.opened == dt.date(2026, 11, 21)
    assert settled.events[0].text == "Departed"
    assert settled.events[0].when is not None and settled.events[0].when.local == dt.datetime(2026, 11, 12)
    assert settled.events_seen is True


def test_relative_facts_count_from_the_day_they_were_said() -> None:
    settled = settle(Dossier(order=Order(shipped_days_ago=10), today=dt.date(2026, 11, 1)), NOW)
    assert settled.order.shipped == dt.date(2026, 10, 22)


def test_a_field_wins_over_the_text() -> None:
    dossier = Dossier(
        text="sent 24 days ago to Russia for 3 USD", order=Order(shipped=dt.date(2026, 11, 20), destination="UA")
    )
    settled = settle(dossier, NOW)
    assert settled.order.shipped == dt.date(2026, 11, 20)
    assert settled.order.destination == "UA"


@given(
    st.builds(
        Order,
        paid_days_ago=st.none() | st.floats(0, 400),
        shipped_days_ago=st.none() | st.floats(0, 400),
        protection_days_left=st.none() | st.floats(-30, 120),
        promised_days=st.none() | st.integers(1, 120),
    ),
    st.sampled_from(["", "sent 5 days ago", "нет движения 14 дней, статус «Экспорт»"]),
)
def test_settling_twice_is_settling_once(order: Order, text: str) -> None:
    once = settle(Dossier(order=order, text=text), NOW)
    assert settle(once, NOW + dt.timedelta(days=9)) == once


def test_what_is_left_of_the_protection_has_not_left_the_country() -> None:
    said = "UA740193524CN, shipped 24 days ago, 3.20 USD, 36 days of protection left, to Ukraine"
    settled = settle(Dossier(text=said, today=NOW.date()), NOW)
    assert settled.events == () and settled.order.protection_end is not None


def test_a_bare_number_has_no_words_to_hear_and_a_word_beside_it_is_heard() -> None:
    assert settle(Dossier(text="RB740193524CN"), NOW).events == ()
    assert settle(Dossier(text="RB740193524CN 24天前发货"), NOW).order.shipped == dt.date(2026, 10, 31)
    assert settle(Dossier(text="RB740193524CN отправлено 24 дня назад"), NOW).order.shipped == dt.date(2026, 10, 31)
