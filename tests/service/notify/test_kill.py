"""Killed at any instant, the notifier tells nothing twice to whoever took it, and owns up to what it cannot know."""

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
def test_ten_kills_repeat_nothing_that_was_taken(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    env = {**os.environ, "DOZOR_DATA": str(tmp_path)}
    if database == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        env["DATABASE_URL"] = server.create("told")
    words = [sys.executable, "-m", "tests.service.notify.kill", "10"]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout)
    assert seen["kills"] == 10 and seen["taken"] >= 10 and seen["taken_twice"] == 0, seen
