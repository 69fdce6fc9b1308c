"""What all that kills has in common: children that work until SIGKILL ends them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT


def forked(work: Any, *words: Any) -> int:
    """A child that does it; its pid. Nothing of ours is shared with it but memory as it was."""
    from django.conf import settings
    from django.db import connections

    if settings.configured:
        connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        work(*words)
    finally:
        os._exit(1)


def ended(pid: int) -> None:
    """Killed, at whatever it was."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def told_by(
    harness: str, kills: int, database: str, name: str, folder: Path, request: pytest.FixtureRequest
) -> dict[str, Any]:
    """What a harness says after so many kills, on a database of its own (sqlite or postgres)."""
    env = {**os.environ, "DOZOR_DATA": str(folder)}
    if database == "postgres":
        env["DATABASE_URL"] = request.getfixturevalue("postgres").create(name)
    words = [sys.executable, "-m", harness, str(kills)]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(done.stdout)
    assert seen["kills"] == kills
    return seen
