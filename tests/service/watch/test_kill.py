"""Killed at any instant, the watch loses nothing and doubles nothing, on both databases. `bench/kill` does it longer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.service.postgres import Postgres


@pytest.mark.once
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_ten_kills_lose_and_double_nothing(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    env = {**os.environ, "DOZOR_DATA": str(tmp_path)}
    if database == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        env["DATABASE_URL"] = server.create("killed")
    words = [sys.executable, "-m", "tests.service.kill", "10"]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout)
    assert seen["kills"] == 10 and seen["events"] >= 10 and seen["asks"] >= 3, seen
