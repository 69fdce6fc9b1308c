"""What a person takes along and brings back."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dozor.i18n import has
from dozor.model import Dossier, Event, Message, Milestone, Money, Order, Outcome, OutcomeKind, Report
from dozor.service.parcels import actions, exchange, mapping
from dozor.service.parcels.models import Fate, Parcel, Person
from tests.service.conftest import NOW, somebody
from tests.service.parcels.test_actions import BOUGHT, scan


@pytest.mark.django_db
def test_an_export_brings_everything_back_to_another_person(anna: Person, boris: Person) -> None:
    parcel = actions.add_dossier(anna, BOUGHT, NOW, title="Lamp")
    told = Report("upu", BOUGHT.numbers[0], Outcome(OutcomeKind.FOUND), NOW, (scan("Accepted", 5, Milestone.ACCEPTED),))
    actions.record_reports(parcel, [told], NOW)
    actions.add_message(parcel, Message("please wait"), NOW)
    actions.add_event(parcel, Event("the post office has it"), NOW)
    gone = actions.add_dossier(anna, Dossier(numbers=("RB123456785CN",)), NOW)
    actions.mark_received(gone, NOW)
    actions.set_key(anna, "dhl", {"key": "hunter2"}, NOW)
    raw = exchange.export_json(anna)
    assert b"hunter2" not in raw and len(msgspec.json.decode(raw)["parcels"][0]["answers"]) >= 2
    assert [each.state for each in exchange.import_json(boris, raw, NOW)] == ["added", "added"]
    one, two = Parcel.objects.of(boris).order_by("id")
    assert (one.title, two.fate) == ("Lamp", Fate.RECEIVED)
    bare = lambda it: msgspec.structs.replace(mapping.read_dossier(it), id=None)  # noqa: E731
    assert bare(one) == bare(Parcel.objects.get(pk=parcel.pk))
    assert [each.state for each in exchange.import_json(boris, raw, NOW)] == ["updated", "updated"]
    assert Parcel.objects.of(boris).count() == 2 and not two.polls.exclude(next_at=None).exists()
    # A number that comes again where it is not said to have ended is another parcel.
    assert actions.add_dossier(boris, Dossier(numbers=("RB123456785CN",)), NOW).pk != two.pk


@pytest.mark.django_db
def test_a_csv_is_reported_line_by_line(anna: Person) -> None:
    text = (
        "number;title;price;paid;destination;shop\r\n"
        "RB740193524CN;Lamp;3,20 USD;01.11.2026;ru;x\r\n"
        ";;;;;\r\n"
        "RB123456785CN;Cable;3.20;2026-11-01;RU;x\r\n"
        'RB123456785CN;"two\r\nlines";;yesterday;;x\r\n'
        "RB740193524CN;Lamp;;;;x\r\n"
        "LP00990011223344;;;;Mars;x\r\n"
    )
    found = exchange.import_csv(anna, text, NOW)
    assert [(each.line, each.state, each.why.id) for each in found] == [
        (2, "added", "exchange.added"),
        (4, "wrong", "exchange.wrong_price"),
        (6, "wrong", "exchange.wrong_day"),
        (7, "updated", "exchange.updated"),
        (8, "wrong", "exchange.wrong_country"),
    ]
    (parcel,) = Parcel.objects.of(anna)
    told = mapping.read_dossier(parcel)
    assert (told.order.price, told.order.destination, parcel.title) == (Money(320, "USD"), "RU", "Lamp")
    assert str(told.order.paid) == "2026-11-01"


@pytest.mark.django_db
def test_a_number_written_in_groups_is_one_number(anna: Person) -> None:
    text = "number,title\nRB 740 193 524 CN,Lamp\nRB123456785CN LP00990011223344,Two\n"
    assert [each.state for each in exchange.import_csv(anna, text, NOW)] == ["added", "added"]
    lamp, two = Parcel.objects.of(anna).order_by("id")
    assert [row.number for row in lamp.numbers.all()] == ["RB740193524CN"] and two.numbers.count() == 2


@pytest.mark.django_db
def test_a_csv_comes_back_and_no_cell_is_run(anna: Person, boris: Person) -> None:
    order = Order(number="=1+1", seller="@cmd", price=Money(1250, "JPY"), paid=NOW.date(), destination="RU")
    actions.add_dossier(anna, Dossier(numbers=("RB740193524CN",), order=order), NOW, title="=HYPERLINK(1)")
    text = exchange.export_csv(anna)
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["title"] == "'=HYPERLINK(1)" and row["order"] == "'=1+1" and row["price"] == "1250 JPY"
    assert [each.state for each in exchange.import_csv(boris, text, NOW)] == ["added"]
    (parcel,) = Parcel.objects.of(boris)
    told = mapping.read_dossier(parcel).order
    assert (parcel.title, told.number, told.seller, told.price) == ("=HYPERLINK(1)", "=1+1", "@cmd", Money(1250, "JPY"))


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_whatever_is_brought_is_read_or_refused(text: str) -> None:
    person = Person.objects.first() or somebody("anna")
    for found in (
        exchange.import_csv(person, "number,text,paid,price\n" + text, NOW),
        exchange.import_csv(person, text, NOW),
        exchange.import_json(person, text.encode("utf-8", "surrogatepass"), NOW),
    ):
        assert all(each.state in ("added", "updated", "wrong") and has(each.why.id) for each in found)


@pytest.mark.django_db
def test_a_bad_parcel_takes_no_good_one_with_it(anna: Person) -> None:
    raw = msgspec.json.encode(
        [{"numbers": ["RB740193524CN"]}, {"numbers": "no list"}, 7, {"numbers": ["A" * 200]}, {"text": "from Shenzhen"}]
    )
    states = [each.state for each in exchange.import_json(anna, raw, NOW)]
    assert states == ["added", "wrong", "wrong", "wrong", "added"] and Parcel.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fact",
    [
        {"order": {"paid_days_ago": 1e300}},
        {"order": {"shipped": "9999-12-31"}},
        {"order": {"shipped": "0001-01-01"}},
        {"order": {"protection_end": "9999-12-31T23:59:59-12:00"}},
        {"order": {"price": {"minor": 2**63, "currency": "USD"}}},
        {"events": [{"text": "x", "when": {"local": "2026-01-01T00:00:00", "offset": 40000}}]},
        {"messages": [{"text": "x", "at": "9999-12-31T23:59:59-10:00"}]},
    ],
)
def test_a_fact_that_no_calendar_and_no_column_holds_is_said_and_stops_nothing(anna: Person, fact: object) -> None:
    raw = msgspec.json.encode([{"numbers": ["RB123456785CN"], **fact}, {"numbers": ["RB740193524CN"]}])  # type: ignore[dict-item]
    assert [each.state for each in exchange.import_json(anna, raw, NOW)] == ["wrong", "added"]
    assert Parcel.objects.get().numbers.get().number == "RB740193524CN"
