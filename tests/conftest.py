"""Shared by all tests: where the measuring data may stand, and how hypothesis runs."""

from __future__ import annotations

import os
import socket
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.peer import peer

__all__ = ["SHARED", "peer"]

ROOT = Path(__file__).resolve().parent.parent
SHARED = (
    ROOT.parent / "shared"
)  # labelled and recorded data for measuring; tests that need it are collected only beside it

os.environ.setdefault("DOZOR_CACHE", tempfile.mkdtemp(prefix="dozor-cache-"))

settings.register_profile("dozor", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("dozor"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dozor")


LOOPBACK = ("127.", "::1", "localhost")


class OutsideError(RuntimeError):
    """A test wanted to leave this machine."""


@pytest.fixture(autouse=True)
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test reaches beyond the loopback: a connector that forgets its peer fails loudly, not slowly."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise OutsideError(f"a test wanted to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    # What one test asked is not known to another.
    monkeypatch.setenv("DOZOR_STATE", str(Path(tempfile.gettempdir()) / f"dozor-{uuid.uuid4().hex}"))
    yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that it does not go on alone when everything else is done (`--no-loadscope-reorder`)."""
    items.sort(key=lambda item: item.path.name != "test_on_postgres.py")
