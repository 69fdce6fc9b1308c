"""What the playbook asks about the money: which way a claim still has, from when and until when."""

from __future__ import annotations

import datetime as dt

from dozor.advice.common import DAY, Facts, Instants, add, midnight, venues
from dozor.advice.tables import figure
from dozor.model import Clock, Dispute, DisputeState, Dossier, Journey, Milestone, MoneyState, Order


def backstop_facts(facts: Facts, at: Instants, clock: Clock, dossier: Dossier, now: dt.datetime) -> None:
    """Ways to the money beside the marketplace that are still open, the soonest to close first."""
    network = (dossier.order.card_network or "").lower()
    country = (dossier.order.card_country or "").upper()
    closed = network in venues().no_chargeback_networks or country in venues().no_chargeback_countries
    open_ = [
        stop
        for stop in clock.backstops
        if stop.available is not False
        and (stop.latest_safe is None or stop.latest_safe >= now)
        and not (closed and stop.id != "paypal" and dossier.order.payment != "paypal")
    ]
    dated = sorted((stop for stop in open_ if stop.latest_safe), key=lambda stop: stop.latest_safe or now)
    if dated:
        first = dated[0]
        at["backstop_until"] = first.latest_safe or now
        at["backstop_from"] = max(now, first.opens) if first.opens else now
        if at["backstop_from"] > at["backstop_until"]:
            at["backstop_from"] = now
    known = bool(clock.backstops) or closed
    add(facts, backstop=bool(open_) or not known, no_backstop=known and not open_, chargeback_closed=closed)
    soon = "backstop_until" in at and (at["backstop_until"] - now) / DAY <= figure("backstop_soon")
    add(facts, backstop_soon=soon)


def opening(clock: Clock, journey: Journey, order: Order) -> dt.datetime | None:
    """When a claim surely becomes possible where the clock has a rule for it but not the day it counts from.

    Shipping was declared before the first scan, and not long after the payment; what was promised lies not further
    off than a shop may take by law. None: the clock's own word stands.
    """
    limit = clock.limit("earliest_open")
    if limit is None or limit.at is not None:
        return None
    paid = midnight(order.paid)
    if journey.stage is Milestone.DELIVERED:
        return journey.delivered_at  # what was said to be delivered may be denied from then on
    if limit.anchor == "promised":
        return paid + DAY * figure("shop_delivery") if paid else None
    scanned = journey.first_acceptance
    known = [
        *([scanned + DAY * figure("opens_after_scan")] if scanned else []),
        *([paid + DAY * figure("opens_after_payment")] if paid else []),
        # What was promised for a day was shipped long before it, and protection outlasts the wait for a claim.
        *([promised] if (promised := midnight(order.promised)) else []),
        *([end - DAY * figure("opens_before_end")] if (end := clock.at("protection_end")) else []),
    ]
    return min(known, default=None)


def claim_window(
    facts: Facts,
    at: Instants,
    clock: Clock,
    *,
    direct: bool,
    paid: dt.datetime | None,
    now: dt.datetime,
) -> str:
    """When a claim on the platform can be made: `claim_from` … `claim_until`; else which way is left.

    Where no end of protection is known, the longest that any platform gives is counted from the payment.
    """
    safe, rescue, end = at.get("safe_deadline"), at.get("rescue_deadline"), at.get("protection_end")
    opens = at.get("earliest_open")
    gone = clock.money in (MoneyState.LOST_ON_PLATFORM, MoneyState.REFUNDED)
    start = max(now, opens) if opens else now
    add(facts, blocked=clock.may_open_now is False)
    perhaps = False
    until: dt.datetime | None = None
    route = "platform"
    if direct or gone:
        route = "backstop" if "no_backstop" not in facts else "none"
    elif safe is not None and start <= safe and clock.money is not MoneyState.RELEASED_RECOVERABLE:
        until = safe
    elif safe is not None or end is not None or rescue is not None:
        # Past the safe day: what is left of protection, then the days after it, are for rescue only.
        until = min((each for each in (end, rescue) if each is not None and each >= start), default=None)
        route = "rescue"
        perhaps = until is None and _longer_by_another_reading(clock)
        if until is None and not perhaps:
            route = "backstop" if "no_backstop" not in facts else "none"
    elif paid is not None and (now - paid) / DAY > figure("longest_protection"):
        route = "backstop" if "no_backstop" not in facts else "none"
    if route in ("platform", "rescue"):
        at["claim_from"] = start
        if until is not None:
            at["claim_until"] = until
    add(facts, expired=route in ("backstop", "none") and not direct, rescue=route == "rescue")
    add(facts, claim_known="claim_until" in at, perhaps_open=perhaps)
    may = clock.may_open_now is not False and route in ("platform", "rescue") and start <= now
    sure = clock.may_open_now is True or "claim_until" in at or perhaps or not facts.isdisjoint({"overdue", "not_ours"})
    add(facts, can_open=may and "unknown_shop" not in facts and sure)
    return route


def _longer_by_another_reading(clock: Clock) -> bool:
    """The window is over by the shortest reading of a rule that has several, and not by the longest.

    A claim is then worth a try, and no day can be named for it.
    """
    end = clock.limit("protection_end")
    several = end is not None and end.at is not None and max(end.readings, default=end.at) > end.at
    over = clock.may_open_now is False or clock.money not in (MoneyState.UNKNOWN, MoneyState.RELEASED_RECOVERABLE)
    return several and not over


def money_facts(facts: Facts, clock: Clock, dispute: Dispute) -> None:
    """Whether the money is back, or on its way."""
    settled = clock.money is MoneyState.REFUNDED
    add(facts, money_back=settled, before_refund=clock.money is MoneyState.REFUND_DUE)
    add(facts, settled=settled or dispute.state in (DisputeState.WON, DisputeState.DECIDED))


def dispute_facts(facts: Facts, at: Instants, dispute: Dispute, price: int | None, now: dt.datetime) -> None:
    """The offers and the days of a running dispute; `price` in minor units."""
    opened, proposal = midnight(dispute.opened), midnight(dispute.proposal_at)
    at.setdefault("seller_reply", (proposal or opened or now) + DAY * figure("seller_reply"))
    at.setdefault("platform", (opened or now) + DAY * figure("platform_reply"))
    at.setdefault("refund", (midnight(dispute.decided) or now) + DAY * figure("refund"))
    at["offer_by"] = max(now + DAY * 0.5, (proposal or now) + DAY * figure("offer_reply"))
    at["evidence_by"] = now + DAY * figure("evidence_reply")
    at["return_by"] = max(now + DAY, (midnight(dispute.decided) or now) + DAY * figure("return_goods"))
    # A stage not yet entered has not begun to run: its clock shows from now, never a day gone by.
    add(facts, platform_late=now > at["platform"], refund_late=now > at["refund"])
    offered = dispute.offered.minor if dispute.offered else None
    full = dispute.asked.minor if dispute.asked else price
    if price is not None and full is not None:
        full = max(full, price)
    whole = offered is not None and full is not None and offered >= full
    add(facts, offer_full=whole, offer_partial=offered is not None and not whole)
    end = at.get("protection_end")
    add(facts, parked_end=end is not None and (end - now) / DAY <= figure("offer_reply"))
    add(facts, time_left=end is not None and (end - now) / DAY > figure("cancel_margin"))
    if end is not None:
        at["parked_until"] = max(end, now)


def speaks_of_defect(reason: str | None) -> bool:
    """Whether the dispute's reason is faulty goods rather than missing ones."""
    return reason is not None and any(word in reason.lower() for word in venues().defect)
