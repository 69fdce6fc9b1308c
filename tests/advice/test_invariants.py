"""What must never be advised, over whatever clocks, causes, disputes and replies."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from dozor.advice.claims import speaks_of_defect
from dozor.advice.tables import BEFORE, binding
from dozor.model import CauseId, Clock, DisputeState, Milestone, Money, MoneyState, StepId
from tests.advice.world import NOW, ask, clock, days, diagnosis, dossier, journey, outlook

REPLIES = ["new_number", "wait_period", "no_tracking_cheap", "tracking_lag", "cancel_dispute", "partial_refund", "extend", "documents", "confirm_first", "off_platform", "blame_external", "says_delivered", "resend_offer", "choice_offer", "full_refund_offer", "not_shipped", "will_investigate", "vague", "refuse", "returned", "address_issue", "gives_tracking_site", "dispatch_notice", "ask_evidence", "feedback_pressure", "silence", "unknown"]  # fmt: skip
CLAIMS = {StepId.OPEN_DISPUTE_NOW, StepId.OPEN_DISPUTE_BY_DEADLINE}
OPEN_ONLY = {
    StepId.MODIFY_DISPUTE, StepId.REJECT_OFFER, StepId.ACCEPT_OFFER, StepId.KEEP_DISPUTE_OPEN, StepId.CANCEL_DISPUTE,
    StepId.ESCALATE_OR_WAIT_PLATFORM,
}  # fmt: skip

clocks = st.builds(
    clock,
    end=st.one_of(st.none(), st.floats(-30, 120)),
    opened=st.one_of(st.none(), st.floats(-30, 60)),
    may=st.sampled_from([True, False, None]),
    money=st.sampled_from(MoneyState),
    rescue=st.booleans(),
    backstop=st.one_of(st.none(), st.floats(-20, 200)),
    available=st.sampled_from([True, False, None]),
    policy=st.sampled_from(["aliexpress-com.2021", None]),
)
dossiers = st.builds(
    dossier,
    shipped=st.one_of(st.none(), st.integers(0, 120)),
    price=st.one_of(st.none(), st.builds(Money, st.integers(50, 90000), st.sampled_from(["USD", "RUB", "XXX"]))),
    shop=st.sampled_from(["aliexpress", "direct", "ebay", None]),
    said=st.lists(st.tuples(st.sampled_from(["buyer", "seller", "platform"]), st.floats(0, 40)), max_size=3).map(tuple),
    dispute=st.one_of(st.none(), st.sampled_from([each.value for each in DisputeState])),
    lang=st.sampled_from(["en", "ru", "uk", "zh", "fr", None]),
    style=st.sampled_from(["early", "balanced", "patient", "odd"]),
    opened=st.one_of(st.none(), st.integers(0, 60)),
    asked=st.one_of(st.none(), st.just(Money(1000, "USD"))),
    offered=st.one_of(st.none(), st.builds(Money, st.integers(0, 2000), st.just("USD"))),
    decided=st.one_of(st.none(), st.integers(0, 90)),
    reason=st.sampled_from([None, "not_received", "defective", "товар повреждён"]),
    received=st.sampled_from([None, True, False]),
    card_network=st.sampled_from([None, "visa", "mir"]),
    extensions=st.sampled_from([None, 0, 1, 2, 5]),
)
journeys = st.one_of(
    st.builds(journey),
    st.builds(
        journey,
        last=st.text(max_size=40),
        ago=st.floats(0, 90),
        stage=st.sampled_from(Milestone),
        delivered_at=st.one_of(st.none(), st.floats(0, 60).map(lambda ago: NOW - days(ago))),
        available_since=st.one_of(st.none(), st.floats(0, 60).map(lambda ago: NOW - days(ago))),
    ),
)
outlooks = st.one_of(
    st.none(), st.builds(outlook, never=st.floats(0, 0.99), mean=st.floats(1, 60), elapsed=st.floats(0, 90))
)
causes = st.lists(st.sampled_from([each.value for each in CauseId]), min_size=1, max_size=4, unique=True)
replies = st.lists(st.sampled_from(REPLIES), max_size=3).map(tuple)


@given(clocks, dossiers, journeys, outlooks, causes, replies, st.floats(0, 1))
@example(clock(end=2, may=True), dossier(), journey(), None, ["silent_but_normal"], (), 0.5)
@example(clock(end=1), dossier(), journey(), None, ["silent_but_normal"], (), 0.5)
@example(clock(end=30, opened=35), dossier(), journey(), None, ["lost"], (), 0.5)
def test_no_step_breaks_the_policy_or_gives_the_money_away(c, d, j, o, found, said, trust):
    advice = ask(diagnosis(*found), d, c=c, j=j, o=o, replies=said, reliability=trust)
    state = d.dispute.state if d.dispute else DisputeState.NONE
    goods = d.order.received is True
    safe, end, rescue, opens = (
        c.at(id) for id in ("safe_deadline", "protection_end", "rescue_deadline", "earliest_open")
    )
    assert advice.steps
    assert len({step.id for step in advice.steps}) == len(advice.steps)
    for step in advice.steps:
        if step.not_after is not None:
            assert step.not_after >= NOW, step
        if step.not_before is not None:
            assert step.not_before > NOW
            assert step.not_after is None or step.not_before <= step.not_after
        if step.id in CLAIMS:
            faulty = d.dispute is not None and speaks_of_defect(d.dispute.reason)
            damaged = faulty or j.stage is Milestone.DAMAGED
            assert not goods or (damaged and step.id is StepId.OPEN_DISPUTE_NOW), "no claim for good goods in hand"
            assert state in BEFORE, "no second dispute"
            assert d.order.marketplace != "direct"
            assert c.money not in (MoneyState.LOST_ON_PLATFORM, MoneyState.REFUNDED)
            in_time = safe is not None and safe >= NOW and c.money is not MoneyState.RELEASED_RECOVERABLE
            if in_time and (opens is None or opens <= safe):
                assert step.not_after is not None and step.not_after <= safe, "nothing after the safe deadline"
            elif step.not_after is not None:
                assert step.not_after in (end, rescue), "past the safe day only the rescue window is left"
        if step.id is StepId.OPEN_DISPUTE_NOW:
            assert c.may_open_now is not False and (opens is None or opens <= NOW), "illegal now"
        if step.id is StepId.OPEN_DISPUTE_BY_DEADLINE and opens is not None and opens > NOW:
            assert step.not_before is not None and step.not_before >= opens
        if step.id in OPEN_ONLY:
            assert state not in BEFORE
        if step.id is StepId.CONFIRM_RECEIPT:
            assert goods
        if step.id is StepId.CANCEL_DISPUTE:
            assert goods and end is not None and end > NOW + days(2)
        if step.id is StepId.ACCEPT_OFFER:
            assert state is DisputeState.WAITING_BUYER
            wanted = d.dispute.asked or d.order.price
            assert d.dispute.offered.minor >= wanted.minor
        if (
            step.id is StepId.WAIT
            and state in BEFORE
            and not goods
            and safe is not None
            and safe >= NOW
            and step.not_after
        ):
            money_waits = c.money in (MoneyState.REFUND_DUE, MoneyState.REFUNDED, MoneyState.LOST_ON_PLATFORM)
            if (
                d.order.marketplace != "direct"
                and not money_waits
                and c.money is MoneyState.HELD
                and (opens or NOW) <= safe
            ):
                assert step.not_after <= safe
    if state not in (*BEFORE, DisputeState.BACKSTOP, DisputeState.LOST) and not goods:
        assert StepId.CONFIRM_RECEIPT not in {step.id for step in advice.steps}


@given(clocks, dossiers, journeys, outlooks, causes, replies, st.floats(0, 1))
def test_reminders_are_future_unique_and_in_order(c, d, j, o, found, said, trust):
    advice = ask(diagnosis(*found), d, c=c, j=j, o=o, replies=said, reliability=trust)
    reminders = advice.reminders
    assert list(reminders) == sorted(set(reminders))
    assert all(reminder > NOW for reminder in reminders)
    # Each is of a step whose date binds, and lies before its end or at its beginning.
    assert set(reminders) == {at for step in advice.steps for at in step.reminders}
    for step in advice.steps:
        assert not step.reminders or binding(step.id)
        for at in step.reminders:
            assert at == step.not_before or (step.not_after is not None and at < step.not_after)


@given(clocks, dossiers, journeys, outlooks, causes, replies)
def test_words_are_whole_and_every_sentence_is_known(c, d, j, o, found, said):
    from dozor.i18n import LANGUAGES, has, say

    advice = ask(diagnosis(*found), d, c=c, j=j, o=o, replies=said)
    texts = [*advice.guards]
    for step in advice.steps:
        texts += [text for text in (step.why, step.otherwise, step.watch_for) if text is not None]
        assert step.sources or step.id is StepId.WAIT
        for lang, words in step.say.items():
            event = j.last_movement.text if j.last_movement else ""
            assert lang in LANGUAGES
            assert "None" not in words.replace(event, "") and "\n" not in words
            if not set("{}[]") & set(event):
                assert not set("{}[]") & set(words), words
    for text in texts:
        for lang in LANGUAGES:
            assert has(text.id, lang), (text.id, lang)
            assert "{" not in say(text, lang), (text.id, lang)


@given(st.floats(0, 120), st.sampled_from([each.value for each in CauseId]))
def test_goods_in_hand_never_lead_to_a_claim(end, cause):
    advice = ask(cause, dossier(received=True), c=clock(end=end))
    assert not CLAIMS & {step.id for step in advice.steps}


def test_an_empty_world_still_has_a_step():
    from dozor.advice import advise
    from dozor.model import Diagnosis, Dossier, Journey

    advice = advise(Dossier(), Journey(), Clock(policy=None), None, Diagnosis(causes=()), NOW)
    assert advice.steps
    assert StepId.OPEN_DISPUTE_NOW not in {step.id for step in advice.steps}
