"""The written pages are what the tables, the tests and the structs make of them."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

from dozor.model import Dossier, Event, Message, Milestone, Moment, Money, Order, Outcome, OutcomeKind, Report
from tests.conftest import ROOT


def run(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=cwd, capture_output=True, text=True, timeout=60)


def form(name: str) -> Draft202012Validator:
    schema = json.loads((ROOT / f"docs/schema/{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("script", ["rules_table", "schemas", "carriers_table"])
def test_the_committed_page_is_fresh(script: str) -> None:
    result = run(f"script/{script}", "--check")
    assert result.returncode == 0, result.stderr


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A project of one module and one rule, with the script that makes its table."""
    for folder in ("script", "docs", "src/dozor/forecast", "tests/advice", "tests/forecast"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "script/rules_table", tmp_path / "script/rules_table")
    (tmp_path / "docs/rules.toml").write_text('[forecast]\nS008 = "A lag."\n')
    (tmp_path / "src/dozor/forecast/lags.toml").write_text('sources = ["S008"]\n')
    (tmp_path / "tests/advice/test_a.py").write_text('@pytest.mark.rule("S008")\ndef test_a(): ...\n')
    return tmp_path


def row(house: Path) -> list[str]:
    assert run("script/rules_table", cwd=house).returncode == 0
    line = next(line for line in (house / "docs/rules.md").read_text().splitlines() if line.startswith("| S008"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_test_of_another_room_touches_a_rule_but_does_not_show_it(house: Path) -> None:
    assert row(house)[2:] == ["`forecast/lags.toml`", "to come with forecast", "`advice/test_a.py`"]
    (house / "tests/forecast/test_f.py").write_text('@pytest.mark.rule("S008")\ndef test_f(): ...\n')
    assert run("script/rules_table", "--check", cwd=house).returncode == 1
    assert row(house)[3:] == ["`forecast/test_f.py`", "`advice/test_a.py`"]


def test_a_marker_that_is_no_rule_is_refused(house: Path) -> None:
    (house / "src/dozor/forecast/lags.toml").write_text('sources = ["S999"]\n')
    result = run("script/rules_table", cwd=house)
    assert result.returncode == 1
    assert "S999 is no seed rule" in result.stderr and "forecast/lags.toml" in result.stderr


NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SCAN = Event("Departed", Moment(dt.datetime(2026, 11, 1, 8, 30), 480), code="PMS", milestone=Milestone.IN_TRANSIT)
REPORT = Report("upu", "RB123456785CN", Outcome(OutcomeKind.FOUND), NOW, (SCAN,))
DOSSIERS = [
    Dossier(),
    Dossier(text="RB123456785CN, sent 24 days ago"),
    Dossier(numbers=("RB123456785CN",), order=Order(price=Money(320, "USD"), paid=dt.date(2026, 10, 30))),
    Dossier(reports=(REPORT,), messages=(Message("please wait", at=NOW),), today=NOW.date()),
]


@pytest.mark.parametrize("dossier", DOSSIERS)
def test_a_dossier_we_write_is_valid_by_its_schema(dossier: Dossier) -> None:
    written = msgspec.json.encode(dossier)
    form("dossier").validate(json.loads(written))
    assert msgspec.json.decode(written, type=Dossier) == dossier


def test_a_report_we_write_is_valid_by_its_schema() -> None:
    form("report").validate(json.loads(msgspec.json.encode(REPORT)))


@pytest.mark.parametrize(
    "wrong", [{"numbers": "RB123456785CN"}, {"order": {"price": {"minor": 1.5}}}, {"reports": [1]}]
)
def test_schema_and_decoder_refuse_the_same(wrong: dict[str, object]) -> None:
    assert not form("dossier").is_valid(wrong)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Dossier)
