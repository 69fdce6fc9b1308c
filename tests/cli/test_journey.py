"""`dozor journey` as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dozor.cli.main import group

NOW = ("--now", "2026-11-24")
HISTORY = {
    "number": "RB740193524CN",
    "events": [
        {"time": "2026-11-09 14:10", "text": "Arrived at transit country", "location": "Almaty, Kazakhstan"},
        {"time": "2026-11-05 02:00+08:00", "text": "Departed country of origin", "location": "Urumqi"},
        {"time": "2026-10-30 18:40+08:00", "text": "Accepted by carrier", "location": "Shenzhen"},
    ],
}


def run(*args: str) -> Result:
    return CliRunner().invoke(group, ["journey", *args])


@pytest.fixture
def history(tmp_path: Path) -> str:
    path = tmp_path / "history.json"
    path.write_text(json.dumps(HISTORY), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "In Kazakhstan since 9 November, 14 days without a scan."),
        ("ru", "Казахстан: здесь с 9 ноября, 14 дней без отметок."),
        ("uk", "Казахстан: тут з 9 листопада, 14 днів без позначок."),
        ("zh", "自11月9日起在哈萨克斯坦，已有14 天没有扫描记录。"),
    ],
)
def test_one_sentence_first(history: str, lang: str, said: str) -> None:
    result = run(history, *NOW, "--lang", lang)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[0] == said


def test_the_words_of_the_carriers_on_demand(history: str) -> None:
    assert "Departed country of origin" not in run(history, *NOW, "--lang", "en").output
    assert "Departed country of origin" in run(history, *NOW, "--lang", "en", "--originals").output


def test_as_json(history: str) -> None:
    told = json.loads(run("draw", history, *NOW, "--lang", "en", "--json").output)
    assert told[0]["sentence"].startswith("In Kazakhstan since 9 November")
    assert [leg["kind"] for leg in told[0]["journey"]["legs"]] == ["origin", "transport"]


def test_options_may_stand_in_front_and_help_is_the_groups(history: str) -> None:
    assert run("--lang", "en", *NOW, history).output.startswith("In Kazakhstan")
    assert "draw" in run("--help").output


def test_what_cannot_be_read_is_one_line() -> None:
    for given in ("/nowhere/at/all.json", "8001234567891234"):
        result = run(given, "--offline")
        assert result.exit_code == 2 and "Traceback" not in result.output


def test_a_number_that_nobody_was_asked_about() -> None:
    result = run("RB740193524CN", "--offline", "--lang", "en", *NOW)
    assert result.exit_code == 0 and result.output.startswith("No scan yet")
