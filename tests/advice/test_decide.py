"""Wait or act: the programme gives the textbook's days, and leans the right way in every figure."""

from __future__ import annotations

import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dozor.advice.decide import arrivals, decide
from dozor.advice.tables import Style, style

from .world import NOW, ask, clock, dossier, outlook

MONEY_ONLY = Style("test", unrest=0.0, needless=0.06, goodwill=0, source="test", confidence="judgement")


def prompt(
    never: float,
    left: float = 40,
    reliability: float = 0.5,
    opens: float = 0,
    temper: Style = MONEY_ONLY,
    mean: float = 15,
):
    o = outlook(never=never, mean=mean)
    return decide(o, NOW, never=never, opens_in=opens, days_left=left, style=temper, reliability=reliability)


def test_an_ordinary_parcel_is_disputed_in_the_last_days_not_at_once_and_not_on_the_last():
    """With half the prompts heeded the best first prompt lies 4 to 14 days before the end (published table of the method)."""
    for never in (0.05, 0.2, 0.4):
        assert 4 <= 40 - prompt(never).prompt_in <= 16


@given(st.floats(0.02, 0.6), st.floats(0.15, 0.6), st.floats(1.1, 1.6))
def test_the_less_reliable_the_person_the_earlier_the_prompt(never, reliability, factor):
    assert prompt(never, reliability=reliability).prompt_in <= prompt(never, reliability=reliability * factor).prompt_in


@given(st.floats(0.02, 0.45), st.floats(1.1, 2.0))
def test_the_worse_the_hope_the_earlier_the_prompt(never, factor):
    assert prompt(never * factor).prompt_in <= prompt(never).prompt_in


@given(st.floats(0.01, 0.95), st.floats(0, 90), st.floats(0, 100), st.floats(0.05, 0.95))
def test_the_prompt_lies_inside_the_window(never, left, opens, reliability):
    decision = prompt(never, left=left, reliability=reliability, opens=opens)
    assert 0 <= decision.prompt_in <= left
    assert decision.prompt_in >= min(opens, int(left))
    assert 0 <= decision.p_arrives <= 1


def test_styles_stand_in_their_order():
    days = [prompt(0.3, temper=style(name)).prompt_in for name in ("early", "balanced", "patient")]
    assert days == sorted(days) and days[0] < days[2]


def test_hopeless_is_acted_on_at_once_and_hopeful_is_waited_for():
    assert prompt(0.95, temper=style("balanced")).prompt_in == 0
    assert prompt(0.03, temper=style("balanced")).prompt_in > 20


def test_arrivals_follow_the_lane_and_end_at_the_hope():
    curve = arrivals(outlook(never=0.2), NOW, 0.2, 400)
    assert curve[0] == 0 and abs(curve[15] - 0.4) < 0.02
    assert all(a <= b for a, b in pairwise(curve))
    assert abs(curve[400] - 0.8) < 0.01
    assert arrivals(None, NOW, 0.3, 10)[10] < 0.7


def test_reminders_are_more_for_those_who_forget():
    def prompts(reliability: float) -> int:
        return len(
            ask("untracked_by_design", dossier(), c=clock(end=40), o=outlook(), reliability=reliability).reminders
        )

    assert prompts(0.2) > prompts(0.9) >= 3


def test_one_advice_takes_less_than_five_milliseconds():
    ask("fake_number", o=outlook())
    began = time.perf_counter()
    for _ in range(20):
        ask("fake_number", o=outlook())
    assert (time.perf_counter() - began) / 20 < 0.005
