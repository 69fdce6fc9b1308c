"""What an event means: by example in eighteen languages, by property, and where code and words disagree."""

from __future__ import annotations

import itertools
import json

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from dozor import knowledge
from dozor.cli.normalise import coded, command
from dozor.journey import Coded, normalise
from dozor.journey.normalise import rules
from dozor.journey.phrases import found_in, languages, notions, plain
from dozor.model import Milestone
from tests.conftest import SHARED


class Example(Struct, frozen=True, forbid_unknown_fields=True):
    milestone: Milestone
    lang: str
    texts: tuple[str, ...]
    source: str


EXAMPLES = [
    pytest.param(text, row.lang, row.milestone, id=f"{row.lang}-{text}")
    for row in knowledge.rows("journey", "examples.toml", Example)
    for text in row.texts
]
TEXTS = st.sampled_from([each.values[0] for each in EXAMPLES])
PLACES = (
    "Leipzig, Germany",
    "GUANGZHOU 510000",
    "Одесса, 65000",
    "Астана",
    "12.11.2026 14:05",
    "广东省广州市",
    "#4711",
)


@pytest.mark.parametrize(("text", "lang", "milestone"), EXAMPLES)
def test_carriers_words(text: str, lang: str, milestone: Milestone) -> None:
    assert normalise(text, lang=lang).milestone is milestone
    assert normalise(text).milestone is milestone, "the language need not be known"


def test_every_full_language_says_every_meaning() -> None:
    said = {(each.values[1], each.values[2]) for each in EXAMPLES}
    for lang in ("en", "ru", "uk", "zh"):
        assert {milestone for milestone in Milestone if (lang, milestone) not in said} == set()
    assert {lang for lang, _ in said} == set(languages())


NOT_DELIVERED = [
    "Will be delivered tomorrow",
    "Your parcel is expected to be delivered by Friday",
    "Estimated delivery: 12 December",
    "Scheduled for delivery today",
    "Could not be delivered",
    "Not delivered, the shop was closed",
    "Delivered to airline",
    "Delivered to the sorting centre",
    "Delivered to the parcel shop",
    "Delivered to the courier",
    "Delivered to customs",
    "Delivered to local carrier for final delivery",
    "Delivered to the sender",
    "Returned and delivered to shipper",
    "The delivery notification was delivered by SMS",
    "Delivery was attempted",
    "Ready for recipient pickup",
    "To be picked up by the recipient",
    "Доставлено в сортировочный центр",
    "Доставлено на склад временного хранения",
    "Будет доставлено 12 декабря",
    "Ожидается доставка",
    "Не вручено",
    "Невручение",
    "Вручение отправителю",
    "Обработка перевозчиком: Доставлено",
    "Доставлено извещение",
    "Готово к вручению",
    "Передано для вручения",
    "Доставлено до відділення",
    "Не вручено одержувачу",
    "Буде доставлено завтра",
    "Вручено відправнику",
    "未妥投",
    "退回妥投",
    "妥投撤销",
    "预计明日送达",
    "投递未成功",
    "已存放丰巢快递柜，请及时领取",
    "Wird voraussichtlich morgen zugestellt",
    "Konnte nicht zugestellt werden",
    "An den Absender zugestellt",
    "Im Paketshop zugestellt",
    "Sera livré demain",
    "Le colis n'a pas pu être livré",
    "En attente d'être retiré au guichet",
    "Livré à l'expéditeur",
    "Será entregue amanhã",
    "Objeto não entregue",
    "Entregue ao remetente",
    "No se ha podido entregar",
    "Se entregará mañana",
    "Entregado al remitente",
    "Nie doręczono",
    "Zostanie doręczona jutro",
    "Niet bezorgd",
    "Non consegnato",
    "배달 예정",
    "จัดส่งไม่สำเร็จ",
    "配達できませんでした",
]


@pytest.mark.rule("S146")
@pytest.mark.parametrize("text", NOT_DELIVERED)
def test_what_is_not_a_delivery(text: str) -> None:
    assert normalise(text).milestone is not Milestone.DELIVERED


@pytest.mark.parametrize("text", ["Will be delivered on Monday", "Будет доставлено завтра", "Se entregará mañana"])
def test_an_announcement_is_a_forecast(text: str) -> None:
    meaning = normalise(text)
    assert meaning.forecast
    assert meaning.milestone is Milestone.INFO


@pytest.mark.parametrize(
    "text", ["Please disregard the previous scan", "Favor desconsiderar a informação anterior", "妥投撤销"]
)
def test_a_correction_takes_back(text: str) -> None:
    assert normalise(text).reversed


@pytest.mark.parametrize(
    ("code_says", "general", "text", "milestone"),
    [
        pytest.param("delivered", False, "Вручено отправителю", "returned", id="handed back to the sender"),
        pytest.param("delivered", False, "Delivered to locker", "available_for_pickup", id="in the locker"),
        pytest.param("delivered", False, "Delivered to the recipient", "delivered", id="both say so"),
        pytest.param("delivered", False, "Departed from sorting hub", "delivered", id="words that say little"),
        pytest.param("delivered", False, "", "delivered", id="no words"),
        pytest.param("in_transit", True, "Held by customs", "customs_held", id="a general stage, words say more"),
        pytest.param("delivery_attempt_failed", True, "In transit", "delivery_attempt_failed", id="words say less"),
        pytest.param("in_transit", True, "zzz", "in_transit", id="words unknown"),
        pytest.param("customs_held", False, "Released by customs", "customs_held", id="a definite code decides"),
    ],
)
def test_codes_and_words(code_says: str, general: bool, text: str, milestone: str) -> None:
    told = Coded(Milestone(code_says), general, "a carrier: 1")
    meaning = normalise(text, coded=told)
    assert meaning.milestone is Milestone(milestone)
    assert meaning.decided_by in ("code", "stage", "phrase")


def test_a_delivered_code_yields_to_a_forecast() -> None:
    assert normalise("Will be delivered tomorrow", coded=Coded(Milestone.DELIVERED)).forecast


@pytest.mark.parametrize("carrier", ["russian-post", "russian_post", "Russian Post"])
@pytest.mark.parametrize("code", ["2/1", "2|1", "2 | 1", "02/01"])
def test_codes_as_systems_write_them(carrier: str, code: str) -> None:
    told = coded(carrier, code)
    assert told is not None
    assert told.milestone is Milestone.DELIVERED


def test_the_answer_says_who_decided() -> None:
    meaning = normalise("Die Sendung liegt in der Packstation", lang="de")
    assert meaning.decided_by == "phrase"
    assert "de:" in meaning.rule
    assert meaning.rule.split(" ")[0] in {rule.row.id for rule in rules()}
    assert normalise("", coded=Coded(Milestone.LOST, rule="x: 1")).rule == "x: 1"


def test_one_row_for_each_case() -> None:
    ids = [rule.row.id for rule in rules()]
    assert len(ids) == len(set(ids))
    assert {rule.row.milestone for rule in rules()} == set(Milestone)


def test_a_longer_phrase_silences_the_word_inside() -> None:
    bits = notions()
    (found, *_) = found_in(plain("Arrived at delivery office"), "en")
    assert found.notions & bits["office"]
    assert not found.notions & bits["delivery"]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200), st.sampled_from([None, *languages(), "xx"]))
def test_any_text_is_read(text: str, lang: str | None) -> None:
    assert normalise(text, lang=lang) == normalise(text, lang=lang)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from(["  {}  ", "{}.", "«{}»", "{}!!", "\t{}\n", "({})"]), st.booleans())
def test_case_space_and_punctuation_do_not_matter(text: str, dress: str, loud: bool) -> None:
    dressed = dress.format(text.upper() if loud and text.isascii() else text)
    assert normalise(dressed).milestone is normalise(text).milestone


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from(PLACES), st.booleans())
def test_places_and_numbers_do_not_matter(text: str, place: str, before: bool) -> None:
    told = f"{place}; {text}" if before else f"{text}; {place}"
    assert normalise(told).milestone is normalise(text).milestone


if SHARED.exists():

    def test_most_texts_of_the_collection() -> None:
        rows = [
            json.loads(line) for line in (SHARED / "data/events_dev.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        said = [normalise(row["text"], lang=row["lang"]).milestone for row in rows]
        right = sum(got == row["milestone"] for got, row in zip(said, rows, strict=True))
        wrong = sum(got is not None and got != row["milestone"] for got, row in zip(said, rows, strict=True))
        assert right / len(rows) >= 0.92
        assert wrong / len(rows) <= 0.07
        delivered = [row["milestone"] for got, row in zip(said, rows, strict=True) if got is Milestone.DELIVERED]
        assert delivered.count("delivered") / len(delivered) >= 0.99


def test_in_bulk() -> None:
    rows = [
        {"text": "Вручено адресату", "lang": "ru"},
        {"text": "x", "code": "2/2", "carrier": "russian-post"},
        {"text": ""},
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    result = CliRunner().invoke(command, ["--jsonl"], input=lines)
    assert result.exit_code == 0, result.output
    said = [json.loads(line)["milestone"] for line in result.output.splitlines()]
    assert said == ["delivered", "returned", None]


def test_notions_are_all_used() -> None:
    used = set(itertools.chain.from_iterable((*rule.row.all, *rule.row.any, *rule.row.none) for rule in rules()))
    assert set(notions()) - used <= {"nothing"}, "a notion that no rule reads"
