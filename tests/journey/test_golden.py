"""Twelve histories, each with the journey that is drawn from it and its stage after each event: read them.

The files of `golden/` hold a title, facts, what each system said (`system number also … holds … = outcome`, then
rows of time, text, place and code), a line of dashes, and the expected drawing. `DOZOR_GOLDEN=write pytest …`
writes the drawings anew; they are reviewed by eye in the change that follows.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from rich.console import Console

from dozor.carriers import read_recorded
from dozor.cli.journey.page import show_journey
from dozor.cli.show import sentence
from dozor.journey import weave_each
from dozor.model import Alias, Event, Journey, LinkKind, Order, Outcome, OutcomeKind, Reading, Report
from dozor.numbers import identify

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.txt"))
LINE = "-" * 80


def voice(head: str, rows: list[str]) -> Report:
    """One system's report: "russian-post RB… also RB… = unknown_number" and its rows."""
    head, _, outcome = head.partition(" = ")
    words = head.split()
    facts: dict[str, list[str]] = {"number": []}
    key = "number"
    for word in words[1:]:
        if word in ("also", "holds", "destination", "weight"):
            key = word
            facts[key] = []
        else:
            facts[key].append(word)
    events: list[dict[str, Any]] = []
    for row in rows:
        time, text, place, code = (part.strip() for part in row.split("|", 3))
        events.append({"time": time, "text": text, "location": place, "code": code})
    number = facts["number"][0]
    (report,) = read_recorded(json.dumps({"carrier": words[0], "number": number, "events": events}))
    aliases = [Alias(each, said_by=words[0]) for each in facts.get("also", ())]
    aliases += [Alias(each, LinkKind.CONTAINS, said_by=words[0]) for each in facts.get("holds", ())]
    return replace(
        report,
        outcome=Outcome(OutcomeKind(outcome)) if outcome else report.outcome,
        aliases=tuple(aliases),
        destination=(facts.get("destination") or [None])[0],
        weight_grams=int(facts["weight"][0]) if "weight" in facts else None,
    )


def case(text: str) -> tuple[list[Report], dt.datetime, Order, list[Reading]]:
    """What a golden file says above its line."""
    _, facts, *voices = text.strip().split("\n\n")[0].split("\n", 1) + text.strip().split("\n\n")[1:]
    now, order, numbers = dt.datetime.now(dt.UTC), Order(), list[Reading]()
    for line in facts.splitlines():
        name, *words = line.split()
        if name == "now":
            now = dt.datetime.fromisoformat(words[0]).replace(tzinfo=dt.UTC)
        elif name == "order":
            told = dict(zip(words[::2], words[1::2], strict=True))
            paid = dt.date.fromisoformat(told["paid"]) if "paid" in told else None
            order = Order(destination=told.get("to"), paid=paid, city=told.get("city"))
        elif name == "numbers":
            numbers = [identify(number)[0] for number in words]
    reports = []
    for block in voices:
        rows: list[str] = []
        for line in reversed(block.splitlines()):
            if line[:4].isdigit():
                rows.insert(0, line)
            else:
                reports.insert(0, voice(line, rows))
                rows = []
    return reports, now, order, numbers


def drawn(journeys: tuple[Journey, ...], now: dt.datetime) -> str:
    """The journeys as the terminal shows them, with the carriers' words."""
    stream = io.StringIO()
    page = Console(file=stream, width=100, highlight=False)
    for journey in journeys:
        said = sentence(journey, now, "en")
        show_journey(journey, said, "en", originals=True, titled=len(journeys) > 1, out=page)
        page.print()
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


def prefixes(reports: list[Report], now: dt.datetime, order: Order, numbers: list[Reading]) -> str:
    """The stage of the first parcel after each day on which something was told."""
    days = sorted({e.when.local.date() for r in reports for e in r.events if e.when})
    lines = []
    for day in days:
        known = [replace(r, events=tuple(e for e in r.events if until(e, day))) for r in reports]
        at = min(now, dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC))
        journey = weave_each(known, at, order=order, numbers=numbers)[0]
        lines.append(f"{day}  {journey.stage.value if journey.stage else '-'}  ({sentence(journey, at, 'en')})")
    return "\n".join(lines)


def until(event: Event, day: dt.date) -> bool:
    return event.when is not None and event.when.local.date() <= day


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_each_history_is_drawn_as_reviewed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    told, _, expected = text.partition(LINE)
    reports, now, order, numbers = case(told)
    journeys = weave_each(reports, now, order=order, numbers=numbers)
    found = f"{drawn(journeys, now)}\nAfter each day\n{prefixes(reports, now, order, numbers)}\n"
    if os.environ.get("DOZOR_GOLDEN") == "write":
        path.write_text(f"{told.strip()}\n\n{LINE}\n{found}", encoding="utf-8")
    assert expected.strip() == found.strip()


def test_there_are_ten_and_more() -> None:
    assert len(GOLDEN) >= 10
