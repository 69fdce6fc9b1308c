"""What `dozor serve` runs, killed with SIGKILL at random instants under load, then a notifier alone with a crowd of
messages; on SQLite and on a real PostgreSQL (durable, as set up).

    .venv/bin/python bench/kill/run.py [--kills 100] [--only served|notifier] [--on SQLite|PostgreSQL]

What is asserted, and what each figure counts, is said in `tests/service/kill.py` and `tests/service/notify/kill.py`; a
broken promise ends the run with an error.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.service.postgres import Postgres  # noqa: E402

HARNESSES = {"served": "tests.service.kill", "notifier": "tests.service.notify.kill"}


def run(what: str, name: str, kills: int, **more: str) -> int:
    """One harness on one database."""
    with tempfile.TemporaryDirectory(prefix="dozor-kill-") as folder:
        words = [sys.executable, "-m", HARNESSES[what], str(kills), "7"]
        done = subprocess.run(
            words, cwd=ROOT, env={**os.environ, "DOZOR_DATA": folder, **more}, stdout=subprocess.PIPE, text=True
        )
    print(f"{what} {name}: {done.stdout.strip() or 'broken'}", flush=True)
    return done.returncode


def main() -> None:
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    words.add_argument("--kills", type=int, default=100)
    words.add_argument("--only", choices=HARNESSES, help="one of the two")
    words.add_argument("--on", choices=("SQLite", "PostgreSQL"), help="one of the two")
    given = words.parse_args()
    wanted = [given.only] if given.only else list(HARNESSES)
    failed = 0
    if given.on != "PostgreSQL":
        for what in wanted:
            failed |= run(what, "SQLite", given.kills)
    if given.on != "SQLite":
        server = Postgres(durable=True)
        try:
            for what in wanted:
                failed |= run(what, "PostgreSQL", given.kills, DATABASE_URL=server.create(what))
        finally:
            server.stop()
    sys.exit(failed)


if __name__ == "__main__":
    main()
