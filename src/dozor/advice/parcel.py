"""What the playbook asks about the parcel itself and about the talk with the seller."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from dozor.advice.common import DAY, Facts, Instants, add, midnight
from dozor.advice.tables import belief, figure
from dozor.model import Dossier, Journey, Milestone

AT_DESTINATION = frozenset(
    {
        Milestone.ARRIVED_DESTINATION_COUNTRY,
        Milestone.CUSTOMS_RELEASED,
        Milestone.HANDED_TO_LOCAL_CARRIER,
        Milestone.ARRIVED_AT_DELIVERY_OFFICE,
        Milestone.AVAILABLE_FOR_PICKUP,
        Milestone.OUT_FOR_DELIVERY,
        Milestone.DELIVERY_ATTEMPT_FAILED,
        Milestone.DELIVERED,
    }
)


def parcel_facts(
    facts: Facts,
    at: Instants,
    journey: Journey,
    dossier: Dossier,
    days: float | None,
    now: dt.datetime,
) -> None:
    """Scans, ages and terms of the parcel; `days` since shipping, if known."""
    moved = any(not event.forecast and not event.reversed for event in journey.events)
    add(facts, events_none=not moved and dossier.events_seen is not True)
    add(facts, early=days is not None and days < figure("typing_again"))
    add(facts, lag_over=days is None or days >= figure("first_events"))
    add(facts, at_destination=journey.imported_at is not None or journey.stage in AT_DESTINATION)
    add(facts, ready=journey.stage is Milestone.AVAILABLE_FOR_PICKUP or "word_place_pickup" in dossier.said)
    said_lost = not {"lost", "word_lost"}.isdisjoint(dossier.said)
    add(facts, told_lost=journey.stage is Milestone.LOST or said_lost)
    fresh = journey.delivered_at is None or (now - journey.delivered_at) / DAY <= figure("delivered_fresh")
    add(
        facts,
        delivered_fresh=fresh,
        elsewhere=any(c.id in ("other_destination", "other_city") for c in journey.contradictions)
        or bool({"other_place", "other_country"} & set(dossier.said)),
    )
    silent = journey.silence_days
    out = journey.stage is Milestone.OUT_FOR_DELIVERY
    add(facts, round_over=out and silent is not None and silent >= figure("round"))
    paid = midnight(dossier.order.paid) or midnight(dossier.order.shipped)
    if paid is not None:
        since = paid + DAY * figure("post_visits_from")
        add(facts, post_visits=now >= since)
    at["next_visit"] = now + DAY * figure("post_visit_every")
    at["look_again"] = now + DAY * figure("look_again")
    at["customs_by"] = now + DAY * figure("customs_papers")
    at["address_by"] = now + DAY * figure("address_reply")
    at["storage_end"] = _storage_end(journey, at, now)
    promised = midnight(dossier.order.promised)
    due = promised or (paid + DAY * figure("shop_delivery") if paid else None)
    add(facts, direct_due=due is not None and now > due)
    # From the promised day on the right to one's money stands; a few days of goodwill are left to the post.
    over = (now - promised) / DAY if promised is not None else None
    told = over is None and "promise_passed" in dossier.said
    add(facts, overdue=told or (over is not None and over > figure("overdue")))
    add(facts, long_overdue=over is not None and over > figure("long_overdue"))
    at["shop_by"] = now + DAY * figure("shop_reply")
    add(facts, extensions_used=(dossier.order.extensions or 0) >= figure("extensions_at_most"))


def _storage_end(journey: Journey, at: Instants, now: dt.datetime) -> dt.datetime:
    """Until when the office keeps the parcel: by the clock, else from its notice, else soon; never a day gone by."""
    if "pickup_until" in at:
        return max(at["pickup_until"], now + DAY * figure("storage_urgent"))
    last = journey.last_movement.when if journey.last_movement else None
    waiting = journey.stage is Milestone.AVAILABLE_FOR_PICKUP
    since = journey.available_since or (last.utc() if last is not None and waiting else None)
    if since is None:
        return now + DAY * figure("look_again")
    return max(since + DAY * figure("storage_office"), now + DAY * figure("storage_urgent"))


def talk_facts(
    facts: Facts, at: Instants, dossier: Dossier, replies: Sequence[str], now: dt.datetime
) -> tuple[bool, bool]:
    """Whether the seller is silent, and whether his last answer has had the days it deserves."""
    said = [message for message in dossier.messages if message.by in ("seller", "buyer")]
    asked = [message for message in said if message.by == "buyer"]
    answered = [message for message in said if message.by == "seller"]
    last = said[-1] if said else None
    age = (now - last.at) / DAY if last and last.at else None
    patience = figure("seller_silence")
    silent = bool(replies and replies[-1] == "silence") or "seller_silent" in dossier.said
    if last is not None and last.by == "buyer":
        silent = silent or (age is not None and age >= patience)
    row = belief("reply", replies[-1]) if replies else None
    grace = row.patience if row else 0.0
    waited = silent or bool(replies and (grace == 0 or (age is not None and age >= grace)))
    add(
        facts,
        asked=bool(asked or answered or replies or silent),
        answered=bool(replies and not silent),
        seller_silent=silent,
    )
    since = last.at if last and last.at else now
    # An answer is waited for from the day of the message; a message yet to be written gets its days from today.
    at["reply_by"] = max(since + DAY * max(patience, grace), now + DAY) if asked or replies else now + DAY * patience
    return silent, waited
