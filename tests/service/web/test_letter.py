"""The one box and the letter: the verdict first, what to do by when, nobody's words unescaped, nothing inline."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from dozor.answer import answer
from dozor.i18n import LANGUAGES
from dozor.model import Dossier, Event, Moment, Order
from dozor.service.web.letter import letter, spoken

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
TEXT = "RS123456789CN, shipped 24 days ago, 8.40 USD, 12 days of protection left, AliExpress"
INLINE = re.compile(r"<script(?![^>]*src=)|\son\w+=|style=|javascript:", re.IGNORECASE)


def test_a_letter_says_verdict_step_date_and_reasons() -> None:
    found = letter(answer(Dossier(text=TEXT, today=NOW.date()), NOW), "en")
    assert found.headline and found.step is not None and found.reasons
    assert any(todo.until is not None for todo in (found.step, *found.then))
    assert [text for text, _, wrong in found.numbers[0].pieces if wrong] == ["9"]
    assert "<svg" in found.picture and 'width="360"' in found.picture_narrow


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_is_whole(lang: str) -> None:
    found = letter(answer(Dossier(text=TEXT, today=NOW.date()), NOW), lang)
    told = repr(found)
    assert not re.search(r"\b(web|cause|step|milestone|limit|outcome)\.[a-z_]+\b", told.replace(".svg", ""))


def test_a_day_is_spoken_in_the_readers_zone() -> None:
    at = dt.datetime(2026, 11, 30, 22, tzinfo=dt.UTC)
    assert spoken(at, NOW, "ru").text == "30 ноября"
    from zoneinfo import ZoneInfo

    assert spoken(at, NOW, "ru", ZoneInfo("Asia/Almaty")).text == "1 декабря"


def test_the_box_answers_without_an_account_and_keeps_nothing(client: Any, db: Any) -> None:
    from dozor.service.parcels.models import Parcel

    page = client.post("/", {"text": TEXT}).content.decode()
    assert "<h1>" in page and "should be 5" in page
    assert Parcel.objects.count() == 0


def test_what_was_pasted_is_only_text(client: Any, db: Any) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(2)> RB740193524CN'
    page = client.post("/", {"text": evil}).content.decode()
    assert (
        "<script>alert" not in page
        and "<img src=x" not in page
        and not INLINE.search(page.split("<main", 1)[1].replace("&lt;", "").replace("onerror=alert", ""))
    )


def test_a_carriers_words_are_only_text() -> None:
    from django.template.loader import render_to_string

    event = Event(text="<b onclick=x>arrived</b>", when=Moment(dt.datetime(2026, 11, 20, 8)), system="cainiao")
    found = letter(
        answer(Dossier(numbers=("RB740193524CN",), events=(event,), order=Order(destination="RU")), NOW), "en"
    )
    page = render_to_string("web/_letter.html", {"letter": found})
    assert "&lt;b onclick=x&gt;arrived" in page and "<b onclick" not in page


def test_nothing_of_the_page_comes_from_elsewhere(client: Any, db: Any) -> None:
    page = client.post("/", {"text": TEXT}).content.decode()
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert not INLINE.search(page)


def test_the_first_load_is_light(client: Any, db: Any) -> None:
    from gzip import compress
    from pathlib import Path

    import dozor.service.web

    page = client.post("/", {"text": TEXT}).content
    static = Path(dozor.service.web.__file__).parent / "static" / "web"
    sent = [compress(file.read_bytes()) for file in (static / "dozor.css", static / "dozor.js", static / "icon.svg")]
    sent += [file.read_bytes() for file in (static / "fonts").glob("*.woff2")]
    assert len(page) + sum(map(len, sent)) <= 80_000  # bytes, the page itself not even compressed
