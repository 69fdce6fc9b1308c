"""The facts of a purchase that the playbook asks about, computed once.

A fact is a name ("no_events", "act_now", "near_end"); an instant is a name too ("safe_deadline", "act_by").
Facts and instants are all that playbook and guards can refer to, so each is defined here and nowhere else.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dozor import knowledge
from dozor.advice.claims import (
    backstop_facts,
    claim_window,
    dispute_facts,
    money_facts,
    opening,
    speaks_of_defect,
)
from dozor.advice.common import DAY, Facts, Instants, add, midnight, venues
from dozor.advice.decide import Decision, decide, plan
from dozor.advice.hearsay import hearsay_facts, private
from dozor.advice.parcel import parcel_facts, talk_facts
from dozor.advice.tables import BEFORE, belief, figure, style
from dozor.model import (
    Cause,
    CauseId,
    Clock,
    Diagnosis,
    Dispute,
    DisputeState,
    Dossier,
    Journey,
    Milestone,
    Money,
    Outlook,
)

NOT_OURS = frozenset({CauseId.WRONG_DESTINATION, CauseId.RECYCLED_NUMBER})


@dataclass(frozen=True)
class Situation:
    """Where the purchase stands at `now`: the leading cause, facts, instants, and the numbers behind them."""

    now: dt.datetime
    cause: CauseId
    state: DisputeState
    reply: str | None
    facts: frozenset[str]
    at: Instants
    decision: Decision
    route: str  # platform, rescue, backstop or none: the way a claim still has
    args: dict[str, Any] = field(default_factory=dict)
    possible: frozenset[CauseId] = frozenset()

    def has(self, condition: str) -> bool:
        """Whether a condition of the tables holds: a fact, or `!fact`."""
        return condition[1:] not in self.facts if condition.startswith("!") else condition in self.facts

    def fit(self, conditions: tuple[str, ...]) -> bool:
        """Whether all conditions hold."""
        wanted, unwanted = knowledge.sides(conditions)
        return wanted <= self.facts and unwanted.isdisjoint(self.facts)


def situation(
    dossier: Dossier,
    journey: Journey,
    clock: Clock,
    outlook: Outlook | None,
    diagnosis: Diagnosis,
    now: dt.datetime,
    replies: Sequence[str],
    reliability: float,
) -> Situation:
    """All that the tables may ask, from what the other rooms found. Pure."""
    order, dispute = dossier.order, dossier.dispute or Dispute()
    cause = _leading(diagnosis)
    p_cause = next((each.probability for each in diagnosis.causes if each.id is cause), 0.0)
    if cause in NOT_OURS:
        p_cause = sum(each.probability for each in diagnosis.causes if each.id in NOT_OURS)  # one claim for both
    temper = style(dossier.style)
    reply = replies[-1] if replies else None
    facts: Facts = set()
    at: Instants = {"now": now}
    for id in (
        "safe_deadline",
        "earliest_open",
        "protection_end",
        "rescue_deadline",
        "seller_reply",
        "platform",
        "refund",
        "pickup_until",
    ):
        if (instant := clock.at(id)) is not None:
            at[id] = instant
    if (opens := opening(clock, journey, order)) is not None:
        at["earliest_open"] = opens

    goods = order.received is True
    shipped = midnight(order.shipped) or journey.first_acceptance or journey.first_seen or midnight(order.paid)
    days = (now - shipped) / DAY if shipped else None
    direct = (order.marketplace or "").lower() in venues().direct or private(dossier)
    unknown_shop = order.marketplace is None and clock.policy is None and "protection_end" not in at
    add(facts, goods=goods, not_received=order.received is False, direct=direct, unknown_shop=unknown_shop)
    add(facts, site_only=cause is CauseId.SOURCE_DOWN)
    add(facts, sure=p_cause >= figure("sure"), dear=_dear(order.price))
    add(facts, defect=journey.stage is Milestone.DAMAGED or speaks_of_defect(dispute.reason))

    parcel_facts(facts, at, journey, dossier, days, now)
    hearsay_facts(facts, at, dossier, journey, replies, goods=goods)
    silent, waited = talk_facts(facts, at, dossier, replies, now)
    add(facts, heard=silent or (bool(replies) and waited))
    backstop_facts(facts, at, clock, dossier, now)
    paid = midnight(order.paid) or midnight(order.shipped)
    route = claim_window(facts, at, clock, direct=direct, paid=paid, now=now)
    if cause is CauseId.NOT_SHIPPED and "not_posted" in facts and "rescue" not in facts:
        facts.discard(
            "can_open"
        )  # what was never sent is cancelled, not disputed; a term that ran out was declared sent
    money_facts(facts, clock, dispute)
    dispute_facts(facts, at, dispute, order.price.minor if order.price else None, now)

    # An answer whose days have passed without a scan is worth no more than an empty one.
    answer = belief("reply", reply) if reply else None
    stale = waited and answer is not None and answer.patience > 0
    heard = (*replies, "silence") if silent else (*replies, "vague") if stale else replies
    never = _never(diagnosis, outlook, heard, dear=_dear(order.price))
    decision = decide(
        outlook,
        now,
        never=never,
        opens_in=_opens_in(at, order.promised, temper.goodwill, now),
        days_left=(at["claim_until"] - now) / DAY if "claim_until" in at else figure("horizon"),
        style=temper,
        reliability=reliability,
    )
    _decided(facts, at, decision, cause, dispute.state, goods=goods, silent=silent, waited=waited, now=now)

    at["norm"] = _norm(outlook, shipped, now)
    args = _arguments(dossier, journey, clock, decision, at, days, dispute)
    return Situation(
        now=now,
        cause=cause,
        state=dispute.state,
        reply=reply,
        facts=frozenset(facts),
        at=at,
        decision=decision,
        route=route,
        args=args,
        possible=frozenset(each.id for each in diagnosis.causes if each.probability >= figure("possible_cause")),
    )


def _decided(
    facts: Facts,
    at: Instants,
    decision: Decision,
    cause: CauseId,
    state: DisputeState,
    *,
    goods: bool,
    silent: bool,
    waited: bool,
    now: dt.datetime,
) -> None:
    """What the programme's answer means today: act, wait until when, or extend."""
    end = at.get("protection_end") or at.get("claim_until")
    left = (end - now) / DAY if end else None
    until = at.get("claim_until")
    before = state in BEFORE
    row = belief("cause", cause.value)
    nature = row.nature if row else ""
    talked = silent or waited or nature == "strong"
    delivered = cause is CauseId.DELIVERED and "not_received" not in facts
    today = plan(
        decision,
        to_end=math.inf if left is None else left,
        to_last=math.inf if until is None else (until - now) / DAY,
        rescue="rescue" in facts,
        talked=talked,
        look_first=nature == "look_first",
        coming=nature == "coming" or delivered,
        ready="ready" in facts or delivered or cause is CauseId.PICKUP_EXPIRING,
        can_open=before and not goods and "can_open" in facts,
    )
    likely = decision.p_never <= 1 - figure("arrival_likely")
    add(facts, near_end=today.near, arrival_likely=likely)
    window = left is not None and left <= figure("extension_before_end") and "direct" not in facts
    add(facts, ask_window=window and "rescue" not in facts and "expired" not in facts)
    if "claim_until" in at:
        by = now + DAY * max(0.0, min(today.act_in, (at["claim_until"] - now) / DAY))
        if "backstop_until" in at:
            by = min(by, at["backstop_until"] - DAY * figure("backstop_margin"))
        at["act_by"] = min(max(by, now, at["claim_from"]), at["claim_until"])
    act = bool(today.act) and not ("settled" in facts or "before_refund" in facts)
    add(facts, act_now=act)
    if not act and not today.near and not talked and "act_by" in at:
        # A question to the seller gets its days first, as long as the last week is not touched.
        by = at["reply_by"] if end is None else min(at["reply_by"], end - DAY * figure("act_before_end"))
        at["act_by"] = min(max(at["act_by"], by), at["claim_until"])
    ahead = before and not goods and "claim_from" in at and not ("settled" in facts or "before_refund" in facts)
    add(facts, claim_ahead=ahead and not act)


def _never(diagnosis: Diagnosis, outlook: Outlook | None, replies: Sequence[str], *, dear: bool) -> float:
    """Belief that the goods never come: over the causes, then moved by the seller's last reply."""
    base = outlook.p_never if outlook else figure("never_unknown")
    total = sum(cause.probability for cause in diagnosis.causes) or 1.0
    never = sum(cause.probability * _cause_never(cause, base, dear=dear) for cause in diagnosis.causes) / total
    never = min(max(never if diagnosis.causes else base, 0.005), 0.995)
    row = belief("reply", replies[-1]) if replies else None
    factor = 1.0 if row is None else row.odds_dear if dear and row.odds_dear is not None else row.odds
    odds = never / (1 - never) * factor
    return odds / (1 + odds)


def _cause_never(cause: Cause, base: float, *, dear: bool) -> float:
    row = belief("cause", cause.id.value)
    if row is None or row.never is None:
        return base
    return row.never_dear if dear and row.never_dear is not None else row.never


def _opens_in(at: Instants, promised: dt.date | None, goodwill: float, now: dt.datetime) -> float:
    start = at.get("claim_from", now)
    wish = midnight(promised)
    if goodwill and wish is not None and "protection_end" in at:
        # Goodwill never reaches into the last week of protection.
        start = max(start, min(wish + DAY * goodwill, at["protection_end"] - DAY * figure("act_before_end")))
    return max(0.0, (start - now) / DAY)


def _norm(outlook: Outlook | None, since: dt.datetime | None, now: dt.datetime) -> dt.datetime:
    """The day by which most such parcels have shown their next scan, never before tomorrow."""
    soon = now + DAY
    if outlook is not None and outlook.norm_p90 > outlook.elapsed:
        return max(soon, now + DAY * (outlook.norm_p90 - outlook.elapsed))
    if since is not None:
        return max(now + DAY * figure("look_again"), since + DAY * figure("wait_fallback"))
    return now + DAY * figure("wait_fallback")


def _arguments(
    dossier: Dossier,
    journey: Journey,
    clock: Clock,
    decision: Decision,
    at: Instants,
    days: float | None,
    dispute: Dispute,
) -> dict[str, Any]:
    """What sentences may name; a thing unknown is simply not there."""
    number = journey.numbers[0].number if journey.numbers else (dossier.numbers[0] if dossier.numbers else None)
    asked = sorted(journey.outcomes)
    args: dict[str, Any] = {
        "p": round(decision.p_arrives, 3),
        "days": round(days) if days is not None and days >= 1 else None,
        "number": number if number != dossier.order.number else None,
        "silent": round(journey.silence_days) if journey.silence_days and journey.silence_days >= 1 else None,
        "reply": at.get("reply_by"),
        "until": at.get("act_by"),
        "deadline": at.get("claim_until"),
        "opens": at.get("earliest_open"),
        "end": at.get("protection_end"),
        "norm": at.get("norm"),
        "offered": dispute.offered,
        "sum": dispute.asked or dossier.order.price,
        "sources": len(asked) or None,
        "blocked": clock.blocked_why,
    }
    return {name: value for name, value in args.items() if value is not None}


def _leading(diagnosis: Diagnosis) -> CauseId:
    """The likeliest cause; "something else" leads only where nothing better is likely at all."""
    named = [cause for cause in diagnosis.causes if cause.id is not CauseId.OTHER]
    best = max(named, key=lambda cause: cause.probability, default=None)
    return best.id if best is not None and best.probability >= figure("possible_cause") else CauseId.OTHER


def _dear(price: Money | None) -> bool:
    """Whether the price lies above the band in which goods often travel without tracking; unknown: no."""
    if price is None:
        return False
    try:
        return price.minor > figure(f"cheap.{price.currency}") * 100
    except KeyError:
        return False
