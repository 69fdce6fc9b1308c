"""Killed at any instant, what `dozor serve` runs loses nothing, doubles nothing and keeps nothing in part, on both
databases; asked to stop under the same load, it ends cleanly. `bench/kill` does it longer.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.killing import told_by


@pytest.mark.once
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_killed_it_loses_and_doubles_nothing(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    seen = told_by("tests.service.kill", 5, database, "killed", tmp_path, request)
    assert seen["changes"] >= 10 and seen["pages"] >= 3 and seen["events"] >= 5 and seen["asks"] >= 3, seen
    assert seen["stops"] >= 1, seen
