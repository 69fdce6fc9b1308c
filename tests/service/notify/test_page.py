"""The page of notifications: everything works by forms, and only on one's own things."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dozor.i18n import LANGUAGES
from dozor.service.notify import channels
from dozor.service.notify.models import Channel, Habits, Mute
from dozor.service.parcels.models import Outbox, Person
from tests.service.conftest import NOW
from tests.service.notify.conftest import Mailbox, bought, mail

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def client(anna: Person) -> Client:
    found = Client()
    found.force_login(anna.user)
    return found


def test_strangers_are_sent_to_the_door() -> None:
    assert Client().get("/notifications/").status_code == 302
    assert "/accounts/login/" in Client().get("/notifications/")["Location"]


def test_a_channel_is_added_tried_and_taken_away(client: Client, anna: Person, mailbox: Mailbox) -> None:
    page = client.post("/notifications/add", {"address": "anna@example.org"}, follow=True)
    channel = Channel.objects.of(anna).get()
    assert "a…@example.org" in page.text and "Send a trial message" in page.text
    page = client.post(f"/notifications/{channel.ref}/test", follow=True)
    (letter,) = mailbox.letters
    assert letter["Subject"] == "Dozor: a trial message" and "The trial message was taken." in page.text
    mailbox.refuse = ["550 no such user"]
    page = client.post(f"/notifications/{channel.ref}/test", follow=True)
    assert "The other side did not take the message." in page.text and len(mailbox.letters) == 1
    client.post("/notifications/add", {"address": "anna@example.org"})
    assert Channel.objects.count() == 1
    client.post(f"/notifications/{channel.ref}/remove")
    assert not Channel.objects.exists()


def test_habits_are_kept_and_nonsense_is_not(client: Client, anna: Person) -> None:
    given = {"quiet_from": "22:30", "quiet_to": "07:00", "digest_at": "09:00", "detail": "everything"}
    page = client.post("/notifications/habits", given, follow=True)
    for value in ("22:30", "07:00", "09:00"):
        assert f'value="{value}"' in page.text
    for wrong in ({"quiet_from": "25:00", "quiet_to": "07:00"}, {"quiet_from": "22:00"}, {"digest_at": "soon"}):
        client.post("/notifications/habits", wrong)
    found = Habits.objects.get(owner=anna)
    assert (f"{found.quiet_from:%H:%M}", f"{found.digest_at:%H:%M}", found.detail) == ("22:30", "09:00", "everything")
    client.post("/notifications/habits", {})
    found.refresh_from_db()
    assert found.quiet_from is found.digest_at is None


def test_the_calendars_address_is_shown_renewed_and_closed(client: Client, anna: Person) -> None:
    assert ".ics" not in client.get("/notifications/").text
    page = client.post("/notifications/calendar", {"do": "renew"}, follow=True)
    assert f"http://testserver/calendar/{channels.calendar_token(anna)}.ics" in page.text
    page = client.post("/notifications/calendar", {"do": "close"}, follow=True)
    assert ".ics" not in page.text


def test_a_parcel_is_muted_and_heard_again(client: Client, anna: Person) -> None:
    parcel = bought(anna, "<b>Lamp</b>")
    door = f'formaction="/notifications/mute/{parcel.ref}" name="do" value="%s"'
    assert door % "mute" in client.get(f"/parcels/{parcel.ref}/").text
    page = client.post(f"/notifications/mute/{parcel.ref}", follow=True)
    assert door % "unmute" in client.get(f"/parcels/{parcel.ref}/").text
    assert "&lt;b&gt;Lamp&lt;/b&gt;" in page.text and "<b>Lamp" not in page.text
    client.post(f"/notifications/mute/{parcel.ref}", {"do": "unmute"})
    assert not Mute.objects.exists()


def test_what_may_not_have_arrived_is_shown_and_sent_again(client: Client, anna: Person) -> None:
    parcel = bought(anna)
    row = Outbox.objects.create(owner=anna, parcel=parcel, key="k", given_up_at=NOW, problem="unconfirmed")
    page = client.get("/notifications/")
    assert "it may have arrived or not" in page.text
    client.post(f"/notifications/again/{row.pk}")
    row.refresh_from_db()
    assert row.given_up_at is None and row.next_at is not None


def test_nobody_reaches_anothers_things(client: Client, boris: Person, mailbox: Mailbox) -> None:
    channel, parcel = mail(boris, "boris@example.org"), bought(boris)
    row = Outbox.objects.create(owner=boris, parcel=parcel, key="k", given_up_at=NOW, problem="unconfirmed")
    for path in (
        f"/notifications/{channel.ref}/test",
        f"/notifications/{channel.ref}/remove",
        f"/notifications/mute/{parcel.ref}",
        f"/notifications/again/{row.pk}",
    ):
        assert client.post(path).status_code == 404
        assert client.get(path).status_code == 405
    assert Channel.objects.count() == 1 and not Mute.objects.exists() and not mailbox.letters
    assert "b…@example.org" not in client.get("/notifications/").text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_speaks_four_languages_and_breaks_no_policy(client: Client, anna: Person, lang: str) -> None:
    Person.objects.filter(pk=anna.pk).update(lang=lang)
    text: Any = client.get("/notifications/").text
    assert {"en": "Quiet from", "ru": "Тихо с", "uk": "Тихо з", "zh": "免打扰开始"}[lang] in text
    assert "notify." not in text.replace("notify_", "") and " style=" not in text and "onclick" not in text
