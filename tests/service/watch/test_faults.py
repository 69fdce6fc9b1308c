"""One parcel with which our own code breaks: it waits, is said so, and all the others go on."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from dozor.i18n import LANGUAGES, say
from dozor.model import Answer, Dossier, Order
from dozor.service import doctor, health
from dozor.service.notify import decide, feed, outbox
from dozor.service.parcels import actions, faults, learning
from dozor.service.parcels.models import Answer as AnswerRow
from dozor.service.parcels.models import Fault, Parcel, Person, Poll
from dozor.service.watch.loop import Watcher
from dozor.service.watch.plan import Planned, plan, plan_of
from tests.peer import Peer
from tests.service.conftest import NOW

MINUTE = dt.timedelta(minutes=1)
POISON, SECRET = "LP00990011229999", "Anna Petrova, Lenina 5"
pytestmark = [pytest.mark.usefixtures("transactional_db")]


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """From now on no answer can be worked out for one number."""
    sound = learning.answer

    def broken(dossier: Dossier, *words: Any, **more: Any) -> Answer:
        if POISON in dossier.numbers:
            raise KeyError(SECRET)
        return sound(dossier, *words, **more)

    monkeypatch.setattr(learning, "answer", broken)
    return monkeypatch


def parcels(person: Person, *numbers: str) -> list[Parcel]:
    order = Order(destination="RU", protection_end=NOW + dt.timedelta(days=9))
    return [actions.add_dossier(person, Dossier(numbers=(number,), order=order), NOW) for number in numbers]


def planned(parcel: Parcel) -> list[Planned]:
    return plan_of(parcel, list(parcel.polls.all()), NOW)


def watch(peer: Peer, at: dt.datetime) -> None:
    asyncio.run(Watcher(lambda: at, {"": peer.url}).until_idle())


def test_an_answer_that_breaks_with_one_parcel_is_put_off_and_the_others_are_settled(
    anna: Person, peer: Peer, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    bad, *good = parcels(anna, POISON, "LP00990011223344", "LP00990011223355")
    poll = bad.polls.get(carrier="cainiao", number=POISON)
    # The first that are due, so that those behind them have to wait for nothing.
    Poll.objects.filter(pk=poll.pk).update(next_at=NOW - MINUTE)
    patch = request.getfixturevalue("poison")
    with caplog.at_level(logging.INFO):
        watch(peer, NOW)
    poll.refresh_from_db()
    assert (poll.why, poll.lease_owner, poll.lease_until) == ("broken", "", None)
    assert poll.next_at is not None and poll.next_at >= NOW + faults.pause(1)
    for parcel in good:
        row = parcel.polls.order_by("id").filter(carrier="cainiao")[0]
        assert (row.outcome, row.lease_owner) != ("", "") and row.asked_at == NOW and row.why != "broken"
    (fault,) = Fault.objects.filter(work="settle")
    assert (fault.parcel_id, fault.times) == (bad.pk, 1)
    ours = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("dozor"))
    assert bad.ref in ours and SECRET not in caplog.text and POISON not in ours
    assert SECRET not in fault.place and "KeyError at " in fault.place
    # It is tried again later each time, and once all is well nothing is left of it.
    before = poll.next_at
    watch(peer, before)
    poll.refresh_from_db()
    fault.refresh_from_db()
    assert fault.times == 2 and poll.next_at is not None and poll.next_at > before
    assert say(next(row.why for row in planned(bad) if row.number == POISON), "en").startswith("something broke")
    patch.undo()
    watch(peer, poll.next_at)
    poll.refresh_from_db()
    assert poll.why != "broken" and not Fault.objects.exists() and poll.said


def test_a_parcel_that_cannot_be_thought_over_stops_no_other(anna: Person, poison: Any, peer: Peer) -> None:
    poison.undo()
    bad, good = parcels(anna, POISON, "RB740193524CN")
    Poll.objects.update(next_at=None)
    Parcel.objects.update(review_at=NOW)
    Parcel.objects.filter(pk=bad.pk).update(review_at=NOW - MINUTE)
    sound = learning.answer

    def broken(dossier: Dossier, *words: Any, **more: Any) -> Answer:
        if POISON in dossier.numbers:
            raise ValueError(SECRET)
        return sound(dossier, *words, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning, "answer", broken)
        watch(peer, NOW)
        bad.refresh_from_db()
        good.refresh_from_db()
        assert good.review_at is not None and good.review_at > NOW and not good.lease_owner
        assert bad.review_at == NOW + faults.pause(1) and not bad.lease_owner
        # It is counted, and said to whoever runs the service and to whoever waits for the parcel.
        text = "".join(f"{name}{labels} {value:g}\n" for name, _, _, rows in health.figures() for labels, value in rows)
        assert 'dozor_parcels_faulty{work="review"} 1' in text
        (found,) = doctor._faults()
        assert (
            found.state == "warning"
            and bad.ref in found.what
            and SECRET not in found.what
            and good.ref not in found.what
        )
        shown = [row for row in planned(bad) if row.system == "Dozor"]
        assert [row.at for row in shown] == [bad.review_at] and not [r for r in planned(good) if r.system == "Dozor"]
        assert shown[0] in plan(NOW, anna)
        assert len({say(shown[0].why, lang) for lang in LANGUAGES}) == len(LANGUAGES)
    watch(peer, NOW + faults.pause(1))
    assert not Fault.objects.exists()
    assert "Dozor" not in [row.system for row in planned(bad)]


def test_news_that_cannot_be_decided_are_kept_and_the_others_are_told(
    anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = parcels(anna, "RB740193524CN", "RB123456785CN")
    AnswerRow.objects.update(told_at=None, change=["step"], at=NOW + MINUTE)
    sound = decide._may_be_told

    def broken(parcel: Parcel) -> bool:
        if parcel.pk == bad.pk:
            raise ValueError(SECRET)
        return sound(parcel)

    with monkeypatch.context() as patch:
        patch.setattr(decide, "_may_be_told", broken)
        decide.decide(NOW + MINUTE)
        assert good.answers.get().told_at is not None and bad.answers.get().told_at is None
        decide.decide(NOW + 2 * MINUTE)  # not at every tick
        assert Fault.objects.get(work="tell").times == 1
    decide.decide(NOW + MINUTE + faults.pause(1))
    assert bad.answers.get().told_at is not None and not Fault.objects.exists()


def test_a_calendar_has_the_dates_of_all_but_the_broken_one(anna: Person, request: pytest.FixtureRequest) -> None:
    bad, good = parcels(anna, POISON, "RB740193524CN")
    whole = feed.calendar(anna, NOW).decode()
    assert bad.ref in whole and good.ref in whole
    request.getfixturevalue("poison")
    rest = feed.calendar(anna, NOW).decode()
    assert bad.ref not in rest and good.ref in rest
    assert Fault.objects.get().work == "calendar"


def test_what_one_parcel_teaches_may_break_and_the_rest_is_learnt(
    anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, _ = parcels(anna, "RB740193524CN", "RB123456785CN")
    sound = learning._followed

    def broken(parcel: Parcel, *words: Any) -> Any:
        if parcel.pk == bad.pk:
            raise ZeroDivisionError(SECRET)
        return sound(parcel, *words)

    monkeypatch.setattr(learning, "_followed", broken)
    assert len(list(learning.history(NOW + MINUTE))) == 1
    assert Fault.objects.get().work == "learn"


def test_the_pause_grows_and_is_bounded() -> None:
    pauses = [faults.pause(times) for times in range(1, 2000)]
    assert pauses == sorted(pauses) and pauses[0] == MINUTE * faults.settings().first_minutes
    assert pauses[-1] == dt.timedelta(hours=faults.settings().most_hours)


def test_a_database_that_is_away_is_no_fault_of_the_parcel(anna: Person) -> None:
    (parcel,) = parcels(anna, "RB740193524CN")
    with pytest.raises(OperationalError):
        faults.Faults(faults.Work.REVIEW, NOW).broke(parcel, OperationalError("away"))
    assert not Fault.objects.exists()


def test_the_place_is_in_our_code_and_names_no_folder_of_the_machine() -> None:
    try:
        say(None, "en")  # type: ignore[arg-type]
    except Exception as error:
        place = faults.place_of(error)
        assert place.startswith("AttributeError at i18n.py:") and str(Path.home()) not in place
    assert outbox.NOT_COMPOSED == "not_composed"
