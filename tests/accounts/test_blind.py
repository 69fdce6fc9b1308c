"""Accounts written before the tables were read: as people write on forums and complaint portals, in some thirty languages.

Each names the causes and first steps that a careful reader would accept, and the steps that would do harm. They were
measured untouched first; the floors stand a little below what is reached, harm may hardly ever happen.
"""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dozor.answer import answer
from dozor.intake import read_dossier
from dozor.model import CauseId, StepId

HERE = Path(__file__).parent
FILES = (
    "blind",
    "blind_again",
    "blind_third",
    "blind_fourth",
    "blind_fifth",
    "blind_sixth",
    "blind_seventh",
    "blind_eighth",
    "blind_ninth",
    "blind_tenth",
)
CAUSE, STEP, HARM = 0.88, 0.85, 0.01
# What is never advised to somebody who waits for goods.
ALWAYS = frozenset({"confirm_receipt", "cancel_dispute"})


@cache
def judged(name: str) -> tuple[tuple[str, dict[str, Any], str, list[str]], ...]:
    found = []
    for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        expect = raw.pop("expect")
        dossier = read_dossier(raw)
        assert dossier.today is not None
        given = answer(dossier, dt.datetime.combine(dossier.today, dt.time(12), dt.UTC))
        steps = [step.id.value for step in given.advice.steps]
        found.append((raw["id"], expect, given.diagnosis.causes[0].id.value, steps))
    return tuple(found)


@pytest.mark.parametrize("name", FILES)
def test_the_accounts_name_known_causes_and_steps(name: str) -> None:
    ids = [id for id, _, _, _ in judged(name)]
    assert len(ids) == len(set(ids)) >= 20
    for id, expect, _, _ in judged(name):
        assert set(expect["cause"]) <= set(CauseId) and expect["cause"], id
        assert {*expect["steps"], *expect["never"]} <= set(StepId) and expect["steps"], id


@pytest.mark.parametrize("name", FILES)
def test_the_top_cause_is_mostly_right(name: str) -> None:
    wrong = [(id, cause, expect["cause"]) for id, expect, cause, _ in judged(name) if cause not in expect["cause"]]
    assert len(wrong) <= (1 - CAUSE) * len(judged(name)), wrong


@pytest.mark.parametrize("name", FILES)
def test_the_first_step_is_mostly_right(name: str) -> None:
    wrong = [(id, steps, expect["steps"]) for id, expect, _, steps in judged(name) if steps[0] not in expect["steps"]]
    assert len(wrong) <= (1 - STEP) * len(judged(name)), wrong


@pytest.mark.parametrize("name", FILES)
def test_hardly_a_step_does_harm(name: str) -> None:
    harmful = [
        (id, bad)
        for id, expect, _, steps in judged(name)
        if (bad := ({*expect["never"]} | ALWAYS) & set(steps) - set(expect["steps"]))
    ]
    assert len(harmful) <= HARM * len(judged(name)), harmful
