"""The texts to send: filled from the order, silent about what is unknown, in the languages that are read."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dozor.advice.words import Languages, MessageRow, _messages, fill, languages, message, seeds
from dozor.model import Dossier, Money, Order

from .world import ask, clock, dossier, journey, outlook

MESSAGES = (
    "seller.no_information",
    "seller.stalled",
    "platform.claim",
    "post.search",
    "bank.statement",
    "shop.deadline",
    "review",
)


@pytest.mark.parametrize("id", MESSAGES)
@pytest.mark.parametrize("lang", ["en", "ru", "uk", "zh", "fr"])
def test_a_message_with_nothing_known_still_reads(id, lang):
    texts, to = message(id, Languages(lang, lang), {})
    assert texts and to
    for text in texts.values():
        assert not set("{}[]") & set(text) and "None" not in text and "  " not in text and text[0].isalpha()


@given(
    st.dictionaries(
        st.sampled_from(["order", "number", "days", "sum", "last_event", "place", "until"]), st.text(max_size=300)
    )
)
def test_a_carriers_words_can_not_break_out_of_a_message(args):
    text = fill("Last: [{last_event}][, {place}][ of {sum}][ {number}].", args, "en")
    assert "\n" not in text and "\x00" not in text
    assert len(text) < 4 * 121 + 40


def test_languages_go_where_they_are_read():
    speak = Languages(own="ru", local="uk")
    assert set(message("seller.stalled", speak, {})[0]) == {"en", "zh"}
    assert set(message("platform.claim", speak, {})[0]) == {"en", "ru"}
    assert set(message("post.search", speak, {})[0]) == {"uk"}
    assert set(message("bank.statement", speak, {})[0]) == {"ru"}


@pytest.mark.parametrize(
    ("told", "country", "own", "local"),
    [
        ("ru", None, "ru", "ru"),
        ("ru", "UA", "ru", "uk"),
        ("ru", "DE", "ru", "en"),
        (None, "KZ", "ru", "ru"),
        (None, "DE", "en", "en"),
        (None, None, "en", "en"),
        ("fr", None, "en", "en"),
    ],
)
def test_the_buyers_language_and_that_of_the_counter(told, country, own, local):
    assert languages(Dossier(lang=told, order=Order(destination=country))) == Languages(own, local)


@pytest.mark.rule("S083", "S091")
def test_the_guides_own_wordings_are_kept_beside_ours():
    kept = {row.id: row.text for row in seeds()}
    assert kept["seller.no_information"].startswith("Hello! The track number ____")
    assert "parsel was sent 15 days ago" in kept["platform.claim"]
    assert "parsel" not in message("platform.claim", Languages("en", "en"), {})[0]["en"]


@pytest.mark.rule("S091", "S092", "S155")
def test_the_claim_names_the_number_the_days_and_the_sum():
    advice = ask("fake_number", dossier(shipped=40, price=Money(1250, "EUR")), c=clock(end=6), o=outlook())
    words = advice.steps[0].say
    assert "RB123456785CN" in words["en"] and "40 days ago" in words["en"] and "12.50 EUR" in words["en"]
    assert "40 дн." in words["ru"]


def test_an_order_number_is_never_called_a_tracking_number():
    d = Dossier(numbers=("8123456789012345",), order=Order(number="8123456789012345", marketplace="aliexpress"))
    from dozor.model import Journey

    words = ask("other", d, j=Journey(), o=outlook()).steps
    assert all("racking number 8123456789012345" not in text for step in words for text in step.say.values())


def test_an_event_of_the_carrier_is_cut_and_cleaned():
    long = "Held\u202e by customs\n" + "x" * 400
    said = ask("stalled", j=journey(long, ago=30), o=outlook()).steps[0].say["en"]
    assert "\u202e" not in said and "\n" not in said and "…" in said


@pytest.mark.parametrize("lang", ["en", "ru", "uk", "zh"])
def test_what_is_unknown_leaves_no_punctuation_behind(lang):
    for id, rows in _messages().items():
        for row in (row for row in rows if row.lang == lang and not row.seed):
            for known in ({}, {"number": "RB740193524CN"}, {"days": 56, "sum": Money(2300, "USD")}):
                said = fill(row.text, known, lang)
                assert ".." not in said and "。。" not in said and ",," not in said and " ." not in said, (id, said)


KNOWN = {
    "order": "8001234567",
    "number": "RB740193524CN",
    "days": 44,
    "date": dt.date(2026, 11, 24),
    "sum": Money(1999, "USD"),
    "offered": Money(500, "USD"),
    "sources": "cainiao, upu",
    "last_event": "Left the sorting centre",
    "place": "Moscow",
    "extension": 15,
    "untracked": "RB740193524CN",
}
MISREAD = re.compile(
    r"[(（]\s*[)）]|\[|\]|\{|\}|None|  |[,;:，；：]\s*[.,;:。，；：]|[.。]\s*[.,;:。，；：]"
    r"|[(（]\s*[,;:，；：]|[,;，；]\s*[)）]|\s[.,;:)]|[.!?。！？]\s*[(（]\d|\d\)[^\S\n]*\("
)


@pytest.mark.parametrize(
    "row", [row for rows in _messages().values() for row in rows], ids=lambda row: f"{row.id}-{row.lang}"
)
def test_no_text_to_send_shows_what_was_left_out_of_it(row: MessageRow) -> None:
    """Every text with every combination of what is known and unknown."""
    names = sorted(
        {name for _, name, _, _ in string.Formatter().parse(row.text.replace("[", "").replace("]", "")) if name}
    )
    for known in itertools.product((True, False), repeat=len(names)):
        args = {n: KNOWN.get(n, dt.date(2026, 10, 6)) for n, here in zip(names, known, strict=True) if here}
        text = fill(row.text, args, row.lang)
        assert not MISREAD.search(text), (MISREAD.search(text), args.keys(), text)


def test_a_part_in_a_part_goes_with_it() -> None:
    text = "Not here.[ Last: {last_event}[ ({last_date})].] Thanks."
    assert (
        fill(text, {"last_event": "left", "last_date": dt.date(2026, 10, 6)}, "en")
        == "Not here. Last: left (2026-10-06). Thanks."
    )
    assert fill(text, {"last_event": "{left} [x]"}, "en") == "Not here. Last: {left} [x]. Thanks."
    assert fill(text, {"last_date": dt.date(2026, 10, 6)}, "en") == "Not here. Thanks."
