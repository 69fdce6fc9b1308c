"""How long the box reads what nobody would write: 200,000 characters of one thing again and again, as it takes at most.

    .venv/bin/python bench/intake/endless.py

The box is open to strangers, and while one text is read everybody else waits. Beside each: a page of ordinary prose.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.intake.test_endless import ENDLESS, SIZE

from dozor.answer import answer
from dozor.model import Dossier

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
PROSE = "The parcel RB740193524CN was sent 24 days ago, and since then the site says that it is on its way. "


def seconds(text: str) -> float:
    """Of a core, for the whole answer."""
    begun = time.process_time()
    answer(Dossier(text=text), NOW)
    return time.process_time() - begun


def main() -> None:
    seconds(PROSE)  # the tables are loaded
    ordinary = seconds(PROSE * 20)
    print(f"{'a page of prose':24} {ordinary:6.2f} s")
    chance = random.Random(1)
    numbers = " ".join("LP" + "".join(chance.choices("0123456789", k=14)) for _ in range(11_000))
    texts = {name: (unit * (SIZE // len(unit) + 1))[:SIZE] for name, unit in ENDLESS.items()} | {
        "11,000 numbers": numbers
    }
    for name, text in texts.items():
        took = seconds(text)
        print(f"{name:24} {took:6.2f} s   {took / ordinary:5.1f} times as long")


if __name__ == "__main__":
    main()
