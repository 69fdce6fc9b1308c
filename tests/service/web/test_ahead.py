"""Letters that are written before anybody asks: the page finds them, and never finds an old one."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dozor.model import Dossier, Event, Message, Milestone, Moment, Money, Order, Outcome, OutcomeKind, Report
from dozor.service.parcels import actions
from dozor.service.parcels.models import Parcel, Person, Poll
from dozor.service.web import ahead, kept, written
from tests.service.conftest import somebody

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()
    written.shelf.cache_clear()


@pytest.fixture
def olga(transactional_db: Any) -> Person:
    """Somebody whose changes are committed, as they are outside of tests."""
    return somebody("olga", lang="ru", zone="Asia/Almaty")


def watched(person: Person, number: str) -> Parcel:
    now = timezone.now()
    scan = Event("Arrived", when=Moment((now - 9 * DAY).replace(tzinfo=None), 0), milestone=Milestone.IN_TRANSIT)
    report = Report("cainiao", number, Outcome(OutcomeKind.FOUND), now, events=(scan,))
    order = Order(
        marketplace="aliexpress",
        destination="KZ",
        price=Money(840, "USD"),
        paid=now.date() - 30 * DAY,
        shipped=now.date() - 28 * DAY,
        protection_end=now + 9 * DAY,
    )
    return actions.add_dossier(person, Dossier(numbers=(number,), order=order, reports=(report,)), now)


def all_written(scribe: ahead.Scribe) -> int:
    """Writes all that is missing; how many there were."""
    missing = scribe.missing()
    for each in missing:
        scribe.write(*each)
    return len(missing)


def looked_at(person: Person, parcel: Parcel) -> tuple[str, int]:
    """The page as its owner sees it, and how many letters had to be written for that."""
    client, before = Client(), written.shelf().written
    client.force_login(person.user)
    page = client.get(f"/parcels/{parcel.ref}/")
    assert page.status_code == 200
    return page.content.decode(), written.shelf().written - before


def test_the_first_look_finds_the_letter_there(olga: Person) -> None:
    one, other, scribe = watched(olga, "RB740193524CN"), watched(olga, "RB125847363CN"), ahead.Scribe()
    assert all_written(scribe) == 2 and all_written(scribe) == 0
    for parcel in (one, other):
        page, new = looked_at(olga, parcel)
        assert new == 0 and '<html lang="ru"' in page and "Arrived" in page and kept.TOKEN not in page


def test_whatever_changes_is_written_again(olga: Person) -> None:
    parcel, scribe, now = watched(olga, "RB740193524CN"), ahead.Scribe(), timezone.now()
    assert all_written(scribe) == 1
    changes = (
        lambda: actions.rename(parcel, "Objective"),
        lambda: actions.add_message(parcel, Message("Dear friend, please wait"), now),
        lambda: actions.correct_order(parcel, now, price=Money(9100, "EUR")),
        lambda: Poll.objects.filter(parcel=parcel).update(answered_at=now),
        lambda: actions.mark_received(parcel, now),
        lambda: Person.objects.filter(pk=olga.pk).update(lang="en"),
    )
    for change in changes:
        change()
        assert all_written(scribe) == 1 and all_written(scribe) == 0
        person = Person.objects.get(pk=olga.pk)
        assert looked_at(person, parcel)[1] == 0
    assert "Objective" in looked_at(person, parcel)[0]
    actions.delete_parcel(parcel)
    assert scribe.missing() == [] and written.shelf().until() == {}


def test_one_that_cannot_be_written_holds_nobody_up(olga: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good, scribe = watched(olga, "RB740193524CN"), watched(olga, "RB125847363CN"), ahead.Scribe()
    real = written.parts

    def parts(known: written.Seen, *rest: Any) -> written.Parts:
        if known.pk == bad.pk:
            raise RuntimeError("a fault of ours")
        return real(known, *rest)

    monkeypatch.setattr(written, "parts", parts)
    assert all_written(scribe) == 2 and all_written(scribe) == 0
    assert looked_at(olga, good)[1] == 0
    actions.rename(bad, "Tried again once it is another one")
    assert all_written(scribe) == 1


def test_a_shelf_whose_file_cannot_be_written_keeps_a_few_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, now = kept.Shelf(1000), timezone.now()
    shelf._file.execute("PRAGMA query_only = ON")  # as good as a disk that is full
    monkeypatch.setattr(kept, "FEW", 3)
    for place in range(5):
        for _ in range(2):
            assert shelf.get(place, "made", now, lambda: (now + DAY, ("letter", f"{place}"))) == ("letter", f"{place}")  # noqa: B023
    assert shelf.written == 5 and len(shelf.until()) <= 3
    assert shelf.get(4, "made", now + DAY, lambda: (now + DAY * 2, ("anew",))) == ("anew",)
    assert shelf.get(4, "of something else", now, lambda: (now + DAY, ("other",))) == ("other",)


def test_it_ends_when_asked_to(olga: Person) -> None:
    watched(olga, "RB740193524CN")

    async def day() -> None:
        stop = asyncio.Event()
        work = asyncio.create_task(ahead.run(stop))
        while not written.shelf().written:
            await asyncio.sleep(0.02)
        stop.set()
        await asyncio.wait_for(work, 5)

    asyncio.run(asyncio.wait_for(day(), 30))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.floats(0.001, 12.0), st.floats(0.0, 1.0))
def test_what_lies_there_says_what_would_be_written_now(olga: Person, later: float, share: float) -> None:
    parcel = Parcel.objects.first() or watched(olga, "RB740193524CN")
    at = timezone.now() + DAY * later
    until, then = written.written(Parcel.objects.get(pk=parcel.pk), olga, at, {})
    assert at < until <= at + DAY / 4
    _, now = written.written(Parcel.objects.get(pk=parcel.pk), olga, at + (until - at) * share * 0.999, {})
    # Of two causes that are as likely the other may come to stand first, and its step with it: estimates drift.
    if _headline(then.letter) == _headline(now.letter):
        assert _words(then.letter) == _words(now.letter) and then.rest == now.rest


def _headline(letter: str) -> str:
    return letter.partition("<h1>")[2].partition("</h1>")[0]


def _words(letter: str) -> str:
    """Those that are read, but for estimates: the picture, causes, shares, the days of arrival."""
    letter = re.sub(r'(<section class="silence">.*?</p>).*?</section>', r"\1", letter, flags=re.S)
    return re.sub(r'<svg.*?</svg>|<ul class="reasons">.*?</section>|<[^>]*>|[0-9]+ %', "", letter, flags=re.S)
