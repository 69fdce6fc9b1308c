"""Seed rules that the journey answers for."""

from __future__ import annotations

import pytest

from dozor.i18n import say
from dozor.journey import weave
from dozor.model import LegKind, Milestone, Order, Text
from dozor.numbers import identify
from tests.journey.test_weave import NOW, known, report, three_voices, told


@pytest.mark.rule("S011")
def test_movement_that_stopped_is_measured_from_the_last_scan() -> None:
    rows = [told("Accepted", "2026-10-01 10:00"), told("Departed from sorting center", "2026-10-04 10:00")]
    notice = told("Your parcel is delayed", "2026-11-20 10:00")
    journey = weave([report("x", *rows, notice)], NOW)
    assert journey.silence_days == pytest.approx(51.1, abs=0.1)


@pytest.mark.rule("S079")
def test_events_are_told_in_the_buyers_language_beside_the_original() -> None:
    event = weave([report("x", told("Arrival at inward office of exchange", "2026-11-01 10:00"))], NOW).events[0]
    assert event.milestone is not None
    assert say(Text(f"milestone.{event.milestone.value}"), "ru") == "прибыла в страну назначения"
    assert event.text == "Arrival at inward office of exchange"


@pytest.mark.rule("S108")
def test_the_number_is_known_before_the_parcel_is() -> None:
    rows = [told("Shipment information received", "2026-11-01 10:00"), told("Picked up", "2026-11-04 10:00")]
    journey = weave([report("x", *rows)], NOW)
    assert journey.first_seen is not None and journey.first_acceptance is not None
    assert (journey.first_acceptance - journey.first_seen).days == 3


@pytest.mark.rule("S140")
def test_at_the_border_the_parcel_changes_hands() -> None:
    journey = weave(three_voices(), NOW, numbers=identify("LP00990011223344"), order=Order(destination="RU"))
    kinds = [leg.kind for leg in journey.legs]
    assert kinds.index(LegKind.EXPORT) < kinds.index(LegKind.TRANSPORT) < kinds.index(LegKind.LAST_MILE)
    assert journey.exported_at is not None and journey.imported_at is not None


@pytest.mark.rule("S141")
def test_after_export_the_number_may_change() -> None:
    journey = weave(known("cainiao", "LP00990011223344"), NOW, numbers=identify("LP00990011223344"))
    assert [link.follows for link in journey.numbers] == [None, "LP00990011223344"]
    assert journey.stage is not Milestone.DELIVERED
