"""Worked stories: what a buyer has, and the answer to it, in files that anybody can read.

Each file names the seed rules it shows. A story that fails shows what was expected and what was answered, side by
side as a diff, with the words that the buyer would read. A cause of "*" means that the cause does not matter there.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from dozor.answer import answer
from dozor.i18n import say
from dozor.intake import read_dossier
from dozor.model import Answer, CauseId
from tests.conftest import ROOT

HERE = Path(__file__).parent
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
STORIES = sorted(HERE.glob("*.toml"))
# The branches of the guide's five steps, as the rule that opens each of them.
BRANCHES = {
    1: ("S037", "S039", "S084", "S085"),
    2: ("S040", "S041", "S042"),
    3: ("S044", "S048", "S049", "S050", "S051", "S052", "S053", "S066", "S067"),
    4: ("S055", "S057", "S059", "S060", "S061", "S062", "S064", "S065", "S093", "S094", "S097", "S100", "S101"),
    5: ("S072", "S073", "S074"),
}


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def solved(story: dict[str, Any]) -> Answer:
    dossier = {name: value for name, value in story.items() if name not in ("title", "rules", "says", "answer")}
    return answer(read_dossier({**dossier, "text": story["says"].strip(), "today": NOW.date().isoformat()}), NOW)


def told(given: Answer, lang: str) -> str:
    """What the buyer reads: steps with their reasons, what is to be sent, and what not to do."""
    parts = []
    for step in given.advice.steps:
        texts = [step.why, step.otherwise, step.watch_for, *step.how]
        parts += [say(text, lang) for text in texts if text is not None] + list(step.say.values())
    return "\n".join([*parts, *(say(guard, lang) for guard in given.advice.guards)])


def expected(story: dict[str, Any]) -> list[str]:
    wanted = story["answer"]
    lines = [f"cause: {wanted['cause']}", f"first: {wanted['first']}"]
    lines += [f"then:  {step}" for step in wanted.get("then", ())]
    return [*lines, *(f"reads: {words}" for words in wanted.get("reads", ()))]


def given(story: dict[str, Any], solution: Answer) -> list[str]:
    """The same lines as `expected`, as the answer has them; a step that must never be said is a line of its own."""
    wanted, steps = story["answer"], [step.id.value for step in solution.advice.steps]
    cause = "*" if wanted["cause"] == "*" else solution.diagnosis.causes[0].id.value
    lines = [f"cause: {cause}", f"first: {steps[0]}"]
    lines += [f"then:  {step}" for step in steps[1:] if step in wanted.get("then", ())]
    words = told(solution, story["lang"])
    lines += [f"reads: {each}" for each in wanted.get("reads", ()) if each in words]
    return [*lines, *(f"NEVER: {step}" for step in steps if step in wanted.get("never", ()))]


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story(path: Path) -> None:
    story = read(path)
    solution = solved(story)
    wanted, got = expected(story), given(story, solution)
    if wanted != got:
        diff = "\n".join(difflib.unified_diff(wanted, got, "expected", "answered", lineterm=""))
        causes = ", ".join(f"{each.id.value} {each.probability:.0%}" for each in solution.diagnosis.causes[:4])
        steps = ", ".join(step.id.value for step in solution.advice.steps)
        pytest.fail(
            f"{story['title']}\n{diff}\n\ncauses: {causes}\nsteps: {steps}\n\n{told(solution, story['lang'])}", False
        )


def test_the_stories_cover_every_cause_and_both_languages() -> None:
    stories = [read(path) for path in STORIES]
    assert len(stories) >= 30
    causes = {story["answer"]["cause"] for story in stories}
    assert {cause.value for cause in CauseId} - causes - {CauseId.OTHER.value} == set()
    assert {story["lang"] for story in stories} == {"en", "ru"}
    assert all(path.stem.endswith(f".{story['lang']}") for path, story in zip(STORIES, stories, strict=True))


def test_the_stories_cover_every_branch_of_the_five_steps() -> None:
    known = set(re.findall(r"S\d{3}", (ROOT / "docs/rules.toml").read_text(encoding="utf-8")))
    shown = {rule for path in STORIES for rule in read(path)["rules"]}
    assert shown <= known
    for step, rules in BRANCHES.items():
        assert not set(rules) - shown, f"step {step}"
