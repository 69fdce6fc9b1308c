"""Seed rules that the advice answers for and that no state of the playbook shows by itself."""

from __future__ import annotations

import pytest

from dozor.model import Money, StepId

from .world import NOW, ask, clock, days, dossier, first, ids, outlook


@pytest.mark.rule("S030")
def test_goods_that_never_came_are_claimed_in_full():
    advice = ask(
        "lost",
        dossier(shipped=50, price=Money(1999, "USD"), said=(("buyer", 6.0),)),
        c=clock(end=6),
        o=outlook(never=0.9),
    )
    claim = next(step for step in advice.steps if step.id in (StepId.OPEN_DISPUTE_NOW, StepId.OPEN_DISPUTE_BY_DEADLINE))
    assert any("19.99 USD" in words for words in claim.say.values())


@pytest.mark.rule("S043")
def test_how_patient_to_be_is_the_buyers_choice():
    def day(style):
        steps = ask(
            "untracked_by_design", dossier(shipped=30, style=style), c=clock(end=40), o=outlook(never=0.2)
        ).steps
        claim = next(step for step in steps if step.id is StepId.OPEN_DISPUTE_BY_DEADLINE)
        return claim.not_before

    assert day("early") <= day("balanced") <= day("patient") <= NOW + days(40 - 2)


@pytest.mark.rule("S046")
def test_prompts_come_days_before_the_end_of_protection():
    advice = ask("untracked_by_design", dossier(shipped=30), c=clock(end=30), o=outlook(never=0.2))
    assert advice.reminders
    assert any(NOW + days(14) <= prompt <= NOW + days(26) for prompt in advice.reminders)
    assert all(NOW < prompt <= NOW + days(30) for prompt in advice.reminders)


@pytest.mark.rule("S050")
def test_the_slip_may_never_come_so_the_office_is_asked():
    advice = ask(
        "untracked_by_design", dossier(shipped=40, price=Money(300, "USD")), c=clock(end=30), o=outlook(never=0.2)
    )
    assert StepId.ASK_POST_OFFICE in ids(advice)


@pytest.mark.rule("S010", "S077")
def test_another_site_is_tried_before_anybody_is_suspected():
    assert first(ask("wrong_carrier_asked", dossier(shipped=8), o=outlook())) is StepId.ASK_OTHER_CARRIER
