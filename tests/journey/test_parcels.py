"""Which numbers are one parcel's, who says so, and what stays apart."""

from __future__ import annotations

import datetime as dt

import pytest

from dozor.answer import answer
from dozor.journey import parcels, weave, weave_each
from dozor.model import Alias, Dossier, LinkKind, Order, OutcomeKind, Report
from dozor.numbers import identify
from tests.journey.test_weave import NOW, report, told

ORIGIN = told("Accepted", "2026-11-01 10:00", country="CN")
EXPORT = told("Departed country of origin", "2026-11-05 10:00", country="CN")
ARRIVAL = told("Arrived at destination country", "2026-11-12 10:00", country="RU")


def test_a_chain_of_numbers_in_the_order_in_which_they_took_over() -> None:
    one = report("cainiao", ORIGIN, number="LP1", aliases=(Alias("RB1", said_by="cainiao"),))
    two = report("upu", EXPORT, number="RB1", aliases=(Alias("LP1", said_by="upu"), Alias("RU1", said_by="upu")))
    three = report("russian-post", ARRIVAL, number="RU1")
    links = weave([three, two, one], NOW).numbers
    assert [(link.number, link.follows) for link in links] == [("LP1", None), ("RB1", "LP1"), ("RU1", "RB1")]
    assert links[1].said_by == ("cainiao", "upu")
    assert links[2].since == dt.datetime(2026, 11, 12, 10, tzinfo=dt.UTC)


def test_who_gives_the_later_number_is_told_of_the_earlier_one_the_right_way_round() -> None:
    later, earlier = "RB740193524CN", "LP00990011223344"
    one = report("cainiao", ORIGIN, number=earlier, aliases=(Alias(later, said_by="cainiao"),))
    two = report("russian-post", ARRIVAL, number=later)
    links = weave([one, two], NOW, numbers=identify(later)[:1]).numbers
    assert [(link.number, link.follows) for link in links] == [(later, earlier), (earlier, None)]


def test_numbers_that_name_each_other_in_a_ring_end() -> None:
    ring = [report("x", ORIGIN, number=one, aliases=(Alias(two, said_by="x"),)) for one, two in ("AB", "BC", "CA")]
    assert {link.number for link in weave(ring, NOW).numbers} == {"A", "B", "C"}


def test_two_parcels_of_one_order_are_two_journeys() -> None:
    one, two = report("x", ORIGIN, EXPORT, number="A1"), report("x", ORIGIN, number="B2")
    journeys = weave_each([one, two], NOW)
    assert [{event.number for event in journey.events} for journey in journeys] == [{"A1"}, {"B2"}]


def test_two_orders_in_one_box_share_its_way_and_nothing_else() -> None:
    box = report("cdek", ARRIVAL, number="BOX", aliases=tuple(Alias(n, LinkKind.CONTAINS) for n in ("A1", "B2")))
    journeys = weave_each([report("x", ORIGIN, number="A1"), report("y", EXPORT, number="B2"), box], NOW)
    assert [{event.number for event in journey.events} for journey in journeys] == [{"A1", "BOX"}, {"B2", "BOX"}]
    assert all(("BOX", LinkKind.CONTAINS) in [(link.number, link.kind) for link in j.numbers] for j in journeys)
    assert not any(link.follows for journey in journeys for link in journey.numbers)


def test_a_second_shipment_is_another_parcel() -> None:
    again = Alias("B2", LinkKind.REPLACES, said_by="x")
    journeys = weave_each([report("x", ORIGIN, number="A1", aliases=(again,)), report("x", EXPORT, number="B2")], NOW)
    assert len(journeys) == 2


def test_every_report_is_of_one_parcel_and_one_parcel_never_two() -> None:
    many = [report("x", ORIGIN, number=number) for number in ("A1", "A1", "B2", "C3")]
    found = parcels(many)
    assert sorted(number for parcel in found for number in parcel.group.numbers) == ["A1", "B2", "C3"]
    assert sum(len(parcel.reports) for parcel in found) == len(many)


@pytest.mark.parametrize(
    ("days", "grams", "country", "guessed"),
    [(5, 480, "RU", True), (5, None, None, True), (40, 480, "RU", False), (5, 900, "RU", False), (5, 480, "KZ", False)],
)
def test_a_guess_by_time_place_and_weight(days: int, grams: int | None, country: str | None, guessed: bool) -> None:
    begin = (dt.datetime(2026, 11, 5) + dt.timedelta(days=days)).isoformat(sep=" ")
    out = report("x", ORIGIN, EXPORT, number="A1", weight_grams=500, destination="RU")
    incoming = report("y", told("Accepted", begin, country=country), number="B2", weight_grams=grams)
    journey = weave([out, incoming], NOW)
    found = [link for link in journey.numbers if link.guess]
    assert [link.number for link in found] == (["B2"] if guessed else [])
    assert all(0 < link.certainty < 1 and not link.said_by for link in found)
    assert {event.number for event in journey.events} == {"A1"}, "a guess joins nothing"


def test_more_agreement_makes_a_guess_surer() -> None:
    out = report("x", ORIGIN, EXPORT, number="A1", weight_grams=500, destination="RU")
    begin = told("Accepted", "2026-11-07 10:00", country="RU")
    by_all = weave([out, report("y", begin, number="B2", weight_grams=490)], NOW).numbers[-1]
    by_time = weave([out, report("y", told("Accepted", "2026-11-20 10:00"), number="B2")], NOW).numbers[-1]
    assert by_all.certainty > by_time.certainty


def test_an_answer_tells_further_parcels_apart() -> None:
    numbers = ("RB740193524CN", "RB100000005CN")
    reports = tuple(report("upu", ORIGIN, EXPORT, number=number) for number in numbers)
    given = answer(Dossier(numbers=numbers, reports=reports, order=Order(destination="RU")), NOW)
    assert given.journey.numbers[0].number == numbers[0]
    assert [journey.numbers[0].number for journey in given.others] == [numbers[1]]


# --- how asks ended ---------------------------------------------------------------------------------------


def ended(kind: OutcomeKind, carrier: str, day: int) -> Report:
    asked = dt.datetime(2026, 11, day, tzinfo=dt.UTC)
    return Report(carrier, "RB740193524CN", report(carrier).outcome.__class__(kind), asked_at=asked)


def test_the_kinds_of_nothing_stay_apart_and_the_newest_counts() -> None:
    kinds = (OutcomeKind.UNKNOWN_NUMBER, OutcomeKind.KNOWN_WITHOUT_EVENTS, OutcomeKind.NEEDS, OutcomeKind.UNREACHABLE)
    asks = [ended(kind, f"c{place}", 1) for place, kind in enumerate(kinds)]
    asks += [ended(OutcomeKind.REFUSED, "c0", 3), ended(OutcomeKind.FOUND, "c1", 0 + 1)]
    outcomes = {name: each.kind for name, each in weave(asks, NOW).outcomes.items()}
    assert outcomes == {
        "c0": OutcomeKind.REFUSED,
        "c1": OutcomeKind.FOUND,
        "c2": OutcomeKind.NEEDS,
        "c3": OutcomeKind.UNREACHABLE,
    }
    assert weave(asks[::-1], NOW).outcomes == weave(asks, NOW).outcomes
