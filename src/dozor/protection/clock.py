"""From a policy and the dates of an order to its limits: each with all its readings, and the one to plan by.

The date that the buyer reads on the page always wins. Where a rule has several readings, deadlines take the
earliest and openings the latest. Days are counted from the start (UTC) of the anchor's day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from dozor.model import (
    BackStop,
    Clock,
    Dispute,
    DisputeState,
    Journey,
    Limit,
    Milestone,
    MoneyState,
    Order,
    Source,
    Text,
)
from dozor.protection.policy import BackStopRow, Policy, Term, backstops, choose, margins, sources, storage

DAY = dt.timedelta(days=1)
Anchors = dict[str, dt.datetime]

SETTLING = {
    DisputeState.WON: MoneyState.REFUND_DUE,
    DisputeState.DECIDED: MoneyState.REFUND_DUE,
    DisputeState.LOST: MoneyState.LOST_ON_PLATFORM,
}
NOT_IN_TRANSIT = frozenset(
    {Milestone.DELIVERED, Milestone.RETURN_STARTED, Milestone.RETURNED, Milestone.LOST, Milestone.SEIZED, None}
)


def clock(order: Order, journey: Journey, now: dt.datetime, dispute: Dispute | None = None) -> Clock:
    """Every limit of an order at `now` (aware): what a policy says, what the buyer read, and the safe bound.

    A marketplace without a known policy still gives the limits that follow from a date the buyer read, and the
    back-stops that follow from the day of payment.
    """
    policy = choose(order)
    anchors = _anchors(order, journey, dispute)
    protection = _protection(policy, order, anchors)
    if protection.at is not None:
        anchors["protection_end"] = protection.at
    limits = [protection, *_around_the_end(policy, order, protection, anchors)]
    if policy is not None:
        limits += _of_the_policy(policy, order, anchors)
    limits += _pickup(order, journey, anchors)
    money = _money(limits, order, dispute, policy, now)
    may, blocked = _may_open(policy, limits, order, journey, anchors, dispute, now)
    return Clock(
        policy=policy.id if policy else None,
        limits=tuple(limit for limit in limits if limit.at is not None or limit.id == "protection_end"),
        backstops=_backstops(order, anchors),
        money=money,
        may_open_now=may,
        blocked_why=blocked,
        dispute_scope=policy.scope if policy else None,
        unknown=policy.unknown if policy else (),
        ask_buyer=_ask(policy, order, protection, anchors),
    )


def _anchors(order: Order, journey: Journey, dispute: Dispute | None) -> Anchors:
    dispute = dispute or Dispute()
    days = {
        "paid": order.paid,
        "shipped": order.shipped,
        "promised": order.promised,
        "completed": order.completed,
        "dispute_opened": dispute.opened,
        "proposal": dispute.proposal_at or dispute.opened,
        "decided": dispute.decided,
    }
    anchors = {name: dt.datetime.combine(day, dt.time(), dt.UTC) for name, day in days.items() if day is not None}
    instants = {"delivered": journey.delivered_at, "available": journey.available_since}
    return anchors | {name: instant for name, instant in instants.items() if instant is not None}


def _protection(policy: Policy | None, order: Order, anchors: Anchors) -> Limit:
    """The end of protection: as read by the buyer, else by the policy, shortened by a delivered scan."""
    if order.protection_end is not None:
        at = order.protection_end
        return Limit("protection_end", at, (at,), "read", certain=True, why=Text("limit.why.read"))
    found = _term(policy.protection if policy else (), order, anchors)
    if found is None:
        return Limit("protection_end", None)
    readings = _readings(found, anchors)
    shortened = _term(policy.on_delivered if policy else (), order, anchors)
    cited = found.sources
    why = Text("limit.why.policy", {"anchor": Text(f"anchor.{found.anchor}")})
    if shortened is not None and readings:
        cut = _readings(shortened, anchors)
        cited += shortened.sources
        if cut and min(cut) < min(readings):
            why = Text("limit.why.delivered")
        readings = tuple(sorted({min(*readings, each) for each in cut})) or readings
    return Limit(
        "protection_end", min(readings) if readings else None, readings, found.anchor, False, why, _cited(cited)
    )


def _around_the_end(policy: Policy | None, order: Order, protection: Limit, anchors: Anchors) -> list[Limit]:
    """The safe day before the end, the last days after it, and the day to ask for more time by."""
    end = protection.at
    if end is None:
        return []
    margin = DAY * margins().safe_days
    safe = Limit(
        "safe_deadline",
        end - margin,
        tuple(each - margin for each in protection.readings),
        "protection_end",
        protection.certain,
        Text("limit.why.margin", {"days": margins().safe_days}),
        protection.sources,
    )
    found = [safe]
    if policy is None:
        return found
    rescue = _term(policy.rescue, order, anchors)
    if rescue is not None:
        after = "completed" if "completed" in anchors and anchors["completed"] < end else "protection_end"
        readings = tuple(anchors[after] + DAY * days - margin for days in rescue.days)
        why = Text("limit.why.rescue", {"days": min(rescue.days)})
        at = max(min(readings), end - margin) if after == "protection_end" else min(readings)
        found.append(Limit("rescue_deadline", at, readings, after, False, why, _cited(rescue.sources)))
    ask = _term(policy.extension, order, anchors)
    if ask is not None:
        readings = _readings(ask, anchors)
        found.append(Limit("extension_by", min(readings), readings, "protection_end", False, None, _cited(ask.sources)))
    return found


def _of_the_policy(policy: Policy, order: Order, anchors: Anchors) -> list[Limit]:
    """Openings, and the clocks of a running dispute."""
    found = []
    opens = _term(policy.earliest_open, order, anchors)
    if opens is not None and opens.days:
        readings = _readings(opens, anchors)
        why = Text("limit.why.opens", {"anchor": Text(f"anchor.{opens.anchor}"), "days": max(opens.days)})
        found.append(Limit("earliest_open", max(readings), readings, opens.anchor, False, why, _cited(opens.sources)))
    for id, terms, pick in (
        ("seller_ship", policy.seller_ship, max),
        ("seller_reply", policy.seller_reply, max),
        ("buyer_reply", policy.buyer_reply, min),
        ("platform", policy.platform, max),
        ("refund", policy.refund, max),
    ):
        term = _term(terms, order, anchors)
        if term is not None and term.days:
            readings = _readings(term, anchors)
            found.append(Limit(id, pick(readings), readings, term.anchor, False, None, _cited(term.sources)))
    return found


def _pickup(order: Order, journey: Journey, anchors: Anchors) -> list[Limit]:
    """How long the office keeps a parcel that lies there."""
    if journey.stage is not Milestone.AVAILABLE_FOR_PICKUP or "available" not in anchors:
        return []
    term = _term(storage(), order, anchors)
    if term is None:
        return []
    readings = _readings(term, anchors)
    return [Limit("pickup_until", min(readings), readings, "available", False, None, _cited(term.sources))]


def _money(
    limits: Sequence[Limit], order: Order, dispute: Dispute | None, policy: Policy | None, now: dt.datetime
) -> MoneyState:
    if dispute is not None and dispute.state in SETTLING:
        return SETTLING[dispute.state]
    at = {limit.id: limit.at for limit in limits}
    end, rescue = at.get("protection_end"), at.get("rescue_deadline")
    if order.completed is None and (end is None or now < end):
        return MoneyState.UNKNOWN if end is None else MoneyState.HELD
    if dispute is not None and dispute.state not in (DisputeState.NONE, DisputeState.CANCELLED):
        return MoneyState.HELD  # an open dispute keeps the money where it is
    if rescue is None and policy is not None and not policy.rescue and policy.protection:
        return MoneyState.LOST_ON_PLATFORM
    if rescue is None:
        return MoneyState.UNKNOWN
    return MoneyState.RELEASED_RECOVERABLE if now <= rescue else MoneyState.LOST_ON_PLATFORM


def _may_open(
    policy: Policy | None,
    limits: Sequence[Limit],
    order: Order,
    journey: Journey,
    anchors: Anchors,
    dispute: Dispute | None,
    now: dt.datetime,
) -> tuple[bool | None, Text | None]:
    """Whether a claim can be opened now under the policy, and what stands in the way; None: not known."""
    at = {limit.id: limit.at for limit in limits}
    opens, end, rescue = at.get("earliest_open"), at.get("protection_end"), at.get("rescue_deadline")
    if dispute is not None and dispute.state not in (DisputeState.NONE, DisputeState.CANCELLED):
        return False, Text("blocked.open_already")
    if policy is None or not (policy.protection or policy.earliest_open):
        return None, None
    if journey.stage in (Milestone.LOST, Milestone.RETURNED) and (end is None or now < end):
        return True, None
    if opens is not None and now < opens:
        return False, Text("blocked.too_early", {"at": opens})
    last = max((each for each in (end, rescue) if each is not None), default=None)
    if last is not None and now > last:
        return False, Text("blocked.window_closed", {"at": last})
    quiet = _term(policy.quiet_before_open, order, anchors)
    moving = journey.silence_days is not None and journey.stage not in NOT_IN_TRANSIT
    if quiet is not None and moving and end is not None and now < end - DAY * margins().safe_days:
        silence = journey.silence_days or 0.0
        if silence < max(quiet.days):
            return False, Text("blocked.moving", {"days": max(quiet.days)})
    if opens is None and last is None:
        return None, None
    return True, None


def _backstops(order: Order, anchors: Anchors) -> tuple[BackStop, ...]:
    return tuple(_backstop(row, order, anchors) for row in backstops() if _concerns(row, order))


def _concerns(row: BackStopRow, order: Order) -> bool:
    """Whether a back-stop can exist for this order at all: law by country, cards by network where it is known."""
    if row.destinations and order.destination not in row.destinations:
        return False
    return not (row.networks and order.card_network and order.card_network.lower() not in row.networks)


def _backstop(row: BackStopRow, order: Order, anchors: Anchors) -> BackStop:
    margin = DAY * margins().backstop_days
    ends = [each for term in row.latest if term.anchor in anchors for each in _readings(term, anchors)]
    opens = _term(row.opens, order, anchors)
    starts = _readings(opens, anchors) if opens else ()
    return BackStop(
        id=row.id,
        opens=max(starts, default=None),
        latest_safe=min(ends) - margin if ends else None,
        available=_available(row, order),
        exclusive_with=row.exclusive_with,
        why=Text(f"backstop.why.{row.id}"),
        sources=_cited(row.sources),
    )


def _available(row: BackStopRow, order: Order) -> bool | None:
    """True where the payment fits, False where it cannot, None where the buyer has to say how it was paid."""
    payment = (order.payment or "").lower()
    if row.not_from and (order.card_country or "").upper() in row.not_from:
        return False
    if not row.payments:
        return None  # a law: whether it reaches the seller is for the buyer to find out
    if not payment:
        return None
    if payment not in row.payments:
        return False
    return True if not row.networks or order.card_network else None


def _ask(policy: Policy | None, order: Order, protection: Limit, anchors: Anchors) -> tuple[str, ...]:
    """Facts that would make the clock certain."""
    wanted = []
    if order.marketplace is None:
        wanted.append("marketplace")
    if not protection.certain:
        wanted.append("protection_end")
    elif policy is not None and policy.on_delivered and "delivered" in anchors:
        wanted.append("protection_end_after_delivery")
    wanted += [name for name in ("paid", "shipped") if name not in anchors]
    if order.payment is None:
        wanted.append("payment")
    return tuple(wanted)


def _term(terms: Iterable[Term], order: Order, anchors: Anchors) -> Term | None:
    """The first term whose anchor is known and whose conditions fit."""
    promised = (order.promised - order.shipped).days if order.promised and order.shipped else order.promised_days
    for term in terms:
        if term.anchor not in anchors or (term.destinations and order.destination not in term.destinations):
            continue
        if term.payment is not None and term.payment != (order.payment or "").lower():
            continue
        if term.promised_below is not None and (promised is None or promised >= term.promised_below):
            continue
        return term
    return None


def _readings(term: Term, anchors: Anchors) -> tuple[dt.datetime, ...]:
    start = anchors[term.anchor]
    return tuple(_after(start, days, business=term.business) for days in sorted(term.days))


def _after(start: dt.datetime, days: float, *, business: bool) -> dt.datetime:
    """So many days later; business days are Monday to Friday (holidays only make them longer)."""
    if not business:
        return start + DAY * days
    at, left = start, int(days)
    while left > 0:
        at += DAY
        left -= at.weekday() < 5
    return at


def _cited(ids: Iterable[str]) -> tuple[Source, ...]:
    known = sources()
    return tuple(Source(id, known[id].confidence, note=known[id].where) for id in dict.fromkeys(ids))
