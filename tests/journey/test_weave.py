"""One journey from many voices: by example, and whatever the order in which they speak."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dozor.carriers import read_recorded
from dozor.carriers.base.reading import wall_time
from dozor.carriers.fakes.server import FIXTURES
from dozor.i18n import LANGUAGES, has
from dozor.journey import weave
from dozor.model import (
    Alias,
    Event,
    Journey,
    LegKind,
    LinkKind,
    Milestone,
    Moment,
    Order,
    Outcome,
    OutcomeKind,
    Place,
    Report,
)
from dozor.numbers import identify
from tests.conftest import SHARED

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
FOUND = Outcome(OutcomeKind.FOUND)


def known(system: str, *numbers: str) -> list[Report]:
    rows = json.loads((FIXTURES / f"{system}.json").read_text(encoding="utf-8"))
    kept = [row for row in rows if row.get("mailNo", row.get("ID")) in numbers]
    return list(read_recorded(json.dumps({"module": kept, "success": True} if system == "cainiao" else kept)))


def told(text: str, when: str, *, country: str | None = None, offset: int | None = 0, **more: object) -> Event:
    at = Moment(dt.datetime.fromisoformat(when), offset)
    return Event(text=text, when=at, place=Place(text=country or "", country=country) if country else None, **more)  # type: ignore[arg-type]


def report(carrier: str, *events: Event, number: str = "RB740193524CN", **more: object) -> Report:
    return Report(carrier, number, FOUND, events=events, **more)  # type: ignore[arg-type]


def three_voices() -> list[Report]:
    """One parcel as a consolidator, the posts and a Russian site tell it, the number changed at the border."""
    russian = report(
        "russian-post",
        told("Прием", "2026-10-30 18:40", offset=480, country="CN"),
        told("Импорт международной почты", "2026-11-09 09:20", offset=180, country="RU"),
        told("Передано таможне", "2026-11-10 12:30", offset=180, country="RU"),
        told("Прибыло в место вручения", "2026-11-20 11:00", offset=180, country="RU"),
    )
    return [
        *known("cainiao", "LP00990011223344", "RB740193524CN"),
        *known("upu", "RB740193524CN"),
        russian,
    ]


def test_three_voices_become_one_journey() -> None:
    journey = weave(three_voices(), NOW, numbers=identify("LP00990011223344"), order=Order(destination="RU"))
    assert [link.number for link in journey.numbers] == ["LP00990011223344", "RB740193524CN"]
    assert journey.numbers[1].follows == "LP00990011223344"
    assert journey.numbers[1].said_by == ("cainiao",)
    assert journey.stage is Milestone.ARRIVED_AT_DELIVERY_OFFICE
    assert (journey.origin, journey.destination) == ("CN", "RU")
    assert journey.silence_days == pytest.approx(4.17, abs=0.02)
    customs = [event for event in journey.events if event.milestone is Milestone.CUSTOMS_PROCESSING]
    assert len(customs) == 1
    assert customs[0].sources == ("cainiao", "russian-post", "upu")
    assert len(customs[0].originals) == 2
    kinds = [leg.kind for leg in journey.legs]
    assert kinds[0] is LegKind.ORIGIN and LegKind.TRANSPORT in kinds and kinds[-1] is LegKind.LAST_MILE
    assert not journey.contradictions


def test_the_order_in_which_reports_arrive_does_not_matter() -> None:
    reports = three_voices()
    woven = [weave(list(order), NOW, numbers=identify("LP00990011223344")) for order in itertools.permutations(reports)]
    assert all(each == woven[0] for each in woven)


def test_weaving_twice_changes_nothing() -> None:
    reports = three_voices()
    assert weave([*reports, *reports], NOW, numbers=identify("LP00990011223344")) == weave(
        reports, NOW, numbers=identify("LP00990011223344")
    )


def test_a_forecast_moves_nothing() -> None:
    journey = weave(known("upu", "LV901332088CN"), NOW)
    assert journey.stage is None and journey.last_movement is None and journey.silence_days is None
    assert len(journey.events) == 1


def test_a_label_is_no_movement() -> None:
    journey = weave([report("x", told("Shipment information received", "2026-11-10 10:00"))], NOW)
    assert journey.stage is Milestone.PRE_SHIPMENT
    assert journey.first_seen is not None and journey.first_acceptance is None
    assert journey.silence_days is None


def test_a_repeated_row_is_no_movement() -> None:
    rows = [told("In transit to next facility", f"2026-11-{day:02} 10:00") for day in (3, 5, 7, 9)]
    journey = weave([report("x", *rows)], NOW)
    assert journey.last_movement is not None and journey.last_movement.when is not None
    assert journey.last_movement.when.local.day == 3


def test_another_parcel_is_kept_apart() -> None:
    mine = report("x", told("Accepted", "2026-11-01 10:00"), number="A1")
    other = report("x", told("Delivered", "2026-11-02 10:00"), number="B2")
    journey = weave([mine, other], NOW, numbers=())
    assert len({event.number for event in journey.events}) == 1


def test_a_guess_joins_no_parcels() -> None:
    guess = Alias("B2", LinkKind.CONTINUES, said_by="x", certainty=0.4, guess=True)
    mine = report("x", told("Accepted", "2026-11-01 10:00"), number="A1", aliases=(guess,))
    other = report("x", told("Delivered", "2026-11-02 10:00"), number="B2")
    journey = weave([mine, other], NOW)
    assert {event.number for event in journey.events} <= {"A1"} or {event.number for event in journey.events} <= {"B2"}


def test_the_outcomes_of_all_are_kept() -> None:
    nothing = Report("upu", "RB740193524CN", Outcome(OutcomeKind.UNKNOWN_NUMBER))
    journey = weave([nothing, *known("cainiao", "RB740193524CN")], NOW)
    assert {name: outcome.kind for name, outcome in journey.outcomes.items()} == {
        "upu": OutcomeKind.UNKNOWN_NUMBER,
        "cainiao": OutcomeKind.FOUND,
    }


# --- contradictions ---------------------------------------------------------------------------------------


def contradicted(order: Order, *events: Event) -> list[str]:
    return [each.id for each in weave([report("x", *events)], NOW, order=order).contradictions]


@pytest.mark.rule("S143", "S144")
def test_another_country_than_the_orders() -> None:
    there = told("Delivered", "2026-11-10 10:00", country="CA")
    assert contradicted(Order(destination="RU"), told("Accepted", "2026-11-01 10:00", country="CN"), there) == [
        "other_destination"
    ]
    assert contradicted(Order(destination="CA"), there) == []


def test_delivered_inside_china_is_the_end_of_the_inland_leg() -> None:
    inland = told("Delivered", "2026-11-10 10:00", country="CN")
    assert contradicted(Order(destination="RU"), told("Accepted", "2026-11-01 10:00", country="CN"), inland) == []


def test_before_the_payment() -> None:
    early = told("Accepted", "2026-10-20 10:00")
    assert contradicted(Order(paid=dt.date(2026, 11, 1)), early) == ["event_before_payment"]
    assert contradicted(Order(paid=dt.date(2026, 10, 20)), early) == []
    announced = told("Shipment information received", "2026-10-20 10:00")
    assert contradicted(Order(paid=dt.date(2026, 11, 1)), announced) == []


def test_a_day_of_slack_for_zones() -> None:
    assert contradicted(Order(paid=dt.date(2026, 11, 2)), told("Accepted", "2026-11-01 23:00", offset=None)) == []


def test_before_shipping_counts_only_where_the_payment_is_unknown() -> None:
    early = told("Accepted", "2026-10-01 10:00")
    assert contradicted(Order(shipped=dt.date(2026, 11, 1)), early) == ["event_before_shipping"]
    assert contradicted(Order(paid=dt.date(2026, 9, 30), shipped=dt.date(2026, 11, 1)), early) == []


def test_faster_than_a_parcel_can() -> None:
    start, end = told("Accepted", "2026-11-01 10:00", country="CN"), told("Delivered", "2026-11-02 01:00", country="RU")
    assert "impossible_speed" in contradicted(Order(destination="RU"), start, end)


def test_in_two_countries_at_once() -> None:
    one = told("Arrived at sorting center", "2026-11-05 10:00", country="DE")
    two = told("Arrived at facility", "2026-11-05 10:30", country="RU")
    assert "two_countries_at_once" in contradicted(Order(), one, two)
    border = told("Export customs clearance complete", "2026-11-05 10:00", country="CN")
    assert contradicted(Order(), border, two) == []


def test_moving_after_delivery_and_two_lives_of_a_number() -> None:
    done = told("Delivered", "2026-01-05 10:00")
    again = told("Accepted", "2026-11-05 10:00")
    assert contradicted(Order(), done, again) == ["delivered_then_moving", "number_of_other_year"]


def test_every_contradiction_has_its_sentence() -> None:
    ids = ["event_before_payment", "event_before_shipping", "other_destination", "other_city", "impossible_speed"]
    ids += ["two_countries_at_once", "delivered_then_moving", "number_of_other_year", "order_uncertain"]
    names = [f"contradiction.{id}" for id in ids] + [f"milestone.{m.value}" for m in Milestone]
    names += [f"leg.{kind.value}" for kind in LegKind]
    assert [(id, lang) for id in names for lang in LANGUAGES if not has(id, lang)] == []


# --- properties -------------------------------------------------------------------------------------------

events = st.builds(
    lambda text, hours, offset, country: told(
        text,
        (dt.datetime(2026, 10, 1) + dt.timedelta(hours=hours)).isoformat(sep=" "),
        offset=offset,
        country=country,
    ),
    st.sampled_from(["Accepted", "In transit", "Delivered", "Передано таможне", "已揽收", "Estimated delivery", "??"]),
    st.integers(0, 900),
    st.sampled_from([None, 0, 180, 480]),
    st.sampled_from([None, "CN", "RU"]),
)
voices = st.lists(
    st.builds(
        lambda carrier, number, told: report(carrier, *told, number=number),
        st.sampled_from(["cainiao", "upu", "russian-post"]),
        st.sampled_from(["A1", "B2"]),
        st.lists(events, max_size=6),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60)
@given(voices, st.randoms(use_true_random=False))
def test_any_order_of_any_reports(reports: list[Report], rng: object) -> None:
    shuffled = list(reports)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    one, two = weave(reports, NOW), weave(shuffled, NOW)
    assert one.events == two.events and one.numbers == two.numbers and one.stage == two.stage
    assert one.contradictions == two.contradictions and one.legs == two.legs


@settings(max_examples=60)
@given(st.lists(events, min_size=1, max_size=8), events)
def test_one_more_event_loses_no_fact(before: list[Event], more: Event) -> None:
    one: Journey = weave([report("cainiao", *before)], NOW)
    two = weave([report("cainiao", *before), report("upu", more)], NOW)

    def words(journey: Journey) -> set[str]:
        return {text for event in journey.events for text in (event.text, *event.originals)}

    assert words(one) <= words(two)
    if one.first_seen is not None:
        assert two.first_seen is not None and two.first_seen <= one.first_seen + dt.timedelta(hours=14)


if SHARED.exists():
    HISTORIES = [
        json.loads(line) for line in (SHARED / "data/histories.jsonl").read_text(encoding="utf-8").splitlines()
    ]

    def woven(history: dict[str, Any]) -> Journey:
        rows = [
            Event(
                text=row["text"] or "",
                code=row["code"],
                when=wall_time(row["time"] or ""),
                place=Place(text=row["location"]) if row["location"] else None,
            )
            for row in history["events"]
        ]
        return weave([report(str(history["carrier"]), *rows, number="X1")], NOW)

    def test_histories_recorded_elsewhere_weave_and_end_as_they_did() -> None:
        ends = {"delivered": {Milestone.DELIVERED, Milestone.AVAILABLE_FOR_PICKUP}}
        hits = misses = 0
        for history in HISTORIES:
            journey = woven(history)
            assert journey.events or not history["events"]
            dated = all(event.when for event in journey.events)
            if dated and history["single_parcel"] and history["outcome"] in ends:
                hits += journey.stage in ends[history["outcome"]]
                misses += journey.stage not in ends[history["outcome"]]
        assert hits + misses > 10
        assert hits / (hits + misses) >= 0.65, (hits, misses)
