"""How fast numbers are identified and found, on one core: `python bench/numbers/run.py`.

The list is made of the tables' own examples, so it covers the whole catalogue; the text is ordinary prose
without numbers. Best of five rounds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from dozor.numbers import find, formats, identify

PROSE = "Dear customer, thank you for your purchase of 2 items. We hope that you enjoy them, and please write to us.\n"


def best_of(work: Callable[[], object], rounds: int = 5) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    numbers = [example for row in formats() for example in row.valid] * 100
    mail = PROSE * 20_000
    identify(numbers[0])
    per_second = len(numbers) / best_of(lambda: [identify(number) for number in numbers])
    speed = len(mail) / 1e6 / best_of(lambda: find(mail), rounds=2)
    print(f"identify  {per_second:>10,.0f} numbers/s")
    print(f"find      {speed:>10.1f} MB/s of prose")


if __name__ == "__main__":
    main()
