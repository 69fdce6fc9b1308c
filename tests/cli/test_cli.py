"""The command as a person types it, and as a program pipes it."""

from __future__ import annotations

import json

from click.testing import CliRunner

from dozor.cli.main import group


def run(*words: str, stdin: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(group, list(words), input=stdin, prog_name="dozor")
    return result.exit_code, result.stdout, result.stderr


def test_identify_says_why_the_guides_number_is_impossible() -> None:
    code, out, _ = run("identify", "RS123456789CN", "--lang", "en")
    assert code == 0
    assert "cannot be a real number: its check digit must be 5" in out
    assert "\x1b[" not in out


def test_identify_in_four_languages() -> None:
    answers = {run("identify", "UA123456785CN", "--lang", lang)[1] for lang in ("en", "ru", "uk", "zh")}
    assert len(answers) == 4


def test_bulk_goes_on_after_a_bad_line() -> None:
    code, out, _ = run("identify", "--jsonl", stdin='{"input": "RB123456785CN"}\nnonsense\n{"input": ""}\n')
    first, bad, empty = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert first["mentions"][0]["carriers"][0] == "china-post"
    assert "error" in bad
    assert empty == {"mentions": []}


def test_bad_input_is_one_line_and_exit_2() -> None:
    code, _, err = run("identify")
    assert code == 2
    assert "nothing to identify" in err


def test_reply_gives_meaning_and_bulk_categories() -> None:
    code, out, _ = run("reply", "please cancel the dispute", "--lang", "en")
    assert code == 0 and "Do not close it" in out
    _, out, _ = run("reply", "--jsonl", stdin='{"text": "Мы продлили защиту на 30 дней", "lang": "ru"}\n{}\n')
    assert [json.loads(line).get("category") for line in out.splitlines()] == ["extend", None]
