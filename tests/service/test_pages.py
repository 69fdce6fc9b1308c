"""The service's pages say all there is to say, and no more."""

from __future__ import annotations

import re

import pytest

from dozor.service.config import SETTINGS
from tests.conftest import ROOT

pytestmark = pytest.mark.once  # no database is in it


def test_every_setting_is_documented_and_every_documented_one_is_there() -> None:
    text = (ROOT / "docs/service.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| (.*?) \|", text, re.MULTILINE))
    documented = {name for cell in named for name in re.findall(r"`((?:DOZOR|DATABASE)_[A-Z_]+)`", cell)}
    assert documented - {"DOZOR_PEER"} == {setting.name for setting in SETTINGS}
    for setting in SETTINGS:
        row = next(
            line for line in text.splitlines() if line.startswith("|") and f"`{setting.name}`" in line.split("|")[1]
        )
        assert ("*Secret.*" in row) == setting.secret, setting.name


def test_what_is_deployed_is_there() -> None:
    unit = (ROOT / "deploy/dozor.service").read_text(encoding="utf-8")
    image = (ROOT / "deploy/Containerfile").read_text(encoding="utf-8")
    assert "/opt/dozor/dozor serve" in unit and "NoNewPrivileges=yes" in unit
    assert "--require-hashes -r requirements/serve.txt" in image and (ROOT / "requirements/serve.txt").exists()
    variables = set(re.findall(r"\b(DOZOR_[A-Z_]+)=", unit + image)) - {"DOZOR_CACHE"}
    assert variables <= {setting.name for setting in SETTINGS}
