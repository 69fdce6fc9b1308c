"""The journey in one sentence: where it is and since when, how long nothing moved, whether the number changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from dozor.journey.figures import figures
from dozor.model import Event, Journey, LinkKind, Milestone, OutcomeKind, Text

DAY = dt.timedelta(days=1)
# Where the stage says more than the country does.
TELLING = {
    Milestone.PRE_SHIPMENT: "announced",
    Milestone.LEFT_ORIGIN_COUNTRY: "stage",
    Milestone.DELIVERED: "delivered",
    Milestone.AVAILABLE_FOR_PICKUP: "waiting",
    Milestone.CUSTOMS_PROCESSING: "customs",
    Milestone.CUSTOMS_HELD: "held",
    Milestone.ARRIVED_AT_DELIVERY_OFFICE: "stage",
    Milestone.OUT_FOR_DELIVERY: "stage",
    Milestone.DELIVERY_ATTEMPT_FAILED: "stage",
    Milestone.ADDRESS_PROBLEM: "stage",
    Milestone.RETURN_STARTED: "stage",
    Milestone.RETURNED: "stage",
    Milestone.LOST: "stage",
    Milestone.DAMAGED: "stage",
    Milestone.SEIZED: "stage",
    Milestone.CANCELLED: "stage",
}
OVER = frozenset({Milestone.DELIVERED, Milestone.RETURNED, Milestone.LOST, Milestone.SEIZED, Milestone.CANCELLED})
# Kinds of nothing, the most telling first; they are never merged.
NOTHING = (
    OutcomeKind.KNOWN_WITHOUT_EVENTS,
    OutcomeKind.UNKNOWN_NUMBER,
    OutcomeKind.NOT_THEIRS,
    OutcomeKind.NEEDS,
    OutcomeKind.REFUSED,
    OutcomeKind.UNAUTHORISED,
    OutcomeKind.QUOTA,
    OutcomeKind.UNREACHABLE,
    OutcomeKind.CHANGED,
    OutcomeKind.NOT_ASKED,
)


def in_a_sentence(journey: Journey, now: dt.datetime) -> tuple[Text, ...]:
    """The clauses of the sentence, the most important one first; a face joins them with commas."""
    return (*_where(journey, now), *_silence(journey), *_numbers(journey))


def _where(journey: Journey, now: dt.datetime) -> Iterable[Text]:
    if journey.stage is None and journey.last_movement is None:
        yield from _nothing(journey)
        return
    last = journey.last_movement
    at = last.when.local if last and last.when else journey.first_seen
    country = last.place.country if last and last.place else None
    if country is None and last is not None and journey.imported_at is not None:
        country = journey.destination
    kind = TELLING.get(journey.stage) if journey.stage else None
    args = {"stage": Text(f"milestone.{(journey.stage or Milestone.INFO).value}")}
    if at is None:
        yield Text("journey.now.undated", args)
        return
    if kind is None and country is not None:
        since = _since_in(journey, country) or journey.imported_at or at
        yield Text("journey.now.in_country", {"country": country, "since": on(since, now)})
        return
    args["since"] = on(at, now)
    if kind == "delivered" and journey.delivered_at is None and country is not None:
        yield Text("journey.now.inland", {**args, "place": country})
    elif kind in ("delivered", "customs", "held") and country is not None:
        yield Text(f"journey.now.{kind}_there", {**args, "place": country})
    else:
        yield Text(f"journey.now.{kind or 'stage'}", args)


def _nothing(journey: Journey) -> Iterable[Text]:
    yield Text("journey.now.nothing")
    for kind in NOTHING:
        carriers = sorted(carrier for carrier, outcome in journey.outcomes.items() if outcome.kind is kind)
        if carriers:
            yield Text(f"journey.nothing.{kind.value}", {"carriers": carriers})


def on(at: dt.date, now: dt.datetime) -> Text:
    """A day as it is written: with its year where that is not this year."""
    return Text("journey.on" if at.year == now.year else "journey.on_day_of_year", {"at": at})


def _since_in(journey: Journey, country: str) -> dt.datetime | None:
    """The first scan of the present stay in a country, as wall time there."""
    since = None
    for event in reversed(journey.events):
        if event.forecast or event.reversed or event.when is None or not (event.place and event.place.country):
            continue
        if event.place.country != country:
            break
        since = event.when.local
    return since


def _silence(journey: Journey) -> Iterable[Text]:
    if journey.silence_days is not None and journey.silence_days >= 1 and journey.stage not in OVER:
        yield Text("journey.silent", {"n": int(journey.silence_days)})


def _at(event: Event) -> dt.datetime | None:
    return event.when.utc() if event.when else None


def _numbers(journey: Journey) -> Iterable[Text]:
    changed = [link for link in journey.numbers if link.follows and link.kind is LinkKind.CONTINUES and not link.guess]
    if changed:
        link = changed[-1]
        if not any(event.number == link.number or _at(event) == link.since for event in journey.events):
            yield Text("journey.also", {"number": link.number})  # named, and not yet in use
            return
        near = dt.timedelta(days=figures().number_change_near_days)
        borders = {"export": journey.exported_at, "import": journey.imported_at}
        reached = {name: abs(at - link.since) for name, at in borders.items() if at and link.since}
        nearest = min(reached, key=lambda name: reached[name], default=None)
        where = nearest if nearest and reached[nearest] <= near else None
        yield Text(f"journey.changed.{where}" if where else "journey.changed", {"number": link.number})
    for link in journey.numbers:
        if link.guess:
            yield Text("journey.perhaps", {"number": link.number})
