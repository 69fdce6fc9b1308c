"""The whole way, all rooms for real: whatever a dossier holds, the answer keeps its promises."""

from __future__ import annotations

import datetime as dt
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dozor.answer import answer
from dozor.i18n import LANGUAGES, rendered
from dozor.model import (
    Answer,
    CauseId,
    Dispute,
    DisputeState,
    Dossier,
    Event,
    Message,
    Money,
    Order,
    Outcome,
    OutcomeKind,
    Report,
    StepId,
)

DAY = dt.timedelta(days=1)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
CLAIMS = {StepId.OPEN_DISPUTE_NOW, StepId.OPEN_DISPUTE_BY_DEADLINE}
ago = st.none() | st.integers(0, 150)


def day(days: int | None) -> dt.date | None:
    return None if days is None else NOW.date() - DAY * days


orders = st.builds(
    lambda shop, paid, wait, price, to, left, received, service, payment: Order(
        marketplace=shop,
        paid=day(paid),
        shipped=None if paid is None or wait is None or wait > paid else day(paid - wait),
        price=price,
        destination=to,
        protection_days_left=left,
        received=received,
        service=service,
        payment=payment,
    ),
    st.sampled_from(
        [None, "aliexpress", "aliexpress-ru", "ebay", "temu", "shein", "joom", "ozon", "direct", "nowhere"]
    ),
    ago,
    st.none() | st.integers(0, 20),
    st.sampled_from([None, Money(150, "USD"), Money(2500, "EUR"), Money(99_000, "RUB")]),
    st.sampled_from([None, "RU", "UA", "KZ", "BR"]),
    st.none() | st.integers(-30, 80),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, "AliExpress Standard", "Economy", "EMS"]),
    st.sampled_from([None, "card", "paypal"]),
)
TEXTS = [
    None,
    "Прибыло в место вручения",
    "Вручение адресату",
    "Departed from airport",
    "Held by customs",
    "退回寄件人",
    "zzz",
]
SAID = ["please wait 30 days", "закройте спор", "we will refund you in full", "not shipped yet", "没有跟踪"]
dossiers = st.builds(
    lambda number, order, text, when, said, state, kinds: Dossier(
        numbers=(number,) if number else (),
        order=order,
        last_event=text,
        last_event_days_ago=when,
        messages=tuple(Message(words) for words in said),
        dispute=None if state is None else Dispute(state=state, opened_days_ago=5),
        reports=tuple(Report(name, number or "X", Outcome(kind)) for name, kind in kinds.items()),
        today=NOW.date(),
    ),
    st.sampled_from(
        ["", "RB740193524CN", "RS123456789CN", "UA740193524CN", "8001234567891234", "LP00990011223344", "?"]
    ),
    orders,
    st.sampled_from(TEXTS),
    ago,
    st.lists(st.sampled_from(SAID), max_size=2),
    st.none() | st.sampled_from(DisputeState),
    st.dictionaries(st.sampled_from(["upu", "cainiao"]), st.sampled_from(OutcomeKind), max_size=2),
)


@settings(max_examples=150)
@given(dossiers)
def test_an_answer_keeps_its_promises(dossier: Dossier) -> None:
    found = answer(dossier, NOW)
    assert sum(cause.probability for cause in found.diagnosis.causes) == pytest.approx(1)
    end, rescue = found.clock.at("protection_end"), found.clock.at("rescue_deadline")
    last = max((each for each in (end, rescue) if each), default=None)
    for step in found.advice.steps:
        if step.id in CLAIMS and step.not_after is not None:
            assert last is None or step.not_after <= last
        if step.id is StepId.OPEN_DISPUTE_NOW:
            assert found.clock.may_open_now is not False
            assert dossier.order.received is not True
        if step.not_before and step.not_after:
            assert step.not_before <= step.not_after
    if dossier.order.received is True:
        assert not CLAIMS & {step.id for step in found.advice.steps}
    unknown = [o for o in found.journey.outcomes.values() if o.kind is OutcomeKind.UNKNOWN_NUMBER]
    if found.diagnosis.causes[0].id is CauseId.FAKE_NUMBER:
        odd = any(not reading.valid for mention in found.mentions for reading in mention.readings)
        assert len(unknown) >= 2 or odd or found.journey.contradictions


@settings(max_examples=40)
@given(dossiers, st.sampled_from(LANGUAGES))
def test_an_answer_is_said_whole_in_every_language(dossier: Dossier, lang: str) -> None:
    said = rendered(answer(dossier, NOW), lang)
    form = json.loads(msgspec.json.encode(said))
    assert form["schema"] == "dozor.answer/1"
    assert msgspec.json.decode(msgspec.json.encode(said), type=Answer).headline.text == said.headline.text
    assert said.headline.text
    for step in said.advice.steps:
        assert step.why.text and "{" not in step.why.text
        assert all("{" not in words for words in step.say.values())


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_no_text_breaks_the_way(text: str) -> None:
    assert answer(Dossier(text=text), NOW).diagnosis.causes


def test_now_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        answer(Dossier(), dt.datetime(2026, 11, 24))


def test_an_answer_to_nothing_says_that_nothing_is_known() -> None:
    found = answer(Dossier(), NOW)
    assert not found.mentions and found.clock.policy is None
    assert "protection_end" in found.clock.ask_buyer
    assert found.headline.id == "headline.open"


def test_events_told_by_the_buyer_count() -> None:
    found = answer(Dossier(events=(Event(text="Вручение адресату"),), order=Order(received=False)), NOW)
    assert found.diagnosis.causes[0].id is CauseId.DELIVERED_NOT_RECEIVED


RUBBISH = {
    "one letter": "a",
    "markup and signs": "ы1A<b>\0",
    "no gap": "A1",
    "Chinese without a full stop": "我的包裹已经二十天没有更新了，",
    "one number over and over": "RB740193524CN ",
}


@pytest.mark.parametrize("piece", RUBBISH.values(), ids=RUBBISH)
def test_a_page_of_rubbish_is_answered_and_its_number_found(piece: str) -> None:
    """What grows with the square of a text would not end here."""
    page = f"{piece * (50_000 // len(piece))} LP00990100110018"
    found = answer(Dossier(text=page), NOW)
    assert found.headline
    assert "LP00990100110018" in {reading.normal for each in found.mentions for reading in each.readings}


def test_a_list_of_numbers_is_no_purchase() -> None:
    page = " ".join(f"LP{number:014d}" for number in range(10_000))
    assert 0 < len(answer(Dossier(text=page), NOW).mentions) <= 100
