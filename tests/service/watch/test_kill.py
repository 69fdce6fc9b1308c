"""Killed at any instant, watch and messages lose nothing and double nothing, on both databases; `bench/kill` longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.killing import told_by


@pytest.mark.once
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_ten_kills_lose_and_double_nothing(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    seen = told_by("tests.service.kill", database, "killed", tmp_path, request)
    assert seen["events"] >= 10 and seen["asks"] >= 3, seen
