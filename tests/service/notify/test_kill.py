"""Killed at any instant, the notifier tells nothing twice to whoever took it, and owns up to what it cannot know."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.killing import told_by


@pytest.mark.once
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_ten_kills_repeat_nothing_that_was_taken(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    seen = told_by("tests.service.notify.kill", 10, database, "told", tmp_path, request)
    assert seen["taken"] >= 10 and seen["taken_twice"] == 0, seen
