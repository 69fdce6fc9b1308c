"""The picture promises no more than the causes allow: a number nobody could have issued does not come at 97 %."""

from __future__ import annotations

import datetime as dt
import re

from dozor.answer import answer
from dozor.model import Dossier, Order
from dozor.picture import draw

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def chance(number: str) -> tuple[int, float]:
    order = Order(marketplace="aliexpress", destination="RU", shipped_days_ago=24, paid_days_ago=25)
    given = answer(Dossier(numbers=(number,), order=order, events_seen=False, today=NOW.date()), NOW)
    assert given.advice.p_never is not None and given.outlook is not None
    shown = re.search(r"comes: (\d+) %", draw(given, lang="en"))
    assert shown is not None
    return int(shown[1]), given.advice.p_never


def test_the_chance_that_is_drawn_is_that_of_the_causes() -> None:
    impossible, never = chance("RS123456789CN")
    assert impossible == round(100 * (1 - never))
    assert impossible < chance("UA740193524CN")[0]
