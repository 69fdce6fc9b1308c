"""What is kept of pages is never shown where anything in it has changed: nothing committed, no day, no order."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dozor.model import Dossier, Event, Message, Milestone, Moment, Money, Order, Outcome, OutcomeKind, Report
from dozor.service import unchanged
from dozor.service.parcels import actions
from dozor.service.parcels.models import Parcel, Person, Poll
from dozor.service.web import kept
from tests.service.conftest import somebody

DAY = dt.timedelta(days=1)
NUMBER = "RB740193524CN"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


@pytest.fixture
def olga(transactional_db: Any) -> Person:
    """Somebody whose changes are committed, as they are outside of tests."""
    return somebody("olga")


def logged_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def watched(person: Person, number: str = NUMBER, *reports: Report, **facts: Any) -> Parcel:
    order = Order(**{"marketplace": "aliexpress", "destination": "RU", "price": Money(840, "USD"), **facts})
    told = Dossier(numbers=(number,), order=order, reports=reports)
    return actions.add_dossier(person, told, timezone.now(), title="Lens")


def test_nothing_is_asked_twice_while_nothing_changes(olga: Person, django_assert_max_num_queries: Any) -> None:
    parcel, client = watched(olga), logged_in(olga)
    for path in ("/parcels/", f"/parcels/{parcel.ref}/"):
        first = client.get(path).content.decode()
        with django_assert_max_num_queries(0 if connection.vendor == "sqlite" else 8):
            again = client.get(path).content.decode()
        assert _without_tokens(again) == _without_tokens(first) and kept.TOKEN not in again


def test_every_change_is_seen_at_once(olga: Person) -> None:
    parcel, client = watched(olga), logged_in(olga)
    at = f"/parcels/{parcel.ref}/"

    def both() -> str:
        return "".join(client.get(path).content.decode() for path in ("/parcels/", at))

    assert "Lens" in both()
    actions.rename(parcel, "Objective")
    assert "Objective" in both() and "Lens" not in both()
    actions.add_message(parcel, Message("Dear friend, please wait"), timezone.now())
    assert "Dear friend" in both()
    actions.correct_order(parcel, timezone.now(), price=Money(9100, "EUR"))
    assert both().count("91.00 EUR") >= 2 and "8.40 USD" not in both()
    client.post(reverse("notify_mute", args=[parcel.ref]), {"do": "mute"})
    assert 'value="unmute"' in both()
    olga.lang = "ru"
    olga.save()
    assert both().count('<html lang="ru"') == 2
    actions.mark_received(parcel, timezone.now())
    assert "Получена" in both() and 'class="over"' in both()
    actions.delete_parcel(parcel)
    assert client.get(at).status_code == 404 and "Objective" not in client.get("/parcels/").content.decode()


def test_what_carriers_say_is_seen_at_once_and_so_is_that_they_said_it_again(olga: Person) -> None:
    parcel, client, now = watched(olga), logged_in(olga), timezone.now()
    at = f"/parcels/{parcel.ref}/"
    assert "Arrived at the sorting centre" not in client.get(at).content.decode()
    scan = Event(
        "Arrived at the sorting centre",
        when=Moment((now - 3 * DAY).replace(tzinfo=None), 0),
        milestone=Milestone.IN_TRANSIT,
    )
    report = Report("cainiao", NUMBER, Outcome(OutcomeKind.FOUND), now - DAY, events=(scan,))
    actions.record_reports(parcel, [report], now)
    assert "Arrived at the sorting centre" in client.get(at).content.decode()
    before = _letters_made(client, at)
    said = parcel.reports.get(carrier="cainiao").said
    Poll.objects.update_or_create(
        parcel=parcel, carrier="cainiao", number=NUMBER, defaults={"answered_at": now, "said": said}
    )
    assert _letters_made(client, at) == before + 1  # the watch's narrow row alone makes another letter


def test_an_order_that_was_corrected_from_its_other_parcel(olga: Person) -> None:
    one, client = watched(olga, number="8204455102938474"), logged_in(olga)
    other = actions.add_dossier(olga, Dossier(numbers=("RB125847363CN",)), timezone.now())
    Parcel.objects.filter(pk=other.pk).update(order=one.order)
    assert "8.40 USD" in client.get(f"/parcels/{other.ref}/").content.decode()
    actions.correct_order(one, timezone.now(), price=Money(700, "USD"))
    assert "7.00 USD" in client.get(f"/parcels/{other.ref}/").content.decode()


def test_days_go_by_in_what_is_kept(olga: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    real = timezone.now()
    parcel, client = watched(olga, protection_end=real + 20 * DAY, shipped_days_ago=30), logged_in(olga)
    at = f"/parcels/{parcel.ref}/"
    today = {path: client.get(path).content.decode() for path in ("/parcels/", at)}
    for later in (dt.timedelta(hours=1), DAY, 19 * DAY, 21 * DAY):
        monkeypatch.setattr(timezone, "now", lambda: real + later)  # noqa: B023 (it is read within this turn)
        for path, first in today.items():
            page = client.get(path).content.decode()
            assert _without_tokens(page) == _without_tokens(_written_anew(client, path)), (path, later)
            assert later < DAY or _without_tokens(page) != _without_tokens(first)


def test_news_is_told_once(olga: Person) -> None:
    parcel, client = watched(olga), logged_in(olga)
    client.get(f"/parcels/{parcel.ref}/")
    told = client.post(f"/parcels/{parcel.ref}/said/", {"text": "hello", "by": "buyer"}, follow=True).content.decode()
    assert 'role="status">' in told and 'class="notice' in told
    assert 'class="notice' not in client.get(f"/parcels/{parcel.ref}/").content.decode()


def test_forms_of_a_kept_page_are_accepted(olga: Person) -> None:
    parcel, client = watched(olga), Client(enforce_csrf_checks=True)
    client.force_login(olga.user)
    at = f"/parcels/{parcel.ref}/"
    client.get(at)
    tokens = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(at).content.decode()))
    assert len(tokens) == 1
    sent = {"fate": "received", "csrfmiddlewaretoken": tokens.pop()}
    assert client.post(f"{at}fate/", sent).status_code == 302
    assert client.post(f"{at}fate/", {**sent, "csrfmiddlewaretoken": kept.TOKEN * 2}).status_code == 403


def test_who_has_logged_out_is_out(olga: Person) -> None:
    client = logged_in(olga)
    copy = Client()
    copy.cookies.update(client.cookies)
    assert client.get("/parcels/").status_code == copy.get("/parcels/").status_code == 200
    client.post("/accounts/logout/")
    assert copy.get("/parcels/").status_code == 302
    client.force_login(olga.user)
    assert client.get("/parcels/").status_code == 200
    type(olga.user).objects.filter(pk=olga.user.pk).update(is_active=False)
    assert client.get("/parcels/").status_code == 302


def test_what_is_not_committed_yet_is_read_anew(olga: Person) -> None:
    from django.db import transaction

    memory, made = unchanged.Memory(5), list[int]()

    def make() -> int:
        made.append(1)
        return len(made)

    first = memory.get("x", make)
    if connection.vendor == "sqlite":
        assert memory.get("x", make) == first
    with transaction.atomic():
        assert memory.get("x", make) > first
        olga.zone = "Asia/Almaty"
        olga.save()
    assert memory.get("x", make) == len(made) > 2 - (connection.vendor != "sqlite")


def _written_anew(client: Client, path: str) -> str:
    """The page where nothing is kept."""
    from dozor.service.web import overview, written

    kept._pages.__init__(200)  # type: ignore[misc]
    written.shelf.cache_clear()
    overview._written.cache_clear()
    return client.get(path).content.decode()


def _without_tokens(page: str) -> str:
    return re.sub(r'(csrf-token" content|csrfmiddlewaretoken" value)="\w+"', "", page)


def _letters_made(client: Client, path: str) -> int:
    """How many letters were written so far, this one included."""
    from dozor.service.web import written

    client.get(path)
    return written.shelf().written
