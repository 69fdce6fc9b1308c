"""The picture: what it shows of an answer, and that every label can be read at every width."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from dozor.answer import answer
from dozor.cli.main import group
from dozor.i18n import LANGUAGES
from dozor.intake import read_dossier
from dozor.model import Answer
from dozor.picture import THEMES, draw, draw_each, stylesheet
from dozor.picture.draw import _lanes, _scale
from dozor.picture.layout import Box, Label, Placed, Zone, wrapped
from dozor.picture.scene import scene
from dozor.picture.svg import Canvas
from dozor.picture.tables import figure, palette, width_of
from dozor.picture.zone import in_zone

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SVG = "{http://www.w3.org/2000/svg}"


def told(text: str, ago: int, milestone: str) -> dict[str, Any]:
    local = (NOW.date() - dt.timedelta(days=ago)).isoformat() + "T00:00:00"
    return {"text": text, "when": {"local": local, "precision": "day"}, "milestone": milestone, "decided_by": "said"}


def order(**fields: Any) -> dict[str, Any]:
    return {"marketplace": "aliexpress", "paid_days_ago": 44, "shipped_days_ago": 41, "destination": "RU", **fields}


CASES: dict[str, dict[str, Any]] = {
    "silent": {"text": "RB740193524CN", "events_seen": False, "order": order(protection_days_left=13)},
    "moving": {
        "events": [
            told("Posting", 38, "accepted"),
            told("Left", 25, "left_origin_country"),
            told("Arrived", 9, "arrived_destination_country"),
            told("Released", 8, "customs_released"),
            told("Sorting", 4, "in_transit"),
        ],
        "order": order(protection_days_left=40),
    },
    "at the office": {"events": [told("Waiting", 11, "available_for_pickup")], "order": order(protection_days_left=19)},
    "delivered, not here": {
        "events": [told("Delivered", 2, "delivered")],
        "order": order(protection_days_left=20, received=False),
    },
    "returned": {"events": [told("Back", 5, "return_started")], "order": order(protection_days_left=20)},
    "dispute": {
        "order": order(protection_days_left=20),
        "dispute": {"state": "waiting_seller", "opened_days_ago": 2},
    },
    "expired": {"order": order(paid_days_ago=90, shipped_days_ago=88, protection_days_left=-5)},
    "direct": {"order": {"marketplace": "direct", "paid_days_ago": 40, "payment": "paypal", "destination": "DE"}},
    "marketplace without dates": {"text": "RB740193524CN", "order": {"marketplace": "aliexpress"}},
    "a number alone": {"text": "RB740193524CN"},
}


def solved(name: str) -> Answer:
    return answer(read_dossier(CASES[name]), NOW)


def texts(drawn: str) -> str:
    return " | ".join(text.text or "" for text in ET.fromstring(drawn).iter(f"{SVG}text")).replace("\u00a0", " ")


@pytest.mark.parametrize("width", [280, 360, 720, 1000])
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_labels_stand_apart_and_inside(name: str, lang: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No label over another, none outside: the boxes are those that were drawn, on the page's own axes."""
    boxes: list[Box] = []

    def keep(self: Canvas, zone: Zone, top: float) -> None:
        boxes.extend(Box(p.box.x, p.box.y + top, p.box.width, p.box.height) for p in zone.placed)

    def keep_text(self: Canvas, words: str, x: float, y: float, colour: str, **how: Any) -> None:
        length = width_of(words, bold=how.get("bold", False))
        boxes.append(Box(x - length if how.get("anchor") == "end" else x, y - 14, length, 14))

    monkeypatch.setattr(Canvas, "labels", keep)
    monkeypatch.setattr(Canvas, "text", keep_text)
    shown = scene(solved(name), lang, events=5)
    most = figure("label_narrow" if width < figure("narrow") else "label_wide")
    canvas = Canvas(width=width, theme="light", id="x", standalone=True)
    _lanes(canvas, shown, _scale(shown, width), float(width), most)
    assert len(boxes) >= 3
    for place, box in enumerate(boxes):
        assert box.x >= -0.5 and box.x + box.width <= width + 0.5, box
        for other in boxes[place + 1 :]:
            assert not box.meets(other), (box, other)


@given(
    st.lists(
        st.tuples(st.floats(0, 360), st.text("абвжш W1年", min_size=1, max_size=14), st.booleans(), st.booleans()),
        max_size=9,
    ),
    st.floats(0, 360),
)
@settings(max_examples=150)
def test_whatever_the_labels_they_find_places(wanted: list[tuple[float, str, bool, bool]], today: float) -> None:
    zone = Zone(360, walls=[Box(today - 1, 0, 2, 10_000)])
    placed: list[Placed] = [zone.put(Label(x, (words,), bold=b, tied=t)) for x, words, b, t in wanted]
    for place, one in enumerate(placed):
        assert one.box.x >= 0
        assert all(not one.box.meets(other.box) for other in placed[place + 1 :])


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("theme", THEMES)
def test_it_is_a_picture_that_needs_nothing_from_elsewhere(name: str, theme: Any) -> None:
    drawn = draw(solved(name), lang="ru", theme=theme, id="p7")
    root = ET.fromstring(drawn)
    assert root.get("role") == "img" and root.get("aria-labelledby") == "p7-title p7-desc"
    assert [root[0].get("id"), root[1].get("id")] == ["p7-title", "p7-desc"]
    assert root[1].text and len(root[1].text) > 40
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    assert "{" not in texts(drawn) and "picture." not in texts(drawn)
    assert drawn == draw(solved(name), lang="ru", theme=theme, id="p7")


@pytest.mark.parametrize("name", CASES)
def test_several_for_one_page_are_the_same_as_each_alone(name: str) -> None:
    widths, zone = {"wide": 720, "narrow": 360}, ZoneInfo("Asia/Almaty")
    alone = [
        draw(solved(name), width=each, lang="ru", id=id, standalone=False, zone=zone) for id, each in widths.items()
    ]
    assert list(draw_each(solved(name), widths, lang="ru", zone=zone)) == alone


def test_a_page_with_its_own_styles_gets_no_style_and_no_ground() -> None:
    inside = draw(solved("silent"), standalone=False)
    assert "<style" not in inside and "style=" not in inside
    for colour in set(re.findall(r"dz-[fs]-(\w+)", inside)):
        assert f"var(--dozor-{colour}," in stylesheet()
    assert "prefers-color-scheme" in stylesheet("auto") and "prefers-color-scheme" not in stylesheet("dark")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "silent",
            ("not one scan in 41 days", "protection ends 7 Dec", "decide by", "last chance", "today, 24 Nov"),
        ),
        ("at the office", ("ready to be picked up", "collect it by")),
        ("delivered, not here", ("delivered", "open the dispute by")),
        ("returned", ("going back to the sender",)),
        ("dispute", ("dispute opened 22 Nov", "protection ends 14 Dec")),
        ("direct", ("payment", "PayPal")),
        ("marketplace without dates", ("read it on the order page",)),
        ("a number alone", ("say where and how you paid",)),
    ],
)
def test_it_says_what_the_answer_says(name: str, said: tuple[str, ...]) -> None:
    shown = texts(draw(solved(name), width=1000, lang="en"))
    flat = re.sub(r"[ |]+", " ", shown)
    for words in said:
        assert words in flat, (words, flat)


def test_a_parcel_that_lies_at_the_office_is_not_drawn_as_silent() -> None:
    assert "silent" not in texts(draw(solved("at the office")))
    assert "likely" not in texts(draw(solved("delivered, not here")))


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("tone", ["ink", "quiet", "red", "moss", "amber", "blue"])
def test_words_are_legible_on_paper(tone: str, theme: str) -> None:
    text, paper = (_luminance(getattr(palette()[id], theme)) for id in (tone, "paper"))
    assert (max(text, paper) + 0.05) / (min(text, paper) + 0.05) >= 4.5


def test_lines_break_between_words_and_keep_figures_with_their_units() -> None:
    assert wrapped("ни одного скана, 24 дня", 130)[-1].endswith("24 дня")
    assert "".join(wrapped("预计十一月二十五日至十二月十日", 80)) == "预计十一月二十五日至十二月十日"
    assert wrapped("короче", 300) == ("короче",)


def test_dozor_check_draws_it(tmp_path: Any) -> None:
    path = tmp_path / "out.svg"
    told = "--offline --shop aliexpress --shipped 24d --protection-left 13 --now 2026-11-24 --lang ru"
    arguments = ["check", "RB740193524CN", *told.split(), "--width", "360", "--theme", "dark", "--picture", str(path)]
    run = CliRunner().invoke(group, arguments)
    assert run.exit_code == 0, run.output
    assert str(path) in run.stderr
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    assert root.get("width") == "360" and "сегодня, 24 нояб" in texts(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("option", "value"), [("--width", "40"), ("--picture", "/no/such/folder/x.svg")])
def test_what_cannot_be_drawn_is_said_in_one_line(option: str, value: str, tmp_path: Any) -> None:
    given = {"--picture": str(tmp_path / "x.svg"), option: value}
    run = CliRunner().invoke(
        group, ["check", "RB740193524CN", "--offline", *[part for pair in given.items() for part in pair]]
    )
    assert run.exit_code == 2
    assert option in run.stderr and "Traceback" not in run.stderr


LATE = dt.datetime(2026, 11, 24, 22, 30, tzinfo=dt.UTC)
IN_ZONES = {
    "order": {
        "marketplace": "aliexpress",
        "paid": "2026-10-11",
        "destination": "RU",
        "protection_end": "2026-12-10T22:00:00Z",
    },
    "dispute": {"state": "waiting_seller", "opened": "2026-11-20"},
}


@pytest.mark.parametrize(
    ("zone", "today", "end"),
    [("UTC", "24 Nov", "10 Dec"), ("Europe/Moscow", "25 Nov", "11 Dec"), ("America/New_York", "24 Nov", "10 Dec")],
)
def test_today_and_the_days_are_the_readers(zone: str, today: str, end: str) -> None:
    """An instant late in the evening is another day further east; a day of payment is the same day everywhere."""
    found = answer(read_dossier(IN_ZONES), LATE)
    shown = texts(draw(found, zone=ZoneInfo(zone)))
    assert f"today, {today}" in shown and f"protection ends {end}" in shown
    assert "11 Oct" in shown and "20 Nov" in shown


def test_a_day_is_as_wide_as_the_readers_day() -> None:
    """Today's line stands where the reader's clock is within the reader's day: the whole scene moves by the zone."""
    found = answer(read_dossier(IN_ZONES), LATE)
    utc, east = scene(found, "en", events=5), scene(in_zone(found, ZoneInfo("Europe/Moscow")), "en", events=5)
    assert east.now - utc.now == dt.timedelta(hours=3)
    paid = [[mark.at for mark in each.parcel.marks if mark.at.date() == dt.date(2026, 10, 11)] for each in (utc, east)]
    assert paid[0] == paid[1] != []
    assert in_zone(found, dt.UTC) is found


def test_the_command_line_draws_the_days_of_a_zone(tmp_path: Path) -> None:
    told = ["check", "--offline", "RB740193524CN", "--now", LATE.isoformat(), "--lang", "en", "--picture"]
    path = tmp_path / "parcel.svg"
    done = CliRunner().invoke(group, [*told, str(path), "--zone", "Asia/Tokyo"])
    assert done.exit_code == 0, done.output
    assert "25 Nov" in texts(path.read_text())
    assert CliRunner().invoke(group, [*told, str(path), "--zone", "Nowhere/Land"]).exit_code == 2
