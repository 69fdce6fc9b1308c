"""Pages and a watcher of their own started at once on a machine where nothing is yet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.service.postgres import Postgres
from tests.service.test_serve import env

START = """
from dozor.service import run
run.set_up()
print("begins", flush=True)
input()
run.prepare(print)
from dozor.service import health
print("missing", health.problems())
"""


@pytest.mark.once
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_of_many_that_start_at_once_one_makes_the_schema(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    more = {}
    if database == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        more["DATABASE_URL"] = server.create("together")
    # On PostgreSQL they may stand on machines of their own, with a folder each.
    folders = [tmp_path / (f"data{n}" if database == "postgres" else "data") for n in range(3)]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", START],
            env=env(folder, **more),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for folder in folders
    ]
    for each in started:
        assert each.stdout is not None and each.stdout.readline() == "begins\n"
    for each in started:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    said = [each.communicate(timeout=60) for each in started]
    assert [each.returncode for each in started] == [0, 0, 0], [errors for _, errors in said]
    assert all("missing []" in out for out, _ in said), said
    assert sum("making the schema" in out for out, _ in said) == 1, said
