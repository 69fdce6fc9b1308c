"""Each state of the guide's table, each answer of a seller, each move of a dispute: what is said to do."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dozor import disputes
from dozor.advice import tables, words
from dozor.model import (
    BackStop,
    CauseId,
    Clock,
    Dispute,
    DisputeState,
    Limit,
    Milestone,
    Money,
    MoneyState,
    StepId,
)

from .world import NOW, ask, clock, days, diagnosis, dossier, first, ids, journey, outlook

CHEAP, DEAR = Money(300, "USD"), Money(4000, "USD")
ASKED = (("buyer", 6.0),)


# --- the table of next steps: diagnosis, condition, step ---------------------------------------------------------


@pytest.mark.rule("S126", "S127", "S076")
def test_an_order_number_leads_to_the_tracking_number():
    advice = ask("order_number_entered", o=outlook())
    assert first(advice) is StepId.FIND_TRACKING_NUMBER
    assert "S126" in advice.steps[0].sources


@pytest.mark.rule("S024", "S025", "S038", "S148")
def test_a_wrong_number_is_checked_then_asked_about():
    assert ids(ask("typing_error", dossier(shipped=1)))[0] is StepId.CHECK_TYPING
    assert StepId.WRITE_SELLER not in ids(ask("typing_error", dossier(shipped=1)))
    assert ids(ask("impossible_number", dossier(shipped=5)))[:2] == [StepId.CHECK_TYPING, StepId.WRITE_SELLER]


@pytest.mark.rule("S008", "S027", "S080", "S081", "S108", "S129", "S157")
def test_too_early_means_wait_until_the_lane_says_otherwise():
    advice = ask("too_early", dossier(shipped=4), o=outlook(elapsed=4, p90=14), c=clock(opened=6, may=False))
    assert first(advice) is StepId.WAIT
    assert advice.steps[0].not_after == NOW + days(10)
    assert StepId.OPEN_DISPUTE_NOW not in ids(advice)


@pytest.mark.rule("S037", "S082", "S083", "S147", "S158")
def test_no_events_after_ten_days_ask_the_seller_and_give_him_five_days():
    advice = ask("fake_number", dossier(shipped=12), o=outlook())
    assert first(advice) is StepId.WRITE_SELLER
    assert advice.steps[0].not_after == NOW + days(5)
    assert "RB123456785CN" in advice.steps[0].say["en"]
    assert set(advice.steps[0].say) == {"en", "zh"}


@pytest.mark.rule("S055", "S056", "S088", "S089", "S151")
@pytest.mark.parametrize("replies", [(), ("vague",), ("no_tracking_cheap",)])
def test_a_dear_order_without_events_and_without_an_answer_is_disputed_as_soon_as_legal(replies):
    d = dossier(shipped=17, price=DEAR, said=ASKED)
    assert first(ask("fake_number", d, o=outlook(never=0.1), replies=replies)) is StepId.OPEN_DISPUTE_NOW
    later = ask("fake_number", d, o=outlook(never=0.1), replies=replies, c=clock(opened=3, may=False))
    assert StepId.OPEN_DISPUTE_NOW not in ids(later)
    claim = next(step for step in later.steps if step.id is StepId.OPEN_DISPUTE_BY_DEADLINE)
    assert claim.not_before is not None and claim.not_before >= NOW + days(3)


@pytest.mark.rule("S041", "S042", "S048", "S051", "S052", "S086", "S103", "S104")
@pytest.mark.parametrize("reply", ["no_tracking_cheap", "wait_period"])
def test_a_cheap_order_waits_with_its_clocks_and_visits_the_post(reply):
    d = dossier(shipped=35, price=CHEAP, said=ASKED)
    advice = ask("untracked_by_design", d, o=outlook(), replies=(reply,), c=clock(end=25))
    assert StepId.ASK_POST_OFFICE in ids(advice) and StepId.WAIT in ids(advice)
    assert StepId.OPEN_DISPUTE_NOW not in ids(advice)
    claim = next(step for step in advice.steps if step.id is StepId.OPEN_DISPUTE_BY_DEADLINE)
    assert NOW < claim.not_before <= NOW + days(25 - 7)


@pytest.mark.rule("S013", "S115")
def test_near_the_end_an_extension_is_asked_for_only_where_arrival_is_likely():
    near = clock(end=9)
    likely = ask("silent_but_normal", dossier(), c=near, o=outlook(never=0.03), j=journey("departed"))
    unlikely = ask("stalled", dossier(said=ASKED), c=near, o=outlook(never=0.8), j=journey("departed", ago=30))
    assert first(likely) is StepId.ASK_EXTENSION
    assert StepId.ASK_EXTENSION not in ids(unlikely)
    assert StepId.ASK_EXTENSION not in ids(
        ask("silent_but_normal", dossier(extensions=2), c=near, o=outlook(never=0.03))
    )


@pytest.mark.rule("S012", "S014", "S032", "S033", "S053", "S054", "S059", "S105", "S116", "S117")
@pytest.mark.parametrize(
    "cause", ["untracked_by_design", "silent_but_normal", "stalled", "dark_after_border", "fake_number"]
)
def test_seven_days_before_the_end_the_dispute_is_opened_for_the_full_sum(cause):
    advice = ask(cause, dossier(price=CHEAP), c=clock(end=6.5), o=outlook())
    assert first(advice) is StepId.OPEN_DISPUTE_NOW
    assert advice.steps[0].not_after == NOW + days(4.5)
    assert "3.00 USD" in advice.steps[0].say["en"] and "3.00 USD" in advice.steps[0].say["ru"]


@pytest.mark.rule("S039", "S084", "S085", "S095", "S097")
def test_a_new_number_is_looked_at_and_belongs_into_the_order():
    advice = ask(
        "fake_number", dossier(price=DEAR, said=(("buyer", 3), ("seller", 1))), o=outlook(), replies=("new_number",)
    )
    assert ids(advice)[:2] == [StepId.ASK_OTHER_CARRIER, StepId.WRITE_SELLER]
    assert advice.steps[0].not_after == NOW + days(9)
    stale = ask(
        "fake_number", dossier(price=DEAR, said=(("seller", 12),)), o=outlook(never=0.3), replies=("new_number",)
    )
    assert first(stale) is StepId.OPEN_DISPUTE_NOW


@pytest.mark.rule("S130", "S131", "S132", "S138", "S139", "S140", "S141", "S142", "S156")
@pytest.mark.parametrize("cause", ["number_changed", "dark_after_border", "domestic_leg_only"])
def test_after_the_border_the_seller_is_not_asked_for_a_number_he_does_not_get(cause):
    advice = ask(cause, o=outlook(), j=journey("handed over", ago=12))
    assert StepId.WRITE_SELLER not in ids(advice)
    assert "advice.guard.no_question_new_number" in {guard.id for guard in advice.guards}


@pytest.mark.rule("S011", "S012", "S029")
def test_a_standstill_is_asked_about_and_then_watched():
    j = journey("Departed from outward office", ago=25, stage=Milestone.LEFT_ORIGIN_COUNTRY)
    advice = ask("stalled", o=outlook(), j=j)
    assert first(advice) is StepId.WRITE_SELLER
    assert "Departed from outward office" in advice.steps[0].say["en"]
    assert first(ask("stalled", dossier(said=ASKED), o=outlook(), j=j)) is StepId.WAIT
    here = journey("Arrived", ago=12, stage=Milestone.ARRIVED_AT_DELIVERY_OFFICE)
    assert first(ask("stalled", o=outlook(), j=here)) is StepId.ASK_POST_OFFICE


@pytest.mark.rule("S011")
def test_a_standstill_that_the_policy_calls_transit_is_disputed_when_it_may():
    advice = ask("stalled", dossier(said=ASKED), c=clock(end=5, may=False), o=outlook(), j=journey("x", ago=30))
    assert StepId.OPEN_DISPUTE_NOW not in ids(advice)
    assert StepId.OPEN_DISPUTE_BY_DEADLINE in ids(advice)
    after = ask("stalled", dossier(said=ASKED), c=clock(end=-1, may=True), o=outlook(), j=journey("x", ago=35))
    assert first(after) is StepId.OPEN_DISPUTE_NOW
    assert after.steps[0].not_after == NOW + days(12)


@pytest.mark.rule("S143", "S144", "S145", "S146")
@pytest.mark.parametrize("cause", ["wrong_destination", "recycled_number"])
def test_a_scan_elsewhere_is_an_alarm_the_same_day(cause):
    advice = ask(cause, o=outlook(), j=journey("Delivered", stage=Milestone.DELIVERED))
    assert ids(advice)[:3] == [StepId.OPEN_DISPUTE_NOW, StepId.WRITE_SELLER, StepId.ASK_POST_OFFICE]
    unsure = ask(diagnosis((cause, 0.3), ("stalled", 0.25)), o=outlook())
    assert first(unsure) is StepId.WRITE_SELLER


@pytest.mark.rule("S144", "S145", "S146")
def test_delivered_without_goods_asks_the_post_and_claims_in_time():
    fresh = journey("Delivered", stage=Milestone.DELIVERED, delivered_at=NOW - days(1))
    old = journey("Delivered", stage=Milestone.DELIVERED, delivered_at=NOW - days(9))
    d = dossier(received=False)
    assert ids(ask("delivered_not_received", d, j=fresh))[:2] == [StepId.ASK_POST_OFFICE, StepId.OPEN_DISPUTE_NOW]
    assert first(ask("delivered_not_received", d, j=old)) is StepId.OPEN_DISPUTE_NOW
    shrunk = ask("delivered_not_received", d, j=fresh, c=clock(end=4))
    assert first(shrunk) is StepId.OPEN_DISPUTE_NOW
    assert StepId.CONFIRM_RECEIPT not in ids(shrunk)


@pytest.mark.rule("S055")
@pytest.mark.parametrize("cause", ["returned", "returning"])
def test_a_returned_parcel_is_claimed_with_that_reason(cause):
    advice = ask(cause, o=outlook())
    assert first(advice) is StepId.OPEN_DISPUTE_NOW
    assert "sent back" in advice.steps[0].say["en"]
    assert first(ask(cause, c=clock(opened=4, may=False))) is StepId.WRITE_SELLER


@pytest.mark.rule("S136")
def test_customs_that_asks_is_answered_at_once():
    advice = ask("customs_held", o=outlook(), j=journey("Held", ago=4, stage=Milestone.CUSTOMS_HELD))
    assert first(advice) is StepId.PAY_DUTY_OR_DOCUMENTS
    assert advice.steps[0].not_after == NOW + days(3)
    assert "advice.guard.no_links" in {guard.id for guard in advice.guards}
    assert first(ask("customs_processing", o=outlook())) is StepId.WAIT
    assert StepId.OPEN_DISPUTE_NOW in ids(ask("customs_held", c=clock(end=6), o=outlook()))


@pytest.mark.rule("S035", "S072", "S073", "S106")
def test_goods_in_hand_are_confirmed_and_reviewed():
    advice = ask("delivered", dossier(received=True), j=journey("Delivered", stage=Milestone.DELIVERED))
    assert ids(advice) == [StepId.CONFIRM_RECEIPT, StepId.REVIEW_SELLER]
    unknown = ask("delivered", j=journey("Delivered", stage=Milestone.DELIVERED))
    assert first(unknown) is StepId.DO_NOT_CONFIRM


@pytest.mark.rule("S073")
def test_the_review_says_that_the_number_never_tracked_only_where_that_is_so():
    silent = ask("delivered", dossier(received=True)).steps[1].say
    tracked = ask("delivered", dossier(received=True), j=journey("Delivered", stage=Milestone.DELIVERED)).steps[1].say
    assert "RB123456785CN" in silent["en"] and "RB123456785CN" in silent["ru"]
    assert "RB123456785CN" not in tracked["en"]


@pytest.mark.rule("S005", "S006", "S007", "S049", "S150")
def test_a_parcel_at_the_office_is_collected_before_anything_else():
    j = journey("Arrived at pick-up point", ago=5, stage=Milestone.AVAILABLE_FOR_PICKUP, available_since=NOW - days(5))
    advice = ask("waiting_for_pickup", o=outlook(), j=j)
    assert first(advice) is StepId.PICK_UP
    assert advice.steps[0].not_after == NOW + days(10)
    assert NOW + days(9) in advice.reminders
    assert first(ask("pickup_expiring", dossier(dispute="waiting_seller"), j=j)) is StepId.PICK_UP
    assert StepId.KEEP_DISPUTE_OPEN in ids(ask("pickup_expiring", dossier(dispute="waiting_seller"), j=j))
    assert StepId.OPEN_DISPUTE_NOW not in ids(ask("waiting_for_pickup", c=clock(end=4), j=j))


@pytest.mark.rule("S053", "S055")
def test_on_the_last_safe_day_a_parcel_that_cannot_yet_be_fetched_is_claimed_for_too():
    """Arrived at the office, no notice yet: it may be handed over after the last day for a claim."""
    near = journey("Arrived at delivery office", ago=7, stage=Milestone.ARRIVED_AT_DELIVERY_OFFICE)
    last, before = clock(end=2.6, rescue=False), clock(end=3.6, rescue=False)
    advice = ask("waiting_for_pickup", c=last, j=near, o=outlook())
    assert ids(advice)[:2] == [StepId.PICK_UP, StepId.OPEN_DISPUTE_NOW]
    assert advice.steps[1].why.id == "advice.why.pickup_last_day"
    assert StepId.OPEN_DISPUTE_NOW in ids(
        ask("waiting_for_pickup", c=clock(end=1.6, rescue=False), j=near, o=outlook())
    )
    waits = ids(ask("waiting_for_pickup", c=before, j=near, o=outlook()))
    assert waits[:2] == [StepId.PICK_UP, StepId.OPEN_DISPUTE_BY_DEADLINE]
    there = journey("Ready for pick-up", ago=1, stage=Milestone.AVAILABLE_FOR_PICKUP, available_since=NOW - days(1))
    assert ids(ask("waiting_for_pickup", c=last, j=there, o=outlook()))[:2] == waits[:2]
    told = replace(dossier(), said=("word_place_pickup",))
    assert ids(ask("waiting_for_pickup", told, c=last, j=near, o=outlook()))[:2] == waits[:2]


@pytest.mark.rule("S011", "S014", "S116")
def test_who_was_told_that_it_is_lost_claims_at_once_and_silence_alone_is_weighed():
    silent, told = journey("In transit", ago=25), journey("Lost", ago=1, stage=Milestone.LOST)
    hopeful = diagnosis(("lost", 0.4), ("silent_but_normal", 0.35), ("stalled", 0.2))
    assert StepId.OPEN_DISPUTE_NOW not in ids(ask(hopeful, j=silent, o=outlook(mean=6)))
    assert first(ask(hopeful, j=told, o=outlook(mean=6))) is StepId.OPEN_DISPUTE_NOW
    assert first(ask(hopeful, replace(dossier(), said=("lost",)), j=silent)) is StepId.OPEN_DISPUTE_NOW
    assert first(ask("lost", j=silent, o=outlook(never=0.5))) is StepId.OPEN_DISPUTE_NOW  # little hope is left
    assert first(ask(hopeful, j=silent, c=clock(end=4), o=outlook())) is StepId.OPEN_DISPUTE_NOW  # the last week


@pytest.mark.rule("S031", "S066")
def test_where_protection_is_perhaps_longer_a_claim_is_tried_before_the_bank():
    """Sixty days by one reading, ninety by another: the order page tells, and a try costs nothing."""
    end = NOW - days(20)

    def over(cause: str, may: bool | None, money: MoneyState, *longer: float):
        limits = (
            Limit("protection_end", end, (end, *(end + days(each) for each in longer))),
            Limit("safe_deadline", end - days(2)), Limit("rescue_deadline", end + days(12)),
        )  # fmt: skip
        stop = BackStop("card", NOW - days(60), NOW + days(60), None)
        c = Clock(policy="aliexpress-2025", limits=limits, backstops=(stop,), money=money, may_open_now=may)
        return ask(cause, dossier(shipped=80, said=ASKED), c=c, j=journey("In transit", ago=40), o=outlook())

    for cause in ("lost", "stalled"):
        perhaps = over(cause, None, MoneyState.UNKNOWN, 30)
        assert first(perhaps) is StepId.OPEN_DISPUTE_NOW and StepId.CHARGEBACK_OR_PAYPAL in ids(perhaps)
        assert perhaps.steps[0].why.id == "advice.why.perhaps_open" and perhaps.steps[0].not_after is None
    for closed in (
        over("stalled", False, MoneyState.LOST_ON_PLATFORM, 30),
        over("stalled", False, MoneyState.UNKNOWN, 30),
        over("stalled", None, MoneyState.UNKNOWN),
    ):
        assert first(closed) is StepId.CHARGEBACK_OR_PAYPAL and StepId.OPEN_DISPUTE_NOW not in ids(closed)


@pytest.mark.rule("S009", "S010", "S077", "S078", "S112", "S113", "S137")
def test_another_place_to_ask_comes_before_suspicion():
    assert first(ask("wrong_carrier_asked")) is StepId.ASK_OTHER_CARRIER
    assert first(ask("needs_extra_data")) is StepId.GIVE_POSTCODE_OR_PHONE
    assert ids(ask("source_down"))[:2] == [StepId.WAIT, StepId.ASK_OTHER_CARRIER]
    assert first(ask("source_lag")) is StepId.WAIT


@pytest.mark.rule("S001", "S003", "S005", "S018", "S044", "S119", "S122", "S123")
def test_untracked_by_design_is_calm_but_dated():
    advice = ask("untracked_by_design", dossier(shipped=15, price=CHEAP), o=outlook())
    assert first(advice) is StepId.WAIT
    assert advice.steps[0].not_after is not None
    assert StepId.OPEN_DISPUTE_BY_DEADLINE in ids(advice)


@pytest.mark.rule("S026", "S027")
def test_a_label_alone_is_waited_for_then_asked_about():
    assert first(ask("label_only", dossier(shipped=5), o=outlook())) is StepId.WAIT
    assert first(ask("label_only", dossier(shipped=14), o=outlook())) is StepId.WRITE_SELLER


@pytest.mark.rule("S067", "S068", "S069", "S070", "S071")
def test_patience_has_goodwill_only_inside_protection():
    d = dossier(shipped=40, style="patient", promised=NOW.date(), said=ASKED)
    waits = ask("fake_number", d, o=outlook(never=0.5), c=clock(end=40))
    assert first(waits) is StepId.WAIT
    assert waits.steps[0].not_after <= NOW + days(40 - 7)
    assert first(ask("fake_number", d, o=outlook(never=0.5), c=clock(end=6))) is StepId.OPEN_DISPUTE_NOW


# --- what the seller answers ---------------------------------------------------------------------------------------

REPLY_STEPS = {
    "new_number": StepId.ASK_OTHER_CARRIER,
    "wait_period": StepId.WAIT,
    "no_tracking_cheap": StepId.WAIT,
    "tracking_lag": StepId.WAIT,
    "cancel_dispute": StepId.OPEN_DISPUTE_BY_DEADLINE,
    "partial_refund": StepId.WRITE_SELLER,
    "extend": StepId.WAIT,
    "documents": StepId.WAIT,
    "confirm_first": StepId.DO_NOT_CONFIRM,
    "off_platform": StepId.WRITE_SELLER,
    "blame_external": StepId.WAIT,
    "says_delivered": StepId.ASK_POST_OFFICE,
    "resend_offer": StepId.WRITE_SELLER,
    "choice_offer": StepId.WRITE_SELLER,
    "full_refund_offer": StepId.OPEN_DISPUTE_NOW,
    "not_shipped": StepId.OPEN_DISPUTE_NOW,
    "will_investigate": StepId.WAIT,
    "vague": StepId.WAIT,
    "refuse": StepId.OPEN_DISPUTE_BY_DEADLINE,
    "returned": StepId.OPEN_DISPUTE_NOW,
    "address_issue": StepId.WRITE_SELLER,
    "gives_tracking_site": StepId.ASK_OTHER_CARRIER,
    "dispatch_notice": StepId.WAIT,
    "ask_evidence": StepId.WRITE_SELLER,
    "feedback_pressure": StepId.DO_NOT_CONFIRM,
    "silence": StepId.WAIT,
}


@pytest.mark.rule("S040", "S041", "S061", "S066", "S084", "S085", "S086", "S087", "S094", "S095", "S096", "S128")
@pytest.mark.parametrize("reply", disputes.CATEGORIES)
def test_every_answer_of_a_seller_has_its_own_next_step(reply):
    d = dossier(shipped=20, price=CHEAP, said=(("seller", 1),))
    advice = ask("untracked_by_design", d, o=outlook(never=0.03), replies=(reply,))
    assert first(advice) is REPLY_STEPS[reply]
    assert not {StepId.CONFIRM_RECEIPT, StepId.CANCEL_DISPUTE, StepId.ACCEPT_OFFER} & set(ids(advice))


@pytest.mark.rule("S087", "S035", "S067")
def test_traps_in_an_answer_are_guarded():
    def guards(reply):
        return {
            guard.id.removeprefix("advice.guard.")
            for guard in ask("untracked_by_design", o=outlook(), replies=(reply,)).guards
        }

    assert "off_platform" in guards("off_platform")
    assert "admission_is_evidence" in guards("no_tracking_cheap")
    assert "extension_no_reason" in guards("extend")
    assert "new_number_no_proof" in guards("new_number")
    assert "no_false_reason" in guards("not_shipped")
    assert "do_not_confirm" in guards("confirm_first")


def test_a_refund_offered_before_the_dispute_may_open_is_taken_inside_the_order():
    advice = ask("fake_number", c=clock(opened=3, may=False), o=outlook(), replies=("full_refund_offer",))
    assert first(advice) is StepId.WRITE_SELLER
    assert "not confirm" in advice.steps[0].say["en"]
    assert first(ask("not_shipped", c=clock(opened=3, may=False), replies=("not_shipped",))) is StepId.CONTACT_SUPPORT


# --- the dispute ------------------------------------------------------------------------------------------------------


@pytest.mark.rule("S060", "S093", "S097", "S098")
def test_a_dispute_waits_for_the_seller_and_stays_open():
    advice = ask("fake_number", dossier(dispute="waiting_seller"), o=outlook())
    assert first(advice) is StepId.KEEP_DISPUTE_OPEN
    pressed = ask("fake_number", dossier(dispute="waiting_seller"), o=outlook(), replies=("cancel_dispute",))
    assert first(pressed) is StepId.KEEP_DISPUTE_OPEN
    assert "close the dispute when" in pressed.steps[0].say["en"]
    assert "advice.guard.keep_dispute" in {guard.id for guard in pressed.guards}


@pytest.mark.rule("S061", "S062", "S098", "S099")
@pytest.mark.parametrize("offered", [Money(0, "USD"), Money(150, "USD")])
def test_a_part_or_nothing_is_declined_and_the_full_sum_asked_again(offered):
    d = dossier(price=CHEAP, dispute="waiting_buyer", offered=offered)
    advice = ask("fake_number", d, o=outlook())
    assert ids(advice)[:2] == [StepId.REJECT_OFFER, StepId.MODIFY_DISPUTE]
    assert advice.steps[0].not_after >= NOW
    assert "3.00 USD" in advice.steps[0].say["en"]


@pytest.mark.rule("S059", "S064")
def test_only_the_full_sum_is_accepted():
    full = dossier(price=CHEAP, dispute="waiting_buyer", offered=CHEAP)
    assert first(ask("fake_number", full)) is StepId.ACCEPT_OFFER
    # A sum asked by mistake that is lower than the price does not make a low offer a full one.
    low = dossier(price=CHEAP, dispute="waiting_buyer", asked=Money(100, "USD"), offered=Money(100, "USD"))
    assert StepId.ACCEPT_OFFER not in ids(ask("fake_number", low))


@pytest.mark.rule("S094", "S095", "S096", "S097", "S098", "S099")
@pytest.mark.parametrize("reply", ["wait_period", "new_number", "documents", "refuse", "cancel_dispute"])
def test_a_refusal_in_the_dispute_is_answered_with_the_claim(reply):
    advice = ask("fake_number", dossier(price=CHEAP, dispute="waiting_buyer"), o=outlook(), replies=(reply,))
    assert ids(advice)[:2] == [StepId.MODIFY_DISPUTE, StepId.KEEP_DISPUTE_OPEN]


@pytest.mark.rule("S062", "S063", "S092")
def test_the_platform_decides_asks_and_is_reminded():
    assert first(ask("fake_number", dossier(dispute="platform", opened=3))) is StepId.ESCALATE_OR_WAIT_PLATFORM
    assert first(ask("fake_number", dossier(dispute="platform", opened=20))) is StepId.CONTACT_SUPPORT
    evidence = ask("fake_number", dossier(dispute="platform_evidence"))
    assert first(evidence) is StepId.MODIFY_DISPUTE
    assert evidence.steps[0].not_after == NOW + days(1)
    assert first(ask("fake_number", dossier(dispute="return"))) is StepId.MODIFY_DISPUTE


def test_a_parked_dispute_still_needs_an_answer_when_protection_ends():
    early = ask("silent_but_normal", dossier(dispute="parked"), c=clock(end=20))
    assert ids(early)[:2] == [StepId.KEEP_DISPUTE_OPEN, StepId.ESCALATE_OR_WAIT_PLATFORM]
    assert early.steps[1].not_before == NOW + days(20)
    assert (
        first(ask("silent_but_normal", dossier(dispute="parked"), c=clock(end=1))) is StepId.ESCALATE_OR_WAIT_PLATFORM
    )


@pytest.mark.rule("S064", "S065")
@pytest.mark.parametrize("state", ["decided", "won"])
def test_a_refund_is_waited_for_and_then_chased(state):
    assert first(ask("fake_number", dossier(dispute=state, decided=2))) is StepId.WAIT
    late = ask("fake_number", dossier(dispute=state, decided=40))
    assert ids(late)[:2] == [StepId.CONTACT_SUPPORT, StepId.CHARGEBACK_OR_PAYPAL]


@pytest.mark.rule("S100", "S101")
def test_a_dispute_is_withdrawn_only_with_the_goods_and_with_time_left():
    d = dossier(dispute="waiting_seller", received=True)
    assert first(ask("delivered", d, c=clock(end=20))) is StepId.CANCEL_DISPUTE
    assert first(ask("delivered", d, c=clock(end=3))) is StepId.CONTACT_SUPPORT
    assert first(ask("delivered", d, c=clock(end=-3))) is StepId.CONTACT_SUPPORT
    reads = journey("Arrived", ago=1, stage=Milestone.OUT_FOR_DELIVERY)
    assert StepId.CANCEL_DISPUTE not in ids(ask("silent_but_normal", dossier(dispute="waiting_seller"), j=reads))


@pytest.mark.rule("S074")
def test_faulty_goods_are_another_family():
    assert StepId.CONFIRM_RECEIPT not in ids(
        ask("delivered", dossier(received=True), j=journey("x", stage=Milestone.DAMAGED))
    )
    d = dossier(received=True, price=CHEAP, dispute="waiting_buyer", reason="defective", offered=Money(100, "USD"))
    assert first(ask("delivered", d)) is StepId.REJECT_OFFER
    assert (
        first(ask("delivered", dossier(received=True, dispute="platform", reason="defective")))
        is StepId.KEEP_DISPUTE_OPEN
    )


@pytest.mark.rule("S118")
def test_late_goods_after_the_refund_are_left_to_the_buyer():
    assert ids(ask("delivered", dossier(received=True, dispute="won"), c=clock(money=MoneyState.REFUNDED))) == [
        StepId.REVIEW_SELLER
    ]


# --- the money is gone, or was never held --------------------------------------------------------------------------------


@pytest.mark.rule("S034")
def test_after_the_end_the_rescue_window_then_the_bank():
    rescue = ask("stalled", dossier(said=ASKED), c=clock(end=-3, money=MoneyState.RELEASED_RECOVERABLE))
    assert first(rescue) is StepId.OPEN_DISPUTE_NOW
    assert rescue.steps[0].not_after == NOW + days(10)
    gone = clock(end=-60, money=MoneyState.LOST_ON_PLATFORM, may=False)
    bank = ask("stalled", dossier(shipped=110), c=gone)
    assert first(bank) is StepId.CHARGEBACK_OR_PAYPAL
    assert bank.steps[0].not_after == NOW + days(100)
    none = ask("stalled", dossier(shipped=110, card_network="mir"), c=gone)
    assert first(none) is StepId.CONTACT_SUPPORT
    assert StepId.CHARGEBACK_OR_PAYPAL not in ids(none)
    assert "advice.guard.no_chargeback_ru" in {guard.id for guard in none.guards}


def test_a_lost_dispute_leaves_the_bank_or_an_appeal():
    assert ids(ask("stalled", dossier(dispute="lost")))[:2] == [StepId.CHARGEBACK_OR_PAYPAL, StepId.CONTACT_SUPPORT]
    assert ids(ask("stalled", dossier(dispute="lost"), c=clock(available=False))) == [StepId.CONTACT_SUPPORT]
    assert first(ask("stalled", dossier(dispute="backstop"))) is StepId.CHARGEBACK_OR_PAYPAL


def test_a_direct_shop_is_asked_then_given_a_last_date_then_the_bank():
    shop = dossier(shop="direct", shipped=20)
    c = clock(end=None, opened=None, may=None, policy=None)
    asked = ask("fake_number", shop, c=c)
    assert ids(asked)[:2] == [StepId.WRITE_SELLER, StepId.CHARGEBACK_OR_PAYPAL]
    due = ask("fake_number", dossier(shop="direct", shipped=45), c=c)
    assert first(due) is StepId.WRITE_SELLER and "last date" in due.steps[0].say["en"]
    silent = ask("fake_number", dossier(shop="direct", shipped=45, said=ASKED), c=c)
    assert first(silent) is StepId.CHARGEBACK_OR_PAYPAL
    assert silent.steps[0].not_after == NOW + days(100)
    assert first(ask("delivered_not_received", dossier(shop="direct", received=False), c=c)) is StepId.ASK_POST_OFFICE


def test_waiting_for_the_platform_never_outlives_the_payments_own_protection():
    advice = ask("silent_but_normal", c=clock(end=60, backstop=20), o=outlook(never=0.02))
    claim = next(step for step in advice.steps if step.id is StepId.OPEN_DISPUTE_BY_DEADLINE)
    assert claim.not_before <= NOW + days(13)
    assert StepId.CHARGEBACK_OR_PAYPAL in ids(advice)


@pytest.mark.rule("S031", "S044", "S045", "S047")
def test_an_unknown_end_sends_the_buyer_to_the_counter():
    advice = ask(
        "untracked_by_design", dossier(shop="wildberries"), c=clock(end=None, opened=None, may=None), o=outlook()
    )
    claim = next(step for step in advice.steps if step.id is StepId.OPEN_DISPUTE_BY_DEADLINE)
    assert claim.not_after is None
    assert claim.why.id == "advice.why.read_the_counter"


# --- the table as a whole ------------------------------------------------------------------------------------------------


def test_every_step_is_reachable_from_the_playbook():
    assert {step.step for row in tables.playbook() for step in row.steps} == set(StepId)


def test_every_cause_has_a_row_of_its_own():
    named = {cause for row in tables.playbook() for cause in row.causes}
    assert named | {CauseId.OTHER} == set(CauseId)


def test_rows_name_only_replies_that_exist():
    named = {reply for row in (*tables.playbook(), *tables.guard_rows()) for reply in row.replies}
    assert named <= set(disputes.CATEGORIES)


def test_every_row_has_its_words():
    from dozor.i18n import LANGUAGES, has

    for row in tables.playbook():
        for step in row.steps:
            wanted = [f"step.{step.step.value}", f"advice.why.{step.why}"]
            wanted += [f"advice.otherwise.{step.otherwise}"] if step.otherwise else []
            wanted += [f"advice.watch.{step.watch}"] if step.watch else []
            for lang in LANGUAGES:
                assert all(has(id, lang) for id in wanted), (row.id, lang)
            if step.message:
                assert words.message(step.message, words.Languages("ru", "ru"), {})[0], (row.id, step.message)
    for guard in tables.guard_rows():
        assert all(has(f"advice.guard.{guard.id}", lang) for lang in LANGUAGES)


def test_every_sentence_with_a_placeholder_has_a_plain_form():
    from dozor.i18n import LANGUAGES, catalogue

    for lang in LANGUAGES:
        for id, forms in catalogue(lang).items():
            if id.startswith("advice.") and "{" in forms[0]:
                assert f"{id}.plain" in catalogue(lang), (id, lang)


@pytest.mark.parametrize("state", DisputeState)
@pytest.mark.parametrize("cause", CauseId)
def test_every_cause_in_every_state_of_a_dispute_has_a_leading_row(cause, state):
    d = dossier(dispute=state.value)
    assert isinstance(d.dispute, Dispute)
    advice = ask(cause.value, d, o=outlook())
    assert advice.steps[0].sources, "the fallback of the gate is not a plan"
