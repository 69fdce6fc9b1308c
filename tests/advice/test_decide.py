"""Wait or act: the programme gives the textbook's days, and leans the right way in every figure."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dozor.advice.decide import arrivals, decide, plan, points, programme
from dozor.advice.tables import Style, style

from .world import NOW, ask, clock, dossier, outlook

# Days before the deadline of the first prompt, by service (median, sigma, deadline) and share that never comes: the
# published table of the method, for a person who heeds every second prompt.
SHARES = (0.01, 0.05, 0.2, 0.6, 0.95)
TABLE = {
    (15, 0.45, 60): (8, 10, 12, 14, 17),
    (26, 0.5, 60): (4, 6, 9, 11, 14),
    (38, 0.5, 75): (3, 6, 9, 11, 15),
    (8, 0.4, 30): (6, 8, 10, 11, 14),
}
BY_RELIABILITY = {0.2: 14, 0.3: 10, 0.5: 6, 0.8: 3, 0.95: 2}

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


def arrived(median: float, sigma: float, days: int, never: float) -> list[float]:
    """P(arrived by day k after shipping) for a log-normal time."""
    normal = NormalDist()
    return [0.0] + [(1 - never) * normal.cdf(math.log(day / median) / sigma) for day in range(1, days + 1)]


def first_prompt(median: float, sigma: float, end: int, never: float, reliability: float = 0.5) -> int:
    curve = arrived(median, sigma, end + 16, never)
    decision = programme(curve, never, first=10, last=end, style=MONEY_ONLY, reliability=reliability)
    return end - decision.prompt_in


@pytest.mark.parametrize(("service", "days"), TABLE.items())
def test_the_published_table_of_first_prompts_is_met_within_a_day(service, days):
    assert all(abs(first_prompt(*service, never) - want) <= 1 for never, want in zip(SHARES, days, strict=True))


def test_the_published_days_by_reliability_are_met_within_a_day():
    assert all(abs(first_prompt(26, 0.5, 60, 0.05, r) - want) <= 1 for r, want in BY_RELIABILITY.items())


def test_a_thousand_orders_at_once_are_decided_as_one_by_one():
    rng = np.random.default_rng(4)
    n = 300
    never, reliability = rng.uniform(0.01, 0.95, n), rng.uniform(0.1, 0.9, n)
    last, first = rng.integers(0, 60, n), rng.integers(0, 30, n)
    known = [(float(at), np.sort(rng.uniform(0, 1, (3, n)), axis=0)[place]) for place, at in enumerate((7, 14, 30))]
    many = programme(
        arrivals(known, never, 76), never, first=first, last=last, style=MONEY_ONLY, reliability=reliability
    )
    weeks = plan(
        many, to_end=last + 2.0, to_last=last + 0.5, rescue=last < 1, talked=never > 0.2, look_first=never > 0.8,
        coming=never < 0.3, ready=never < 0.1, can_open=first < 5,
    )  # fmt: skip
    for i in range(n):
        curve = arrivals([(at, float(share[i])) for at, share in known], float(never[i]), 76)
        one = programme(
            curve, float(never[i]), first=int(first[i]), last=int(last[i]), style=MONEY_ONLY,
            reliability=float(reliability[i]),
        )  # fmt: skip
        assert one.prompt_in == many.prompt_in[i]
        assert abs(one.p_arrives - many.p_arrives[i]) < 1e-9 and abs(one.worth_waiting - many.worth_waiting[i]) < 1e-9
        week = plan(
            one, to_end=float(last[i]) + 2.0, to_last=last[i] + 0.5, rescue=bool(last[i] < 1),
            talked=bool(never[i] > 0.2), look_first=bool(never[i] > 0.8), coming=bool(never[i] < 0.3),
            ready=bool(never[i] < 0.1), can_open=bool(first[i] < 5),
        )  # fmt: skip
        assert bool(week.act) == bool(weeks.act[i]) and abs(week.act_in - weeks.act_in[i]) < 1e-9


def test_the_last_week_waits_only_for_goods_that_will_clearly_come():
    """S053: seven days before the end the claim is opened, unless the parcel is about to come."""

    def act(never: float, to_end: float, **more: bool) -> bool:
        decision = programme([0.0] + [1 - never] * 30, never, first=0, last=5, style=MONEY_ONLY, reliability=0.5)
        said = {"rescue": False, "talked": False, "look_first": False, "coming": False, "ready": False, **more}
        return bool(plan(decision, to_end=to_end, to_last=to_end - 2, **{"can_open": True, **said}).act)

    assert act(0.5, 6.5) and not act(0.5, 7.5) and not act(0.05, 6.5)
    assert not act(0.5, 6.5, can_open=False) and not act(0.5, 6.5, coming=True)
    assert act(0.9, 30, talked=True) and not act(0.9, 30, talked=True, look_first=True)


def test_on_the_last_safe_day_only_a_parcel_that_can_be_fetched_is_relied_on():
    """S053, S055: near is not in hand; tomorrow no claim is safe any more."""

    def act(to_last: float, *, ready: bool, rescue: bool = False, comes: float = 0.1) -> bool:
        last = int(to_last)
        curve = [0.0] + [comes * 0.95] * (last + 16)
        decision = programme(curve, 0.05, first=0, last=last, style=MONEY_ONLY, reliability=0.5)
        said = plan(
            decision, to_end=to_last + 2, to_last=to_last, rescue=rescue, talked=False, look_first=False, coming=True,
            ready=ready, can_open=True,
        )  # fmt: skip
        return bool(said.act)

    assert act(0.6, ready=False) and not act(1.6, ready=False) and not act(0.6, ready=True)
    assert act(1.6, ready=False, rescue=True) and not act(12.6, ready=False, rescue=True, comes=0.99)


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
    curve = arrivals(points(outlook(never=0.2), NOW), 0.2, 400)
    assert curve[0] == 0 and abs(curve[15] - 0.4) < 0.02
    assert all(a <= b for a, b in pairwise(curve))
    assert abs(curve[400] - 0.8) < 0.01
    assert arrivals(points(None, NOW), 0.3, 10)[10] < 0.7


def test_points_that_fall_back_do_not_bring_goods_back():
    curve = arrivals([(5.0, 0.4), (9.0, 0.3), (20.0, 1.0)], 0.1, 60)
    assert all(a <= b for a, b in pairwise(curve)) and len(curve) == 61
    assert abs(curve[5] - 0.36) < 1e-9 and curve[60] <= 0.9


def test_reminders_are_more_for_those_who_forget():
    def prompts(reliability: float) -> int:
        return len(
            ask("untracked_by_design", dossier(), c=clock(end=40), o=outlook(), reliability=reliability).reminders
        )

    assert prompts(0.2) > prompts(0.9) >= 3
