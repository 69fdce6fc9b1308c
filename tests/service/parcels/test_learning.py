"""The forecasts of a household learn from its own parcels, outlast a restart, and know how well they have held."""

from __future__ import annotations

import datetime as dt
import logging
import zlib
from collections.abc import Iterator

import msgspec
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from dozor.answer import answer
from dozor.forecast import load
from dozor.i18n import say
from dozor.model import Dossier, Event, Milestone, Moment, Money, Order, Outcome, OutcomeKind, Place, Report, Text
from dozor.numbers.checkdigits import s10_digit
from dozor.service.parcels import actions, learning, mapping, summary
from dozor.service.parcels.models import Fate, Learnt, Parcel, Person
from dozor.service.watch.settle import next_of
from tests.service.conftest import NOW

DAY = dt.timedelta(days=1)
SELLER, STREET = "Olga Petrova Lamps", "ulica Lenina 5"


@pytest.fixture(autouse=True)
def _new_process() -> Iterator[None]:
    """Nothing is remembered from another test."""
    learning._READ.clear()
    yield
    learning._READ.clear()


def number_of(n: int) -> str:
    return f"RB{n:08}{s10_digit(f'{n:08}')}CN"


def dossier(n: int, sent: dt.datetime, takes: float | None, *, seller: str = SELLER, by: dt.datetime = NOW) -> Dossier:
    """A parcel from China to Kazakhstan that comes after `takes` days, as it is known at `by`."""
    way = [
        (1.0, Milestone.ACCEPTED, "CN"),
        (3.0, Milestone.LEFT_ORIGIN_COUNTRY, "CN"),
        ((takes or 99) * 0.7, Milestone.ARRIVED_DESTINATION_COUNTRY, "KZ"),
        (takes or 99, Milestone.DELIVERED, "KZ"),
    ]
    events = tuple(
        Event(
            milestone.value,
            Moment((sent + DAY * after).replace(tzinfo=None), 0),
            system="upu",
            milestone=milestone,
            decided_by="code",
            place=Place(STREET, country),
        )
        for after, milestone, country in way
        if sent + DAY * after <= by
    )
    number = number_of(n)
    report = Report("upu", number, Outcome(OutcomeKind.FOUND), by, events, origin="CN", destination="KZ")
    order = Order(
        shipped=sent.date(),
        destination="KZ",
        seller=seller,
        number=f"81900000000{n:05}",
        city="Almaty",
        price=Money(900, "USD"),
    )
    return Dossier(numbers=(number,), reports=(report,), order=order, today=by.date())


def household(person: Person, first: int, count: int, takes: float, *, seller: str = SELLER) -> list[Parcel]:
    """So many parcels of the last months that came after about so many days, put in soon after they were sent."""
    found = []
    for n in range(first, first + count):
        sent = NOW.replace(hour=0) - DAY * (takes * 1.3 + 5 + n % 40)
        came = takes * (0.85 + 0.05 * (n % 7))
        parcel = actions.add_dossier(person, dossier(n, sent, came, seller=seller, by=sent + DAY), sent + DAY)
        actions.record_reports(parcel, dossier(n, sent, came, seller=seller).reports, sent + DAY * came)
        found.append(parcel)
    return found


def under_way(person: Person, n: int = 900, days: float = 5.0) -> Parcel:
    sent = NOW.replace(hour=0) - DAY * days
    return actions.add_dossier(person, dossier(n, sent, None, seller="somebody else"), NOW)


def days_left(parcel: Parcel) -> float:
    found = actions.current_answer(parcel, NOW).outlook
    assert found is not None and found.arrival_p50 is not None
    return (found.arrival_p50 - NOW.date()).days


@pytest.mark.django_db
def test_parcels_that_came_move_what_is_told_of_the_next_one(anna: Person) -> None:
    parcel, client = under_way(anna), Client()
    client.force_login(anna.user)
    before, page = days_left(parcel), client.get(f"/parcels/{parcel.ref}/").content.decode()
    household(anna, 1, 30, 9.0)
    assert days_left(parcel) == before  # nothing changes by itself …
    row = learning.learn(NOW)
    assert row.parcels == 31
    assert days_left(parcel) < before - 3  # … these parcels come much sooner than the published figures say
    found = actions.current_answer(parcel, NOW).outlook
    assert found and {"forecast.learnt.sooner", "forecast.few"} <= {reason.id for reason in found.reasons}
    after = client.get(f"/parcels/{parcel.ref}/").content.decode()
    assert "rough figures from published ranges" in page and "measured here on few parcels" in after
    band = say(Text("forecast.band", {"early": found.arrival_p10, "late": found.arrival_p90}), "en")
    assert band in after and band not in page
    # The box, the interface and the message say the same, since they ask the same.
    box = learning.answered(mapping.read_dossier(parcel), NOW, anna)
    assert box.outlook == found != answer(mapping.read_dossier(parcel), NOW).outlook


@pytest.mark.django_db
def test_ones_own_parcels_count_for_oneself(anna: Person, boris: Person) -> None:
    household(anna, 1, 20, 8.0, seller="")
    household(boris, 101, 20, 24.0, seller="")
    learning.learn(NOW)
    hers, his = under_way(anna, 900), under_way(boris, 901)
    assert days_left(hers) + 2 < days_left(his)


@pytest.mark.django_db
def test_a_restart_keeps_what_was_learnt(anna: Person) -> None:
    parcel = under_way(anna)
    household(anna, 1, 25, 9.0)
    learning.learn(NOW)
    before = days_left(parcel)
    learning._READ.clear()
    assert days_left(parcel) == before


@pytest.mark.django_db
def test_learning_twice_gives_the_same_and_keeps_one_row_a_day(anna: Person) -> None:
    household(anna, 1, 12, 9.0)
    first = learning.learn(NOW)
    again = learning.learn(NOW)
    assert again.pk == first.pk and again.said == first.said and Learnt.objects.count() == 1
    assert not learning.learn_if_due(NOW + DAY, lambda: True) and learning.newest() == again  # asked to stop meanwhile
    assert not learning.learn_if_due(NOW + DAY / 2) and learning.learn_if_due(NOW + DAY)
    for later in range(2, 20):
        learning.learn(NOW + DAY * later)
    assert Learnt.objects.count() == learning.settings().keep
    assert len(bytes(Learnt.objects.first().body)) < 60_000  # type: ignore[union-attr]


@pytest.mark.django_db
def test_nothing_personal_is_in_what_was_learnt(anna: Person) -> None:
    parcels = household(anna, 1, 12, 9.0)
    kept = learning.body_of(learning.learn(NOW)).decode()
    dossiers = [mapping.read_dossier(parcel) for parcel in parcels]
    told = {SELLER, "Olga", STREET, "Lenin", "Almaty", "anna", anna.ref, *(each.ref for each in parcels)}
    told |= {number for each in dossiers for number in (*each.numbers, each.order.number or "")}
    assert not [word for word in told if word and word.casefold() in kept.casefold()]
    model = load(kept)
    assert model.stages["ship_to_delivered"].levels["seller"]  # the seller is known again all the same


@pytest.mark.django_db
def test_a_row_that_cannot_be_read_is_left_aside_and_said_so(anna: Person, caplog: pytest.LogCaptureFixture) -> None:
    parcel = under_way(anna)
    estimate = days_left(parcel)
    household(anna, 1, 25, 9.0)
    learning.learn(NOW - DAY)
    good = days_left(parcel)
    newest = learning.learn(NOW)
    model = msgspec.json.decode(learning.body_of(newest))
    older = msgspec.json.encode({**model, "version": 1})
    for body, said in (
        (b"torn", newest.said),
        (zlib.compress(b"{}"), "x"),
        (zlib.compress(older), mapping.digest(older)),
    ):
        Learnt.objects.filter(pk=newest.pk).update(body=body, said=said)
        learning._READ.clear()
        caplog.clear()
        with caplog.at_level(logging.WARNING, "dozor.learning"):
            logging.getLogger("dozor.learning").addHandler(caplog.handler)
            assert days_left(parcel) == good  # what was learnt the day before
            assert days_left(parcel) == good
            logging.getLogger("dozor.learning").removeHandler(caplog.handler)
        assert len([line for line in caplog.messages if "left aside" in line]) in (1, 2)
    Learnt.objects.exclude(pk=newest.pk).delete()
    assert days_left(parcel) == estimate


@pytest.mark.django_db
def test_who_takes_everything_away_is_no_longer_learnt_from(anna: Person, boris: Person) -> None:
    household(anna, 1, 20, 9.0)
    household(boris, 101, 3, 30.0)
    learning.learn(NOW)
    actions.delete_everything(anna)
    assert learning.current() is None and learning.is_due(NOW)
    assert learning.learn(NOW).parcels == 3


@pytest.mark.django_db
def test_what_is_no_parcel_of_the_household_teaches_nothing(anna: Person) -> None:
    demo, strange, kept = household(anna, 1, 3, 9.0)
    Parcel.objects.filter(pk=demo.pk).update(demo=True)
    actions.mark(strange, Fate.NOT_MINE, NOW)
    assert learning.learn(NOW).parcels == 1
    # Nobody ever looked at it, and its owner says nothing: it may have come long ago.
    silent = actions.add_dossier(
        anna, Dossier(order=Order(shipped=dt.date(2026, 8, 25), destination="KZ")), NOW - DAY * 80
    )
    assert learning.learn(NOW).parcels == 1
    actions.mark_received(silent, NOW - DAY * 60)
    assert learning.learn(NOW).parcels == 2 and kept.pk


@pytest.mark.django_db
def test_what_was_told_is_judged_once_its_days_are_over(anna: Person) -> None:
    parcels = household(anna, 1, 6, 9.0)
    first = [parcel.answers.filter(late__isnull=False).order_by("id").first() for parcel in parcels]
    assert all(row is not None and row.early < row.late for row in first)
    assert (learning.learn(NOW).judged, [text.id for text in learning.told()]) == (
        0,
        ["learning.from", "learning.not_judged"],
    )
    later = NOW + DAY * 150
    # What was told from published figures was far too slow for parcels that come within nine days.
    row = learning.learn(later)
    assert (row.judged, row.held) == (6, 0) and learning.holds(row) is None
    parcels[0].answers.update(early=dt.date(2026, 10, 1), late=dt.date(2026, 11, 30))
    row = learning.learn(later)
    assert (row.judged, row.held) == (6, 1)
    words = learning.told()
    assert words[1].id == "learning.held_few" and words[1].args["held"] == 1


@pytest.mark.django_db
def test_who_comes_early_is_not_judged_before_who_comes_late(anna: Person) -> None:
    parcels = household(anna, 1, 4, 9.0)
    late, early = dt.date(2026, 12, 10), dt.date(2026, 11, 1)
    for parcel in parcels:
        parcel.answers.update(early=early, late=late)
    sixty_later = dt.datetime.combine(late, dt.time(12), dt.UTC) + (late - early)
    assert learning.learn(sixty_later).judged == 0
    assert learning.learn(sixty_later + DAY).judged == 4
    # Of what was given up nobody knows on which day it would have come.
    actions.mark_lost(under_way(anna), NOW)
    assert learning.learn(sixty_later + DAY * 200).judged == 4


@pytest.mark.django_db
def test_the_watch_looks_when_its_own_parcels_say_so(anna: Person) -> None:
    parcel = under_way(anna, days=12.0)
    poll = parcel.polls.get(carrier="upu")
    report = Report("upu", poll.number, Outcome(OutcomeKind.FOUND), NOW)
    before = next_of(parcel, poll, report, NOW, 0.0034)
    household(anna, 1, 40, 9.0)
    learning.learn(NOW)
    after = next_of(parcel, poll, report, NOW, 0.0034)
    assert after.expected > 2 * before.expected > 0  # by the same hour, news is twice as likely


@pytest.mark.django_db
@pytest.mark.parametrize("lang", ["en", "ru", "uk", "zh"])
def test_the_page_of_sources_says_how_we_know(lang: str, anna: Person) -> None:
    anna.lang = lang
    anna.save()
    client = Client()
    client.force_login(anna.user)
    for _ in range(2):
        page = client.get("/sources/").content.decode()
        for text in learning.told():
            assert say(text, lang) in page and "learning." not in page
        household(anna, 1, 3, 9.0)
        learning.learn(NOW + DAY * 150)


def test_an_answer_keeps_the_days_it_told() -> None:
    found = answer(dossier(1, NOW - DAY * 5, None), NOW)
    assert found.outlook and summary.band(found) == {
        "early": found.outlook.arrival_p10,
        "late": found.outlook.arrival_p90,
    }


def test_no_face_answers_by_itself() -> None:
    """Whoever answered without what was learnt would tell other days than the page beside it."""
    from tests.conftest import ROOT

    faces = [path for path in (ROOT / "src/dozor/service").rglob("*.py") if path.name != "learning.py"]
    assert not [path for path in faces if "import answer" in path.read_text(encoding="utf-8")]


@pytest.mark.django_db
def test_the_doctor_says_what_was_learnt_and_where_it_is_wrong(anna: Person) -> None:
    from dozor.service import config, doctor

    def said(**fields: object) -> dict[str, str]:
        Learnt.objects.update(**fields)
        learning._READ.clear()
        return {finding.what: finding.state for finding in doctor._forecasts(settings.CONFIG)}

    assert isinstance(settings.CONFIG, config.Config)
    household(anna, 1, 3, 9.0)
    learning.learn(timezone.now())
    assert list(said().values()) == ["ok", "ok"]
    assert [state for what, state in said(judged=40, held=33).items() if "82 %" in what] == ["ok"]
    assert [state for what, state in said(judged=40, held=20).items() if "50 %" in what] == ["warning"]
    assert [state for what, state in said(judged=4, held=1).items() if "too few" in what] == ["ok"]
    stale = said(at=timezone.now() - DAY * 4)
    assert [state for what, state in stale.items() if "nothing was learnt since" in what] == ["warning"]
    torn = said(body=b"torn")
    assert [state for what, state in torn.items() if "cannot be read" in what] == ["warning"]


@pytest.mark.django_db
def test_machines_can_read_how_forecasts_hold(anna: Person) -> None:
    household(anna, 1, 2, 9.0)
    learning.learn(timezone.now())
    Learnt.objects.update(judged=40, held=33)
    text = Client().get("/metrics").content.decode()
    assert 'dozor_forecasts_judged{held="yes"} 33' in text and 'dozor_forecasts_judged{held="no"} 7' in text
    assert "\ndozor_learnt_seconds " in text
