"""What an answer has to show: marks and stretches of time on two lanes, each with its words.

Nothing is computed here that the answer does not say: dates come from its journey, clock, outlook and steps.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum

from dozor.i18n import has, say
from dozor.model import Answer, Event, Limit, Milestone, Step, StepId, Text
from dozor.picture.tables import figure
from dozor.picture.words import between, short

DAY = dt.timedelta(days=1)


class Tone(StrEnum):
    """What a colour means; each has a shape and a word as well."""

    INK = "ink"
    QUIET = "quiet"
    BLUE = "blue"
    RED = "red"
    MOSS = "moss"
    AMBER = "amber"


class Shape(StrEnum):
    """How an instant is marked."""

    RING = "ring"
    DOT = "dot"
    SQUARE = "square"
    DIAMOND = "diamond"
    TICK = "tick"


@dataclass(frozen=True)
class Mark:
    """An instant: its shape, its colour, and the lines written at it."""

    at: dt.datetime
    shape: Shape
    tone: Tone
    lines: tuple[str, ...]
    bold: bool = False


@dataclass(frozen=True)
class Span:
    """A stretch of time. `kind`: silence, alarm, storage, band above; closed, open, last, past, payment below."""

    kind: str
    since: dt.datetime
    until: dt.datetime
    tone: Tone = Tone.QUIET
    lines: tuple[str, ...] = ()


@dataclass
class Lane:
    """One lane: its name, its marks and stretches, and a sentence that belongs to the whole of it."""

    name: str
    marks: list[Mark] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    note: tuple[str, ...] = ()
    beyond: str = ""  # what lies outside the picture, to the right


@dataclass
class Scene:
    """The two lanes and today."""

    now: dt.datetime
    today: str
    parcel: Lane
    clock: Lane

    def instants(self) -> list[dt.datetime]:
        """Every instant that must be inside the picture."""
        found = [self.now]
        for lane in (self.parcel, self.clock):
            found += [mark.at for mark in lane.marks]
            found += [each for span in lane.spans for each in (span.since, span.until)]
        return found


# The events worth a mark, most telling first; of the rest the last one is shown.
TELLING = (
    Milestone.DELIVERED,
    Milestone.RETURNED,
    Milestone.RETURN_STARTED,
    Milestone.AVAILABLE_FOR_PICKUP,
    Milestone.CUSTOMS_HELD,
    Milestone.SEIZED,
    Milestone.LOST,
    Milestone.DELIVERY_ATTEMPT_FAILED,
    Milestone.ADDRESS_PROBLEM,
    Milestone.ARRIVED_DESTINATION_COUNTRY,
    Milestone.LEFT_ORIGIN_COUNTRY,
    Milestone.ACCEPTED,
    Milestone.HANDED_TO_LOCAL_CARRIER,
    Milestone.ARRIVED_AT_DELIVERY_OFFICE,
    Milestone.CUSTOMS_RELEASED,
    Milestone.CUSTOMS_PROCESSING,
    Milestone.OUT_FOR_DELIVERY,
    Milestone.PRE_SHIPMENT,
    Milestone.EXPORT_PROCESSING,
)
BAD = frozenset({Milestone.RETURNED, Milestone.RETURN_STARTED, Milestone.LOST, Milestone.SEIZED, Milestone.DAMAGED})
ASKS = frozenset(
    {
        Milestone.CUSTOMS_HELD,
        Milestone.AVAILABLE_FOR_PICKUP,
        Milestone.DELIVERY_ATTEMPT_FAILED,
        Milestone.ADDRESS_PROBLEM,
    }
)
AT_REST = frozenset({Milestone.DELIVERED, Milestone.RETURNED, Milestone.LOST, Milestone.SEIZED, Milestone.CANCELLED})
CLAIMS = (StepId.OPEN_DISPUTE_NOW, StepId.OPEN_DISPUTE_BY_DEADLINE)
IN_HAND = frozenset({StepId.CONFIRM_RECEIPT, StepId.REVIEW_SELLER})
# Limits of a running dispute: what the buyer must meet is amber, what others owe is quiet.
MINE = ("buyer_reply", "escalate_by", "return_by", "appeal")
THEIRS = ("seller_reply", "platform", "refund")


def scene(answer: Answer, lang: str, *, events: int) -> Scene:
    """The scene of an answer in a language, with at most so many events on the parcel's lane."""
    return Scene(
        now=answer.now,
        today=_say("today", lang, at=_short(answer.now, answer, lang)),
        parcel=_parcel(answer, lang, events),
        clock=_clock(answer, lang),
    )


# --- the parcel -------------------------------------------------------------------------------------------------


def _parcel(answer: Answer, lang: str, most: int) -> Lane:
    lane = Lane(_say("lane.parcel", lang))
    anchors, journey = answer.clock.anchors, answer.journey
    told = _told(answer, most)
    first = min((at for at, _ in told), default=None)
    paid, shipped = anchors.get("paid"), anchors.get("shipped")
    if paid is not None and (shipped is None or (shipped - paid) / DAY >= 1):
        lane.marks.append(_mark(paid, Shape.RING, Tone.BLUE, _say("paid", lang), answer, lang))
    if shipped is not None:
        lane.marks.append(_mark(shipped, Shape.DOT, Tone.BLUE, _say("shipped", lang), answer, lang))
    for at, event in told:
        lane.marks.append(_told_mark(at, event, answer, lang))
    in_hand = any(step.id in IN_HAND for step in answer.advice.steps[:2])
    since = max((at for at, _ in told), default=None) or shipped or paid
    storage = answer.clock.limit("pickup_until")
    waits = storage is not None and storage.at is not None
    if since is not None and since < answer.now and not in_hand and not waits and journey.stage not in AT_REST:
        lane.spans.append(_silence(since, answer, lang, scanned=first is not None))
    if storage is not None and storage.at is not None:
        begun = journey.available_since or since or answer.now
        lane.spans.append(Span("storage", min(begun, storage.at), storage.at, Tone.AMBER))
        words = _say("pickup", lang, at=_short(storage.at, answer, lang))
        lane.marks.append(Mark(storage.at, Shape.DIAMOND, Tone.AMBER, (words,), bold=True))
    elif not in_hand and (band := _band(answer, lang)) is not None:
        lane.spans.append(band)
    return lane


def _told(answer: Answer, most: int) -> list[tuple[dt.datetime, Event]]:
    """The events to show, in order of time: the last movement and the most telling ones, one of a day and meaning."""
    journey = answer.journey
    dated = [
        (event.when.utc(), event)
        for event in journey.events
        if event.when is not None and not event.forecast and not event.reversed and event.when.utc() <= answer.now
    ]
    last = journey.last_movement
    order = {milestone: place for place, milestone in enumerate(TELLING)}

    def weight(item: tuple[dt.datetime, Event]) -> tuple[int, dt.datetime]:
        at, event = item
        return (-1 if event == last else order.get(event.milestone or Milestone.INFO, len(order)), at)

    chosen: list[tuple[dt.datetime, Event]] = []
    for at, event in sorted(dated, key=weight):
        same_day = any(abs((at - other).total_seconds()) < DAY.total_seconds() for other, _ in chosen)
        same = any(event.milestone is each.milestone for _, each in chosen)
        if len(chosen) < most and not same_day and not same and (event == last or event.milestone in order):
            chosen.append((at, event))
    return sorted(chosen, key=lambda item: item[0])


def _told_mark(at: dt.datetime, event: Event, answer: Answer, lang: str) -> Mark:
    meaning = event.milestone
    words = say(Text(f"milestone.{meaning.value}"), lang) if meaning else _say("event", lang)
    if meaning is Milestone.DELIVERED:
        return _mark(at, Shape.SQUARE, Tone.MOSS, words, answer, lang)
    if meaning in BAD:
        return _mark(at, Shape.DIAMOND, Tone.RED, words, answer, lang)
    if meaning in ASKS:
        return _mark(at, Shape.DIAMOND, Tone.AMBER, words, answer, lang)
    shape = Shape.RING if meaning is Milestone.PRE_SHIPMENT else Shape.DOT
    return _mark(at, shape, Tone.BLUE, words, answer, lang)


def _silence(since: dt.datetime, answer: Answer, lang: str, *, scanned: bool) -> Span:
    outlook, days = answer.outlook, (answer.now.date() - since.date()).days
    words = _say("silent" if scanned else "no_scan", lang, days=max(1, days))
    if outlook is None:
        unusual = not scanned and days > figure("pending")
        return Span("alarm" if unusual else "silence", since, answer.now, Tone.RED if unusual else Tone.QUIET, (words,))
    start = answer.now - DAY * outlook.elapsed
    norm = between(start + DAY * outlook.norm_p50, start + DAY * outlook.norm_p90, lang)
    unusual = outlook.unusual >= figure("unusual")
    usually = _say("usually", lang, when=norm)
    return Span(
        "alarm" if unusual else "silence", since, answer.now, Tone.RED if unusual else Tone.QUIET, (words, usually)
    )


def _band(answer: Answer, lang: str) -> Span | None:
    outlook = answer.outlook
    if outlook is None or outlook.arrival_p10 is None or outlook.arrival_p90 is None:
        return None
    since = max(_start(outlook.arrival_p10), answer.now)
    until = max(_start(outlook.arrival_p90), since + DAY)
    words = _say("arrival", lang, when=between(since, until, lang))
    # What the causes say of this parcel outweighs what is usual on its lane.
    never = outlook.p_never if answer.advice.p_never is None else answer.advice.p_never
    chance = _say("chance", lang, p=min(1 - never, figure("surest")))
    return Span("band", since, until, Tone.BLUE, (words, chance))


# --- the clock --------------------------------------------------------------------------------------------------


def _clock(answer: Answer, lang: str) -> Lane:
    end = answer.clock.limit("protection_end")
    if end is not None and end.at is not None:
        return _protection(answer, end.at, lang)
    # A shop of one's own has no such day; a marketplace has one that we do not know.
    known_to_end = end is not None and (bool(end.sources) or (end.why is not None and end.why.id.endswith(".needs")))
    return _payment(answer, lang, known_to_end=known_to_end)


def _protection(answer: Answer, end: dt.datetime, lang: str) -> Lane:
    clock, lane = answer.clock, Lane(_say("lane.clock", lang))
    anchors = clock.anchors
    start = min(anchors.get("shipped") or anchors.get("paid") or answer.now, end)
    opens = clock.at("earliest_open")
    claim = _claim(answer)
    decide = _decide(claim, end)
    free = min(max(opens or start, start), end)
    lane.spans += [
        Span("closed", start, free),
        Span("past" if end < answer.now else "open", free, max(free, decide or end)),
    ]
    if decide is not None:
        lane.spans.append(Span("last", max(free, decide), end, Tone.RED))
    if opens is not None and claim is not None and start < opens < end:
        words = _say("opens", lang, at=_short(opens, answer, lang))
        lane.marks.append(Mark(opens, Shape.TICK, Tone.QUIET, (words,)))
    if claim is not None and decide is not None:
        now = claim.id is StepId.OPEN_DISPUTE_NOW
        words = _say("open_by" if now else "decide", lang, at=_short(decide, answer, lang))
        lane.marks.append(Mark(decide, Shape.DIAMOND, Tone.RED, (words,), bold=True))
    lane.marks.append(Mark(end, Shape.TICK, Tone.INK, (_say("end", lang, at=_short(end, answer, lang)),)))
    rescue = clock.at("rescue_deadline")
    if rescue is not None and rescue > end and _before_dispute(answer) and rescue >= answer.now:
        alarm = claim is not None and end < answer.now
        words = _say("last_chance", lang, at=_short(rescue, answer, lang))
        tone = Tone.RED if alarm else Tone.QUIET
        lane.marks.append(Mark(rescue, Shape.RING, tone, (words,), bold=alarm))
    _dispute_marks(lane, answer, lang)
    if any(step.id is StepId.CHARGEBACK_OR_PAYPAL for step in answer.advice.steps):
        lane.beyond = _backstop(answer, lang)
    return lane


def _dispute_marks(lane: Lane, answer: Answer, lang: str) -> None:
    """The clocks of a running dispute, as far as their days are known."""
    opened = answer.clock.anchors.get("dispute_opened")
    if opened is not None:
        lane.marks.append(_mark(opened, Shape.DOT, Tone.BLUE, _say("dispute_opened", lang), answer, lang))
    for id in (*MINE, *THEIRS):
        limit: Limit | None = answer.clock.limit(id)
        if limit is None or limit.at is None or limit.at < answer.now:
            continue
        tone = Tone.AMBER if id in MINE else Tone.QUIET
        words = say(Text(f"limit.{id}"), lang)
        lane.marks.append(_mark(limit.at, Shape.DIAMOND, tone, words, answer, lang))


def _payment(answer: Answer, lang: str, *, known_to_end: bool) -> Lane:
    """No end of protection: what the payment gives, and what to read on the order's page."""
    lane = Lane(_say("lane.payment", lang))
    stops = [stop for stop in answer.clock.backstops if stop.latest_safe and stop.available is not False]
    stops = [stop for stop in stops if stop.latest_safe and stop.latest_safe >= answer.now]
    if known_to_end:
        lane.name = _say("lane.clock", lang)
        lane.note = (_say("end_unknown", lang),)
    if stops:
        first = min(stops, key=lambda stop: stop.latest_safe or answer.now)
        until = first.latest_safe or answer.now
        anchors = answer.clock.anchors
        start = min(first.opens or anchors.get("paid") or answer.now, until)
        lane.spans.append(Span("payment", start, until, Tone.MOSS))
        words = _say("backstop", lang, name=_name(first.id, lang), at=_short(until, answer, lang))
        lane.marks.append(Mark(until, Shape.TICK, Tone.INK, (words,)))
    elif not lane.note:
        lane.name = _say("lane.clock", lang)
        lane.note = (_say("nothing_known", lang),)
    return lane


def _backstop(answer: Answer, lang: str) -> str:
    stops = [
        s for s in answer.clock.backstops if s.latest_safe and s.available is not False and s.latest_safe > answer.now
    ]
    if not stops:
        return ""
    first = min(stops, key=lambda stop: stop.latest_safe or answer.now)
    return _say("backstop", lang, name=_name(first.id, lang), at=_short(first.latest_safe or answer.now, answer, lang))


def _claim(answer: Answer) -> Step | None:
    return next((step for step in answer.advice.steps if step.id in CLAIMS), None)


def _decide(claim: Step | None, end: dt.datetime) -> dt.datetime | None:
    """The day to decide by: from when a claim is due, else its last safe instant; inside protection only."""
    if claim is None:
        return None
    at = claim.not_after if claim.id is StepId.OPEN_DISPUTE_NOW else claim.not_before or claim.not_after
    return at if at is not None and at <= end else None


def _before_dispute(answer: Answer) -> bool:
    return "dispute_opened" not in answer.clock.anchors and any(s.id in CLAIMS for s in answer.advice.steps)


# --- words ------------------------------------------------------------------------------------------------------


def _mark(at: dt.datetime, shape: Shape, tone: Tone, words: str, answer: Answer, lang: str) -> Mark:
    return Mark(at, shape, tone, (words, _short(at, answer, lang)))


def _short(at: dt.datetime, answer: Answer, lang: str) -> str:
    return short(at.date(), lang, year=abs((at - answer.now) / DAY) > figure("year"))


def _say(id: str, lang: str, **args: object) -> str:
    return say(Text(f"picture.{id}", dict(args)), lang)


def _name(id: str, lang: str) -> str:
    return say(Text(f"backstop.{id}"), lang) if has(f"backstop.{id}") else id.replace("_", " ")


def _start(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)
