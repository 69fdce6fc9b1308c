"""Seed rules that the diagnosis answers for."""

from __future__ import annotations

import pytest

from dozor.i18n import LANGUAGES, say
from dozor.model import CauseId, Contradiction, Journey, Milestone, Order, Outcome, OutcomeKind, Text
from tests.diagnosis.test_diagnose import (
    EXPORTED,
    IMPORTED,
    UNKNOWN,
    outlook,
    scans,
    share,
    top,
    verdict,
)

BAD = (CauseId.FAKE_NUMBER, CauseId.LOST, CauseId.STALLED)
TWO = Journey(outcomes={"upu": UNKNOWN, "cainiao": UNKNOWN})


@pytest.mark.rule("S001")
def test_a_number_that_shows_nothing_is_not_a_lost_parcel() -> None:
    found = verdict(look=outlook(0.6, 7, 12))
    assert share(found, CauseId.LOST) < 0.05
    assert top(found) not in BAD


@pytest.mark.rule("S002", "S111")
def test_a_number_that_leads_nowhere_grows_likelier_with_time_and_voices() -> None:
    early, late = verdict(journey=TWO, look=outlook(0.3, 4, 12)), verdict(journey=TWO, look=outlook(0.99, 40, 12))
    assert share(early, CauseId.FAKE_NUMBER) < 0.05 < share(late, CauseId.FAKE_NUMBER)


@pytest.mark.rule("S021", "S038")
def test_invented_and_careless_are_causes_apart() -> None:
    found = verdict("RS123456789CN")
    assert {cause.id for cause in found.causes if cause.probability > 0.02} >= {
        CauseId.IMPOSSIBLE_NUMBER,
        CauseId.FAKE_NUMBER,
        CauseId.TYPING_ERROR,
    }
    slip = verdict("RB740193542CN")  # two digits swapped
    assert share(slip, CauseId.TYPING_ERROR) > share(slip, CauseId.FAKE_NUMBER)


@pytest.mark.rule("S022")
def test_a_registered_number_that_is_silent_speaks_against_itself() -> None:
    registered = verdict("RB740193524CN", TWO, outlook(0.99, 40, 12))
    ordinary = verdict("UA740193524CN", TWO, outlook(0.99, 40, 12))
    assert share(registered, CauseId.FAKE_NUMBER) > 3 * share(ordinary, CauseId.FAKE_NUMBER)


@pytest.mark.rule("S026")
def test_a_lone_notice_proves_no_parcel() -> None:
    found = verdict(journey=scans((Milestone.PRE_SHIPMENT, 20, "CN")), look=outlook(0.97, 21, 12))
    assert share(found, CauseId.LABEL_ONLY) + share(found, CauseId.NOT_SHIPPED) > 0.6


@pytest.mark.rule("S028")
def test_waiting_does_not_make_an_invented_number_true() -> None:
    later = [share(verdict(journey=TWO, look=outlook(1 - 0.5**n, 6 * n, 12)), CauseId.FAKE_NUMBER) for n in range(1, 7)]
    assert later == sorted(later)


@pytest.mark.rule("S042")
def test_a_seller_who_only_asks_for_patience_says_nothing_for_the_number() -> None:
    plain = verdict(journey=TWO, look=outlook(0.99, 40, 12))
    patient = verdict(journey=TWO, look=outlook(0.99, 40, 12), replies=("wait_period",))
    assert share(patient, CauseId.FAKE_NUMBER) >= share(plain, CauseId.FAKE_NUMBER)
    cheap = verdict(look=outlook(0.8, 14, 12), replies=("no_tracking_cheap",))
    assert top(cheap) is CauseId.UNTRACKED_BY_DESIGN


@pytest.mark.rule("S063", "S087", "S158")
def test_what_the_seller_admits_outweighs_what_sites_say() -> None:
    found = verdict(journey=TWO, look=outlook(0.9, 20, 12), replies=("not_shipped",))
    assert top(found) is CauseId.NOT_SHIPPED
    assert found.causes[0].evidence[0].id in ("reply_not_shipped", "two_unknown_late")


@pytest.mark.rule("S110")
def test_saving_on_postage_comes_before_deceit() -> None:
    found = verdict("", look=outlook(0.8, 14, 12), tracked_prior=0.3)
    assert share(found, CauseId.UNTRACKED_BY_DESIGN) > share(found, CauseId.FAKE_NUMBER)


@pytest.mark.rule("S112", "S113")
def test_a_slow_site_is_a_cause_and_a_broken_one_a_rare_one() -> None:
    found = verdict(look=outlook(0.5, 6, 12))
    assert share(found, CauseId.SOURCE_LAG) > share(found, CauseId.SOURCE_DOWN) > 0


@pytest.mark.rule("S130", "S131", "S132", "S156")
def test_carriers_that_cannot_be_followed_are_said_to_be_so() -> None:
    found = verdict(
        "SF1234567890123", scans((Milestone.LEFT_ORIGIN_COUNTRY, 14, "CN"), **EXPORTED), outlook(0.7, 14, 25)
    )
    assert top(found) is CauseId.DARK_AFTER_BORDER
    for lang in LANGUAGES:
        assert say(Text("cause.dark_after_border"), lang) != "cause.dark_after_border"


@pytest.mark.rule("S133")
def test_silence_of_carriers_that_always_read_is_a_bad_sign() -> None:
    quiet = outlook(0.99, 30, 12)
    always, usual = verdict("RT740193524HK", TWO, quiet), verdict("RT740193524CN", TWO, quiet)
    assert share(always, CauseId.FAKE_NUMBER) > share(usual, CauseId.FAKE_NUMBER)


@pytest.mark.rule("S143", "S144")
def test_a_number_of_somebody_elses_parcel() -> None:
    swapped = scans((Milestone.IN_TRANSIT, 3, "CA"), **IMPORTED, contradictions=(Contradiction("other_destination"),))
    assert top(verdict(journey=swapped, order=Order(destination="RU"))) is CauseId.WRONG_DESTINATION


@pytest.mark.rule("S147")
def test_suspicion_needs_a_carrier_that_tracks_and_days_that_have_passed() -> None:
    before = verdict(journey=TWO, look=outlook(0.4, 5, 12))
    untracked = verdict("UA740193524CN", TWO, outlook(0.99, 40, 12))
    assert top(before) is CauseId.TOO_EARLY
    assert top(untracked) is CauseId.UNTRACKED_BY_DESIGN


@pytest.mark.rule("S157")
def test_too_few_days_are_said_to_be_too_few() -> None:
    found = verdict(look=outlook(0.1, 2, 12))
    assert top(found) is CauseId.TOO_EARLY
    assert share(found, CauseId.TOO_EARLY) > 0.3
    down = verdict(journey=Journey(outcomes={"upu": Outcome(OutcomeKind.UNREACHABLE)}), look=outlook(0.1, 2, 12))
    assert top(down) in (CauseId.TOO_EARLY, CauseId.SOURCE_DOWN)
