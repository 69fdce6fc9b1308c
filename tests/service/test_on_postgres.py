"""All service tests once more, on a real PostgreSQL: what is promised of one database is promised of both."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.service.postgres import Postgres


@pytest.mark.once
def test_the_service_does_on_postgres_what_it_does_on_sqlite(postgres: Postgres) -> None:
    words = ["-p", "no:cacheprovider", "-n", "0", "-v", "-m", "not once", "tests/service"]
    env = {**os.environ, "DATABASE_URL": postgres.url("dozor")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=540
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed and int(passed[1]) > 20, done.stdout[-500:]
    assert "skipped" not in done.stdout
