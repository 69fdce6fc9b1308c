"""`dozor serve` on a fresh folder: one command, and pages answer; asked to stop, it stops."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import ROOT

DOZOR = Path(sys.executable).parent / "dozor"


def env(data: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOZOR_", "DATABASE_URL"))}
    return {**kept, "DOZOR_DATA": str(data), "DOZOR_CACHE": os.environ["DOZOR_CACHE"], **more}


def run(data: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([DOZOR, *words], env=env(data, **more), cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.once
def test_one_command_makes_everything_and_answers(tmp_path: Path) -> None:
    data = tmp_path / "fresh" / "dozor"
    server = subprocess.Popen(
        [DOZOR, "serve", "--host", "127.0.0.2", "--port", "0"],
        env=env(data),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        address = re.search(r"http://127\.0\.0\.2:\d+/", server.stdout.readline())
        assert address, server.stderr and server.stderr.read()
        with urllib.request.urlopen(address[0] + "readyz") as answer:
            assert answer.read() == b'{"ready": true, "missing": []}'
        with urllib.request.urlopen(address[0] + "accounts/login/") as page:
            assert page.status == 200
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        for secret in ("keys/session.key", "keys/secrets.key", "dozor.sqlite3"):
            assert stat.S_IMODE((data / secret).stat().st_mode) == 0o600, secret
        taken = run(data, "serve", "--host", "127.0.0.2", "--port", address[0].rstrip("/").rpartition(":")[2])
        assert taken.returncode == 1 and "--port" in taken.stderr and "Traceback" not in taken.stderr
        healthy = run(data, "doctor")
        assert healthy.returncode == 0 and "wrong" not in healthy.stdout, healthy.stdout
    finally:
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=30)
    assert server.returncode == 0 and "Traceback" not in errors, errors


@pytest.mark.once
def test_wrong_settings_are_lines_and_not_traces(tmp_path: Path) -> None:
    for words in (["serve"], ["manage", "check"]):
        done = run(tmp_path, *words, DOZOR_PORT="http", DOZOR_TRUST_PROXY="perhaps")
        assert done.returncode == 2
        assert done.stderr.count("dozor: DOZOR_") == 2 and "Traceback" not in done.stderr
    sick = run(tmp_path, "doctor", DOZOR_PORT="http")
    assert sick.returncode == 1 and "wrong  DOZOR_PORT" in sick.stdout


@pytest.mark.once
@pytest.mark.parametrize("words", [["watch", "plan"], ["watch", "once"], ["backup"], ["export", "-"]])
def test_where_nothing_is_yet_a_command_says_so_in_a_line(tmp_path: Path, words: list[str]) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == 2 and "start dozor serve once" in done.stderr and "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.once
def test_the_doctor_sees_what_is_wrong(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert run(data, "manage", "check").returncode == 0
    (data / "keys" / "session.key").chmod(0o644)
    sick = run(data, "doctor")
    assert sick.returncode == 2 and "chmod 600" in sick.stderr
    (data / "keys" / "session.key").chmod(0o600)
    away = run(data, "doctor", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert away.returncode == 1 and "does not answer" in away.stdout
    served = run(data, "serve", "--port", "0", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert served.returncode == 2 and "does not answer" in served.stderr and "Traceback" not in served.stderr
    assert "DOZOR_PROT is no setting" in run(data, "doctor", DOZOR_PROT="1").stdout
