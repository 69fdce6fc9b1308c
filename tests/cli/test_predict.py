"""`dozor predict` as a person uses it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from dozor.cli.main import group
from dozor.forecast import Parcel
from dozor.forecast.learn import learn
from dozor.i18n import LANGUAGES

NOW = dt.datetime(2026, 7, 15, tzinfo=dt.UTC)


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(group, ["predict", "--now", "2026-07-15", *args])
    return result.exit_code, result.output


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_speaks_four_languages_and_names_its_sources(lang: str) -> None:
    code, out = run("--price", "3.20 USD", "--to", "KZ", "--from", "CN", "--lang", lang)
    assert code == 0
    assert "30 %" in out and "untracked/5" in out and "predict." not in out and "forecast." not in out


def test_json_is_the_prediction() -> None:
    code, out = run("--price", "3.20 USD", "--service", "Super Economy", "--to", "UA", "--json", "--lang", "en")
    found = json.loads(out)
    assert code == 0 and found["reach"] == "origin_only" and found["thin"]
    assert found["days_p10"] < found["days_p50"] < found["days_p90"]
    assert found["n"] and found["sources"] and all(reason["text"] for reason in found["reasons"])


def test_what_an_installation_has_learnt_counts(tmp_path: Path) -> None:
    parcels = [
        Parcel(
            "ship_to_delivered", NOW - dt.timedelta(days=40 + day), 10.0 + day % 3, True, origin="CN", destination="KZ"
        )
        for day in range(120)
    ]
    file = tmp_path / "learnt.json"
    file.write_bytes(msgspec.json.encode(learn(parcels, NOW)))
    _, before = run("--from", "CN", "--to", "KZ", "--json")
    code, after = run("--from", "CN", "--to", "KZ", "--json", "--learnt", str(file))
    assert code == 0 and json.loads(after)["days_p50"] < 14 < json.loads(before)["days_p50"]


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "learnt.json"
    file.write_text("{}")
    for args in (["--learnt", str(file)], ["--learnt", str(tmp_path / "none")], ["--to", "XX"], ["--price", "much"]):
        code, out = run(*args)
        assert code == 2 and "Traceback" not in out
