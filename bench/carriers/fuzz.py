"""A hundred thousand spoilt answers over all connectors: `.venv/bin/python bench/carriers/fuzz.py [count]`.

None may raise, each must give a typed outcome, and memory must stay bounded.
"""

from __future__ import annotations

import collections
import datetime as dt
import json
import random
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.carriers.test_reading import mutated
from tests.carriers.test_systems import _torn

from dozor.carriers import connector
from dozor.carriers.base import Ask, Connector, Response, read_safely
from dozor.carriers.fakes.server import FIXTURES, plays
from dozor.carriers.others import others, reader
from dozor.model import OutcomeKind

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def bodies() -> dict[str, tuple[bytes, str]]:
    found = {id: (play.answer.encode(), play.number) for id, play in plays().items()}
    # Those that are only read are given what others answer: no shape may raise for an answer of another.
    answers = sorted(found.values())
    found |= {id: answers[place % len(answers)] for place, id in enumerate(sorted(others()))}
    rows = json.loads((FIXTURES / "cainiao.json").read_text(encoding="utf-8"))
    found["cainiao"] = (json.dumps({"module": rows, "success": True}).encode(), "LB550123774CN")
    found["upu"] = ((FIXTURES / "upu.json").read_bytes(), "RB740193524CN")
    return found


def made(id: str) -> Connector:
    return reader(id) if id in others() else connector(id)


def main(count: int) -> None:
    rng, known, kinds = random.Random(2026), bodies(), collections.Counter()
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    names = sorted(known)
    for index in range(count):
        id = names[index % len(names)]
        body, number = known[id]
        spoilt = mutated(body, rng) if body.lstrip()[:1] in (b"{", b"[") else _torn(body, rng)
        status = rng.choice([200, 200, 200, 200, 400, 401, 403, 404, 429, 500])
        (report,) = read_safely(made(id), Response(status, spoilt, {}, "https://x.test/"), [Ask(number)], NOW)
        assert isinstance(report.outcome.kind, OutcomeKind)
        kinds[report.outcome.kind.value] += 1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{count} spoilt answers over {len(names)} systems in {time.perf_counter() - start:.0f} s, none raised")
    print(f"memory grew by {grown:.0f} MB; outcomes: {dict(kinds.most_common())}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
