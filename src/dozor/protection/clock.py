"""From a policy and the dates of an order to its limits: each with all its readings, and the one to plan by.

The date that the buyer reads on the page always wins. Where a rule has several readings, deadlines take the
earliest and openings the latest. Days are counted from the start (UTC) of the anchor's day; the margin covers
platforms that count in another zone. A limit whose day cannot be told is there without one, and says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from dozor.model import Clock, Dispute, DisputeState, Journey, Limit, Milestone, MoneyState, Order, Text
from dozor.protection.backstop import available, backstops, stops
from dozor.protection.policy import Policy, choose, cited, days_of, figure, figures, midnight, storage
from dozor.protection.terms import DAY, Anchors, Term, fitting, readings

State = DisputeState
NEGOTIATED = frozenset({State.WAITING_SELLER, State.WAITING_BUYER})
BEFORE = frozenset({State.NONE, State.CANCELLED})
# A platform keeps the money while a dispute of these states is open with it.
OPEN = NEGOTIATED | {State.PARKED, State.PLATFORM, State.PLATFORM_EVIDENCE, State.RETURN}

SETTLED = {
    State.WON: MoneyState.REFUND_DUE,  # until the buyer has seen the money
    State.DECIDED: MoneyState.REFUND_DUE,
    State.LOST: MoneyState.LOST_ON_PLATFORM,
}
# Stages at which a parcel is not "in transit with normal updates".
NOT_MOVING = frozenset(
    {
        None,
        Milestone.PRE_SHIPMENT,
        Milestone.CANCELLED,
        Milestone.DELIVERED,
        Milestone.RETURN_STARTED,
        Milestone.RETURNED,
        Milestone.LOST,
        Milestone.SEIZED,
    }
)
NEVER_COMES = frozenset({Milestone.LOST, Milestone.RETURNED})
# Contradictions that say that the number is another parcel's: its scans are no updates of this one.
NOT_THIS_PARCEL = frozenset(
    {"event_before_payment", "event_before_shipping", "other_destination", "other_city", "number_of_other_year"}
)


class Rule(NamedTuple):
    """How a field of the policy becomes a limit: `pick` chooses the safe reading, `during` the dispute's states."""

    limit: str
    field: str
    pick: Callable[[Iterable[dt.datetime]], dt.datetime]
    during: frozenset[DisputeState]


# Openings and other people's deadlines are safe when late, the buyer's own when early.
RULES = (
    Rule("earliest_open", "earliest_open", max, BEFORE),
    Rule("seller_ship", "seller_ship", max, BEFORE),
    Rule("cancel_reply", "cancel_reply", max, BEFORE),
    Rule("number_fix", "number_fix", max, BEFORE),
    Rule("late_coupon", "late_coupon", max, BEFORE),
    Rule("late_refund", "late_refund", max, BEFORE),
    Rule("seller_reply", "seller_reply", max, frozenset({State.WAITING_SELLER})),
    Rule("buyer_reply", "buyer_reply", min, frozenset({State.WAITING_BUYER})),
    Rule("escalate_by", "escalate_by", min, NEGOTIATED),
    Rule("platform", "platform", max, OPEN - {State.PARKED, State.RETURN}),
    Rule("return_by", "return_by", min, frozenset({State.RETURN})),
    Rule("appeal", "appeal", min, frozenset({State.DECIDED, State.LOST})),
    Rule("refund", "refund", max, frozenset({State.DECIDED, State.WON})),
)
# Limits that are of no use without a day: they are left out instead of being shown as unknown.
ONLY_DATED = frozenset({"cancel_reply", "number_fix", "late_coupon"})


def clock(order: Order, journey: Journey, now: dt.datetime, dispute: Dispute | None = None) -> Clock:
    """Every limit of an order at `now` (aware): what a policy says, what the buyer read, and the safe bound.

    The order's facts are dates: relative ones have been made absolute before. A marketplace without a known
    policy still gives the limits that follow from a date the buyer read, and the back-stops that follow from the
    day of payment.
    """
    dispute = dispute or Dispute()
    policy = choose(order, now)
    anchors = _anchors(order, journey, dispute)
    end = _protection(policy, order, anchors)
    if end.at is not None:
        anchors["protection_end"] = end.at
    limits = [
        end,
        *_around_the_end(policy, order, end, anchors),
        *_of_the_policy(policy, order, journey, dispute, anchors),
        *_beside_the_policy(order, journey, dispute, anchors),
    ]
    window = _window(policy, order, limits)
    may, blocked = _may_open(policy, window, order, journey, anchors, dispute, now)
    return Clock(
        policy=policy.id if policy else None,
        limits=tuple(limits),
        backstops=stops(order, anchors),
        money=_money(policy, window, order, dispute, now),
        may_open_now=may,
        blocked_why=blocked,
        dispute_scope=policy.scope if policy else None,
        unknown=_unknown(policy, order, anchors),
        ask_buyer=_ask(policy, order, dispute, end, anchors),
        anchors=dict(anchors),
    )


def _anchors(order: Order, journey: Journey, dispute: Dispute) -> Anchors:
    said = {
        "dispute_opened": dispute.opened,
        "proposal": dispute.proposal_at or dispute.opened,
        "decided": dispute.decided,
    }
    seen = {"delivered": _delivered(order, journey), "available": journey.available_since}
    return {
        **days_of(order),
        **{name: midnight(day) for name, day in said.items() if day is not None},
        **{name: instant for name, instant in seen.items() if instant is not None},
    }


def _delivered(order: Order, journey: Journey) -> dt.datetime | None:
    """When the parcel was delivered, as far as that scan can be this purchase's.

    A scan from before it was sent is another parcel's, and one in the sender's own country hands a parcel that goes
    abroad to a warehouse: neither ends a protection.
    """
    at = journey.delivered_at
    sent = order.shipped or order.paid
    if at is None or (sent is not None and at.date() < sent):
        return None
    scans = [event for event in journey.events if event.milestone is Milestone.DELIVERED and not event.reversed]
    place = scans[-1].place if scans else None
    home, origin = order.destination, order.origin or journey.origin
    abroad = home is not None and origin is not None and home != origin
    return None if abroad and place is not None and place.country == origin else at


# --- the end of protection, and what is counted from it ---------------------------------------------------


def _protection(policy: Policy | None, order: Order, anchors: Anchors) -> Limit:
    """The end of protection: as read by the buyer, else by the policy, shortened by a delivered scan.

    A completed order has none left where the shop held the money: it ended that day at the latest.
    """
    holds = policy is None or policy.holds_money
    completed = anchors.get("completed") if holds else None
    if completed is not None and (order.protection_end is None or completed < order.protection_end):
        return Limit("protection_end", completed, (completed,), "completed", True, Text("limit.why.completed"))
    if order.protection_end is not None:
        read = order.protection_end
        return Limit("protection_end", read, (read,), "read", True, Text("limit.why.read"))
    return _by_the_policy(policy, order, anchors)


def _by_the_policy(policy: Policy | None, order: Order, anchors: Anchors) -> Limit:
    term = fitting(policy.protection, order, anchors) if policy else None
    if policy is None or term is None:
        return Limit("protection_end", None, why=Text("limit.why.unknown"))
    ends, anchor, why, ids = readings(term, anchors), term.anchor, _counted_from(term), term.sources
    cut = fitting(policy.on_delivered, order, anchors)
    cuts = readings(cut, anchors) if cut else ()
    if cut is not None and cuts:
        ids += cut.sources
        ends, shortened = _shortened(ends, cuts, policy, order, anchors)
        if shortened:
            anchor, why = cut.anchor, Text("limit.why.delivered")
    if not ends:
        return _undated("protection_end", term)
    return Limit("protection_end", min(ends), ends, anchor, False, why, cited(ids))


def _shortened(
    ends: tuple[dt.datetime, ...], cuts: tuple[dt.datetime, ...], policy: Policy, order: Order, anchors: Anchors
) -> tuple[tuple[dt.datetime, ...], bool]:
    """The ends that a delivered scan leaves, and whether it moved the earliest.

    A reading by which protection would be over before any claim can safely be made would protect nothing: it is not
    meant where another one leaves a window.
    """
    opening = fitting(policy.earliest_open, order, anchors)
    opens = max(readings(opening, anchors), default=None) if opening else None
    left = {min(*ends, each) if ends else each for each in cuts}
    possible = {each for each in left | set(ends) if opens is None or each - figure("safe_margin") > opens}
    kept = tuple(sorted((left & possible) or possible or left))
    return kept, not ends or kept[0] < min(ends)


def _around_the_end(policy: Policy | None, order: Order, end: Limit, anchors: Anchors) -> list[Limit]:
    """The safe day before the end, the last days after it, and the day to ask for more time by."""
    rescue = fitting(policy.rescue, order, anchors) if policy else None
    ask = fitting(policy.extension, order, anchors) if policy else None
    if end.at is None:
        undated = [Limit("safe_deadline", None, why=end.why, sources=end.sources)]
        return undated + [_undated("rescue_deadline", term) for term in (rescue,) if term]
    margin = figure("safe_margin")
    found = [
        Limit(
            "safe_deadline",
            end.at - margin,
            tuple(each - margin for each in end.readings),
            "protection_end",
            end.certain,
            Text("limit.why.margin", {"days": margin / DAY}),
            (*end.sources, *cited([figures()["safe_margin"].source])),
        )
    ]
    if rescue is not None and (after := readings(rescue, anchors)):
        dates = tuple(each - margin for each in after)
        days = min(rescue.days) if not isinstance(rescue.days, str) else 0
        why = Text("limit.why.rescue", {"days": days})
        found.append(Limit("rescue_deadline", min(dates), dates, end.anchor, False, why, cited(rescue.sources)))
    over = end.anchor == "completed" or "delivered" in anchors
    if ask is not None and not over and (by := readings(ask, anchors)):
        why = _counted(ask, min)
        found.append(Limit("extension_by", min(by), by, "protection_end", False, why, cited(ask.sources)))
    return found


# --- the other limits -------------------------------------------------------------------------------------


def _of_the_policy(
    policy: Policy | None, order: Order, journey: Journey, dispute: Dispute, anchors: Anchors
) -> list[Limit]:
    """Openings before a dispute, the clocks of the state it is in, and those of an agreed refund."""
    found: list[Limit] = []
    for rule in RULES if policy else ():
        if dispute.state not in rule.during or (rule.limit == "seller_ship" and _sent(order, journey)):
            continue
        term = fitting(getattr(policy, rule.field), order, anchors)
        if term is None:
            continue
        dates = readings(term, anchors)
        if dates:
            why = _counted(term, max if rule.pick is max else min)
            found.append(Limit(rule.limit, rule.pick(dates), dates, term.anchor, False, why, cited(term.sources)))
        elif rule.limit not in ONLY_DATED:
            found.append(_undated(rule.limit, term))
    if policy and dispute.state is State.PARKED and (end := anchors.get("protection_end")) is not None:
        # A dispute parked because the parcel moves goes to the platform when protection ends.
        parked = fitting(policy.platform, order, {**anchors, "dispute_opened": end})
        dates = readings(parked, {**anchors, "dispute_opened": end}) if parked else ()
        if parked is not None and dates:
            why, ids = Text("limit.why.parked"), cited(parked.sources)
            found.append(Limit("platform", max(dates), dates, "protection_end", False, why, ids))
    return found


def _beside_the_policy(order: Order, journey: Journey, dispute: Dispute, anchors: Anchors) -> list[Limit]:
    """How long the office keeps a parcel that lies there; until when a case with the payment must be a claim."""
    found: list[Limit] = []
    if journey.stage is Milestone.AVAILABLE_FOR_PICKUP:
        term = fitting(storage(), order, anchors)
        if term is not None and (dates := readings(term, anchors)):
            why = Text("limit.why.storage")
            found.append(Limit("pickup_until", min(dates), dates, "available", False, why, cited(term.sources)))
    if dispute.state is State.BACKSTOP:
        for row in backstops():
            term = fitting(row.escalate, order, anchors)
            if term is None or available(row, order) is not True or not (dates := readings(term, anchors)):
                continue
            at, why = min(dates) - figure("backstop_margin"), _counted(term, min)
            found.append(Limit("escalate_by", at, (*dates, at), term.anchor, False, why, cited(term.sources)))
    return found


def _sent(order: Order, journey: Journey) -> bool:
    return order.shipped is not None or journey.first_acceptance is not None


# --- what the limits mean today ---------------------------------------------------------------------------


class Window(NamedTuple):
    """When a claim can be made at all: opening, the end of protection, and the last instants by the readings."""

    opens: dt.datetime | None
    end: dt.datetime | None
    surely: dt.datetime | None  # no reading says that it has closed before
    perhaps: dt.datetime | None  # no reading says that it is open after


def _window(policy: Policy | None, order: Order, limits: Sequence[Limit]) -> Window:
    """The window as the rules have it, without our margins."""
    by_id = {limit.id: limit for limit in limits}
    end, opens = by_id["protection_end"], by_id.get("earliest_open")
    term = fitting(policy.rescue, order, {}) if policy else None
    extra = term.days if term and not isinstance(term.days, str) else (0.0,)
    surely = end.at + DAY * min(extra) if end.at else None
    perhaps = max(end.readings) + DAY * max(extra) if end.readings else None
    return Window(opens.at if opens else None, end.at, surely, perhaps)


def _money(policy: Policy | None, window: Window, order: Order, dispute: Dispute, now: dt.datetime) -> MoneyState:
    if dispute.state in SETTLED:
        return SETTLED[dispute.state]
    if window.end is None or window.surely is None or window.perhaps is None:
        return MoneyState.UNKNOWN
    if now < window.end or dispute.state in OPEN:
        return MoneyState.HELD
    known = policy is not None and bool(policy.protection or policy.rescue)
    if not known or window.surely < now <= window.perhaps:
        return MoneyState.UNKNOWN
    return MoneyState.RELEASED_RECOVERABLE if now <= window.surely else MoneyState.LOST_ON_PLATFORM


def _may_open(
    policy: Policy | None,
    window: Window,
    order: Order,
    journey: Journey,
    anchors: Anchors,
    dispute: Dispute,
    now: dt.datetime,
) -> tuple[bool | None, Text | None]:
    """Whether a claim can be opened now under the policy, and what stands in the way; None: not known."""
    if dispute.state not in BEFORE:
        return False, Text(_busy(dispute.state))
    if policy is None or not (policy.protection or policy.earliest_open):
        return None, None
    if journey.stage in NEVER_COMES and (window.end is None or now < window.end):
        return True, None
    if window.opens is not None and now < window.opens:
        return False, Text("blocked.too_early", {"at": window.opens})
    if window.perhaps is not None and now > window.perhaps:
        return False, Text("blocked.window_closed", {"at": window.perhaps})
    if window.surely is not None and now > window.surely:
        return None, Text("blocked.may_be_closed", {"at": window.surely})
    if window.end is not None and now < window.end and (days := _moved_within(policy, order, journey, anchors)):
        if now < window.end - figure("safe_margin"):
            return False, Text("blocked.moving", {"days": days, "at": window.end})
        return None, Text("blocked.moving_at_the_end", {"at": window.end})
    if window.opens is None and window.end is None:
        return None, None
    return True, None


def _busy(state: DisputeState) -> str:
    if state is State.BACKSTOP:
        return "blocked.with_the_payment"
    return "blocked.open_already" if state in OPEN else "blocked.was_decided"


def _moved_within(policy: Policy, order: Order, journey: Journey, anchors: Anchors) -> float | None:
    """The days within which a parcel has moved, if for the policy it is in transit with normal updates."""
    quiet = fitting(policy.quiet_before_open, order, anchors)
    if quiet is None or isinstance(quiet.days, str) or journey.silence_days is None:
        return None
    abnormal = journey.stage in NOT_MOVING or any(each.id in NOT_THIS_PARCEL for each in journey.contradictions)
    return max(quiet.days) if not abnormal and journey.silence_days < max(quiet.days) else None


# --- what is not known ------------------------------------------------------------------------------------


def _unknown(policy: Policy | None, order: Order, anchors: Anchors) -> tuple[str, ...]:
    """The figures nobody could source: named by the policy, or written `unknown` in the term that counts."""
    if policy is None:
        return ()
    names = [
        name
        for name, terms in policy.clocks()
        if (term := fitting(terms, order, anchors)) is not None and isinstance(term.days, str)
    ]
    return tuple(dict.fromkeys((*policy.unknown, *names)))


def _ask(policy: Policy | None, order: Order, dispute: Dispute, end: Limit, anchors: Anchors) -> tuple[str, ...]:
    """Facts that would make the clock certain."""
    wanted = []
    if order.marketplace is None:
        wanted.append("marketplace")
    if not end.certain:
        wanted.append("protection_end")
    elif end.anchor == "read" and policy is not None and policy.on_delivered and "delivered" in anchors:
        wanted.append("protection_end_after_delivery")
    wanted += [name for name in ("paid", "shipped") if name not in anchors]
    if policy is not None and "promised" not in anchors:
        counts = [term.anchor for terms in (policy.protection, policy.earliest_open) for term in terms]
        wanted += ["promised"] if "promised" in counts else []
    if dispute.state in OPEN and "dispute_opened" not in anchors:
        wanted.append("dispute_opened")
    wanted += _ask_payment(order)
    return tuple(wanted)


def _ask_payment(order: Order) -> list[str]:
    if order.payment is None:
        return ["payment"]
    if order.payment.lower() != "card":
        return []
    unsure = any(
        row.not_from and order.destination in row.not_from and available(row, order) is None for row in backstops()
    )
    return [
        *(["card_network"] if order.card_network is None else []),
        *(["card_country"] if order.card_country is None and unsure else []),
    ]


# --- words ------------------------------------------------------------------------------------------------


def _undated(id: str, term: Term) -> Limit:
    """A limit whose day cannot be told: the figure is unknown, or the day it counts from is."""
    if isinstance(term.days, str):
        return Limit(id, None, (), term.anchor, False, Text("limit.why.unknown"), cited(term.sources))
    why = Text("limit.why.needs", {"anchor": Text(f"anchor.{term.anchor}")})
    return Limit(id, None, (), term.anchor, False, why, cited(term.sources))


def _counted_from(term: Term) -> Text:
    return Text("limit.why.policy", {"anchor": Text(f"anchor.{term.anchor}")})


def _counted(term: Term, pick: Callable[[Iterable[float]], float]) -> Text:
    days = 0.0 if isinstance(term.days, str) else pick(term.days)
    kind = "working" if term.week < 7 else "before" if days < 0 else "opens"
    return Text(f"limit.why.{kind}", {"anchor": Text(f"anchor.{term.anchor}"), "days": abs(days)})
