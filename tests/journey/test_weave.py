"""One journey from many voices: by example, and whatever the order in which they speak."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import Any

import pytest
from msgspec.structs import replace

from dozor.carriers import read_recorded
from dozor.carriers.base.reading import wall_time
from dozor.carriers.fakes.server import FIXTURES
from dozor.cli.show import sentence
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

    def test_each_beginning_of_a_history_has_a_plausible_stage() -> None:
        """After each event: no error, a sentence in each language, and a stage that somebody told by then."""
        stages = 0
        for history in HISTORIES:
            (whole,) = read_recorded(json.dumps(history))
            told = sorted(whole.events, key=lambda event: event.when.local if event.when else dt.datetime.min)
            moved = False
            for count in range(1, len(told) + 1):
                journey = weave([replace(whole, events=tuple(told[:count]))], NOW)
                known = {event.milestone for event in journey.events} - {None, Milestone.INFO}
                assert (journey.stage in known) if known else journey.stage is None, history["id"]
                moved = moved or bool(known - {Milestone.PRE_SHIPMENT})
                assert not (moved and journey.stage is Milestone.PRE_SHIPMENT), history["id"]
                assert (journey.silence_days is None) == (
                    journey.last_movement is None or journey.last_movement.when is None
                )
                for lang in LANGUAGES:
                    assert "{" not in sentence(journey, NOW, lang)
                stages += journey.stage is not None
        assert stages > 300
