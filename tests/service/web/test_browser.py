"""Paste, answer, watch, the parcel moves, a letter comes, words copied, received: a real Chromium against `dozor serve`,
the local peer for the carriers, and a real mail server.
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peer import Peer, playing
from tests.service.mailserver import Mailbox, mailing
from tests.service.web.browser import Visitor, chromium, serving

PASTED = {
    "ru": "LP00990100110018, отправлено 20 дней назад, 18,99 $, защиты осталось 41 день, AliExpress",
    "en": "LP00990100110018, shipped 20 days ago, 18.99 USD, 41 days of protection left, AliExpress",
}
RECEIVED = {"ru": "Получена, хорошо", "en": "Received: good"}
NEXT_STEP = {"ru": "Что делать: заб", "en": "What to do: collect the parcel"}
MINUTES = dt.timedelta(minutes=10)  # all scans of the parcel come within them


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def until(true: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """What it gives once it is something."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
    return found


def hours_pass(data: Path) -> None:
    """Every number may be asked about again."""
    with sqlite3.connect(data / "dozor.sqlite3", timeout=20) as rows:
        past = "2020-01-01 00:00:00"
        rows.execute("UPDATE parcels_poll SET next_at = ? WHERE next_at IS NOT NULL", (past,))
        rows.execute("UPDATE parcels_source SET ready_at = NULL")
    rows.close()


@pytest.mark.once
@pytest.mark.parametrize(("lang", "width", "scheme"), [("ru", 360, "dark"), ("en", 1280, "light")])
def test_from_the_box_to_received(browser: Any, tmp_path: Path, lang: str, width: int, scheme: str) -> None:
    with (
        playing(living=MINUTES) as peer,
        mailing() as box,
        serving(tmp_path, DOZOR_PEER=peer.url, DOZOR_SMTP_URL=box.url, DOZOR_MAIL_FROM="dozor@example.org") as base,
    ):
        visitor = Visitor(browser, base, lang=lang, width=width, scheme=scheme)
        walked(visitor, lang, tmp_path, peer, box)


def walked(visitor: Visitor, lang: str, data: Path, peer: Peer, box: Mailbox) -> None:
    page, seen = visitor.page, dict[str, list[str]]()
    visitor.go()
    seen["box"] = visitor.faults()
    page.fill("#text", PASTED[lang])
    visitor.press("form.box button")
    assert page.locator("h1").count() == 1 and page.locator("html").get_attribute("lang") == lang
    seen["answer"] = visitor.faults()
    visitor.press("form[action='/watch/'] button")
    seen["signup"] = visitor.faults()
    visitor.sign_up("anna", "RU")
    parcel = page.url
    assert "/parcels/" in parcel

    def scans() -> int:
        page.goto(parcel)
        return int(page.locator(".timeline li").count())

    # The watch asks the first system, which names a second number, and of that one the second system.
    before = until(lambda: (n := scans()) >= 6 and n, "the watch asked nobody")
    visitor.go("notifications/")
    page.fill("#address", "anna@example.org")
    visitor.press("form[action$=add] button")
    visitor.press("form[action$=test] button")
    until(lambda: box.letters, "no letter on trial")
    seen["notifications"] = visitor.faults()
    # Minutes later the parcel has crossed the border and waits to be collected.
    peer.living.until = dt.datetime.now(dt.UTC)
    hours_pass(data)
    letter = until(lambda: box.letters[1:], "no news")[-1]
    said = letter.get_content()
    assert letter["To"] == "anna@example.org" and "LP00990100110018" in letter["Subject"] and NEXT_STEP[lang] in said
    link = re.search(r"http://\S+", said)
    assert link and link[0] == parcel
    page.goto(link[0])
    assert page.locator(".timeline li").count() > before
    seen["parcel"] = visitor.faults()
    words = page.locator("[data-copy]").first
    if not words.is_visible():
        page.locator("details:has([data-copy]) > summary").first.click()
    copied = page.locator(f"#{words.get_attribute('data-copy')}").text_content()
    words.click()
    page.wait_for_function("[...document.querySelectorAll('.said')].some(each => each.textContent)")
    assert page.evaluate("navigator.clipboard.readText()") == copied
    facts = parcel.removeprefix(visitor.base) + "facts/"
    for path in ("parcels/", "settings/", "sources/", facts) if lang == "ru" else ("parcels/", "accounts/2fa/"):
        visitor.go(path)
        seen[path] = visitor.faults()
    page.goto(parcel)
    visitor.press("button[value=received]")
    assert RECEIVED[lang] in page.locator(".notice").first.text_content()
    seen["received"] = visitor.faults()
    letters = len(box.letters)
    hours_pass(data)
    time.sleep(2.5)  # two rounds of the watch and of the notifier
    assert len(box.letters) == letters == 2, "told more than once, or of a parcel that has come"
    assert {name: faults for name, faults in seen.items() if faults} == {}
    assert visitor.strangers() == [] and visitor.complaints == []


@pytest.mark.once
def test_without_script_it_works_up_to_watching(browser: Any, tmp_path: Path) -> None:
    with playing(living=MINUTES) as peer, serving(tmp_path, DOZOR_PEER=peer.url) as base:
        visitor = Visitor(browser, base, lang="ru", width=360, scheme="light", script=False)
        page = visitor.page
        visitor.go()
        page.fill("#text", PASTED["ru"])
        visitor.press("form.box button")
        assert page.locator("h1").is_visible() and page.locator("figure.picture .narrow svg").is_visible()
        assert not page.locator("[data-copy]").first.is_visible()  # what needs script is not offered
        visitor.press("form[action='/watch/'] button")
        visitor.sign_up("vera", "RU")
        assert "/parcels/" in page.url and page.locator("h1").is_visible()
        visitor.press("nav a[href='/parcels/']")
        assert page.locator(".rows li").count() == 1
        assert visitor.strangers() == []
