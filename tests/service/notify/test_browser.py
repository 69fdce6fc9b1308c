"""The page of notifications in a real browser, narrow and wide, light and dark: usable by everybody, nobody else called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.web.browser import Visitor, chromium, serving


@pytest.mark.once
def test_the_page_is_usable_narrow_and_dark_and_without_script(tmp_path: Path) -> None:
    with serving(tmp_path) as base, chromium() as browser:
        owner = Visitor(browser, base, lang="ru", width=1280, scheme="light")
        owner.go("accounts/signup/")
        owner.sign_up("anna", "KZ")
        owner.go("notifications/")
        owner.press("button[value=renew]")
        owner.page.fill("#address", "json://receiver.example/secret")
        owner.press("form[action$=add] button")
        assert "receiver.example" in owner.page.inner_text("main")
        assert owner.complaints == []
        assert owner.faults() == [] and owner.strangers() == []
        owner.page.screenshot(path=tmp_path / "wide.png", full_page=True)
        narrow = Visitor(browser, base, lang="ru", width=360, scheme="dark", script=False)
        narrow.context.add_cookies(owner.context.cookies())
        narrow.go("notifications/")
        narrow.page.fill("#quiet_from", "22:00")
        narrow.page.fill("#quiet_to", "07:00")
        narrow.press("form[action$=habits] button")
        assert narrow.page.input_value("#quiet_from") == "22:00"
        narrow.page.screenshot(path=tmp_path / "narrow.png", full_page=True)
        owner.page.set_viewport_size({"width": 360, "height": 800})
        owner.page.emulate_media(color_scheme="dark")
        owner.width = 360
        assert owner.faults() == []
