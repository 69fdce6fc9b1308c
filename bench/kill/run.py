"""Watch and notifier killed with SIGKILL at random instants under load, on SQLite and on a real PostgreSQL (durable, as
set up).

    .venv/bin/python bench/kill/run.py [kills]

What is asserted is said in `tests/service/kill.py` and `tests/service/notify/kill.py`; a broken promise ends
the run with an error.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.service.postgres import Postgres  # noqa: E402


def run(what: str, name: str, kills: int, **more: str) -> int:
    """One harness on one database."""
    with tempfile.TemporaryDirectory(prefix="dozor-kill-") as folder:
        words = [sys.executable, "-m", what, str(kills), "7"]
        done = subprocess.run(
            words, cwd=ROOT, env={**os.environ, "DOZOR_DATA": folder, **more}, capture_output=True, text=True
        )
    print(f"{what} {name}: {done.stdout.strip() or done.stderr[-2000:]}")
    return done.returncode


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    failed = 0
    for what in ("tests.service.kill", "tests.service.notify.kill"):
        failed |= run(what, "SQLite", kills)
    server = Postgres(durable=True)
    try:
        for what in ("tests.service.kill", "tests.service.notify.kill"):
            failed |= run(what, "PostgreSQL", kills, DATABASE_URL=server.create(what))
    finally:
        server.stop()
    sys.exit(failed)


if __name__ == "__main__":
    main()
