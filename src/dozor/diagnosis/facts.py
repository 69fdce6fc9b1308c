"""What is known of a purchase, as names that the tables of evidence may ask for.

A fact either holds or does not ("order_only", "stage.delivered"); a strength is a number ≥ 0 that scales a
weight ("silence": how many nats this silence is beyond the usual). Each is defined here and nowhere else.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dozor import knowledge
from dozor.diagnosis.tables import eras, figures, profiles
from dozor.model import (
    Check,
    Clock,
    DisputeState,
    Dossier,
    Journey,
    Kind,
    Mention,
    Milestone,
    OutcomeKind,
    Outlook,
    Reach,
    Reading,
)
from dozor.numbers import MISCOUNTED

DAY = dt.timedelta(days=1)
NOTHING = frozenset({OutcomeKind.UNKNOWN_NUMBER, OutcomeKind.KNOWN_WITHOUT_EVENTS})
DOWN = frozenset(
    {OutcomeKind.REFUSED, OutcomeKind.UNREACHABLE, OutcomeKind.QUOTA, OutcomeKind.UNAUTHORISED, OutcomeKind.CHANGED}
)
# Contradictions that a genuine parcel of this purchase cannot show.
ACCUSING = frozenset(
    {
        "event_before_payment",
        "event_before_shipping",
        "other_destination",
        "other_city",
        "impossible_speed",
        "two_countries_at_once",
        "number_of_other_year",
    }
)
# Answers of a seller that say nothing about the parcel.
EMPTY = frozenset({"unknown", "vague", "silence", "will_investigate", "ask_evidence", "feedback_pressure"})
# Claims that leave it open what is the matter.
OPEN = frozenset(
    {
        "private_sender",
        "goods_missing",
        "stuck",
        "on_the_way",
        "bad_form",
        "carrier_unknown",
        "unknown_to_two",
        "seller_silent",
        "refunded",
    }
)
# Claims that the scans are another parcel's.
ANOTHERS = frozenset({"before_order", "other_country", "other_place", "other_weight", "empty_mailing"})
BARE = 3  # words: a shorter text is a number or a title and asks nothing
# Scans of the last stretch: they are made where the addressee is.
AT_THE_END = frozenset(
    {
        Milestone.ARRIVED_AT_DELIVERY_OFFICE,
        Milestone.AVAILABLE_FOR_PICKUP,
        Milestone.OUT_FOR_DELIVERY,
        Milestone.DELIVERY_ATTEMPT_FAILED,
        Milestone.DELIVERED,
    }
)
# Systems that ask many carriers.
AGGREGATORS = frozenset(
    {"17track", "parcelsapp", "aftership", "ship24", "track123", "trackingmore", "gdeposylka", "kuaidi100"}
)
SENDERS = "CN"  # the country of the senders this product is for, where no origin is said
NO_MOVEMENT = frozenset({Milestone.PRE_SHIPMENT, Milestone.INFO, Milestone.CANCELLED, None})


@dataclass(frozen=True)
class Facts:
    """Names that hold, strengths by name, and what sentences may say about them."""

    names: frozenset[str]
    strengths: dict[str, float]
    args: dict[str, Any] = field(default_factory=dict)

    def has(self, condition: str) -> bool:
        """Whether a fact holds; `!fact`: whether it does not."""
        return condition[1:] not in self.names if condition.startswith("!") else condition in self.names

    def fit(self, conditions: Sequence[str]) -> bool:
        """Whether all conditions hold."""
        wanted, unwanted = knowledge.sides(tuple(conditions))
        return wanted <= self.names and unwanted.isdisjoint(self.names)


def facts(
    dossier: Dossier,
    mentions: Sequence[Mention],
    journey: Journey,
    clock: Clock,
    outlook: Outlook | None,
    now: dt.datetime,
    replies: Sequence[str],
    tracked_prior: float | None,
) -> Facts:
    """All facts, from what the other rooms found. Pure."""
    names: set[str] = set()
    args: dict[str, Any] = {}
    readings = [mention.readings[0] for mention in mentions if mention.readings]
    reading = _of_the_number(readings, names, args, dossier)
    _of_the_events(journey, dossier, clock, names, args, now)
    _of_the_sources(journey, dossier, reading, names, args)
    _of_the_goods(dossier, clock, names, now)
    _of_the_purchase(dossier, names, now)
    overdue = _of_the_promise(dossier, names, now)
    names.update(f"said.{claim}" for claim in dossier.said)
    if "any_events" not in names and all(claim in OPEN or claim.startswith("word_") for claim in dossier.said):
        names.add("vague")
        if dossier.events_seen is not False and any(claim.startswith("word_") for claim in dossier.said):
            names.add("worded")
    if ANOTHERS & set(dossier.said):
        names.add("anothers_said")
    if dossier.order.received is None and (_words(dossier.text) > BARE or dossier.dispute or dossier.messages):
        names.add("asks")
    if replies:
        # The last answer that says something counts: politeness after it takes nothing back.
        telling = [reply for reply in replies if reply not in EMPTY]
        names.update({"replied", f"reply.{(telling or replies)[-1]}"})
    strengths = _strengths(outlook, journey, dossier, names, args, now)
    strengths |= overdue
    if tracked_prior is not None and "any_movement" not in names:
        names.add("price_known")
        odds = math.log((1 - tracked_prior) / tracked_prior) if 0 < tracked_prior < 1 else 0.0
        names.add("price.low" if odds > 0 else "price.high")
        strengths["price"] = min(abs(odds), figures().strength_most)
        args["p_tracked"] = round(tracked_prior, 2)
        if dossier.order.price is not None:
            args["price"] = dossier.order.price
    return Facts(frozenset(names), strengths, args)


def _words(text: str) -> int:
    """How many words a text has; two Chinese signs are about a word."""
    return len(text.split()) + sum("\u3400" <= sign <= "\u9fff" for sign in text) // 2


def _of_the_number(
    readings: Sequence[Reading], names: set[str], args: dict[str, Any], dossier: Dossier
) -> Reading | None:
    """What kind of string it is; returns the reading that stands for the parcel."""
    tracking = [each for each in readings if each.kind is Kind.TRACKING]
    if not tracking:
        if any(each.kind is Kind.ORDER for each in readings):
            names.add("order_only")
            args["number"] = next(each.normal for each in readings if each.kind is Kind.ORDER)
        elif any(each.kind is Kind.PRODUCT for each in readings):
            names.add("product_only")
            args["number"] = next(each.normal for each in readings if each.kind is Kind.PRODUCT)
        elif readings and any(each.kind is Kind.OTHER for each in readings) and dossier.numbers:
            names.add("unrecognised")
        return None
    names.add("tracking_number")
    reading = next((each for each in tracking if each.valid), tracking[0])
    args["number"] = reading.normal
    if not reading.valid:
        names.add("impossible")
        if reading.format == MISCOUNTED:
            names.add("miscounted")
        if reading.expected_check:
            args["expected"] = reading.expected_check
        if reading.corrections and reading.corrections[0].score >= figures().correction_sure:
            names.add("correctable")
    if reading.check is Check.PASSED:
        names.add("check.passed")
    if has_pattern(reading.normal):
        names.add("pattern")
    if reading.reach is not Reach.UNKNOWN:
        names.update({"reach.known", f"reach.{reading.reach.value}"})
    for row in profiles():
        if row.issuer and row.issuer == reading.issuer and (not row.formats or reading.format in row.formats):
            names.add(f"profile.{row.beyond_border}")
    args["carriers"] = list(reading.carriers[:3])
    return reading


def has_pattern(number: str) -> bool:
    """Whether the digits of a number look thought up: 123456789, 987654321, 111111111, 123123123, 123454321."""
    run = [int(char) for char in number if char.isdigit() and char.isascii()][:9]
    if len(run) < figures().pattern_length:
        return False
    steps = [b - a for a, b in itertools.pairwise(run)]
    arithmetic = len({step % 10 for step in steps[:7]}) == 1
    thirds = len(run) == 9 and run == run[:3] * 3
    mirrored = run == run[::-1] and {abs(step) for step in steps} == {1}
    return arithmetic or thirds or mirrored


def _of_the_events(
    journey: Journey, dossier: Dossier, clock: Clock, names: set[str], args: dict[str, Any], now: dt.datetime
) -> None:
    real = [event for event in journey.events if not event.forecast and not event.reversed]
    moved = [event for event in real if event.milestone not in NO_MOVEMENT]
    if not real and dossier.events_seen is not True:
        names.add("no_events")
    if real:
        names.add("any_events")
    if moved or journey.first_acceptance is not None:
        names.add("any_movement")
    elif any(event.milestone is not None for event in real):
        names.add("label_events")
    if dossier.events_seen is False:
        names.add("told_nothing")
    service = f"{journey.service or ''} {dossier.order.service or ''}".lower()
    named = (row for row in profiles() if row.services and knowledge.whole_words(row.services).search(service))
    names.update(f"profile.{row.beyond_border}" for row in named)
    stage = journey.stage
    if stage is not None:
        names.add(f"stage.{stage.value}")
        args["stage"] = stage.value
    names.update(f"contradiction.{each.id}" for each in journey.contradictions)
    if any(each.id in ACCUSING for each in journey.contradictions):
        names.add("history_wrong")
    changed = [link.number for link in journey.numbers if link.follows and not link.guess]
    if changed:
        names.add("number_changed")
        newest = changed[-1]
        args["new_number"] = newest
        if not any(event.number == newest for event in moved):
            names.add("new_number_silent")
    last = journey.last_movement
    _of_the_place(journey, dossier, names, args)
    if journey.exported_at is not None:
        names.add("exported")
    if journey.imported_at is not None:
        names.add("imported")
    if stage is Milestone.OUT_FOR_DELIVERY and (journey.silence_days or 0) >= figures().out_days:
        names.add("out_long")
    if journey.silence_days is not None:
        args["silent"] = max(0, int(journey.silence_days))  # whole days that have passed
        if stage is Milestone.OUT_FOR_DELIVERY and journey.silence_days >= figures().round_days:
            names.add("round_over")
    if stage is Milestone.AVAILABLE_FOR_PICKUP:
        since = journey.available_since or (last.when.utc() if last and last.when else None)
        if since is not None:
            args["waited"] = max(0, int((now - since) / DAY))
        until = clock.at("pickup_until")
        if until is not None and (until - now) / DAY <= figures().pickup_warn_days:
            names.add("pickup_ends")
    if "storage_ends" in dossier.said and stage not in OVER:
        names.add("pickup_ends")


OVER = frozenset({Milestone.DELIVERED, Milestone.RETURNED, Milestone.RETURN_STARTED})


def _of_the_place(journey: Journey, dossier: Dossier, names: set[str], args: dict[str, Any]) -> None:
    """The last stretch belongs where the buyer is; a delivery in the sender's country ends only the inland leg."""
    destination = dossier.order.destination
    last = journey.last_movement
    country = last.place.country if last and last.place else None
    if journey.stage is Milestone.DELIVERED and destination is not None and destination != SENDERS:
        inland = "reach.domestic_origin" in names and journey.imported_at is None and country in (None, SENDERS)
        if inland or country == SENDERS or (country is not None and country == dossier.order.origin):
            names.add("delivered_at_origin")
            args["place"] = country or SENDERS
            return
    if journey.stage in AT_THE_END - {Milestone.DELIVERED} and {"other_country", "other_place"} & set(dossier.said):
        names.add("ends_abroad")
    elif journey.stage in AT_THE_END and country and destination and country != destination:
        names.add("delivered_abroad" if journey.stage is Milestone.DELIVERED else "ends_abroad")
        args["place"] = country


def _of_the_sources(
    journey: Journey, dossier: Dossier, reading: Reading | None, names: set[str], args: dict[str, Any]
) -> None:
    """Who was asked, and which kind of nothing came back."""
    outcomes = journey.outcomes
    nothing = sorted(carrier for carrier, outcome in outcomes.items() if outcome.kind in NOTHING)
    unknown = sorted(carrier for carrier, outcome in outcomes.items() if outcome.kind is OutcomeKind.UNKNOWN_NUMBER)
    down = sorted(carrier for carrier, outcome in outcomes.items() if outcome.kind in DOWN)
    needs = sorted({need for outcome in outcomes.values() for need in outcome.needs})
    if any(outcome.kind is OutcomeKind.FOUND for outcome in outcomes.values()):
        names.add("found")
    if nothing:
        names.add("asked_in_vain")
    if any(outcome.kind is OutcomeKind.NOT_THEIRS for outcome in outcomes.values()):
        names.add("not_theirs")
    if len(unknown) >= figures().two_sources or ("unknown_to_two" in dossier.said and "found" not in names):
        names.add("two_sources")
    if down and not nothing and "found" not in names:
        names.add("only_down")
        args["down"] = down
    if any(outcome.kind is OutcomeKind.NEEDS for outcome in outcomes.values()) and "found" not in names:
        names.add("needs_more")
        args["needs"] = ", ".join(needs)
    if reading is not None and outcomes:
        # An aggregator that asks for the buyer is not the issuer, but no wrong door either.
        right = set(reading.carriers) & {carrier for carrier, each in outcomes.items() if each.kind not in DOWN}
        if right:
            names.add("right_one_asked")
        elif not set(reading.carriers) & set(outcomes) and not AGGREGATORS & set(outcomes):
            names.add("right_one_not_asked")
    args["asked"] = nothing
    args["sources"] = len(nothing)


def _of_the_goods(dossier: Dossier, clock: Clock, names: set[str], now: dt.datetime) -> None:
    if dossier.order.received is True:
        names.add("goods_in_hand")
    if dossier.order.received is False:
        names.add("goods_missing")
    if dossier.dispute is not None and dossier.dispute.state not in (DisputeState.NONE, DisputeState.CANCELLED):
        names.add("disputed")
    if dossier.order.paid is None and dossier.order.shipped is None:
        names.add("dates_unknown")
    if dossier.order.shipped is None and dossier.order.paid is not None:
        names.add("shipping_unknown")
    end = clock.at("protection_end")
    if end is None:
        names.add("protection_unknown")
    elif (end - now) / DAY <= figures().protection_old:
        names.add("protection_old")


def _of_the_purchase(dossier: Dossier, names: set[str], now: dt.datetime) -> None:
    """Where, from whom and under which rules it was bought."""
    order = dossier.order
    if order.origin is not None and order.origin == order.destination:
        names.add("same_country")
    if order.marketplace == "direct":
        names.add("direct_shop")
    day = order.paid or order.shipped or now.date()
    dollars = None if order.price is None or order.price.currency != "USD" else order.price.minor / 100
    for row in eras():
        in_time = (row.valid_from is None or day >= row.valid_from) and (row.valid_to is None or day <= row.valid_to)
        dear = row.above_dollars == 0 or (dollars is not None and dollars > row.above_dollars)
        if order.marketplace in row.marketplaces and order.destination in row.destinations and in_time and dear:
            names.add(row.fact)


def _of_the_promise(dossier: Dossier, names: set[str], now: dt.datetime) -> dict[str, float]:
    """How long the promised day and the purchase are over: in steps of `promise_step` and beyond `age_usual` days."""
    figure, order = figures(), dossier.order
    over = (now.date() - order.promised).days if order.promised is not None else 0
    if over > 0 or "promise_passed" in dossier.said:
        names.add("promise_passed")
    start = order.shipped or order.paid
    age = (now.date() - start).days if start is not None else 0
    if age > figure.age_usual:
        names.add("aged")
    return {
        "overdue": min(figure.overdue_most, 1 + max(0, over) / figure.promise_step),
        "aged": min(figure.overdue_most, max(0.0, age / figure.age_usual - 1) * figure.age_scale),
    }


def _strengths(
    outlook: Outlook | None,
    journey: Journey,
    dossier: Dossier,
    names: set[str],
    args: dict[str, Any],
    now: dt.datetime,
) -> dict[str, float]:
    """How far this silence is from the usual: in nats (−ln of the share still silent), and in 90-% terms."""
    figure = figures()
    if outlook is None:
        return {"silence": 0.0, "beyond": 0.0, "early": 0.0}
    names.add("norm_known")
    still = max(1.0 - outlook.unusual, math.exp(-figure.strength_most))
    silence = -math.log(still)
    beyond = max(0.0, outlook.elapsed / outlook.norm_p90 - 1) if outlook.norm_p90 > 0 else 0.0
    if beyond > 0:
        names.add("past_norm")
    if outlook.elapsed >= max(figure.late_days, figure.late_norms * outlook.norm_p90):
        names.add("late")
    args["share"] = min(round(outlook.unusual, 2), 0.99)  # a hundred per cent is never known
    args["days"] = max(0, int(outlook.elapsed))
    args["norm"] = max(1, round(outlook.norm_p90))
    return {
        "silence": silence,
        "beyond": min(beyond, figure.beyond_most),
        "early": max(0.0, 1.0 - outlook.unusual),
    }
