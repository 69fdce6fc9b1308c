"""Rows into structs and structs into rows: nothing is lost on the way, whatever a carrier writes."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import types
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from dozor.model import (
    Answer,
    Dossier,
    Event,
    Message,
    Milestone,
    Moment,
    Money,
    Order,
    Outcome,
    OutcomeKind,
    Report,
    Snapshot,
)
from dozor.service.parcels import mapping
from dozor.service.parcels import models as rows
from tests.service.conftest import NOW, somebody

FEW = 12 if "DATABASE_URL" in os.environ else 40
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)
WALL = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2030, 1, 1))
INSTANT = WALL.map(lambda at: at.replace(tzinfo=dt.UTC))
SAYS = [OutcomeKind.FOUND, OutcomeKind.KNOWN_WITHOUT_EVENTS, OutcomeKind.UNKNOWN_NUMBER, OutcomeKind.NEEDS]
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    bool: st.booleans(),
    int: st.integers(0, 10**9),
    float: st.floats(0, 900).map(lambda n: round(n, 3)),
    dt.date: st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)),
    dt.datetime: INSTANT,
    bytes: st.binary(min_size=1, max_size=100),
}
# What is narrower than its type.
NARROW: dict[tuple[type, str], st.SearchStrategy[Any]] = {
    (Moment, "local"): WALL,
    (Moment, "offset"): st.none() | st.integers(-720, 840),
    (Moment, "precision"): st.sampled_from(["second", "minute", "hour", "day", "month"]),
    (Money, "currency"): st.sampled_from(["USD", "RUB", "CNY"]),
    (Message, "by"): st.sampled_from(["seller", "buyer", "platform", "carrier"]),
    (Outcome, "kind"): st.sampled_from(SAYS),
    (Report, "carrier"): st.sampled_from(["upu", "cainiao", "dhl"]),
    (Report, "number"): st.text("ABC012", min_size=4, max_size=6),
    (Dossier, "schema"): st.just(Dossier().schema),
    (Dossier, "numbers"): st.lists(st.text("ABC012", min_size=4, max_size=6), max_size=3, unique=True).map(tuple),
}


def any_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type as `model.py` writes it: a field that is added there is drawn here without a word."""
    if hint in PLAIN:
        return PLAIN[hint]
    if get_origin(hint) is types.UnionType:
        return st.one_of([st.none() if part is type(None) else any_of(part) for part in get_args(hint)])
    if get_origin(hint) is tuple:
        return st.lists(any_of(get_args(hint)[0]), max_size=2).map(tuple)
    if isinstance(hint, type) and issubclass(hint, Struct):
        return struct_of(hint)
    return st.sampled_from(hint)


@cache
def struct_of(cls: type[Struct]) -> st.SearchStrategy[Any]:
    """Structs with any of their fields given or left out, the more the likelier."""
    drawn = {
        name: NARROW[cls, name] if (cls, name) in NARROW else any_of(hint) for name, hint in get_type_hints(cls).items()
    }
    if cls is Report or cls is Dossier:
        # A system tells a scan once, and is asked about a number once.
        drawn["events"] = st.lists(any_of(Event), max_size=3, unique_by=lambda e: mapping.fingerprint(e, "", "")).map(
            tuple
        )
    if cls is Dossier:
        drawn["id"] = st.none()
        both = lambda each: (each.carrier, each.number)  # noqa: E731
        drawn["reports"] = st.lists(any_of(Report), max_size=2, unique_by=both).map(tuple)
    if cls is Snapshot:
        return st.builds(_snapshot, PLAIN[bytes], INSTANT, TEXT)
    return st.builds(cls, **drawn)


def _snapshot(raw: bytes, at: dt.datetime, media: str) -> Snapshot:
    return Snapshot(hashlib.sha256(raw).hexdigest(), "https://x.example/y", at, len(raw), media, raw, "ff" * 32)


event, dossier, text = struct_of(Event), struct_of(Dossier), TEXT


def kept(person: rows.Person, told: Dossier) -> rows.Parcel:
    """A dossier written as it is, without anything being thought about it."""
    made = mapping.write_order(rows.Order(owner=person), told.order)
    parcel = rows.Parcel(owner=person, order=made, **mapping.parcel_values(told))
    parcel.save()
    mapping.write_told(parcel, told)
    for each in told.reports:
        mapping.write_report(parcel, each, NOW)
    return rows.Parcel.objects.get(pk=parcel.pk)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=FEW)
@given(dossier)
def test_a_dossier_comes_back_as_it_went_in(told: Dossier) -> None:
    person = rows.Person.objects.first() or somebody("anna")
    parcel = kept(person, told)
    found = mapping.read_dossier(parcel, bodies=True)
    assert found == msgspec.structs.replace(told, id=parcel.ref)
    # What is read can be written again, and is the same: nothing drifts.
    mapping.write_order(parcel.order, found.order)
    mapping.write_told(parcel, found)
    assert mapping.read_dossier(rows.Parcel.objects.get(pk=parcel.pk), bodies=True) == found


@given(event)
def test_a_fingerprint_is_of_what_was_told_alone(told: Event) -> None:
    before = mapping.fingerprint(told, "upu", "RB1")
    read_otherwise = msgspec.structs.replace(
        told, milestone=Milestone.INFO, decided_by="model", rule="x", reversed=True
    )
    assert mapping.fingerprint(read_otherwise, "upu", "RB1") == before
    assert mapping.fingerprint(told, "upu", "RB2") != before
    assert mapping.fingerprint(msgspec.structs.replace(told, text=told.text + "!"), "upu", "RB1") != before


@given(st.lists(st.none() | text, max_size=4), st.lists(st.none() | text, max_size=4))
def test_a_digest_keeps_its_parts_apart(one: list[str | None], two: list[str | None]) -> None:
    assert (mapping.digest(*one) == mapping.digest(*two)) == (one == two)


def test_what_no_database_holds_is_taken_out() -> None:
    assert mapping.storable({"a\x00": ["\ud800x", ("y\x00",)]}) == {"a": ["x", ["y"]]}


@pytest.mark.django_db
def test_hostile_text_is_kept_as_text(anna: rows.Person) -> None:
    wild = "\x00<script>alert(1)</script>'; DROP TABLE parcels_event;-- \ud83d"
    told = Dossier(text=wild, numbers=("RB740193524CN",), events=(Event(text=wild),), messages=(Message(wild),))
    found = mapping.read_dossier(kept(anna, told))
    assert found.events[0].text == found.text == found.messages[0].text == mapping.storable(wild)


@pytest.mark.django_db
def test_absurd_lengths_are_refused_by_both_databases(anna: rows.Person) -> None:
    with pytest.raises(mapping.TooLongError, match=r"number\.number: at most 128"):
        kept(anna, Dossier(numbers=("A" * 129,)))
    assert kept(anna, Dossier(text="x" * 200_000)).text == "x" * 200_000


def scan(text: str, hour: int = 8, **more: Any) -> Event:
    return Event(text, Moment(dt.datetime(2026, 11, 1, hour), 480), system="upu", **more)


def said(*events: Event, kind: OutcomeKind = OutcomeKind.FOUND, **more: Any) -> Report:
    return Report("upu", "RB740193524CN", Outcome(kind), NOW, events, **more)


@pytest.mark.django_db
def test_the_same_again_is_no_row(anna: rows.Person) -> None:
    parcel = kept(anna, Dossier(numbers=("RB740193524CN",)))
    assert mapping.write_report(parcel, said(scan("accepted")), NOW) == (True, 1)
    later = msgspec.structs.replace(said(scan("accepted")), asked_at=NOW + dt.timedelta(hours=6))
    assert mapping.write_report(parcel, later, NOW) == (False, 0)
    assert (parcel.reports.count(), parcel.events.count()) == (1, 1)


@pytest.mark.django_db
def test_a_scan_that_a_carrier_no_longer_tells_is_kept(anna: rows.Person) -> None:
    parcel = kept(anna, Dossier(numbers=("RB740193524CN",)))
    mapping.write_report(parcel, said(scan("accepted"), scan("left", 9)), NOW)
    assert mapping.write_report(parcel, said(scan("left", 9), scan("arrived", 10)), NOW) == (True, 1)
    (found,) = mapping.read_dossier(parcel).reports
    assert [each.text for each in found.events] == ["accepted", "left", "arrived"]


@pytest.mark.django_db
def test_a_better_reading_of_a_scan_replaces_the_older_one(anna: rows.Person) -> None:
    parcel = kept(anna, Dossier(numbers=("RB740193524CN",)))
    mapping.write_report(parcel, said(scan("accepted")), NOW)
    read = scan("accepted", milestone=Milestone.ACCEPTED, decided_by="code", rule="upu EMA")
    assert mapping.write_report(parcel, said(read), NOW) == (True, 0)
    (found,) = mapping.read_dossier(parcel).reports
    assert found.events == (read,)


@pytest.mark.django_db
def test_a_failure_hides_nothing_that_was_said_before_it(anna: rows.Person) -> None:
    parcel = kept(anna, Dossier(numbers=("RB740193524CN",)))
    mapping.write_report(parcel, said(scan("accepted"), destination="RU"), NOW)
    for n in range(3):
        failed = said(kind=OutcomeKind.UNREACHABLE)
        failed = msgspec.structs.replace(failed, outcome=Outcome(OutcomeKind.UNREACHABLE, f"no answer, try {n}"))
        assert mapping.write_report(parcel, failed, NOW)[0] is (n == 0)
    good, bad = mapping.read_dossier(parcel).reports
    assert (good.destination, good.outcome.kind, len(good.events)) == ("RU", OutcomeKind.FOUND, 1)
    assert (bad.outcome.kind, bad.outcome.detail, bad.events) == (OutcomeKind.UNREACHABLE, "no answer, try 2", ())
    assert parcel.reports.count() == 2


def test_an_answer_comes_back_as_it_was_given() -> None:
    from dozor.answer import answer

    told = Dossier(numbers=("RB740193524CN",), order=Order(marketplace="aliexpress", paid=dt.date(2026, 10, 1)))
    given: Answer = answer(told, NOW)
    found = mapping.answer_struct(rows.Answer(body=mapping.answer_body(given)))
    assert msgspec.json.encode(found) == msgspec.json.encode(given)
