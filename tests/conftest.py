"""Shared by all tests: where the measuring data may stand, and how hypothesis runs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = (
    ROOT.parent / "shared"
)  # labelled and recorded data for measuring; tests that need it are collected only beside it

os.environ.setdefault("DOZOR_CACHE", tempfile.mkdtemp(prefix="dozor-cache-"))

settings.register_profile("dozor", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("dozor"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dozor")
