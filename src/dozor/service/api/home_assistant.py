"""Parcels as Home Assistant's parcel cards expect them; what only we know stands beside it under names of its own.

The words of `status` are the contract's (home_assistant.toml). Windows of delivery (`planned_…`) are what a carrier
announced; our own estimate is `arrival_from` and `arrival_to`.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Literal

from django.db.models import Max, Q
from msgspec import Struct

from dozor import knowledge
from dozor.carriers import systems
from dozor.i18n import say
from dozor.model import Answer, CauseId, Event, Milestone, StepId
from dozor.service.parcels import mapping
from dozor.service.parcels import models as rows
from dozor.service.parcels.models import Fate, Parcel, Person

Status = Literal[
    "registered", "in_transit", "out_for_delivery", "at_pickup_point", "delivered", "returning", "problem", "unknown"
]


class Contract(Struct, frozen=True, forbid_unknown_fields=True):
    """home_assistant.toml."""

    source: str
    statuses: tuple[Status, ...]
    history_most: int
    delivered_days: int
    parcels_most: int
    without_stage: Status
    fates: dict[Fate, Status]
    milestones: dict[Milestone, Status]


@cache
def contract() -> Contract:
    """The words of the contract, and ours in them."""
    return knowledge.document("service/api", "home_assistant.toml", Contract)


class Scan(Struct, frozen=True):
    """One entry of a history, oldest first."""

    timestamp: dt.datetime | None
    status: Status
    raw_status: str


class Dimensions(Struct, frozen=True):
    """Centimetres; carriers of letters and small parcels tell none."""

    length: float | None = None
    width: float | None = None
    height: float | None = None
    text: str | None = None


class HomeParcel(Struct, frozen=True):
    """A parcel by the contract, and from `ref` on what only we know. `receiver` is never kept here, so never told."""

    carrier: str | None
    barcode: str | None
    sender: str | None
    receiver: str | None
    status: Status
    raw_status: str | None
    delivered: bool
    delivered_at: dt.datetime | None
    planned_from: dt.datetime | None
    planned_to: dt.datetime | None
    pickup: bool
    pickup_point: str | None
    url: str | None
    weight: float | None  # kg
    dimensions: Dimensions
    history: tuple[Scan, ...]
    ref: str
    title: str
    headline: str
    diagnosis: CauseId | None
    confidence: float | None  # 0…1, an estimate
    decide_by: dt.datetime | None
    protection_ends: dt.datetime | None
    next_action: StepId | None
    numbers: tuple[str, ...]
    arrival_from: dt.date | None
    arrival_to: dt.date | None


class Home(Struct, frozen=True):
    """All that its sensors show."""

    last_successful_update: dt.datetime | None
    incoming_parcels: int
    delivered_parcels: int
    awaiting_pickup: int
    next_delivery: dt.datetime | None
    parcels: tuple[HomeParcel, ...]


def home(person: Person, now: dt.datetime, lang: str, *, history: bool) -> Home:
    """The person's parcels on their way, and those that ended a short time ago. Reads what was answered last."""
    told = Q(fate=Fate.OPEN) | Q(
        fate__in=[fate.value for fate in contract().fates],
        ended__gte=now - dt.timedelta(days=contract().delivered_days),
    )
    mine = list(
        Parcel.objects.of(person)
        .filter(told)
        .select_related("order")
        .prefetch_related("numbers", "polls", "order__lines")[: contract().parcels_most]
    )
    latest = rows.Answer.objects.filter(parcel__in=mine).values("parcel").annotate(last=Max("id")).values("last")
    answers = {
        row.parcel_id: mapping.answer_struct(row)
        for row in rows.Answer.objects.filter(pk__in=list(latest.values_list("last", flat=True)))
    }
    weights = _weights(mine)
    parcels = tuple(
        home_parcel(parcel, answers[parcel.pk], lang, history=history, grams=weights.get(parcel.pk))
        for parcel in mine
        if parcel.pk in answers
    )
    planned = [each.planned_to or each.planned_from for each in parcels if not each.delivered]
    asked = [poll.answered_at for parcel in mine for poll in parcel.polls.all() if poll.answered_at is not None]
    return Home(
        last_successful_update=max(asked, default=None),
        incoming_parcels=sum(not each.delivered for each in parcels),
        delivered_parcels=sum(each.delivered for each in parcels),
        awaiting_pickup=sum(each.pickup for each in parcels),
        next_delivery=min((at for at in planned if at is not None and at >= now), default=None),
        parcels=parcels,
    )


def home_parcel(
    parcel: Parcel, answer: Answer, lang: str, *, history: bool = False, grams: int | None = None
) -> HomeParcel:
    """One parcel."""
    journey, cause = answer.journey, answer.diagnosis.causes[0] if answer.diagnosis.causes else None
    status = status_of(Fate(parcel.fate), journey.stage)
    last = journey.last_movement
    number = journey.numbers[-1].number if journey.numbers else next((row.number for row in parcel.numbers.all()), None)
    carrier = next((leg.carrier for leg in reversed(journey.legs) if leg.carrier), None) or (
        last.system if last else None
    )
    promise = [each for each in journey.events if each.forecast and each.milestone is Milestone.DELIVERED and each.when]
    planned = promise[-1].when if promise and status != "delivered" else None
    waits = [each for each in journey.events if each.milestone is Milestone.AVAILABLE_FOR_PICKUP and each.place]
    system = systems().get(carrier or "")
    page = system.page if system else None
    ends = answer.clock.limit("protection_end")
    step = answer.advice.steps[0] if answer.advice.steps else None
    links = tuple(
        dict.fromkeys([*(link.number for link in journey.numbers), *(row.number for row in parcel.numbers.all())])
    )
    outlook = answer.outlook if status != "delivered" else None
    return HomeParcel(
        carrier=(system.name if system else carrier) or None,
        barcode=number,
        sender=parcel.order.seller,
        receiver=None,
        status=status,
        raw_status=last.text if last else None,
        delivered=status == "delivered",
        delivered_at=(journey.delivered_at or parcel.ended) if status == "delivered" else None,
        planned_from=planned.earliest() if planned else None,
        planned_to=planned.latest() if planned else None,
        pickup=status == "at_pickup_point",
        pickup_point=_where(waits[-1]) if waits and status == "at_pickup_point" else None,
        url=page.replace("{number}", number) if page and number else None,
        weight=grams / 1000 if grams is not None else None,
        dimensions=Dimensions(),
        history=_history(journey.events) if history else (),
        ref=parcel.ref,
        title=parcel.title or next((line.title for line in parcel.order.lines.all() if line.title), ""),
        headline=say(answer.headline, lang),
        diagnosis=cause.id if cause else None,
        confidence=round(cause.probability, 3) if cause else None,
        decide_by=parcel.decide_by,
        protection_ends=ends.at if ends else None,
        next_action=step.id if step else None,
        numbers=links,
        arrival_from=outlook.arrival_p10 if outlook else None,
        arrival_to=outlook.arrival_p90 if outlook else None,
    )


def status_of(fate: Fate, stage: Milestone | None) -> Status:
    """The contract's word: the buyer's own end first, then the stage of the journey."""
    if fate in contract().fates:
        return contract().fates[fate]
    return contract().milestones[stage] if stage else contract().without_stage


def _history(events: tuple[Event, ...]) -> tuple[Scan, ...]:
    past = [each for each in events if not each.forecast and not each.reversed]
    return tuple(
        Scan(each.when.utc() if each.when else None, status_of(Fate.OPEN, each.milestone), each.text)
        for each in past[-contract().history_most :]
    )


def _where(event: Event) -> str | None:
    place = event.place
    return (place.text or place.office or place.city) if place else None


def _weights(parcels: list[Parcel]) -> dict[int, int]:
    """Grams by parcel, as a system told them last."""
    found = rows.Report.objects.filter(parcel__in=parcels).order_by("id").values_list("parcel_id", "more")
    return {id: more["weight_grams"] for id, more in found if more.get("weight_grams") is not None}
