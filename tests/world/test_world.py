"""The simulated world keeps its own laws: causes before effects, nothing seen before it happens, truth as told."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from bench.world import CAUSES, KNOBS, SLOTS, Mode, World, cause, causes, dossier, end_at, perturbed, seen_at, world
from bench.world.money import last_chance, may_open, outcome, worth

from dozor.answer import answer
from dozor.journey import weave
from dozor.model import CauseId, Milestone
from dozor.numbers import identify

SLOT = {milestone: place for place, milestone in reversed(list(enumerate(SLOTS)))}


@cache
def w() -> World:
    return world(3000, 5)


def test_the_same_seed_gives_the_same_world_and_another_gives_another():
    again, other = world(3000, 5), world(3000, 6)
    assert np.array_equal(w().arrives, again.arrives) and np.array_equal(w().seen, again.seen)
    assert not np.array_equal(w().arrives, other.arrives)


def test_nothing_is_seen_before_it_happens_and_what_is_lost_never_comes():
    known = np.isfinite(w().seen)
    assert (w().seen[known] >= w().scan[known]).all()
    own = w().mode != Mode.RECYCLED
    way = [Milestone.ACCEPTED, Milestone.LEFT_ORIGIN_COUNTRY, Milestone.ARRIVED_DESTINATION_COUNTRY,
           Milestone.CUSTOMS_RELEASED, Milestone.ARRIVED_AT_DELIVERY_OFFICE, Milestone.DELIVERED]  # fmt: skip
    times = w().scan[own][:, [SLOT[each] for each in way]]
    both = np.isfinite(times[:, 1:])
    assert (np.diff(np.where(np.isfinite(times), times, 1e9), axis=1)[both] >= 0).all()
    assert not (np.isfinite(w().lost) & np.isfinite(w().arrives)).any()
    nothing = np.isin(w().mode, (Mode.NOT_SENT, Mode.FAKE_EMPTY, Mode.RECYCLED, Mode.LABEL_NEVER))
    assert not np.isfinite(w().arrives[nothing]).any()


def test_the_shares_are_those_of_the_rules():
    """A quarter of the parcels is untracked (S109); most come, and most of them inside the protection (S003)."""
    blind = ~np.isfinite(w().seen[:, SLOT[Milestone.CUSTOMS_RELEASED] :]).any(1) & np.isfinite(w().arrives)
    assert 0.15 < blind.mean() < 0.45
    assert 0.9 < np.isfinite(w().arrives).mean() < 0.97
    assert (w().arrives <= w().end).mean() > 0.85


def test_every_cause_that_can_be_true_becomes_true_somewhere():
    many = world(12_000, 5)
    met = {CAUSES[code] for t in range(10, 430, 9) for code in np.unique(causes(many, float(t)))}
    wanted = set(CauseId) - {CauseId.OTHER, CauseId.IMPOSSIBLE_NUMBER, CauseId.SOURCE_DOWN}
    assert wanted <= met
    found = {cause(w(), i, float(w().shipped[i]) + 12.3) for i in range(600)}
    assert CauseId.SOURCE_DOWN in found


def test_the_scans_are_read_as_what_they_are():
    """The words of the world are the carriers' words: the journey finds in them the milestones that were drawn."""
    for i in range(120):
        t = float(min(w().shipped[i] + 50, 1e6))
        d = dossier(w(), i, t)
        journey = weave(d.reports, w().instant(t), order=d.order)
        shown = {SLOTS[slot] for slot in range(len(SLOTS)) if w().seen[i, slot] <= t}
        read = {event.milestone for event in journey.events}
        assert read <= shown
        asked_right = w().wrong_asked_until[i] <= t and w().needs_until[i] <= t and w().mistaken_until[i] <= t
        down = any(report.outcome.kind.value == "unreachable" for report in d.reports)
        if asked_right and not down and shown:
            assert Milestone.DELIVERED not in shown or Milestone.DELIVERED in read


def test_numbers_are_of_their_issuers():
    genuine = [i for i in range(400) if w().mode[i] == Mode.GENUINE and w().mistaken_until[i] < 0]
    for i in genuine:
        (number,) = dossier(w(), i, float(w().shipped[i]) + 5).numbers
        assert identify(number)[0].valid, number


def test_an_answer_can_be_had_at_any_instant():
    for i in range(60):
        for after in (-0.5, 1.5, 14.2, 40.7, 75.0):
            t = float(w().shipped[i]) + after
            assert answer(dossier(w(), i, t), w().instant(t)).advice.steps


def test_a_claim_is_paid_only_for_goods_that_do_not_come_and_in_its_window():
    opened = w().shipped + 30.0
    result = outcome(w(), opened)
    in_hand = w().arrives <= opened
    assert not result.refunded[in_hand].any() and not result.needless[in_hand].any()
    assert result.refunded[~np.isfinite(w().arrives)].mean() > 0.7
    assert (worth(w(), np.full(w().n, np.inf)) == np.isfinite(w().arrives)).all()
    assert (worth(w(), opened) <= 1).all()
    for t in (50.0, 150.0):
        may = may_open(w(), t, seen_at(w(), t))
        assert not may[(w().opens > t) | (t > last_chance(w()) + w().extension)].any()


def test_an_extension_moves_the_end_and_a_delivered_scan_cuts_it():
    later = end_at(w(), 1e6) - w().end
    assert (later[np.isfinite(w().extended_at) & ~np.isfinite(w().seen[:, SLOT[Milestone.DELIVERED]])] > 0).all()
    assert (later < 0).any()


@pytest.mark.parametrize("knob", KNOBS)
def test_each_knob_turns_the_world_and_leaves_it_whole(knob):
    turned = world(400, 2, perturbed(knob))
    assert np.isfinite(turned.arrives).mean() > 0.85
    assert (turned.arrives >= turned.paid).all()
    slower = {"lag +50 %", "everything 30 % slower"}
    if knob in slower:
        plain = world(400, 2)
        both = np.isfinite(turned.arrives) & np.isfinite(plain.arrives)
        assert turned.arrives[both].mean() > plain.arrives[both].mean()
