"""The plans in a small world: what must hold whatever the figures are."""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
import pytest
from bench.policy.optimal import BayesOptimal
from bench.policy.pipeline import through_answer
from bench.policy.plans import AlwaysWait, Clairvoyant, FromDay, SeedEarly, SeedPatient
from bench.policy.play import Play, mornings, play, score
from bench.policy.product import Product
from bench.world import Mode, World, dossier, perturbed, world
from bench.world.money import worth

from dozor.answer import answer


@cache
def w() -> World:
    return world(250, 11)


@cache
def plays() -> dict[str, Play]:
    plans = [AlwaysWait(), FromDay("day 30", 30), SeedEarly(), SeedPatient(), Product(), Clairvoyant()]
    return {each.plan.name: each for each in play(w(), plans, keep=True)}


def test_our_plan_asks_for_nothing_illegal_misses_no_deadline_and_withdraws_nothing():
    own = score(w(), plays()["dozor"])
    assert own.illegal == own.missed == own.wrong_cancels == 0


def test_our_plan_gets_the_money_back_with_few_needless_claims():
    scores = {name: score(w(), each) for name, each in plays().items()}
    assert scores["dozor"].recovered > 0.6 and scores["always wait"].recovered == 0
    assert scores["dozor"].needless <= scores["seed-early (day 15)"].needless / 2


def test_the_whole_answer_takes_the_same_step_and_breaks_nothing():
    """S055, S071, S097: claims inside the protection, none withdrawn, none confirmed."""
    found = through_answer(w(), plays()["dozor"], 60)
    assert found.days > 40 and found.same / found.days > 0.9
    assert not found.broken


def test_who_knows_the_future_is_not_beaten():
    value = {name: float((w().price * worth(w(), each.opened)).sum()) for name, each in plays().items()}
    assert value["clairvoyant"] >= max(value.values()) - 0.002 * w().price.sum()


def test_the_optimum_learns_to_wait_and_to_claim():
    big = world(6000, 12)
    best, patient, waits = play(big, [BayesOptimal(world(20_000, 13)), SeedPatient(), AlwaysWait()])
    gain = {each.plan.name: float(worth(big, each.opened).sum()) for each in (best, patient, waits)}
    assert gain["Bayes-optimal"] > gain["always wait"] + 0.02 * big.n
    assert gain["Bayes-optimal"] > gain["seed-patient (end - 7)"] - 0.001 * big.n
    assert score(big, best).needless < 0.05


@pytest.mark.parametrize("knob", ["lag +50 %", "sellers shifted", "clock eight hours off"])
def test_our_plan_keeps_its_promises_in_another_world(knob):
    turned = world(120, 14, perturbed(knob))
    own = score(turned, play(turned, [Product()])[0])
    assert own.illegal == own.missed == 0


@pytest.mark.parametrize("shipped_known", [1.0, 0.0])
def test_the_window_of_the_plan_is_that_of_the_clock(shipped_known):
    """Whatever cuts it: another parcel's delivery, one before a claim can be opened, one that nobody was shown."""
    told = {"end_read": 0.0, "shipped_known": shipped_known, "order_number_given": 0.2, "source_down": 0.0}
    blind, product = world(700, 5, perturbed("sellers shifted").with_figures(**told)), Product()
    recycled, seen = blind.mode == Mode.RECYCLED, 0
    for morning in mornings(blind, 66):
        if morning.day % 20 != 5:
            continue
        window = product.window(blind, morning)
        picked = ~blind.end_read & ~morning.seen.received & (recycled | (np.arange(blind.n) % 9 == 0))
        for i in np.flatnonzero(picked).tolist():
            now = blind.instant(morning.now[i])
            clock = answer(dossier(blind, i, float(morning.now[i])), now).clock
            end = clock.limit("protection_end")
            assert end is not None and end.at is not None
            assert abs(end.at - blind.instant(window.end[i])) < dt.timedelta(hours=12), (i, morning.day)
            last = clock.limit("rescue_deadline") or end
            assert last.at is not None
            assert abs(last.at - blind.instant(window.until[i])) < dt.timedelta(hours=12), (i, morning.day)
            seen += 1
    assert seen > 100


def test_the_odds_of_a_mood_are_the_same_for_all_plans():
    asked = play(w(), [FromDay("a", 20), FromDay("b", 20)])
    assert np.array_equal(asked[0].opened, asked[1].opened)
