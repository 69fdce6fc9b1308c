"""How a claim is filled in and won: the form in its order, the evidence by what it has to show."""

from __future__ import annotations

import datetime as dt

import pytest

from dozor.advice.words import Languages, message, seeds
from dozor.answer import answer
from dozor.disputes import evidence, form, how
from dozor.i18n import LANGUAGES, has, say
from dozor.intake import read_dossier
from dozor.model import CauseId, StepId

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def texts(cause: CauseId, **more) -> list[str]:
    return [line.text for line in form(cause, **more)]


@pytest.mark.rule("S057", "S090", "S152")
def test_the_way_to_the_form_comes_first():
    first = form(CauseId.FAKE_NUMBER)[0]
    assert first.id == "way"
    way = how(CauseId.FAKE_NUMBER, family="not_received", scope=None, known=(), shop="aliexpress")[0]
    assert "Открыть спор" in say(way, "ru")


@pytest.mark.parametrize(
    ("shop", "says"), [("ebay", "eBay"), ("amazon", "A-to-z"), ("temu", "support"), ("lamoda", "shops name it")]
)
def test_each_shop_has_its_own_way(shop, says):
    way = how(CauseId.LOST, family="not_received", scope=None, known=(), shop=shop)[0]
    assert says in say(way, "en") and "Open dispute" not in say(way, "en")


def test_a_parcel_shown_as_delivered_is_not_said_to_have_gone_elsewhere():
    assert "form.reason_delivered" in texts(CauseId.DELIVERED_NOT_RECEIVED)


@pytest.mark.parametrize(
    ("heard", "first"),
    [
        ("The seller asks me to cancel the dispute and promises to resend", StepId.KEEP_DISPUTE_OPEN),
        ("Продавец просит закрыть спор, говорит посылка едет", StepId.KEEP_DISPUTE_OPEN),
        ("The seller says: please don't open a dispute, my friend", StepId.OPEN_DISPUTE_BY_DEADLINE),
    ],
)
def test_nobody_asks_to_close_a_dispute_that_is_not_open(heard, first):
    assert answer(read_dossier({"text": heard}), NOW).advice.steps[0].id is first


def test_the_buyers_own_sentence_is_not_quoted_as_the_carriers():
    heard = "Bought on Temu 3 weeks ago, LP00123456789012 says delivered but I have nothing"
    given = answer(read_dossier({"text": heard}), NOW)
    assert given.journey.delivered_at is None  # three weeks ago is when it was bought
    for step in given.advice.steps:
        assert all(heard not in text and "2026-11-03" not in text for text in step.say.values())


@pytest.mark.rule("S058")
def test_one_dispute_for_each_item_where_the_policy_says_so():
    assert "form.each_item" in texts(CauseId.FAKE_NUMBER, scope="line")
    assert "form.each_item" not in texts(CauseId.FAKE_NUMBER, scope="order")


@pytest.mark.rule("S059")
def test_refund_only_and_the_whole_sum():
    assert texts(CauseId.LOST)[-3:-1] == ["form.refund_only", "form.full_sum"]


@pytest.mark.rule("S149", "S153", "S154", "S155")
def test_the_answers_of_the_guide_for_a_number_that_does_not_track():
    assert texts(CauseId.FAKE_NUMBER)[1:4] == ["form.received_no", "form.reason_delivery", "form.no_tracking"]


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (CauseId.RETURNING, "form.reason_returned"),
        (CauseId.CUSTOMS_HELD, "form.reason_customs"),
        (CauseId.WRONG_DESTINATION, "form.reason_elsewhere"),
        (CauseId.STALLED, "form.reason_delivery"),
    ],
)
def test_the_reason_is_the_true_one(cause: CauseId, reason: str):
    assert reason in texts(cause)


@pytest.mark.rule("S074")
def test_faulty_goods_are_another_family_with_other_answers():
    faulty = texts(CauseId.DELIVERED, family="defect")
    assert "form.received_yes" in faulty and "form.received_no" not in faulty
    assert [line.id for line in evidence(CauseId.DELIVERED, family="defect")] == ["messages", "photos"]


@pytest.mark.rule("S091")
def test_the_words_of_the_dispute_say_what_the_seed_says_without_its_slips():
    assert form(CauseId.FAKE_NUMBER)[-1].id == "comment"
    seed = next(row.text for row in seeds() if row.id == "platform.claim")
    ours, to = message("platform.claim", Languages("en", "en"), {"number": "RB740193524CN", "days": 15})
    assert to == "platform" and "15 days ago" in ours["en"] and "15 days ago" in seed
    assert "parsel" in seed and "parsel" not in ours["en"]


@pytest.mark.rule("S092", "S159")
def test_what_wins_the_dispute_is_listed_by_what_it_has_to_show():
    untracked = [line.id for line in evidence(CauseId.FAKE_NUMBER)]
    assert untracked[:2] == ["tracking_pages", "two_sources"]
    elsewhere = [line.id for line in evidence(CauseId.DELIVERED_NOT_RECEIVED)]
    assert {"carrier_word", "compare"} <= set(elsewhere) and "two_sources" not in elsewhere
    assert "admission" not in untracked
    assert "admission" in [line.id for line in evidence(CauseId.FAKE_NUMBER, known=("admitted",))]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("family", ["not_received", "defect"])
def test_every_line_is_a_sentence_in_every_language(lang: str, family: str):
    for cause in CauseId:
        for text in how(cause, family=family, scope="line", known=("admitted",)):
            assert has(text.id, lang), text.id


def test_an_answer_that_says_open_says_how():
    dossier = read_dossier(
        {
            "text": "RB740193524CN", "events_seen": False,
            "order": {"marketplace": "aliexpress", "shipped_days_ago": 56, "protection_days_left": 4, "destination": "RU"},
        }
    )  # fmt: skip
    step = answer(dossier, NOW).advice.steps[0]
    assert step.id is StepId.OPEN_DISPUTE_NOW
    assert {"dispute.form.received_no", "dispute.evidence.tracking_pages"} <= {text.id for text in step.how}
