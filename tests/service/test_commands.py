"""The commands of the household's owner, as a person types them: a process a machine, a command after another."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.service.test_serve import env

CSV = "number;title;price\nRB740193524CN;Lamp;3,20 USD\nRB123456785CN;Cable;cheap\n"
TYPIST = """
import json, sys
from click.testing import CliRunner
from dozor.cli.main import group
said = []
for words in json.loads(sys.argv[1]):
    if words[0] == "account":
        from django.contrib.auth import get_user_model
        get_user_model().objects.create_user(words[1], password="x")
        continue
    if words[0] == "forget":
        from dozor.service.parcels import actions, people
        actions.delete_everything(people.person_named(words[1]), account=True)
        continue
    done = CliRunner().invoke(group, words)
    said.append({"code": done.exit_code, "out": done.stdout, "err": done.stderr, "broke": repr(done.exception)})
print(json.dumps(said))
"""


def typed(data: Path, *commands: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", TYPIST, json.dumps(commands)],
        env=env(data),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.once
def test_a_household_moves_to_another_machine(tmp_path: Path) -> None:
    file, table = str(tmp_path / "all.zip"), tmp_path / "list.csv"
    table.write_text(CSV, encoding="utf-8")
    _, brought, plan, saved, held = typed(
        tmp_path / "here",
        ["manage", "migrate", "-v0"],
        ["account", "olga"],
        ["import", str(table), "--lang", "ru"],
        ["watch", "plan", "--lang", "en"],
        ["backup", file, "--lang", "en"],
        ["restore", file],
    )
    assert brought["code"] == 1 and "1 added, 0 updated, 1 wrong" in brought["out"], brought
    assert "добавлено" in brought["out"] and "пишите 3.20 USD" in brought["out"]
    assert plan["code"] == 0 and "Lamp" in plan["out"] and "at the next opportunity" in plan["out"], plan
    assert saved["code"] == 0 and "verified" in saved["out"], saved
    assert held["code"] == 1 and "--replace" in held["err"]
    sound, back, taken, as_csv, unclear, petrs = typed(
        tmp_path / "there",
        ["restore", file, "--check", "--lang", "zh"],
        ["restore", file, "--lang", "ru"],
        ["export", "-"],
        ["export", "-", "--csv"],
        ["account", "petr"],
        ["export", "-"],
        ["export", "-", "--user", "petr"],
    )
    assert sound["code"] == 0 and "备份完好" in sound["out"]
    assert back["code"] == 0 and "восстановлено и сверено" in back["out"], back
    (parcel,) = json.loads(taken["out"])["parcels"]
    assert (parcel["title"], parcel["dossier"]["numbers"]) == ("Lamp", ["RB740193524CN"])
    assert "RB740193524CN,Lamp" in as_csv["out"]
    assert unclear["code"] == 2 and "--user" in unclear["err"]
    assert json.loads(petrs["out"])["parcels"] == []


@pytest.mark.once
def test_what_was_learnt_goes_into_a_file_that_check_and_predict_read(tmp_path: Path) -> None:
    file, table = tmp_path / "learnt.json", tmp_path / "list.csv"
    table.write_text(CSV.replace("cheap", "2 USD"), encoding="utf-8")
    _, _, before, learnt, shown, check, predict, doctor = typed(
        tmp_path / "here",
        ["manage", "migrate", "-v0"],
        ["account", "olga"],
        ["import", str(table)],
        ["forecast", "show", "--lang", "en"],
        ["forecast", "learn", "--out", str(file), "--lang", "ru"],
        ["forecast", "show", "--lang", "en"],
        ["check", "RB740193524CN", "--offline", "--json", "--learnt", str(file)],
        ["predict", "--to", "KZ", "--json", "--learnt", str(file)],
        ["doctor"],
    )
    assert "published figures alone" in before["out"], before
    assert learnt["code"] == 0 and "Сроки пока оцениваются" in learnt["out"], learnt
    assert json.loads(file.read_text(encoding="utf-8"))["version"] >= 2
    assert shown["code"] == check["code"] == predict["code"] == 0, (shown, check, predict)
    assert "published figures alone" in doctor["out"], doctor


@pytest.mark.once
def test_what_is_deleted_is_in_no_file_any_more(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    lines = "".join(f"LP{place:014d},{'unforgettable words ' * 40}\n" for place in range(20))
    table.write_text("number,text\n" + lines, encoding="utf-8")

    def found() -> bool:
        return any(b"unforgettable" in path.read_bytes() for path in (tmp_path / "here").glob("dozor.sqlite3*"))

    typed(tmp_path / "here", ["manage", "migrate", "-v0"], ["account", "olga"], ["import", str(table)])
    assert found()
    typed(tmp_path / "here", ["watch", "plan"], ["forget", "olga"])
    assert not found()


@pytest.mark.once
def test_a_table_in_odd_letters_is_read_as_far_as_it_can_be(tmp_path: Path) -> None:
    table = tmp_path / "odd.csv"
    table.write_bytes(b"number,title\nRB740193524CN,\x98\xd1\n")  # neither UTF-8 nor any letter of cp1251
    brought = typed(tmp_path / "here", ["manage", "migrate", "-v0"], ["account", "olga"], ["import", str(table)])[-1]
    assert brought["code"] == 0 and "1 added, 0 updated, 0 wrong" in brought["out"], brought
