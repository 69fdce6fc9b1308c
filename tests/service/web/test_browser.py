"""Paste, answer, watch, news, copied, received: in a real Chromium against `dozor serve` and the local peer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.peer import playing
from tests.service.web.browser import Visitor, chromium, serving

PASTED = {
    "ru": "LP00990011223344, отправлено 24 дня назад, 8,40 $, защиты осталось 36 дней, AliExpress",
    "en": "LP00990011223344, shipped 24 days ago, 8.40 USD, 36 days of protection left, AliExpress",
}
RECEIVED = {"ru": "Получена, хорошо", "en": "Received: good"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    """The browser, and the address of a fresh service whose carriers are the local peer."""
    folder = tmp_path_factory.mktemp("served")
    with (
        playing() as peer,
        serving(folder, DOZOR_PEER=peer.url, DOZOR_SIGNUP="yes") as address,
        chromium() as browser,
    ):
        yield browser, address


@pytest.mark.once
@pytest.mark.parametrize(("lang", "width", "scheme"), [("ru", 360, "dark"), ("en", 1280, "light")])
def test_from_the_box_to_received(world: tuple[Any, str], lang: str, width: int, scheme: str) -> None:
    visitor = Visitor(*world, lang=lang, width=width, scheme=scheme)
    page, seen = visitor.page, dict[str, list[str]]()
    visitor.go()
    seen["box"] = visitor.faults()
    page.fill("#text", PASTED[lang])
    visitor.press("form.box button")
    assert page.locator("h1").count() == 1 and page.locator("html").get_attribute("lang") == lang
    seen["answer"] = visitor.faults()
    visitor.press("form[action='/watch/'] button")
    if page.locator("#id_username").count() == 0:  # somebody has an account already: this one makes another
        visitor.go("accounts/signup/")
    seen["signup"] = visitor.faults()
    visitor.sign_up("anna" if lang == "ru" else "boris", "KZ")
    parcel = page.url
    assert "/parcels/" in parcel
    for _ in range(60):  # the watch asks the peer beside the pages
        if page.locator(".timeline li").count() > 2:
            break
        time.sleep(0.5)
        page.reload()
    assert page.locator(".timeline li").count() > 2
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
    assert {name: faults for name, faults in seen.items() if faults} == {}
    assert visitor.strangers() == [] and visitor.complaints == []


@pytest.mark.once
def test_without_script_it_works_up_to_watching(world: tuple[Any, str]) -> None:
    visitor = Visitor(*world, lang="ru", width=360, scheme="light", script=False)
    page = visitor.page
    visitor.go()
    page.fill("#text", PASTED["ru"])
    visitor.press("form.box button")
    assert page.locator("h1").is_visible() and page.locator("figure.picture .narrow svg").is_visible()
    assert not page.locator("[data-copy]").first.is_visible()  # what needs script is not offered
    visitor.press("form[action='/watch/'] button")
    if page.locator("#id_username").count() == 0:
        visitor.go("accounts/signup/")
    visitor.sign_up("vera", "RU")
    assert "/parcels/" in page.url and page.locator("h1").is_visible()
    visitor.press("nav a[href='/parcels/']")
    assert page.locator(".rows li").count() == 1
    assert visitor.strangers() == []
