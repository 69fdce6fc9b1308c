"""The operations: each asks an action or the pipeline, and none computes anything of its own."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from dozor.answer import read_numbers
from dozor.carriers import systems
from dozor.disputes import Reply, classify
from dozor.model import (
    Answer,
    CauseId,
    Dispute,
    Dossier,
    Event,
    Mention,
    Message,
    Milestone,
    Order,
    StepId,
    Text,
)
from dozor.service.api.forms import bounded, bounds, facts
from dozor.service.api.home_assistant import Home, home
from dozor.service.api.operation import Call, Sent, Speaking, operation
from dozor.service.api.problems import RefusedError
from dozor.service.parcels import actions, learning, mapping
from dozor.service.parcels.models import Fate, Number, Parcel

REF = "/parcels/{ref}"
TITLE = Annotated[str, Meta(max_length=256)]


# --- what goes in and out --------------------------------------------------------------------------------


class ParcelRow(Struct, frozen=True):
    """A parcel as lists show it: what it is, and the summary of its current answer."""

    ref: str
    title: str
    fate: Fate
    made: dt.datetime
    changed: dt.datetime
    ended: dt.datetime | None
    numbers: tuple[str, ...]
    marketplace: str | None
    order_number: str | None
    order_ref: str
    stage: Milestone | None
    last_movement: dt.datetime | None
    cause: CauseId | None
    step: StepId | None
    decide_by: dt.datetime | None
    attention: int
    headline: Text | None


class ParcelPage(Struct, frozen=True):
    """A page of parcels, those that want most attention first. `next` is where the following page begins."""

    total: int
    next: int | None
    parcels: tuple[ParcelRow, ...]


class ParcelFull(Struct, frozen=True):
    """A parcel with all that is known of it."""

    parcel: ParcelRow
    dossier: Dossier


class ParcelKept(Struct, frozen=True):
    """A purchase that is watched from now on; `new` is false where the same order and numbers were there already."""

    ref: str
    new: bool
    parcel: ParcelRow
    answer: Answer


class Said(Struct, frozen=True):
    """One answer of the past: when it became another one, and which parts of it did."""

    at: dt.datetime
    changed: tuple[str, ...]
    answer: Answer


class Past(Struct, frozen=True):
    """The answers over time, newest first."""

    total: int
    answers: tuple[Said, ...]


class Heard(Struct, frozen=True):
    """A message that was kept; what a seller's reply means, and the answer now."""

    meaning: Reply | None
    answer: Answer


class Numbers(Struct, frozen=True):
    """The numbers of a text, each with its readings, best first."""

    mentions: tuple[Mention, ...]


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """Texts and numbers that are to be read."""

    text: Annotated[str, Meta(max_length=bounds().lengths["Dossier.text"])] = ""
    numbers: Annotated[list[Annotated[str, Meta(max_length=128)]], Meta(max_length=50)] = []


class FateGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """How it ended; `open`: it has not."""

    fate: Fate


class CarrierGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to ask about a number; null leaves the choice to Dozor again."""

    number: Annotated[str, Meta(max_length=128)]
    system: Literal[tuple(sorted(systems()))] | None  # type: ignore[valid-type]


class Listing(Speaking, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which parcels, and how many of them."""

    fate: Fate | UnsetType = UNSET
    stage: Milestone | UnsetType = UNSET
    cause: CauseId | UnsetType = UNSET
    step: StepId | UnsetType = UNSET
    number: Annotated[str, Meta(max_length=128)] | UnsetType = UNSET
    order: Annotated[str, Meta(max_length=128)] | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    start: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Titled(Speaking, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a parcel is to be called."""

    title: TITLE | UnsetType = UNSET


class Counted(Speaking, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many."""

    limit: Annotated[int, Meta(ge=1, le=50)] = 10


class Homely(Speaking, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether scans come along: states hold little, so they are asked for."""

    history: Literal["yes", "no"] = "no"


def says(method: str, path: str, summary: str, reads: Any = None, status: int = 200, **more: Any) -> Any:
    """An operation whose answer has sentences: by itself that of a parcel now. `reads` is the type of its body; a
    noun of the model is read within its bounds.
    """
    noun = isinstance(reads, type) and reads.__module__ == Dossier.__module__
    body = {"given": bounded(reads) if noun else reads, "body": reads} if reads else {}
    return operation(method, path, summary, **{"query": Speaking, "answers": {status: Answer}, **body, **more})


CORRECTED = ("numbers", "last_event", "last_event_days_ago", "events_seen", "order_suffixes")


def _corrections(*, bound: bool) -> type[Struct]:
    order = facts(Order, bound=bound)
    fields = [
        (field.name, field.type, UNSET) for field in msgspec.structs.fields(facts(Dossier, *CORRECTED, bound=bound))
    ]
    return msgspec.defstruct(
        "Corrections",
        [*fields, ("order", order | UnsetType, UNSET), ("title", TITLE | UnsetType, UNSET)],
        kw_only=True,
        forbid_unknown_fields=True,
        namespace={"__doc__": "Facts as they really are. What is left out stays as it is."},
    )


# --- without keeping anything ----------------------------------------------------------------------------


@says("POST", "/check", "A dossier in, an answer out. Asks no carrier, keeps nothing.", Dossier, open=True)
def check(call: Call) -> Answer:
    """Whatever is known of one purchase, as thin as one number or one sentence in `text`, is answered at once."""
    dossier = without_proof(call.body)
    if call.person is not None:
        dossier = actions.with_person(dossier, call.person)
    return learning.answered(replace(dossier, lang=dossier.lang or call.lang), call.now, call.person)


@says(
    "POST",
    "/identify",
    "What numbers these are, and how far each can ever be followed.",
    Asked,
    answers={200: Numbers},
    open=True,
)
def identify(call: Call) -> Numbers:
    """Every number in a text or a list, once, a hundred at most, with all its readings: kind, issuer, reach, check
    digit, corrections.
    """
    return Numbers(read_numbers(Dossier(text=call.body.text, numbers=tuple(call.body.numbers))))


# --- parcels ---------------------------------------------------------------------------------------------


@operation(
    "GET", "/parcels", "The parcels, those that want most attention first.", query=Listing, answers={200: ParcelPage}
)
def list_parcels(call: Call) -> ParcelPage:
    """All of them, or those that fit every filter given, page by page."""
    query, wanted = call.query, Q()
    for name in ("fate", "stage", "cause", "step"):
        if (value := getattr(query, name)) is not UNSET:
            wanted &= Q(**{name: value.value})
    if query.number is not UNSET:
        wanted &= Q(pk__in=Number.objects.filter(number=mapping.storable(query.number)).values("parcel"))
    if query.order is not UNSET:
        wanted &= Q(order__number=mapping.storable(query.order))
    mine = Parcel.objects.of(call.owner).filter(wanted)
    total, end = mine.count(), query.start + query.limit
    page = mine.select_related("order").prefetch_related("numbers")[query.start : end]
    return ParcelPage(total, end if end < total else None, tuple(row_of(parcel) for parcel in page))


@says(
    "POST",
    "/parcels",
    "Keeps a purchase and watches it.",
    Dossier,
    query=Titled,
    answers={200: ParcelKept, 201: ParcelKept},
)
def add_parcel(call: Call) -> Sent:
    """A dossier, or only what was pasted in its `text`. The same order and numbers again are the same parcel: 200."""
    title = "" if call.query.title is UNSET else call.query.title
    parcel = actions.add_dossier(call.owner, without_proof(call.body), call.now, title=title)
    parcel = actions.parcel_of(call.owner, parcel.ref)
    new = parcel.made == call.now
    kept = ParcelKept(parcel.ref, new, row_of(parcel), actions.current_answer(parcel, call.now))
    where = {"Location": reverse("dozor-api:read_parcel", kwargs={"ref": parcel.ref})}
    return Sent(kept, 201 if new else 200, where)


@says("GET", REF, "A parcel with all that is known of it.", answers={200: ParcelFull})
def read_parcel(call: Call) -> ParcelFull:
    """Its dossier is of the form that `POST /parcels` reads; the bytes of carriers' answers are left out."""
    return ParcelFull(row_of(call.its), without_proof(mapping.read_dossier(call.its)))


@says("PATCH", REF, "Corrects facts, or the name.", _corrections(bound=False), given=_corrections(bound=True))
def correct_parcel(call: Call) -> Answer:
    """Facts of the purchase as they really are; null takes a fact back, what is left out stays. `title` is what its
    owner calls it; empty: by the thing, the number or the order. The answer now.
    """
    given = told(call.body)
    with transaction.atomic():
        if (title := given.pop("title", None)) is not None:
            actions.rename(call.its, title)
        if "order" in given:
            given["order"] = told(given["order"])
        return actions.correct(call.its, call.now, **given)


def told(body: Struct) -> dict[str, Any]:
    """The fields of a body that were sent."""
    return {name: value for name, value in msgspec.structs.asdict(body).items() if value is not UNSET}


@operation("DELETE", REF, "Deletes a parcel and all that was said of it.", answers={204: None})
def delete_parcel(call: Call) -> Sent:
    """There is no way back."""
    actions.delete_parcel(call.its)
    return Sent(None, 204)


# --- answers ---------------------------------------------------------------------------------------------


@says("GET", REF + "/answer", "The answer now: why nothing moves, what to do and by when.")
def read_answer(call: Call) -> Answer:
    """Of the form docs/schema/answer.json, every sentence rendered in `lang`."""
    return actions.current_answer(call.its, call.now)


@operation("GET", REF + "/answers", "What was answered over time, newest first.", query=Counted, answers={200: Past})
def read_answers(call: Call) -> Past:
    """A row for each time that the answer became another one, with what became else."""
    found = call.its.answers.all()
    said = [Said(row.at, tuple(row.change), mapping.answer_struct(row)) for row in found[: call.query.limit]]
    return Past(found.count(), tuple(said))


# --- what the buyer tells --------------------------------------------------------------------------------


@says(
    "POST",
    REF + "/messages",
    "Keeps what was said, and tells what a seller's reply means.",
    Message,
    answers={201: Heard},
)
def add_message(call: Call) -> Sent:
    """A reply of the seller, the platform or a carrier, or what the buyer wrote."""
    found = actions.add_message(call.its, call.body, call.now)
    return Sent(Heard(classify(call.body.text) if call.body.by == "seller" else None, found), 201)


@says("POST", REF + "/events", "Keeps a scan that was read elsewhere.", Event, 201)
def add_event(call: Call) -> Sent:
    """For carriers that Dozor cannot ask."""
    return Sent(actions.add_event(call.its, call.body, call.now), 201)


@says("PUT", REF + "/fate", "Says how it ended: received, lost, not mine, archived; or open again.", FateGiven)
def set_fate(call: Call) -> Answer:
    """An ended parcel is not asked about any more and reminds of nothing."""
    return actions.mark(call.its, call.body.fate, call.now)


@says("PUT", REF + "/dispute", "Says where the dispute stands.", Dispute)
def set_dispute(call: Call) -> Answer:
    """As the platform shows it."""
    return actions.set_dispute(call.its, call.body, call.now)


@says("DELETE", REF + "/dispute", "There is no dispute after all.")
def drop_dispute(call: Call) -> Answer:
    """Takes back what was told of one."""
    return actions.set_dispute(call.its, None, call.now)


@says("PUT", REF + "/carrier", "Says whom to ask about a number.", CarrierGiven, conflicts=True)
def pin_carrier(call: Call) -> Answer:
    """The number must be one of the parcel's: 409 otherwise."""
    try:
        return actions.pin_carrier(call.its, mapping.storable(call.body.number), call.body.system or "", call.now)
    except Number.DoesNotExist:
        what = "It has no such number: add it with PATCH, in `numbers`, or name one that it has."
        raise RefusedError("conflict", what=what) from None


# --- other programs --------------------------------------------------------------------------------------


@operation(
    "GET",
    "/home-assistant",
    "Parcels by the contract of Home Assistant's parcel cards.",
    query=Homely,
    answers={200: Home},
)
def home_assistant(call: Call) -> Home:
    """Status words and keys are the contract's; `diagnosis`, `decide_by` and the rest stand beside them."""
    return home(call.owner, call.now, call.lang, history=call.query.history == "yes")


# --- within ----------------------------------------------------------------------------------------------


def row_of(parcel: Parcel) -> ParcelRow:
    """A parcel as lists show it."""
    return ParcelRow(
        ref=parcel.ref,
        title=parcel.title,
        fate=Fate(parcel.fate),
        made=parcel.made,
        changed=parcel.changed,
        ended=parcel.ended,
        numbers=tuple(row.number for row in parcel.numbers.all()),
        marketplace=parcel.order.marketplace,
        order_number=parcel.order.number,
        order_ref=parcel.order.ref,
        stage=Milestone(parcel.stage) if parcel.stage else None,
        last_movement=parcel.last_movement,
        cause=CauseId(parcel.cause) if parcel.cause else None,
        step=StepId(parcel.step) if parcel.step else None,
        decide_by=parcel.decide_by,
        attention=parcel.attention,
        headline=msgspec.convert(parcel.headline, Text) if parcel.headline else None,
    )


def without_proof(dossier: Dossier) -> Dossier:
    """The dossier without snapshots: they prove something only where they were fetched by ourselves."""
    bare: Any = tuple(replace(report, snapshot=None) for report in dossier.reports)
    return replace(dossier, reports=bare)
