"""The JSON form of a Dossier, read leniently, and the resolution of what is relative in it.

The form is published in `docs/schema/dossier.json`. A date may be a day ("2026-11-01") wherever an instant is
wanted: it is then taken as the start of that day, UTC, which is the safe reading of a deadline.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from dozor.intake.claims import claims
from dozor.intake.concepts import sentences
from dozor.intake.hearing import Heard, ends_of, hear, meaning_of
from dozor.intake.sentence import Facts
from dozor.journey.places import find_place
from dozor.model import Dispute, DisputeState, Dossier, Event, Message, Milestone, Moment, Order, Place

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
ZONELESS = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?")
STATE = 3  # signs of a state's code after a city
SENDERS = ("CN", "HK")  # where most parcels start: being there is no wrong turn
INSTANTS = {"protection_end", "at", "asked_at", "until"}  # fields of the form that are instants, not days


class DossierError(ValueError):
    """A dossier that cannot be read: says which field, and what it should be."""


def read_dossier(raw: bytes | str | dict[str, Any]) -> Dossier:
    """A Dossier from its JSON form. Raises DossierError."""
    try:
        data = raw if isinstance(raw, dict) else msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise DossierError(f"not JSON: {error}") from None
    if not isinstance(data, dict):
        raise DossierError("a dossier is a JSON object, see docs/schema/dossier.json")
    unknown = sorted(set(data) - set(Dossier.__struct_fields__))
    if unknown:
        raise DossierError(
            f"no such field: {', '.join(unknown)}; the fields are {', '.join(Dossier.__struct_fields__)}"
        )
    try:
        return msgspec.convert(_with_instants(data), Dossier)
    except msgspec.ValidationError as error:
        raise DossierError(str(error)) from None


def settle(dossier: Dossier, now: dt.datetime) -> Dossier:
    """The same dossier with the facts of its text filled in and everything relative turned into dates.

    `dossier.today` (else the day of `now`) is the day on which the relative facts were said. Settling is
    idempotent: a settled dossier has no relative facts left.
    """
    said_on = dossier.today or now.astimezone(dt.UTC).date()
    heard = hear(_buyers_words(dossier), said_on)
    facts = heard.facts
    events_seen = dossier.events_seen if dossier.events_seen is not None else facts.events_seen
    silent = dossier.last_event_days_ago if dossier.last_event_days_ago is not None else facts.last_event_days_ago
    order = _settled_order(_with_facts(dossier.order, facts), said_on)
    told = _told(dossier, heard, silent, said_on, order.destination)
    if order.promised is None and facts.promise_passed_days is not None:
        order = replace(order, promised=said_on - dt.timedelta(days=round(facts.promise_passed_days)))
    elsewhere = _elsewhere(dossier, heard, order)
    return replace(
        dossier,
        order=order,
        events=told,
        events_seen=True if dossier.last_event or (told and not dossier.events) else events_seen,
        last_event=None,
        last_event_days_ago=None,
        messages=_messages(dossier, heard, said_on),
        dispute=_settled_dispute(dossier.dispute, facts, said_on),
        said=tuple(dict.fromkeys((*dossier.said, *heard.said, *_of_status(dossier), *elsewhere))),
        today=said_on,
    )


def _buyers_words(dossier: Dossier) -> str:
    """What is not the seller's: the text, and what the buyer, the carrier or the shop wrote."""
    others = [message.text for message in dossier.messages if message.by != "seller"]
    return "\n".join(part for part in (dossier.text, *others) if part)


def _told(
    dossier: Dossier, heard: Heard, silent: float | None, said_on: dt.date, home: str | None
) -> tuple[Event, ...]:
    """The events that the buyer saw or was told of; what a carrier reported outranks words about it."""
    if dossier.last_event:
        if any(event.text == dossier.last_event for event in dossier.events):
            return dossier.events
        event = _event(dossier.last_event, silent, said_on, meaning_of(dossier.last_event))
        return (*dossier.events, _placed(event, dossier.order))
    if dossier.events or any(report.events for report in dossier.reports):
        return dossier.events
    if heard.stage is not None:
        text, milestone, ago = heard.stage
        return (_event(text, ago if ago is not None else silent, said_on, milestone),)
    near = next((seen for seen in heard.seen if home is not None and seen[0] == home), None)
    if near is not None and dossier.events_seen is not False:
        # "Tracking shows Leipzig": a status that names a town of the buyer's country has come there.
        ago = near[2] if near[2] is not None else silent
        return (_event(near[1], ago, said_on, Milestone.ARRIVED_DESTINATION_COUNTRY),)
    if silent is not None and dossier.events_seen is not False and heard.facts.events_seen is not False:
        # "Nothing has moved for 14 days" says that something did move then, though not what.
        return (_event("", silent, said_on, Milestone.IN_TRANSIT),)
    return ()


def _of_status(dossier: Dossier) -> tuple[str, ...]:
    """What the last status claims beside its place: that a new number was given, that a postcode is wanted."""
    found = claims(sentences(dossier.last_event)) if dossier.last_event else ()
    return tuple(
        claim.id
        for claim in found
        if (claim.milestone is None and not claim.id.startswith("word_")) or claim.id == "address"
    )


def _elsewhere(dossier: Dossier, heard: Heard, order: Order) -> tuple[str, ...]:
    """Whether the words or the last status end the way in a country that is neither the buyer's nor the sender's."""
    if order.destination is None:
        return ()
    ends = heard.ends | (ends_of(dossier.last_event) if dossier.last_event else frozenset())
    others = ends - {order.destination, order.origin, *SENDERS}
    return ("other_country",) if others else ()


def _messages(dossier: Dossier, heard: Heard, said_on: dt.date) -> tuple[Message, ...]:
    """The messages with dates, and the seller's words that the buyer's text repeats."""
    given = tuple(_settled_message(message, said_on) for message in dossier.messages)
    known = {message.text for message in given}
    return (*(Message(text=words) for words in heard.seller if words not in known), *given)


def _with_facts(order: Order, facts: Facts) -> Order:
    """The order's own fields win; the text fills what they leave open."""
    told = {
        "shipped_days_ago": _first(facts.shipped_days_ago, facts.untracked_days) if order.shipped is None else None,
        "paid_days_ago": facts.paid_days_ago if order.paid is None else None,
        "protection_days_left": _protection_left(facts) if order.protection_end is None else None,
        "price": facts.price,
        "marketplace": facts.marketplace,
        "destination": facts.destination,
        "origin": facts.origin,
        "service": facts.service,
        "payment": facts.payment,
        "card_network": facts.card_network,
        "received": facts.received,
    }
    known = asdict(order)
    return replace(order, **{name: value for name, value in told.items() if value is not None and known[name] is None})


def _protection_left(facts: Facts) -> float | None:
    """Days of protection left; negative where it is said to have ended."""
    if facts.protection_over_days is not None:
        return -facts.protection_over_days
    return facts.protection_days_left


def _settled_order(order: Order, today: dt.date) -> Order:
    changes: dict[str, Any] = {"paid_days_ago": None, "shipped_days_ago": None, "protection_days_left": None}
    if order.paid is None and order.paid_days_ago is not None:
        changes["paid"] = today - dt.timedelta(days=round(order.paid_days_ago))
    if order.shipped is None and order.shipped_days_ago is not None:
        changes["shipped"] = today - dt.timedelta(days=round(order.shipped_days_ago))
    if order.protection_end is None and order.protection_days_left is not None:
        # The counter on the page is rounded up by some shops: the start of the day is the safe reading.
        midnight = dt.datetime.combine(today, dt.time(), dt.UTC)
        changes["protection_end"] = midnight + dt.timedelta(days=order.protection_days_left)
    shipped = changes.get("shipped", order.shipped)
    paid = changes.get("paid", order.paid)
    start = shipped or paid
    if order.promised is None and order.promised_days is not None and start is not None:
        changes["promised"] = start + dt.timedelta(days=order.promised_days)
    for name in ("marketplace", "destination", "origin", "card_country"):
        value = getattr(order, name)
        if value:
            changes[name] = value.upper() if len(value) == 2 and name != "marketplace" else value.lower()
    return replace(order, **changes)


def _event(text: str, days_ago: float | None, today: dt.date, milestone: Milestone | None = None) -> Event:
    """An event the buyer read somewhere: what it says is known, when only to the day."""
    when = None
    if days_ago is not None:
        day = dt.datetime.combine(today - dt.timedelta(days=round(days_ago)), dt.time())
        when = Moment(local=day, precision="day")
    return Event(text=text, when=when, system="buyer", milestone=milestone, decided_by="said" if milestone else None)


def _placed(event: Event, order: Order) -> Event:
    """The event with the city that stands at the end of its words, where the buyer's own city is known to compare."""
    tail = event.text.rpartition(", ")[2] if order.city else ""
    if tail.upper() == tail and len(tail) <= STATE:  # "CHICAGO, IL"
        tail = event.text.rpartition(", ")[0].rpartition(", ")[2]
    found = find_place(tail, order.destination) if tail and tail != event.text else None
    if found is None or found.city is None:
        return event
    return replace(event, place=Place(text=tail, country=found.country, city=found.city))


def _settled_message(message: Any, today: dt.date) -> Any:
    if message.at is not None or message.days_ago is None:
        return replace(message, days_ago=None)
    at = dt.datetime.combine(today - dt.timedelta(days=round(message.days_ago)), dt.time(), dt.UTC)
    return replace(message, at=at, days_ago=None)


def _settled_dispute(dispute: Dispute | None, facts: Facts, today: dt.date) -> Dispute | None:
    if dispute is None:
        if facts.dispute is None:
            return None
        opened = None if facts.dispute_days is None else today - dt.timedelta(days=round(facts.dispute_days))
        return Dispute(state=DisputeState(facts.dispute), opened=opened)
    if dispute.opened is None and dispute.opened_days_ago is not None:
        opened = today - dt.timedelta(days=round(dispute.opened_days_ago))
        return replace(dispute, opened=opened, opened_days_ago=None)
    return dispute


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _with_instants(value: Any, name: str = "") -> Any:
    """Days and zoneless times where an instant is wanted become instants in UTC."""
    if isinstance(value, dict):
        return {key: _with_instants(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_instants(each, name) for each in value]
    if isinstance(value, str) and name in INSTANTS:
        if DAY.fullmatch(value):
            return f"{value}T00:00:00Z"
        if ZONELESS.fullmatch(value):
            return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC).isoformat()
    return value
