"""What the watcher waits for follows from the answer: stage, silence, reach of the number, clock, and what is at stake."""

from __future__ import annotations

import datetime as dt

import pytest

from dozor.answer import answer
from dozor.model import Dossier, Event, Milestone, Moment, Order, Outcome, OutcomeKind, Report
from dozor.service.watch.expect import wait_of
from dozor.service.watch.tables import waits
from dozor.service.watch.when import Wait, next_ask
from tests.service.conftest import NOW

pytestmark = pytest.mark.once  # no database is in it

DAY = dt.timedelta(days=1)
MOSCOW = dt.timezone(dt.timedelta(hours=3))


def waiting(number: str, *scans: tuple[float, Milestone], **order: object) -> Wait:
    events = tuple(
        Event(
            "x",
            Moment((NOW - DAY * ago).replace(tzinfo=None) + dt.timedelta(hours=8), 480),
            system="upu",
            milestone=what,
            decided_by="code",
        )
        for ago, what in scans
    )
    reports = (Report("upu", number, Outcome(OutcomeKind.FOUND), NOW, events),) if events else ()
    told = Dossier(numbers=(number,), reports=reports, order=Order(origin="CN", destination="RU", **order))  # type: ignore[arg-type]
    return wait_of(answer(told, NOW), NOW, MOSCOW, NOW - DAY)


def hours(it: Wait) -> float:
    found = next_ask(it, NOW, waits().price, 0.25)
    assert found.at is not None
    return (found.at - NOW) / dt.timedelta(hours=1)


def test_silence_counts_from_the_last_scan_or_from_the_day_of_shipping() -> None:
    seen = waiting("RB740193524CN", (12, Milestone.ACCEPTED), (5, Milestone.LEFT_ORIGIN_COUNTRY))
    assert seen.row.id == "transport" and abs(seen.silent - 5) < 0.4
    unseen = waiting("RB740193524CN", shipped=(NOW - DAY * 9).date())
    assert unseen.row.id == "unseen" and 8 < unseen.silent < 10
    assert waiting("RB740193524CN").silent == 1  # since it came to us: nothing else is known


def test_a_number_that_is_followed_at_home_alone_is_left_in_peace_after_the_border() -> None:
    scans = ((25, Milestone.ACCEPTED), (20, Milestone.LEFT_ORIGIN_COUNTRY))
    dark, open_ = waiting("UG990100035CN", *scans), waiting("RB740193524CN", *scans)
    assert dark.never >= 0.95 > open_.never
    assert hours(dark) > 2 * hours(open_)
    # Before the border both are followed alike.
    assert waiting("UG990100035CN", scans[0]).never < 0.1


def test_what_must_be_decided_soon_is_asked_about_more_often() -> None:
    scans = ((25, Milestone.ACCEPTED), (14, Milestone.LEFT_ORIGIN_COUNTRY))
    paid = {"marketplace": "aliexpress", "paid": (NOW - DAY * 30).date()}
    calm = waiting("RB740193524CN", *scans, protection_end=NOW + DAY * 60, **paid)
    near = waiting("RB740193524CN", *scans, protection_end=NOW + DAY * 4, **paid)
    assert near.weight == calm.weight * waits().near_weight and hours(near) < hours(calm)


def test_the_clock_is_that_of_the_place() -> None:
    assert waiting("RB740193524CN", (1, Milestone.ACCEPTED)).offset == 480
    assert waiting("RB740193524CN", (1, Milestone.AVAILABLE_FOR_PICKUP)).offset == 180
