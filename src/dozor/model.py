"""The nouns that cross rooms, and nothing else.

Every struct is frozen; every field that may be unknown is optional, so that a dossier may be as thin as one
number. Times are aware UTC unless a name says *local*; durations are days (floats) unless a name says
otherwise; money is integer minor units with an ISO 4217 code; countries are ISO 3166-1 alpha-2; carriers,
marketplaces and languages are the ids used by the data files.

The string values of the vocabularies below are a published interface: data, JSON and tests use them.
Adding one is a decision, renaming one is a break.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

__all__ = [
    "Advice",
    "Alias",
    "Answer",
    "BackStop",
    "Carrier",
    "Cause",
    "CauseId",
    "Check",
    "Clock",
    "Contradiction",
    "Correction",
    "Diagnosis",
    "Dispute",
    "DisputeState",
    "Dossier",
    "Event",
    "Evidence",
    "Journey",
    "Kind",
    "Leg",
    "LegKind",
    "Limit",
    "LinkKind",
    "Mention",
    "Message",
    "Milestone",
    "Moment",
    "Money",
    "MoneyState",
    "NumberLink",
    "Order",
    "OrderLine",
    "Outcome",
    "OutcomeKind",
    "Outlook",
    "Place",
    "Reach",
    "Reading",
    "Repair",
    "Report",
    "Snapshot",
    "Source",
    "Step",
    "StepId",
    "Text",
]

ANSWER_SCHEMA = "dozor.answer/1"
DOSSIER_SCHEMA = "dozor.dossier/1"


class Text(Struct, frozen=True, omit_defaults=True):
    """A sentence that is not yet in any language: a catalogue id and its arguments (see `dozor.i18n`).

    `text` is filled only when an answer is rendered for a reader; the rooms leave it empty.
    """

    id: str
    args: dict[str, Any] = {}
    text: str = ""


class Source(Struct, frozen=True, omit_defaults=True):
    """Where a fact is from. `confidence`: documented, recorded, reported, inferred or judgement."""

    id: str
    confidence: str = "reported"
    url: str = ""
    note: str = ""


class Money(Struct, frozen=True):
    """An amount in minor units (cents, kopecks): 3.20 USD is Money(320, "USD")."""

    minor: int
    currency: str


# --- numbers --------------------------------------------------------------------------------------------


class Kind(StrEnum):
    """What a string is."""

    TRACKING = "tracking"
    ORDER = "order"
    PRODUCT = "product"
    PHONE = "phone"
    CARD = "card"
    DATE = "date"
    OTHER = "other"


class Reach(StrEnum):
    """How far a number can ever be followed."""

    END_TO_END = "end_to_end"
    END_TO_END_OR_PARTIAL = "end_to_end_or_partial"
    ORIGIN_ONLY = "origin_only"
    AGGREGATOR_ONLY = "aggregator_only"
    DOMESTIC_ORIGIN = "domestic_origin"
    DOMESTIC_DESTINATION = "domestic_destination"
    UNKNOWN = "unknown"


class Check(StrEnum):
    """Result of the check digit: none means that the format has none that is publicly known."""

    PASSED = "passed"
    FAILED = "failed"
    NONE = "none"


class Repair(Struct, frozen=True):
    """One safe change from what was written: `kind` is cyrillic, fullwidth, case, spaces, letter_for_digit, …"""

    kind: str
    before: str
    after: str


class Correction(Struct, frozen=True, omit_defaults=True):
    """A number the writer may have meant. Offered in order of likelihood, never applied."""

    number: str
    score: float
    why: Text


class Reading(Struct, frozen=True, omit_defaults=True):
    """One interpretation of a string."""

    kind: Kind
    normal: str
    format: str  # id of the row in numbers/formats
    issuer: str | None = None  # carrier or shop id; None where the format has no single issuer
    carriers: tuple[str, ...] = ()  # whom to ask, best first
    service: str | None = None  # service class id within the format (for S10 the indicator class, e.g. "U")
    country: str | None = None  # issuing country
    reach: Reach = Reach.UNKNOWN
    check: Check = Check.NONE
    valid: bool = True  # False: impossible as printed
    expected_check: str | None = None  # what the check digit would have to be, when it failed
    certainty: float = 0.5  # 0…1, how much this reading deserves the first place
    reasons: tuple[Text, ...] = ()  # what speaks for and against, in words
    repairs: tuple[Repair, ...] = ()
    corrections: tuple[Correction, ...] = ()
    source: str = ""  # source id of the format row


class Mention(Struct, frozen=True, omit_defaults=True):
    """A place in a text that may be a number: [start, end) in the text as given, with its readings, best first."""

    raw: str
    start: int
    end: int
    readings: tuple[Reading, ...]


# --- carriers -------------------------------------------------------------------------------------------


class Carrier(Struct, frozen=True, omit_defaults=True):
    """A system that can be asked: `kind` is post, courier, aggregator or marketplace."""

    id: str
    name: str
    kind: str
    country: str | None = None
    needs_key: bool = False
    link: str | None = None  # page for people, {number} is put in
    terms: str = ""
    source: str = ""


class OutcomeKind(StrEnum):
    """The kinds of answer. Four kinds of nothing are never merged: unknown, silent, refused/unreachable, needs."""

    FOUND = "found"
    KNOWN_WITHOUT_EVENTS = "known_without_events"
    UNKNOWN_NUMBER = "unknown_number"
    NOT_THEIRS = "not_theirs"
    NEEDS = "needs"
    REFUSED = "refused"
    UNAUTHORISED = "unauthorised"
    QUOTA = "quota"
    UNREACHABLE = "unreachable"
    CHANGED = "changed"
    NOT_ASKED = "not_asked"


class Outcome(Struct, frozen=True, omit_defaults=True):
    """How an ask ended. `until`: when it may be asked again; `needs`: postcode, phone, country or service."""

    kind: OutcomeKind
    detail: str = ""  # the system's own words or our reason, escaped by whoever shows it
    until: dt.datetime | None = None
    needs: tuple[str, ...] = ()


class Moment(Struct, frozen=True, omit_defaults=True):
    """When a carrier says that something was: wall time as written, offset where known.

    `offset` is minutes east of UTC; without it, or where it is only assumed from the place, the true instant lies
    between `earliest()` and `latest()`. `precision` is second, minute, hour, day, month.
    """

    local: dt.datetime  # naive
    offset: int | None = None
    precision: str = "minute"
    assumed: bool = False  # the offset is that of the place; nobody said it

    def utc(self) -> dt.datetime:
        """The instant; with no offset known, the wall time taken as UTC (half a day off at most)."""
        return (self.local - dt.timedelta(minutes=self.offset or 0)).replace(tzinfo=dt.UTC)

    def earliest(self) -> dt.datetime:
        """The earliest instant this can be: the zones in use reach from UTC+14 …"""
        if self.offset is not None and not self.assumed:
            return self.utc()
        return self.local.replace(tzinfo=dt.UTC) - dt.timedelta(hours=14)

    def latest(self) -> dt.datetime:
        """… to UTC-12; a moment known only to the day lasts until its end."""
        spread = {"day": 24.0, "hour": 1.0, "month": 24.0 * 31}.get(self.precision, 0.0)
        if self.offset is not None and not self.assumed:
            return self.utc() + dt.timedelta(hours=spread)
        return self.local.replace(tzinfo=dt.UTC) + dt.timedelta(hours=spread + 12)


class Place(Struct, frozen=True, omit_defaults=True):
    """Where: as written, and as far as it was understood."""

    text: str = ""
    country: str | None = None
    city: str | None = None
    postcode: str | None = None
    office: str | None = None  # IMPC code, postal index or office name


class Milestone(StrEnum):
    """The canonical meanings of an event (reference: the labelling guide in docs/events.md)."""

    PRE_SHIPMENT = "pre_shipment"
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    EXPORT_PROCESSING = "export_processing"
    LEFT_ORIGIN_COUNTRY = "left_origin_country"
    ARRIVED_DESTINATION_COUNTRY = "arrived_destination_country"
    CUSTOMS_PROCESSING = "customs_processing"
    CUSTOMS_HELD = "customs_held"
    CUSTOMS_RELEASED = "customs_released"
    HANDED_TO_LOCAL_CARRIER = "handed_to_local_carrier"
    ARRIVED_AT_DELIVERY_OFFICE = "arrived_at_delivery_office"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERY_ATTEMPT_FAILED = "delivery_attempt_failed"
    ADDRESS_PROBLEM = "address_problem"
    DELIVERED = "delivered"
    RETURN_STARTED = "return_started"
    RETURNED = "returned"
    LOST = "lost"
    DAMAGED = "damaged"
    SEIZED = "seized"
    CANCELLED = "cancelled"
    INFO = "info"


class Event(Struct, frozen=True, omit_defaults=True):
    """One scan or notice, as one system told it (after weaving: as all in `sources` told it)."""

    text: str = ""
    when: Moment | None = None
    lang: str | None = None
    code: str | None = None  # the system's own code, parts joined by "|"
    system: str = ""  # carrier id that told it
    place: Place | None = None
    milestone: Milestone | None = None
    decided_by: str | None = None  # code, stage (a general code), phrase, model or said
    rule: str | None = None  # the row that decided
    m40: str | None = None  # UPU M40 event code where known
    number: str | None = None  # the number it was told under
    forecast: bool = False  # an announcement of the future, not a scan
    reversed: bool = False  # taken back by the carrier
    takes_back: bool = False  # a correction: it takes an earlier event back, and is no scan itself
    sources: tuple[str, ...] = ()
    originals: tuple[str, ...] = ()  # the other wordings of the same scan


class LinkKind(StrEnum):
    """How one number relates to another."""

    CONTINUES = "continues"  # the same parcel under a new number
    CONTAINS = "contains"  # consolidation: a bag or box holds it
    SAME = "same"  # two spellings of one number
    REPLACES = "replaces"  # a second shipment


class Alias(Struct, frozen=True, omit_defaults=True):
    """Another number that a system named for the asked one."""

    number: str
    kind: LinkKind = LinkKind.CONTINUES
    carrier: str | None = None  # who carries it under that number
    said_by: str = ""
    certainty: float = 1.0
    guess: bool = False


class Snapshot(Struct, frozen=True, omit_defaults=True):
    """The answer as it came, personal fields already dropped: bytes are kept by the caller, here is their proof."""

    sha256: str
    address: str  # scheme, host and path; no query, no secrets
    at: dt.datetime
    size: int = 0
    media_type: str = ""
    body: bytes = b""
    request_sha256: str = ""  # of method, address with query, and body; secrets left out


class Report(Struct, frozen=True, omit_defaults=True):
    """What one carrier answered about one number at one time."""

    carrier: str
    number: str
    outcome: Outcome
    asked_at: dt.datetime | None = None
    events: tuple[Event, ...] = ()
    aliases: tuple[Alias, ...] = ()
    origin: str | None = None
    destination: str | None = None
    service: str | None = None
    weight_grams: int | None = None
    promised: dt.date | None = None
    problems: tuple[str, ...] = ()  # events that could not be read, unknown codes
    unknown_codes: tuple[str, ...] = ()
    snapshot: Snapshot | None = None


# --- journey --------------------------------------------------------------------------------------------


class LegKind(StrEnum):
    """The legs of a cross-border journey, in their order."""

    ORIGIN = "origin"
    EXPORT = "export"
    TRANSPORT = "transport"
    IMPORT = "import"
    CUSTOMS = "customs"
    DESTINATION = "destination"
    LAST_MILE = "last_mile"
    RETURN = "return"


class Leg(Struct, frozen=True, omit_defaults=True):
    """A stretch of the way under one custody; `since`/`until` are its first and last movement."""

    kind: LegKind
    carrier: str | None = None
    country: str | None = None
    number: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    events: int = 0
    silent_days: float | None = None  # the longest stretch without movement, up to the next leg or now


class NumberLink(Struct, frozen=True, omit_defaults=True):
    """One number of the parcel, and how it is known to belong to it."""

    number: str
    follows: str | None = None
    kind: LinkKind = LinkKind.CONTINUES
    carrier: str | None = None
    said_by: tuple[str, ...] = ()
    since: dt.datetime | None = None
    certainty: float = 1.0
    guess: bool = False


class Contradiction(Struct, frozen=True, omit_defaults=True):
    """Two facts that cannot both be true of this parcel.

    `id`: event_before_payment, event_before_shipping, other_destination, impossible_speed,
    two_countries_at_once, other_city, delivered_then_moving, number_of_other_year, order_uncertain.
    """

    id: str
    evidence: tuple[Text, ...] = ()
    events: tuple[int, ...] = ()  # indices into Journey.events


class Journey(Struct, frozen=True, omit_defaults=True):
    """One parcel, many numbers. Events are in order of time, forecasts excluded from stage and silence."""

    numbers: tuple[NumberLink, ...] = ()
    events: tuple[Event, ...] = ()
    legs: tuple[Leg, ...] = ()
    stage: Milestone | None = None
    first_seen: dt.datetime | None = None  # first event of any kind
    first_acceptance: dt.datetime | None = None  # first possession by a carrier
    last_movement: Event | None = None
    silence_days: float | None = None  # since last movement, at `now`
    origin: str | None = None
    destination: str | None = None
    service: str | None = None  # class of service as a carrier names it
    delivered_at: dt.datetime | None = None
    exported_at: dt.datetime | None = None
    imported_at: dt.datetime | None = None
    available_since: dt.datetime | None = None
    contradictions: tuple[Contradiction, ...] = ()
    outcomes: dict[str, Outcome] = {}  # carrier id -> how its last ask ended


# --- order, dispute, dossier ----------------------------------------------------------------------------


class OrderLine(Struct, frozen=True, omit_defaults=True):
    """One line of a purchase."""

    title: str = ""
    price: Money | None = None
    quantity: int = 1


class Order(Struct, frozen=True, omit_defaults=True):
    """The purchase. Relative facts (`…_days_ago`, `…_days_left`) count from the dossier's day."""

    marketplace: str | None = None
    number: str | None = None
    lines: tuple[OrderLine, ...] = ()
    price: Money | None = None
    seller: str | None = None
    paid: dt.date | None = None
    paid_days_ago: float | None = None
    shipped: dt.date | None = None  # as the seller or the shop declares it
    shipped_days_ago: float | None = None
    promised: dt.date | None = None  # latest promised delivery day
    promised_days: int | None = None
    service: str | None = None
    origin: str | None = None
    destination: str | None = None
    city: str | None = None  # where it is to be delivered, as the buyer writes it
    protection_end: dt.datetime | None = None  # as read by the buyer; always wins
    protection_days_left: float | None = None
    completed: dt.date | None = None  # receipt confirmed, or the timer ran out
    received: bool | None = None  # does the buyer hold the goods?
    payment: str | None = None  # card, paypal, …
    card_network: str | None = None  # visa, mastercard, mir, …
    card_country: str | None = None
    extensions: int | None = None


class Message(Struct, frozen=True, omit_defaults=True):
    """Something said about the order: `by` is seller, buyer, platform or carrier."""

    text: str
    by: str = "seller"
    at: dt.datetime | None = None
    days_ago: float | None = None


class DisputeState(StrEnum):
    """States of the dispute machine (rules of the policy in force decide the moves)."""

    NONE = "none"
    WAITING_SELLER = "waiting_seller"
    WAITING_BUYER = "waiting_buyer"
    PARKED = "parked"
    PLATFORM = "platform"
    PLATFORM_EVIDENCE = "platform_evidence"
    DECIDED = "decided"
    RETURN = "return"
    WON = "won"
    LOST = "lost"
    CANCELLED = "cancelled"
    BACKSTOP = "backstop"


class Dispute(Struct, frozen=True, omit_defaults=True):
    """A dispute over an order line (or the order, where the policy says so)."""

    state: DisputeState = DisputeState.NONE
    reason: str | None = None
    opened: dt.date | None = None
    opened_days_ago: float | None = None
    proposal_at: dt.date | None = None  # last offer on the table
    asked: Money | None = None
    offered: Money | None = None
    decided: dt.date | None = None
    line: int | None = None


class Dossier(Struct, frozen=True, omit_defaults=True):
    """All that is known of one purchase; every field is optional."""

    schema: str = DOSSIER_SCHEMA
    id: str | None = None
    text: str = ""  # whatever the buyer wrote or pasted
    numbers: tuple[str, ...] = ()
    order: Order = Order()
    reports: tuple[Report, ...] = ()
    events: tuple[Event, ...] = ()  # told by the buyer, not by a carrier
    last_event: str | None = None  # the last event's text
    last_event_days_ago: float | None = None
    events_seen: bool | None = None  # False: the buyer says that nothing at all is shown
    messages: tuple[Message, ...] = ()
    dispute: Dispute | None = None
    lang: str | None = None
    order_suffixes: tuple[str, ...] = ()  # last digits that the buyer's confirmed order numbers share
    style: str = "balanced"  # early, balanced or patient
    today: dt.date | None = None  # the day the relative facts count from; the caller's now if absent
    said: tuple[str, ...] = ()  # what the text claims beyond these fields: ids of intake/meaning/claims.toml


# --- protection -----------------------------------------------------------------------------------------


class MoneyState(StrEnum):
    """Where the buyer's money is."""

    HELD = "held"
    RELEASED_RECOVERABLE = "released_recoverable"
    LOST_ON_PLATFORM = "lost_on_platform"
    REFUND_DUE = "refund_due"
    REFUNDED = "refunded"
    UNKNOWN = "unknown"


class Limit(Struct, frozen=True, omit_defaults=True):
    """One dated limit: all readings of the rule, and the one that is safe to plan by.

    `id`: earliest_open, safe_deadline, rescue_deadline, protection_end, seller_reply, platform, refund, extension_by, …
    """

    id: str
    at: dt.datetime | None  # the safe reading; None: unknown
    readings: tuple[dt.datetime, ...] = ()
    anchor: str = ""  # paid, ship_declared, protection_end, …
    certain: bool = False  # read by the buyer on the page
    why: Text | None = None
    sources: tuple[Source, ...] = ()


class BackStop(Struct, frozen=True, omit_defaults=True):
    """A way to the money beside the marketplace: card, PayPal, law."""

    id: str
    opens: dt.datetime | None
    latest_safe: dt.datetime | None
    available: bool | None  # None: unknown, ask the buyer how it was paid
    exclusive_with: tuple[str, ...] = ()
    why: Text | None = None
    sources: tuple[Source, ...] = ()


class Clock(Struct, frozen=True, omit_defaults=True):
    """The limits a policy gives this order."""

    policy: str | None
    limits: tuple[Limit, ...] = ()
    backstops: tuple[BackStop, ...] = ()
    money: MoneyState = MoneyState.UNKNOWN
    may_open_now: bool | None = None
    blocked_why: Text | None = None
    dispute_scope: str | None = None  # line or order
    unknown: tuple[str, ...] = ()  # figures the policy does not know
    ask_buyer: tuple[str, ...] = ()  # facts that would make it certain
    anchors: dict[str, dt.datetime] = {}  # the days the limits count from: paid, shipped, dispute_opened, …

    def limit(self, id: str) -> Limit | None:
        """The limit of that id, if the policy gives one."""
        return next((limit for limit in self.limits if limit.id == id), None)

    def at(self, id: str) -> dt.datetime | None:
        """The safe instant of a limit, or None."""
        limit = self.limit(id)
        return limit.at if limit else None


# --- forecast -------------------------------------------------------------------------------------------


class Outlook(Struct, frozen=True, omit_defaults=True):
    """What usually happens to such parcels, and where this one stands. Probabilities are 0…1, durations days."""

    stage: str  # first_scan, export, import, customs, delivery, ship_to_delivered
    lane: str  # which row of the tables was used
    elapsed: float
    norm_p10: float
    norm_p50: float
    norm_p90: float
    unusual: float  # share of such parcels that have moved by now, 0…1
    p_never: float
    p_arrives_by: tuple[tuple[dt.date, float], ...] = ()
    p_next_by: tuple[tuple[dt.date, float], ...] = ()
    arrival_p10: dt.date | None = None
    arrival_p50: dt.date | None = None
    arrival_p90: dt.date | None = None
    p_arrives_in_protection: float | None = None
    reasons: tuple[Text, ...] = ()
    n: int = 0  # parcels behind it, pseudo-parcels of the priors included
    thin: bool = True
    sources: tuple[Source, ...] = ()


# --- diagnosis and advice -------------------------------------------------------------------------------


class CauseId(StrEnum):
    """Why a parcel does not track (or what else is the matter)."""

    ORDER_NUMBER_ENTERED = "order_number_entered"
    TYPING_ERROR = "typing_error"
    IMPOSSIBLE_NUMBER = "impossible_number"
    WRONG_CARRIER_ASKED = "wrong_carrier_asked"
    TOO_EARLY = "too_early"
    SOURCE_LAG = "source_lag"
    SOURCE_DOWN = "source_down"
    NEEDS_EXTRA_DATA = "needs_extra_data"
    LABEL_ONLY = "label_only"
    NOT_SHIPPED = "not_shipped"
    UNTRACKED_BY_DESIGN = "untracked_by_design"
    DOMESTIC_LEG_ONLY = "domestic_leg_only"
    DARK_AFTER_BORDER = "dark_after_border"
    NUMBER_CHANGED = "number_changed"
    CUSTOMS_PROCESSING = "customs_processing"
    CUSTOMS_HELD = "customs_held"
    SILENT_BUT_NORMAL = "silent_but_normal"
    STALLED = "stalled"
    LOST = "lost"
    FAKE_NUMBER = "fake_number"
    RECYCLED_NUMBER = "recycled_number"
    WRONG_DESTINATION = "wrong_destination"
    DELIVERED_NOT_RECEIVED = "delivered_not_received"
    WAITING_FOR_PICKUP = "waiting_for_pickup"
    PICKUP_EXPIRING = "pickup_expiring"
    RETURNING = "returning"
    RETURNED = "returned"
    ADDRESS_PROBLEM = "address_problem"
    SEIZED = "seized"
    DELIVERED = "delivered"
    OTHER = "other"


class StepId(StrEnum):
    """What a buyer can do."""

    WAIT = "wait"
    CHECK_TYPING = "check_typing"
    FIND_TRACKING_NUMBER = "find_tracking_number"
    ASK_OTHER_CARRIER = "ask_other_carrier"
    GIVE_POSTCODE_OR_PHONE = "give_postcode_or_phone"
    WRITE_SELLER = "write_seller"
    ASK_EXTENSION = "ask_extension"
    OPEN_DISPUTE_NOW = "open_dispute_now"
    OPEN_DISPUTE_BY_DEADLINE = "open_dispute_by_deadline"
    MODIFY_DISPUTE = "modify_dispute"
    REJECT_OFFER = "reject_offer"
    ACCEPT_OFFER = "accept_offer"
    KEEP_DISPUTE_OPEN = "keep_dispute_open"
    ESCALATE_OR_WAIT_PLATFORM = "escalate_or_wait_platform"
    CANCEL_DISPUTE = "cancel_dispute"
    ASK_POST_OFFICE = "ask_post_office"
    PICK_UP = "pick_up"
    PAY_DUTY_OR_DOCUMENTS = "pay_duty_or_documents"
    CONFIRM_RECEIPT = "confirm_receipt"
    DO_NOT_CONFIRM = "do_not_confirm"
    CHARGEBACK_OR_PAYPAL = "chargeback_or_paypal"
    CONTACT_SUPPORT = "contact_support"
    REVIEW_SELLER = "review_seller"


class Evidence(Struct, frozen=True, omit_defaults=True):
    """One piece of evidence and its weight for a cause (natural-log likelihood ratio: +1.1 is three times likelier)."""

    id: str
    weight: float
    why: Text
    source: str = "judgement"


class Cause(Struct, frozen=True, omit_defaults=True):
    """A cause, its probability (an estimate unless calibration says otherwise), and all that speaks for and against."""

    id: CauseId
    probability: float
    evidence: tuple[Evidence, ...] = ()
    prior: float | None = None
    changes: tuple[Text, ...] = ()  # what would change the verdict


class Diagnosis(Struct, frozen=True, omit_defaults=True):
    """Causes, likeliest first; the probabilities sum to one, `other` included."""

    causes: tuple[Cause, ...]
    not_checked: tuple[Text, ...] = ()
    next_observation: Text | None = None


class Step(Struct, frozen=True, omit_defaults=True):
    """One thing to do. `say` is the text to send, by language; the buyer's own language explains it."""

    id: StepId
    why: Text
    not_before: dt.datetime | None = None
    not_after: dt.datetime | None = None
    otherwise: Text | None = None  # the consequence of doing nothing
    watch_for: Text | None = None  # what to look for next
    say: dict[str, str] = field(default_factory=dict)
    to: str | None = None  # whom the message is for: seller, platform, carrier, bank
    sources: tuple[str, ...] = ()
    how: tuple[Text, ...] = ()  # how it is done: what to choose in a form, what to attach
    reminders: tuple[dt.datetime, ...] = ()  # when to be reminded of it, where its date binds


class Advice(Struct, frozen=True, omit_defaults=True):
    """The next steps, first thing first, and the reminders that go with them."""

    steps: tuple[Step, ...]
    reminders: tuple[dt.datetime, ...] = ()  # of all steps together
    guards: tuple[Text, ...] = ()  # what not to do now
    p_never: float | None = (
        None  # belief that the goods never come, all causes weighed; the outlook knows the lane alone
    )


class Answer(Struct, frozen=True):
    """All that Dozor says about a dossier at `now`. Its form names its schema, always."""

    now: dt.datetime
    headline: Text
    mentions: tuple[Mention, ...]
    journey: Journey
    clock: Clock
    diagnosis: Diagnosis
    advice: Advice
    outlook: Outlook | None = None
    ask: tuple[str, ...] = ()  # carriers worth asking next, best first
    notes: tuple[Text, ...] = ()
    schema: str = ANSWER_SCHEMA
    id: str | None = None
    others: tuple[Journey, ...] = ()  # further parcels of the dossier, each apart
