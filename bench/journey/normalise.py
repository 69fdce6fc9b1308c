"""How fast texts get their meaning, on one core: `.venv/bin/python bench/journey/normalise.py`.

Warm: a day's events of many parcels, whose words repeat while places, names and numbers differ. Cold: nothing was
seen before, every text is read by the phrases. Unknown: texts in which no phrase is found, judged by their letters.
Best of three rounds, of
processor time: neighbours at work do not count.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from dozor.journey import normalise
from dozor.journey.normalise import _of_text

EXAMPLES = Path(__file__).parents[2] / "src/dozor/journey/examples.toml"
PLACES = ("Leipzig", "GUANGZHOU", "Одесса", "Астана", "北京", "São Paulo", "Köln", "")


def told(count: int) -> list[str]:
    """Texts of all languages, each with a place and numbers of its own."""
    rows = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))["row"]
    texts = [text for row in rows for text in row["texts"]]
    return [f"{texts[at % len(texts)]}; {PLACES[at % 7]} {at:06}" for at in range(count)]


def rate(texts: list[str], before: Callable[[], object] = lambda: None) -> float:
    """Texts a second, the best of three rounds; `before` is called before each."""
    best = 0.0
    for _ in range(3):
        before()
        start = time.process_time()
        for text in texts:
            normalise(text)
        best = max(best, len(texts) / (time.process_time() - start))
    return best


def main() -> None:
    normalise("Delivered")  # tables are read
    texts = told(20_000)
    for text in texts:
        normalise(text)
    print(f"warm     {rate(texts):>9,.0f} texts a second")
    few = told(2_000)
    print(f"cold     {rate(few, _of_text.cache_clear):>9,.0f} texts a second")
    strange = [f"zzyzx {at:x} qwrtp {at * 7919:x}" for at in range(300)]
    print(f"unknown  {rate(strange, _of_text.cache_clear):>9,.0f} texts a second")


if __name__ == "__main__":
    main()
