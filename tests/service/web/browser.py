"""A real Chromium and a real `dozor serve`: what it shows, whom it calls, whether it can be used by everybody."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import axe_playwright_python

from tests.conftest import ROOT
from tests.service.mailserver import free_port

DOZOR = Path(sys.executable).parent / "dozor"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
LOCALES = {"en": "en-GB", "ru": "ru-RU", "uk": "uk-UA", "zh": "zh-CN"}


@contextmanager
def serving(data: Path, **more: str) -> Iterator[str]:
    """`dozor serve` on a free port; its address. People open it there, so letters lead there."""
    address = f"http://127.0.0.1:{(port := free_port())}/"
    more.setdefault("DOZOR_PUBLIC_URL", address)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOZOR_", "DATABASE_URL"))}
    server = subprocess.Popen(
        [DOZOR, "serve", "--port", str(port), *(["--demo"] if more.pop("demo", "") else [])],
        env={**kept, "DOZOR_DATA": str(data), "DOZOR_CACHE": os.environ.get("DOZOR_CACHE", str(data)), **more},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        assert address.rstrip("/") in server.stdout.readline(), "dozor serve did not start"
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser of this machine, without a network of its own."""
    from playwright.sync_api import sync_playwright

    path = next(
        filter(
            None, map(shutil.which, (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"))
        ),
        None,
    )
    assert path, "no Chromium here: apt-get install chromium"
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


class Visitor:
    """One window: `asked` are the addresses it called, `complaints` what the browser objected to."""

    def __init__(self, browser: Any, base: str, *, lang: str, width: int, scheme: str, script: bool = True) -> None:
        self.base, self.width = base, width
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            locale=LOCALES[lang],
            timezone_id="Asia/Almaty",
            java_script_enabled=script,
            permissions=["clipboard-read", "clipboard-write"] if script else [],
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, path: str = "") -> None:
        """To a page of ours."""
        self.page.goto(self.base + path)

    def press(self, selector: str) -> None:
        """A button or link, and what it leads to."""
        self.page.locator(selector).first.click()
        self.page.wait_for_load_state("load")

    def sign_up(self, name: str, country: str) -> None:
        """The owner's account, and how to speak to them; from the page of sign-up on."""
        self.page.fill("#id_username", name)
        for field in ("#id_password1", "#id_password2"):
            self.page.fill(field, "long and odd 7")
        self.press("main button.first")
        self.page.select_option("#id_country", country)
        self.press("button[value=on]")

    def strangers(self) -> list[str]:
        """Calls to anybody but us."""
        return [url for url in self.asked if not url.startswith((self.base, "data:"))]

    def faults(self) -> list[str]:
        """What axe-core finds wrong with the page at hand, and a page wider than its window."""
        self.page.evaluate(AXE)
        found = self.page.evaluate("axe.run().then(said => said.violations)")
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        told = [f"{each['id']}: {each['help']}: {[node['html'][:120] for node in each['nodes']][:3]}" for each in found]
        return told + ([f"{wide} px wide in a window of {self.width}"] if wide > self.width else [])
