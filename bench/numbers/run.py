"""How fast numbers are identified and found, on one core: `.venv/bin/python bench/numbers/run.py`.

The list is made of the tables' own examples, so it covers the whole catalogue; the text is ordinary prose
without numbers. Best of five rounds. Peers get the same list and the same prose in the same run, where
`bench/numbers/peers.sh` has installed them; how many of the list each of them knows is shown beside its speed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dozor.model import Kind
from dozor.numbers import find, formats, identify

PEERS = Path(__file__).resolve().parents[1] / ".peers"
PROSE = "Dear customer, thank you for your purchase of 2 items. We hope that you enjoy them, and please write to us.\n"

PYTHON_PEER = """
import json, sys, time
import tracking_numbers as peer
asked = json.load(sys.stdin)
numbers, mail = asked["numbers"], asked["mail"]
start = time.perf_counter(); known = sum(peer.get_tracking_number(n) is not None for n in numbers)
one = time.perf_counter() - start
print(json.dumps({"per_second": len(numbers) / one, "known": known, "mb": None}))
"""
NODE_PEER = """
const { getTracking, findTracking } = require('ts-tracking-number');
const { numbers, mail } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
let start = process.hrtime.bigint();
const known = numbers.filter((n) => getTracking(n)).length;
const one = Number(process.hrtime.bigint() - start) / 1e9;
start = process.hrtime.bigint(); findTracking(mail);
const two = Number(process.hrtime.bigint() - start) / 1e9;
console.log(JSON.stringify({ per_second: numbers.length / one, known, mb: mail.length / 1e6 / two }));
"""


def best_of(work: Callable[[], object], rounds: int = 5) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    numbers = [example for row in formats() for example in row.valid]
    mail = PROSE * 20_000
    known = sum(any(reading.kind is Kind.TRACKING for reading in identify(number)) for number in numbers)
    many = numbers * 100
    per_second = len(many) / best_of(lambda: [identify(number) for number in many])
    speed = len(mail) / 1e6 / best_of(lambda: find(mail), rounds=2)
    show("dozor", per_second, known, len(numbers), speed)
    few = {"numbers": numbers * 5, "mail": PROSE * 500}
    peers = {
        "tracking-numbers": ([str(PEERS / "python/bin/python"), "-c", PYTHON_PEER], PEERS),
        "ts-tracking-number": (["node", "-e", NODE_PEER], PEERS),
    }
    for name, (command, folder) in peers.items():
        answer = asked(command, folder, few)
        if answer is None:
            print(f"{name:<20} not here (bench/numbers/peers.sh)")
        else:
            show(name, answer["per_second"], round(answer["known"] / 5), len(numbers), answer["mb"])


def asked(command: list[str], folder: Path, what: dict[str, object]) -> dict[str, float] | None:
    try:
        run = subprocess.run(command, cwd=folder, input=json.dumps(what), capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(str(getattr(error, "stderr", error))[-300:], file=sys.stderr)
        return None
    answer: dict[str, float] = json.loads(run.stdout)
    return answer


def show(name: str, per_second: float, known: int, of: int, speed: float | None) -> None:
    prose = f"{speed:>8.1f} MB/s of prose" if speed is not None else "        no search in text"
    print(f"{name:<20} {per_second:>10,.0f} numbers/s   {known}/{of} of the list known as tracking   {prose}")


if __name__ == "__main__":
    main()
