"""The dispute as a machine: what each side may do, what it leads to, and what we never do."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dozor.disputes import IllegalMoveError, classify, governed, make, moves, steps_allowed
from dozor.disputes.machine import FACTS, table
from dozor.model import DisputeState as D
from dozor.model import StepId

IN_TIME = {"window", "claim_is_true", "time_left"}
OPEN = (D.WAITING_SELLER, D.WAITING_BUYER, D.PARKED, D.PLATFORM, D.PLATFORM_EVIDENCE)


def played(*names: str, start: D = D.NONE, facts: set[str] | None = None, bought: dt.date | None = None) -> D:
    """The state after a row of moves."""
    state = start
    for name in names:
        state, _ = make(state, name, IN_TIME if facts is None else facts, bought=bought)
    return state


@pytest.mark.rule("S093")
def test_a_seller_who_stays_silent_pays_what_was_asked():
    state, move = make(played("open"), "seller_silent", {"seller_reply_over"})
    assert state is D.DECIDED
    assert (move.outcome, move.clock, move.actor) == ("full", "refund", "time")
    with pytest.raises(IllegalMoveError, match="seller_reply_over"):
        make(D.WAITING_SELLER, "seller_silent")


@pytest.mark.rule("S094", "S097", "S098")
def test_a_seller_who_refuses_is_answered_with_the_whole_claim_again_and_again():
    assert played("open", "seller_counters", "modify", "seller_counters", "modify") is D.WAITING_SELLER
    assert moves(D.WAITING_BUYER, actor="buyer", facts=())  # something can always be done
    assert not any(move.to == "none" for move in moves(D.WAITING_BUYER))


@pytest.mark.rule("S061", "S062")
def test_less_than_the_whole_is_refused_and_refusing_brings_the_platform_in():
    state = played("open", "seller_counters", "reject")
    assert state is D.WAITING_SELLER
    assert played("step_in", start=state) is D.PLATFORM
    offered = {"offer_partial", "time_left"}
    made = [move.id for move in moves(D.WAITING_BUYER, actor="buyer", facts=offered) if not move.never]
    assert "accept" not in made and "reject" in made
    less = next(move for move in table() if move.id == "accept_less")
    assert less.never and less.final


@pytest.mark.rule("S099")
def test_the_sum_is_put_right_before_the_platform_is_called():
    for name in ("reject", "escalate"):
        move = next(each for each in table() if each.id == name)
        assert move.after == ("modify",)


@pytest.mark.rule("S062")
def test_before_2017_a_buyer_called_the_platform_himself_and_later_it_comes_alone():
    old, new = dt.date(2015, 5, 1), dt.date(2024, 5, 1)
    assert make(D.WAITING_SELLER, "escalate", bought=old)[0] is D.PLATFORM
    for day in (new, None):
        with pytest.raises(IllegalMoveError, match="policy"):
            make(D.WAITING_SELLER, "escalate", bought=day)
    assert StepId.ESCALATE_OR_WAIT_PLATFORM in steps_allowed(D.WAITING_SELLER, bought=old)
    assert StepId.ESCALATE_OR_WAIT_PLATFORM not in steps_allowed(D.WAITING_SELLER, bought=new)
    assert "step_in" not in {move.id for move in moves(D.WAITING_SELLER, bought=old)}


@pytest.mark.rule("S097", "S100")
@pytest.mark.parametrize("state", OPEN)
def test_a_dispute_is_withdrawn_only_once_the_number_reads_and_time_is_left(state: D):
    assert make(state, "cancel", {"reads_here", "time_left"})[0] is D.CANCELLED
    for facts in (set(), {"time_left"}, {"reads_here"}):
        with pytest.raises(IllegalMoveError):
            make(state, "cancel", facts)
    unread = next(move for move in table() if move.id == "cancel_unread")
    assert unread.never


@pytest.mark.rule("S101")
def test_a_withdrawn_dispute_can_be_opened_again_inside_its_window_only():
    again, _ = make(D.CANCELLED, "open", {"window", "claim_is_true"})
    assert again is D.WAITING_SELLER
    with pytest.raises(IllegalMoveError, match="window"):
        make(D.CANCELLED, "open", {"claim_is_true"})
    late = next(move for move in table() if move.id == "cancel_late")
    assert (late.to, late.never, late.final) == ("lost", True, True)


@pytest.mark.rule("S064")
def test_decisions_come_by_mail_and_start_the_clock_of_the_refund():
    won = next(move for move in table() if move.id == "decided_for")
    lost = next(move for move in table() if move.id == "decided_against")
    assert won.told == lost.told == "mail"
    assert (won.clock, lost.clock) == ("refund", "appeal")
    assert make(D.PLATFORM, "decided_for")[0] is D.DECIDED
    assert played("refund_seen", start=D.DECIDED) is D.WON


@pytest.mark.rule("S092")
def test_the_platform_may_ask_for_evidence_and_silence_loses_it():
    assert played("ask_evidence", "give_evidence", start=D.PLATFORM) is D.PLATFORM
    assert make(D.PLATFORM_EVIDENCE, "evidence_missing", {"evidence_over"})[0] is D.LOST
    assert next(move for move in table() if move.id == "give_evidence").until == "evidence_by"


@pytest.mark.rule("S058")
def test_an_opened_dispute_is_not_opened_twice_whatever_the_line():
    for state in set(D) - {D.NONE, D.CANCELLED}:
        with pytest.raises(IllegalMoveError):
            make(state, "open", FACTS)


@pytest.mark.rule("S074")
def test_a_return_belongs_to_faulty_goods_that_are_there():
    assert make(D.WAITING_BUYER, "accept_return", {"goods", "defect"})[0] is D.RETURN
    with pytest.raises(IllegalMoveError):
        make(D.WAITING_BUYER, "accept_return", {"defect"})
    assert make(D.RETURN, "return_missed", {"return_over"})[0] is D.LOST


def test_a_parked_dispute_wakes_when_protection_ends():
    parked = played("open", "park", facts={*IN_TIME, "in_transit"})
    assert parked is D.PARKED
    assert make(parked, "unpark", {"end_passed"})[0] is D.PLATFORM


@pytest.mark.rule("S040", "S085", "S089")
@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("заказ был отправлен, ожидайте 4-8 недель", "wait_period"),
        ("We shipped it later, the new tracking number is LP00123456789012", "new_number"),
        ("Мы отправили посылку позже, вот новый трек-номер RB740193524CN", "new_number"),
        ("Dear friend, do not worry, everything is ok", "vague"),
        ("не переживайте, всё будет хорошо", "vague"),
    ],
)
def test_what_the_guide_quotes_is_understood(words: str, category: str):
    assert classify(words).category == category


@pytest.mark.parametrize(
    ("words", "lang"),
    [
        ("We can refund you 30%, please close the dispute", "en"),
        ("Можем вернуть 20% суммы, оставьте товар себе", "ru"),
        ("Можемо повернути 25% суми", "uk"),
        ("可以退您20%", "zh"),
    ],
)
def test_a_share_is_never_taken_for_the_whole(words: str, lang: str):
    assert classify(words, lang).category in ("partial_refund", "cancel_dispute")


@pytest.mark.parametrize(
    ("words", "lang"),
    [
        ("Please pay 5 USD more for shipping, then we send", "en"),
        ("Нужно доплатить 500 рублей за доставку", "ru"),
        ("Треба доплатити за доставку", "uk"),
        ("请补运费后再发货", "zh"),
    ],
)
def test_a_second_payment_is_a_way_outside_the_platform(words: str, lang: str):
    assert classify(words, lang).category == "off_platform"


@given(
    st.sampled_from(list(D)),
    st.lists(st.sampled_from([m.id for m in table()]), max_size=12),
    st.sets(st.sampled_from(sorted(FACTS))),
)
def test_whatever_is_played_the_machine_stays_in_its_states(start: D, names: list[str], facts: set[str]):
    states = [start]
    for name in names:
        try:
            state, move = make(states[-1], name, facts)
        except IllegalMoveError as error:
            assert name in str(error)
            continue
        assert states[-1] in move.origins
        states.append(state)
    # Money once lost on the platform comes back only by an appeal or by the payment.
    for before, after in pairwise(states):
        if before is D.LOST:
            assert after in (D.LOST, D.PLATFORM, D.BACKSTOP)


@pytest.mark.parametrize("state", list(D))
def test_every_state_has_a_way_on_for_the_buyer_and_no_step_gives_the_money_away(state: D):
    own = [move for move in moves(state, actor="buyer") if not move.never]
    assert own
    assert steps_allowed(state) <= governed()
    if state in OPEN:
        assert StepId.KEEP_DISPUTE_OPEN in steps_allowed(state)
        assert StepId.OPEN_DISPUTE_NOW not in steps_allowed(state)
