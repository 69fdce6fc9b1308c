"""What one parcel teaches: its waits as they were waited, and nothing that nobody could have seen."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from dozor.forecast.history import Ending, waits
from dozor.forecast.learnt import Parcel
from dozor.journey import weave
from dozor.model import (
    Event,
    Journey,
    Kind,
    Milestone,
    Moment,
    Money,
    Order,
    Outcome,
    OutcomeKind,
    Place,
    Reach,
    Reading,
    Report,
)

NOW = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ORDER = Order(
    shipped=dt.date(2026, 5, 1),
    destination="RU",
    seller="Lamp store",
    service="AliExpress Standard",
    price=Money(900, "USD"),
)
M = Milestone
WAY = [
    (dt.datetime(2026, 5, 4, 8), M.ACCEPTED, "CN"),
    (dt.datetime(2026, 5, 4, 15), M.IN_TRANSIT, "CN"),
    (dt.datetime(2026, 5, 6, 8), M.IN_TRANSIT, "CN"),
    (dt.datetime(2026, 5, 8, 8), M.LEFT_ORIGIN_COUNTRY, "CN"),
    (dt.datetime(2026, 5, 20, 8), M.ARRIVED_DESTINATION_COUNTRY, "RU"),
    (dt.datetime(2026, 5, 21, 8), M.CUSTOMS_PROCESSING, "RU"),
    (dt.datetime(2026, 5, 23, 8), M.CUSTOMS_RELEASED, "RU"),
    (dt.datetime(2026, 5, 30, 8), M.DELIVERED, "RU"),
]


def journey(count: int, *more: tuple[dt.datetime, Milestone, str]) -> Journey:
    events = [
        Event(f"{milestone} {at}", Moment(at, 0), milestone=milestone, decided_by="code", place=Place(country=country))
        for at, milestone, country in [*WAY[:count], *more]
    ]
    report = Report("upu", "RB740193524CN", Outcome(OutcomeKind.FOUND), NOW, tuple(events), origin="CN")
    return weave([report], NOW, order=ORDER)


def taught(count: int, ending: Ending | None = None, **more: object) -> dict[str, list[Parcel]]:
    reading = Reading(Kind.TRACKING, "RB740193524CN", "s10", reach=more.pop("reach", Reach.END_TO_END))  # type: ignore[arg-type]
    found = waits(journey(count, *more.pop("also", ())), ORDER, ending or Ending(NOW), NOW, reading=reading, user="me")  # type: ignore[misc]
    by_stage: dict[str, list[Parcel]] = {}
    for row in found:
        by_stage.setdefault(row.stage, []).append(row)
    return by_stage


def test_a_parcel_that_came_teaches_every_stage_of_its_way() -> None:
    rows = taught(8)
    days = {stage: [round(row.days, 2) for row in found] for stage, found in rows.items()}
    assert days == {
        "first_scan": [3.0],
        "export": [3.71, 2.0],  # from the last scan of each day, as an outlook is asked
        "import": [12.33],  # this post tells the wall time of the place
        "customs": [2.0],
        "delivery": [10.0, 7.0],
        "ship_to_delivered": [29.33],
        "export_to_delivered": [26.04, 24.33],  # what is left of the way, from each of them
        "import_to_delivered": [22.33],
        "customs_to_delivered": [9.0],
    }
    assert all(row.reached for found in rows.values() for row in found)
    assert {stage: sum(row.weight for row in found) for stage, found in rows.items()} == dict.fromkeys(rows, 1.0)
    (whole,) = rows["ship_to_delivered"]
    assert (whole.origin, whole.destination, whole.service, whole.user) == ("CN", "RU", "standard", "me")
    assert whole.price == pytest.approx(9.0)


def test_one_under_way_counts_with_what_it_waited_until_somebody_looked_last() -> None:
    seen = NOW - DAY * 10
    rows = taught(4, Ending(seen))
    (dark,) = rows["import"]
    assert not dark.reached and dark.started + DAY * dark.days == seen
    assert not rows["ship_to_delivered"][0].reached and all(row.reached for row in rows["export"])
    assert "customs" not in rows and "delivery" not in rows


def test_one_that_its_buyer_gave_up_is_waited_for_for_ever() -> None:
    (dark,) = taught(4, Ending(NOW - DAY * 10, lost=True))["import"]
    assert not dark.reached and dark.started + DAY * dark.days == NOW


def test_a_delivered_scan_without_goods_is_no_arrival() -> None:
    reading = Reading(Kind.TRACKING, "RB740193524CN", "s10", reach=Reach.END_TO_END)
    missing = msgspec.structs.replace(ORDER, received=False)
    for order, ending in ((missing, Ending(NOW)), (ORDER, Ending(NOW, lost=True))):
        rows = waits(journey(8), order, ending, NOW, reading=reading, user=None)
        (whole,) = [row for row in rows if row.stage == "ship_to_delivered"]
        assert not whole.reached and whole.days > 60


def test_the_way_back_is_no_delivery() -> None:
    back = (dt.datetime(2026, 5, 26, 8), M.RETURN_STARTED, "RU"), (dt.datetime(2026, 6, 10, 8), M.IN_TRANSIT, "CN")
    rows = taught(7, also=back)
    assert not any(row.reached for row in rows["delivery"]) and rows["ship_to_delivered"][0].days > 60
    assert max(row.started for row in rows["delivery"]) < dt.datetime(2026, 5, 26, tzinfo=dt.UTC)


def test_what_is_followed_at_home_alone_says_nothing_of_the_way_abroad() -> None:
    assert set(taught(4, reach=Reach.ORIGIN_ONLY)) == {"first_scan", "export"}
    # … unless its buyer says that it came: the border was then passed unseen.
    rows = taught(4, Ending(NOW, received=NOW - DAY * 20), reach=Reach.ORIGIN_ONLY)
    assert set(rows) == {"first_scan", "export", "ship_to_delivered", "export_to_delivered", "import_to_delivered"}
    assert rows["ship_to_delivered"][0].reached


def test_whoever_came_to_us_because_he_was_late_does_not_teach_lateness() -> None:
    left = dt.datetime(2026, 5, 8, 8, tzinfo=dt.UTC)
    assert "import" in taught(8, Ending(NOW, known=left + DAY * 2))
    rows = taught(8, Ending(NOW, known=left + DAY * 11 + DAY / 2))  # a lane of 14 days: not longer than the usual
    assert "import" in rows
    late = journey(4)
    reading = Reading(Kind.TRACKING, "RB740193524CN", "s10", reach=Reach.END_TO_END)
    found = waits(late, ORDER, Ending(NOW, known=left + DAY * 30), NOW, reading=reading, user=None)
    assert {row.stage for row in found} == {"first_scan", "export"}
    # A household that brings its past brings fast and slow alike.
    past = waits(journey(8), ORDER, Ending(NOW, known=NOW - DAY), NOW, reading=reading, user=None)
    assert {row.stage for row in past} >= {"import", "customs", "delivery", "ship_to_delivered"}


def test_a_place_that_is_no_country_is_not_kept() -> None:
    order = Order(shipped=dt.date(2026, 5, 1), destination="Tver, Lenin street 5")
    found = waits(journey(1), order, Ending(NOW), NOW, reading=None, user=None)
    assert found and {row.destination for row in found} == {None}
