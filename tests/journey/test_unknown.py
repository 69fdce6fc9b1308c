"""Unknown texts are counted for review without anybody's data; people are told in their language."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from dozor.cli.journey.unknown import command
from dozor.i18n import LANGUAGES, catalogue, say
from dozor.journey import normalise, told
from dozor.journey.letters import card, guess, likely, weights
from dozor.journey.normalise import rules
from dozor.journey.phrases import plain
from dozor.journey.unknown import masked, unknown_texts
from dozor.model import Event, Milestone, Text


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Delivered, signed by: JOHN SMITH", "SMITH"),
        ("Signed for by Anna-Maria Köhler", "Köhler"),
        ("签收人：王小明，感谢使用", "王小明"),
        ("派件员 李强 电话 13800138000", "13800138000"),
        ("Получил: Иванов И.И.", "Иванов"),
        ("Курьер: Петренко, тел. +380 67 123 45 67", "67 123"),
        ("Left at 12 Old Mill Road", "Mill"),
        ("Доставка по адресу ул. Ленина, д. 5, кв. 12", "Ленина"),
        ("Zugestellt Hauptstraße 5", "Hauptstraße 5"),
        ("write to ann@example.org", "ann@"),
        ("parcel RB123456785CN linked", "RB123456785CN"),
        ("see https://example.org/t?n=1", "example.org"),
    ],
)
def test_nobodys_data_is_shown(text: str, gone: str) -> None:
    assert gone not in masked(text)
    assert "…" in masked(text)


@pytest.mark.parametrize("text", ["Departed from Leipzig", "Прибыло в сортировочный центр", "到达 转运中心", "3 of 5"])
def test_words_are_kept(text: str) -> None:
    assert masked(text) == text


@given(st.text(max_size=120))
@settings(max_examples=200, deadline=None)
def test_masking_is_idempotent_enough(text: str) -> None:
    once = masked(text)
    assert masked(once).count("…") <= once.count("…") + 1


def test_texts_that_differ_by_a_name_count_as_one() -> None:
    events = [
        Event(text="Blorp signed by: John Smith", system="x"),
        Event(text="Blorp signed by: Ann Lee", system="x"),
        Event(text="Delivered", system="x", milestone=Milestone.DELIVERED),
        Event(text="", code="Q7", system="y"),
        Event(text="", system="y"),
    ]
    rows = unknown_texts(events)
    assert [(row.count, row.carrier, row.code) for row in rows] == [(2, "x", None), (1, "y", "Q7")]


def test_the_command_exports_them() -> None:
    lines = [{"text": "Вручено"}, {"text": "Xq wv 12", "carrier": "z"}, {"text": "Xq wv 12", "carrier": "z", "code": 7}]
    given = "".join(json.dumps(line) + "\n" for line in lines)
    result = CliRunner().invoke(command, ["--jsonl"], input=given)
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.output.splitlines()]
    assert {(row["text"], row.get("code")) for row in rows} == {("Xq wv 12", None), ("Xq wv 12", "7")}
    assert CliRunner().invoke(command, [], input="nonsense\n").exit_code != 0
    assert "Xq wv" in CliRunner().invoke(command, [], input=given).output


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_common_phrase_has_a_sentence_of_a_rule(lang: str) -> None:
    named = {rule.row.id for rule in rules()}
    ids = {id.removeprefix("event.") for id in catalogue(lang) if id.startswith("event.")}
    assert ids
    assert ids <= named


def test_people_are_told_in_their_language() -> None:
    meaning = normalise("Flight departed from Shenzhen airport")
    event = Event(text="Flight departed", milestone=meaning.milestone, decided_by="phrase", rule=meaning.rule)
    assert say(told(event), "ru") == "самолёт вылетел"
    assert say(told(event), "zh") == "航班已起飞"
    assert told(Event(milestone=Milestone.LOST, decided_by="code", rule="x: 1")) == Text("milestone.lost")
    assert told(Event()) == Text("milestone.unknown")


def test_the_model_is_as_its_card_says() -> None:
    assert len(weights()) == (card().buckets + 1) * len(card().milestones)
    assert set(card().milestones) == set(Milestone)
    assert 0.5 < card().least <= 1


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_probabilities_add_up(text: str) -> None:
    assert sum(each.probability for each in likely(plain(text))) == pytest.approx(1)


def test_short_or_strange_texts_stay_unknown() -> None:
    for text in ("", "41000", "Xq", "zzyzx qwrtp"):
        assert guess(plain(text)) is None
        assert normalise(text).milestone is None
