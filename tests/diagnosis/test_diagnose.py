"""Verdicts on purchases as buyers bring them; journeys and outlooks are written by hand."""

from __future__ import annotations

import datetime as dt
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dozor.answer import answer
from dozor.diagnosis import diagnose, headline
from dozor.diagnosis.facts import facts, has_pattern
from dozor.diagnosis.observe import gain
from dozor.diagnosis.tables import causes, evidence, is_fact, observations
from dozor.i18n import LANGUAGES, has, say
from dozor.model import (
    CauseId,
    Clock,
    Contradiction,
    Diagnosis,
    Dossier,
    Event,
    Journey,
    Limit,
    Mention,
    Milestone,
    Moment,
    NumberLink,
    Order,
    Outcome,
    OutcomeKind,
    Outlook,
    Place,
    Text,
)
from dozor.numbers import identify

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
REGISTERED = "RB740193524CN"
NO_JOURNEY, NO_ORDER = Journey(), Order()
UNKNOWN = Outcome(OutcomeKind.UNKNOWN_NUMBER)


def outlook(unusual: float, elapsed: float, p90: float, stage: str = "first_scan") -> Outlook:
    return Outlook(stage, "test", elapsed, p90 / 4, p90 / 2, p90, unusual, 0.02)


def scans(*told: tuple[Milestone, float, str], **more: object) -> Journey:
    events = tuple(
        Event(text=m.value, when=Moment((NOW - DAY * ago).replace(tzinfo=None), 0), milestone=m, place=Place(country=c))
        for m, ago, c in told
    )
    stage, ago, _ = told[-1]
    kept = {"events": events, "stage": stage, "last_movement": events[-1], "silence_days": ago} | more
    return Journey(**kept)  # type: ignore[arg-type]


def verdict(
    number: str = REGISTERED,
    journey: Journey = NO_JOURNEY,
    look: Outlook | None = None,
    order: Order = NO_ORDER,
    replies: tuple[str, ...] = (),
    tracked_prior: float | None = None,
    clock: Clock | None = None,
) -> Diagnosis:
    mentions = [Mention(number, 0, len(number), identify(number))] if number else []
    return diagnose(
        Dossier(order=order, numbers=(number,) if number else ()),
        mentions,
        journey,
        clock or Clock(None),
        look,
        NOW,
        replies=replies,
        tracked_prior=tracked_prior,
    )


def top(diagnosis: Diagnosis) -> CauseId:
    return diagnosis.causes[0].id


def share(diagnosis: Diagnosis, cause: CauseId) -> float:
    return next(each.probability for each in diagnosis.causes if each.id is cause)


EXPORTED = {"exported_at": NOW - DAY * 20, "first_acceptance": NOW - DAY * 25}
IMPORTED = EXPORTED | {"imported_at": NOW - DAY * 8}


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (CauseId.ORDER_NUMBER_ENTERED, lambda: verdict("8001234567891234")),
        (CauseId.IMPOSSIBLE_NUMBER, lambda: verdict("RS123456789CN")),
        (CauseId.UNTRACKED_BY_DESIGN, lambda: verdict("UA740193524CN", look=outlook(0.7, 12, 15))),
        (CauseId.DOMESTIC_LEG_ONLY, lambda: verdict("75123456789012", look=outlook(0.9, 20, 12))),
        (CauseId.TOO_EARLY, lambda: verdict(look=outlook(0.2, 3, 12))),
        (
            CauseId.TOO_EARLY,
            lambda: verdict(journey=scans((Milestone.PRE_SHIPMENT, 2, "CN")), look=outlook(0.2, 3, 12)),
        ),
        (
            CauseId.LABEL_ONLY,
            lambda: verdict(journey=scans((Milestone.PRE_SHIPMENT, 18, "CN")), look=outlook(0.97, 20, 12)),
        ),
        (
            CauseId.SILENT_BUT_NORMAL,
            lambda: verdict(
                journey=scans((Milestone.LEFT_ORIGIN_COUNTRY, 8, "CN"), **EXPORTED), look=outlook(0.3, 8, 30)
            ),
        ),
        (
            CauseId.STALLED,
            lambda: verdict(journey=scans((Milestone.IN_TRANSIT, 40, "RU"), **IMPORTED), look=outlook(0.985, 40, 25)),
        ),
        (
            CauseId.LOST,
            lambda: verdict(journey=scans((Milestone.IN_TRANSIT, 90, "RU"), **IMPORTED), look=outlook(0.995, 90, 20)),
        ),
        (
            CauseId.NUMBER_CHANGED,
            lambda: verdict(
                journey=scans(
                    (Milestone.LEFT_ORIGIN_COUNTRY, 10, "CN"),
                    **EXPORTED,
                    numbers=(NumberLink("A"), NumberLink("B", follows="A")),
                ),
                look=outlook(0.6, 10, 25),
            ),
        ),
        (
            CauseId.DARK_AFTER_BORDER,
            lambda: verdict(
                "SF1234567890123",
                scans((Milestone.LEFT_ORIGIN_COUNTRY, 14, "CN"), **EXPORTED),
                outlook(0.7, 14, 25),
            ),
        ),
        (
            CauseId.CUSTOMS_PROCESSING,
            lambda: verdict(journey=scans((Milestone.CUSTOMS_PROCESSING, 2, "RU"), **IMPORTED)),
        ),
        (CauseId.CUSTOMS_HELD, lambda: verdict(journey=scans((Milestone.CUSTOMS_HELD, 2, "RU"), **IMPORTED))),
        (
            CauseId.WAITING_FOR_PICKUP,
            lambda: verdict(
                journey=scans((Milestone.AVAILABLE_FOR_PICKUP, 2, "RU"), **IMPORTED, available_since=NOW - DAY * 2)
            ),
        ),
        (
            CauseId.PICKUP_EXPIRING,
            lambda: verdict(
                journey=scans((Milestone.AVAILABLE_FOR_PICKUP, 12, "RU"), **IMPORTED, available_since=NOW - DAY * 12),
                clock=Clock(None, limits=(Limit("pickup_until", NOW + DAY * 3),)),
            ),
        ),
        (CauseId.RETURNING, lambda: verdict(journey=scans((Milestone.RETURN_STARTED, 2, "RU"), **IMPORTED))),
        (CauseId.RETURNED, lambda: verdict(journey=scans((Milestone.RETURNED, 2, "CN"), **IMPORTED))),
        (CauseId.ADDRESS_PROBLEM, lambda: verdict(journey=scans((Milestone.ADDRESS_PROBLEM, 2, "RU"), **IMPORTED))),
        (CauseId.SEIZED, lambda: verdict(journey=scans((Milestone.SEIZED, 2, "RU"), **IMPORTED))),
        (CauseId.NOT_SHIPPED, lambda: verdict(journey=scans((Milestone.CANCELLED, 2, "CN")))),
        (CauseId.DELIVERED, lambda: verdict(journey=scans((Milestone.DELIVERED, 2, "RU"), **IMPORTED))),
        (
            CauseId.DELIVERED_NOT_RECEIVED,
            lambda: verdict(journey=scans((Milestone.DELIVERED, 2, "RU"), **IMPORTED), order=Order(received=False)),
        ),
        (
            CauseId.WRONG_DESTINATION,
            lambda: verdict(
                journey=scans(
                    (Milestone.DELIVERED, 2, "CA"), **IMPORTED, contradictions=(Contradiction("other_destination"),)
                ),
                order=Order(destination="RU", received=False),
            ),
        ),
        (
            CauseId.RECYCLED_NUMBER,
            lambda: verdict(
                journey=scans(
                    (Milestone.DELIVERED, 40, "RU"), **IMPORTED, contradictions=(Contradiction("event_before_payment"),)
                ),
                order=Order(destination="RU", received=False),
            ),
        ),
        (
            CauseId.SOURCE_DOWN,
            lambda: verdict(journey=Journey(outcomes={"china-post": Outcome(OutcomeKind.UNREACHABLE)})),
        ),
        (
            CauseId.NEEDS_EXTRA_DATA,
            lambda: verdict(journey=Journey(outcomes={"postnl": Outcome(OutcomeKind.NEEDS, needs=("postcode",))})),
        ),
        (
            CauseId.WRONG_CARRIER_ASKED,
            lambda: verdict(
                journey=Journey(outcomes={"russian-post": Outcome(OutcomeKind.NOT_THEIRS)}), look=outlook(0.5, 6, 12)
            ),
        ),
        (CauseId.DELIVERED, lambda: verdict(order=Order(received=True))),
    ],
)
def test_the_telling_case_gets_its_cause(expected: CauseId, found: object) -> None:
    diagnosis = found()  # type: ignore[operator]
    assert top(diagnosis) is expected, [(cause.id.value, round(cause.probability, 3)) for cause in diagnosis.causes[:4]]


@pytest.mark.rule("S016", "S023")
def test_one_systems_silence_never_makes_a_fake() -> None:
    alone = verdict(journey=Journey(outcomes={"upu": UNKNOWN}), look=outlook(0.995, 60, 12))
    assert share(alone, CauseId.FAKE_NUMBER) <= 0.2
    assert top(alone) is not CauseId.FAKE_NUMBER
    two = verdict(journey=Journey(outcomes={"upu": UNKNOWN, "china-post": UNKNOWN}), look=outlook(0.995, 60, 12))
    assert share(two, CauseId.FAKE_NUMBER) > share(alone, CauseId.FAKE_NUMBER)


def test_a_system_that_is_down_is_no_evidence_against_the_seller() -> None:
    nothing = verdict(look=outlook(0.5, 6, 12))
    down = verdict(journey=Journey(outcomes={"upu": Outcome(OutcomeKind.UNREACHABLE)}), look=outlook(0.5, 6, 12))
    assert share(down, CauseId.FAKE_NUMBER) <= share(nothing, CauseId.FAKE_NUMBER)
    assert share(down, CauseId.NOT_SHIPPED) <= share(nothing, CauseId.NOT_SHIPPED)


@pytest.mark.rule("S008", "S027", "S080", "S129")
def test_the_first_scan_has_a_lag_distribution_and_no_threshold() -> None:
    shares = [share(verdict(look=outlook(1 - math.exp(-day / 6), day, 14)), CauseId.TOO_EARLY) for day in range(1, 40)]
    assert shares[0] > 0.3
    assert all(later < earlier for earlier, later in itertools.pairwise(shares))
    assert max(a - b for a, b in itertools.pairwise(shares)) < 0.1


@pytest.mark.rule("S102", "S109", "S122", "S123", "S124")
def test_the_price_moves_the_share_of_parcels_sent_untracked() -> None:
    cheap, dear = (verdict("", look=outlook(0.8, 14, 15), tracked_prior=p) for p in (0.1, 0.97))
    assert share(cheap, CauseId.UNTRACKED_BY_DESIGN) > 2 * share(dear, CauseId.UNTRACKED_BY_DESIGN)


@pytest.mark.rule("S132", "S139")
def test_silence_after_the_border_accuses_nobody_where_it_is_the_habit() -> None:
    habit = verdict(
        "SF1234567890123", scans((Milestone.LEFT_ORIGIN_COUNTRY, 20, "CN"), **EXPORTED), outlook(0.8, 20, 25)
    )
    other = verdict(REGISTERED, scans((Milestone.LEFT_ORIGIN_COUNTRY, 20, "CN"), **EXPORTED), outlook(0.8, 20, 25))
    bad = (CauseId.LOST, CauseId.STALLED, CauseId.FAKE_NUMBER)
    assert sum(share(habit, cause) for cause in bad) < sum(share(other, cause) for cause in bad)


@pytest.mark.rule("S133")
def test_silence_of_a_post_that_always_tracks_speaks_louder() -> None:
    always = verdict("RT740193524HK", look=outlook(0.97, 20, 12))
    usual = verdict(REGISTERED, look=outlook(0.97, 20, 12))
    loud = (CauseId.FAKE_NUMBER, CauseId.NOT_SHIPPED)
    assert sum(share(always, cause) for cause in loud) > sum(share(usual, cause) for cause in loud)


def test_the_sum_can_be_checked_by_hand() -> None:
    found = verdict("UA740193524CN", look=outlook(0.7, 12, 15), replies=("no_tracking_cheap",))
    a, b = found.causes[0], found.causes[1]
    assert a.prior and b.prior
    by_hand = math.log(a.prior / b.prior) + sum(e.weight for e in a.evidence) - sum(e.weight for e in b.evidence)
    assert math.log(a.probability / b.probability) == pytest.approx(by_hand, abs=0.15)


def test_one_saying_is_not_counted_twice() -> None:
    """The seller's words as his message, and again in the buyer's account of them, weigh once."""
    words = "The seller wrote: the item is out of stock, we have not sent it."
    told = answer(Dossier(text=words), NOW).diagnosis.causes[0]
    assert told.id is CauseId.NOT_SHIPPED
    assert {piece.id for piece in told.evidence} & {"reply_not_shipped", "said_not_shipped"} == {"reply_not_shipped"}


def test_what_was_not_checked_is_said() -> None:
    assert "unchecked.carriers" in [text.id for text in verdict().not_checked]
    asked = verdict(journey=Journey(outcomes={"upu": UNKNOWN}), order=Order(paid=NOW.date(), shipped=NOW.date()))
    assert "unchecked.carriers" not in [text.id for text in asked.not_checked]
    assert "unchecked.dates" not in [text.id for text in asked.not_checked]


def test_the_next_observation_fits_the_case() -> None:
    def observed(diagnosis: Diagnosis) -> str:
        assert diagnosis.next_observation is not None
        return diagnosis.next_observation.id

    assert verdict("8001234567891234").next_observation is None  # nothing is left to learn
    assert observed(verdict("", look=outlook(0.5, 10, 12))) == "observe.order_page"
    assert observed(verdict("RS123456789CN")) == "observe.copy_again"
    missing = verdict(journey=scans((Milestone.DELIVERED, 2, "RU"), **IMPORTED), order=Order(received=False))
    assert observed(missing) == "observe.delivery_proof"


def test_a_look_that_could_tell_nothing_apart_gains_nothing() -> None:
    row = next(row for row in observations() if row.id == "copy_again")
    sure = dict.fromkeys(CauseId, 0.0) | {CauseId.TYPING_ERROR: 1.0}
    assert gain(row, sure) == pytest.approx(0)


@pytest.mark.parametrize("number", ["RS123456789CN", "RB987654321CN", "RR111111115CN", "LB123123123CN"])
def test_patterns_of_thought_up_numbers(number: str) -> None:
    assert has_pattern(number)


@pytest.mark.parametrize("number", ["RB740193524CN", "LP00518274639105", "RT", "12345"])
def test_ordinary_numbers_have_no_pattern(number: str) -> None:
    assert not has_pattern(number)


@given(
    number=st.sampled_from(["", REGISTERED, "RS123456789CN", "8001234567891234", "UA740193524CN", "SF1234567890123"]),
    stage=st.none() | st.sampled_from(Milestone),
    ago=st.floats(0, 400),
    unusual=st.floats(0, 1),
    norm=st.floats(0.5, 80),
    outcomes=st.dictionaries(
        st.sampled_from(["upu", "cainiao", "china-post"]), st.sampled_from(OutcomeKind).map(Outcome), max_size=3
    ),
    reply=st.none() | st.sampled_from(["not_shipped", "vague", "new_number", "says_delivered"]),
    received=st.sampled_from([None, True, False]),
    prior=st.none() | st.floats(0, 1),
)
def test_shares_are_shares_whatever_comes(
    number: str,
    stage: Milestone | None,
    ago: float,
    unusual: float,
    norm: float,
    outcomes: dict[str, Outcome],
    reply: str | None,
    received: bool | None,
    prior: float | None,
) -> None:
    journey = scans((stage, ago, "CN"), outcomes=outcomes) if stage else Journey(outcomes=outcomes)
    found = verdict(
        number,
        journey,
        outlook(unusual, ago, norm),
        Order(received=received, destination="RU"),
        (reply,) if reply else (),
        prior,
    )
    assert [cause.id for cause in found.causes if cause.id in CauseId] and len(found.causes) == len(CauseId)
    assert sum(cause.probability for cause in found.causes) == pytest.approx(1)
    assert all(0 <= cause.probability <= 1 for cause in found.causes)
    assert list(found.causes) == sorted(found.causes, key=lambda cause: -cause.probability)
    unknown = [outcome for outcome in outcomes.values() if outcome.kind is OutcomeKind.UNKNOWN_NUMBER]
    if len(unknown) < 2 and number in (REGISTERED, "UA740193524CN"):
        assert share(found, CauseId.FAKE_NUMBER) <= 0.2 + 1e-9


def test_every_sentence_stands_in_every_language() -> None:
    ids = {f"evidence.{row.id}" for row in evidence()} | {f"cause.{row.id.value}" for row in causes()}
    ids |= {f"change.{name}" for row in causes() for name in row.changes} | {
        f"observe.{row.id}" for row in observations()
    }
    missing = [(id, lang) for id in sorted(ids) for lang in LANGUAGES if not has(id, lang)]
    assert not missing


@given(
    number=st.sampled_from(["", REGISTERED, "RS123456789CN", "8001234567891234", "??", "32968456320"]),
    stage=st.none() | st.sampled_from(Milestone),
    told=st.sampled_from([None, True, False]),
    outcome=st.none() | st.sampled_from(OutcomeKind),
)
def test_every_fact_found_is_one_the_tables_may_name(
    number: str, stage: Milestone | None, told: bool | None, outcome: OutcomeKind | None
) -> None:
    journey = scans((stage, 30, "CN"), **IMPORTED) if stage else Journey()
    outcomes = {"upu": Outcome(outcome), "cainiao": Outcome(outcome)} if outcome else {}
    dossier = Dossier(numbers=(number,), order=Order(received=told), events_seen=told)
    mentions = [Mention(number, 0, len(number), identify(number))]
    known = facts(
        dossier, mentions, replace(journey, outcomes=outcomes), Clock(None), outlook(0.9, 30, 9), NOW, ["vague"], 0.4
    )
    assert all(is_fact(name) for name in known.names)


def test_what_is_no_question_of_tracking_is_said_to_be_none() -> None:
    broken = answer(Dossier(text="The parcel arrived, but the screen is smashed"), NOW)
    assert broken.headline.id == "headline.other"
    for lang in LANGUAGES:
        assert "{" not in say(broken.headline, lang)


def test_the_headline_says_how_sure_it_is() -> None:
    sure, unsure = verdict("8001234567891234"), verdict("", look=None)
    assert headline(sure).id == "headline.sure"
    assert headline(unsure).id in ("headline.open", "headline.likely")
    for lang in LANGUAGES:
        assert "{" not in say(headline(sure), lang)
    assert isinstance(headline(sure), Text)


def test_facts_are_pure() -> None:
    one = facts(Dossier(), [], Journey(), Clock(None), None, NOW, (), None)
    assert one == facts(Dossier(), [], Journey(), Clock(None), None, NOW, (), None)


@pytest.mark.parametrize(
    ("service", "untracked"),
    [
        ("AliExpress Saver Shipping", True),
        ("Cainiao Super Economy Global", True),
        ("super_economy", True),
        ("Экономичная доставка", True),
        ("Економ доставка", True),
        ("中国邮政平邮小包", True),
        ("Lifesavers Logistics", False),
        ("Extraordinary Post", False),
        ("AliExpress Standard Shipping", False),
    ],
)
def test_the_name_of_a_service_speaks_by_whole_words(service: str, untracked: bool) -> None:
    known = facts(Dossier(order=Order(service=service)), [], NO_JOURNEY, Clock(None), None, NOW, (), None)
    assert ("profile.untracked" in known.names) is untracked
