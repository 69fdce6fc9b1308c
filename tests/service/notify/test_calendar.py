"""The calendar, read by a parser: the same entries at each fetch, with alarms, in the reader's language."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar
from msgspec.structs import replace

from dozor.advice import binding
from dozor.i18n import LANGUAGES
from dozor.model import Milestone
from dozor.service.notify import channels
from dozor.service.notify.feed import calendar
from dozor.service.parcels import actions
from dozor.service.parcels.models import Parcel, Person
from tests.service.conftest import NOW
from tests.service.notify.conftest import DAY, bought, moves

pytestmark = [pytest.mark.django_db]


def read(person: Person, at: dt.datetime = NOW) -> dict[str, Any]:
    found: Any = Calendar.from_ical(calendar(person, at))
    return {str(entry["uid"]).partition(".")[2]: entry for entry in found.walk("VEVENT")}


def test_dates_that_cost_money_are_entries_with_alarms(anna: Person) -> None:
    parcel = bought(anna)
    parcel.refresh_from_db()
    entries = read(anna)
    end = entries["protection_end@dozor"]
    assert end["dtend"].dt == parcel.order.protection_end and end["dtend"].dt.utcoffset() == dt.timedelta(0)
    assert [alarm["trigger"].dt for alarm in end.walk("VALARM")] == [-DAY]
    decide = entries["decide_by@dozor"]
    (safe,) = (step for step in actions.current_answer(parcel, NOW).advice.steps if binding(step.id))
    assert decide["dtend"].dt == safe.not_after
    rings = {decide["dtend"].dt + alarm["trigger"].dt for alarm in decide.walk("VALARM")}
    assert all(alarm["trigger"].params["related"] == "END" for alarm in decide.walk("VALARM"))
    ladder = [row.at for row in parcel.reminders.all() if safe.not_after and row.at < safe.not_after]
    assert rings == {at.replace(microsecond=0) for at in ladder} and len(rings) >= 2
    assert sum(name.startswith("reminder-") for name in entries) == len(ladder)
    assert all(str(entry["summary"]).startswith("Lamp: ") for entry in entries.values())


def test_a_pick_up_term_is_an_entry(anna: Person) -> None:
    parcel = bought(anna)
    moves(parcel, Milestone.AVAILABLE_FOR_PICKUP, NOW)
    limit = actions.current_answer(parcel, NOW).clock.limit("pickup_until")
    assert limit is not None and limit.at is not None
    assert read(anna)["pickup_until@dozor"]["dtend"].dt == limit.at


def test_two_fetches_are_the_same_bytes_and_a_change_keeps_the_entry_and_counts_up(anna: Person) -> None:
    parcel = bought(anna)
    assert calendar(anna, NOW) == calendar(anna, NOW + dt.timedelta(minutes=50))
    before = read(anna)["protection_end@dozor"]
    moves(parcel, Milestone.CUSTOMS_HELD, NOW)
    actions.correct_order(parcel, NOW, protection_end=NOW + 40 * DAY)
    after = read(anna)["protection_end@dozor"]
    assert after["uid"] == before["uid"] and after["sequence"] > before["sequence"]
    assert after["dtend"].dt == NOW + 40 * DAY


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_speaks_the_readers_language(anna: Person, lang: str) -> None:
    Person.objects.filter(pk=anna.pk).update(lang=lang)
    anna.refresh_from_db()
    bought(anna)
    words = {
        "en": "last safe day",
        "ru": "последний надёжный срок",
        "uk": "останній надійний строк",
        "zh": "最后稳妥期限",
    }
    assert words[lang] in str(read(anna)["decide_by@dozor"]["summary"])
    assert not any("{" in str(entry["summary"]) for entry in read(anna).values())


def test_titles_end_no_line_of_the_calendar(anna: Person) -> None:
    bought(anna, "Lamp\r\nEND:VEVENT\r\nBEGIN:VALARM;,\\ evil")
    for entry in read(anna).values():
        assert str(entry["summary"]).startswith("Lamp END:VEVENT BEGIN:VALARM;,\\ evil: ")


def test_the_address_is_secret_and_can_be_renewed_and_closed(anna: Person, boris: Person) -> None:
    bought(anna)
    token = channels.renew_calendar(anna)
    client = Client()
    answer = client.get(f"/calendar/{token}.ics")
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/calendar")
    assert client.get(f"/calendar/{token}.ics", headers={"if-none-match": answer["ETag"]}).status_code in (200, 304)
    assert channels.calendar_token(anna) == token
    habits = anna.habits
    assert token not in (habits.calendar_hash, bytes(habits.calendar_sealed).decode("latin1"))
    other = channels.renew_calendar(anna)
    assert client.get(f"/calendar/{token}.ics").status_code == 404
    assert client.get(f"/calendar/{other}.ics").status_code == 200
    channels.renew_calendar(boris)
    channels.close_calendar(anna)
    assert client.get(f"/calendar/{other}.ics").status_code == 404
    assert channels.calendar_token(anna) == ""


def test_what_has_ended_is_in_no_calendar(anna: Person) -> None:
    parcel: Parcel = bought(anna)
    actions.mark_received(parcel, NOW)
    assert read(anna) == {}


def test_entries_lead_to_the_page_where_its_address_is_known(anna: Person, settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, public_url="https://parcels.example.org")
    bought(anna)
    assert str(read(anna)["decide_by@dozor"]["url"]).startswith("https://parcels.example.org/")
