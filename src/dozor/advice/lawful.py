"""The last gate: whatever the tables say, no step leaves here that could harm the buyer or break the policy.

A claim lies inside its window; nothing is confirmed, accepted or withdrawn against the guards; a step that the
dispute's state does not allow is dropped; an empty list becomes a wait or the next way to the money.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from msgspec.structs import replace

from dozor.advice import words
from dozor.advice.situation import Situation
from dozor.advice.tables import BEFORE
from dozor.model import DisputeState, Step, StepId

CLAIMS = frozenset({StepId.OPEN_DISPUTE_NOW, StepId.OPEN_DISPUTE_BY_DEADLINE})
OPEN = frozenset(
    {
        DisputeState.WAITING_SELLER,
        DisputeState.WAITING_BUYER,
        DisputeState.PARKED,
        DisputeState.PLATFORM,
        DisputeState.PLATFORM_EVIDENCE,
        DisputeState.RETURN,
    }
)
NEEDS_OPEN = frozenset(
    {
        StepId.MODIFY_DISPUTE,
        StepId.REJECT_OFFER,
        StepId.ACCEPT_OFFER,
        StepId.KEEP_DISPUTE_OPEN,
        StepId.CANCEL_DISPUTE,
        StepId.ESCALATE_OR_WAIT_PLATFORM,
    }
)
# Steps that lead up to a claim: with a claim still ahead they end before its last safe instant.
LEADING_UP = frozenset(
    {StepId.WAIT, StepId.WRITE_SELLER, StepId.ASK_EXTENSION, StepId.ASK_OTHER_CARRIER, StepId.ASK_POST_OFFICE}
)


def lawful(drafts: Iterable[Step], s: Situation, may: frozenset[StepId] | None = None) -> tuple[Step, ...]:
    """The drafts that may be advised, once each, with their dates inside the limits; never empty.

    `may` are the steps that the dispute's state has a move for, as its machine says; None: not looked at.
    """
    kept: dict[StepId, Step] = {}
    for draft in drafts:
        step = _claim(draft, s) if draft.id in CLAIMS else draft
        if step is not None and step.id not in kept and _allowed(step, s) and _has_move(step, may):
            kept[step.id] = _dated(step, s)
    if StepId.OPEN_DISPUTE_NOW in kept:
        kept.pop(StepId.OPEN_DISPUTE_BY_DEADLINE, None)
    if not kept:
        fallback = Step(StepId.WAIT, words.text("advice.why.wait_dated", s.args), not_after=s.at.get("act_by"))
        kept[StepId.WAIT] = _dated(fallback, s)
    return tuple(kept.values())


def _has_move(step: Step, may: frozenset[StepId] | None) -> bool:
    return may is None or step.id in may or step.id not in NEEDS_OPEN | CLAIMS | {StepId.ASK_EXTENSION}


def _claim(step: Step, s: Situation) -> Step | None:
    """A claim inside its window: now where the policy allows it, by the deadline where it does not yet."""
    if s.state not in BEFORE or "claim_from" not in s.at:
        return None
    if s.has("goods") and not (s.has("defect") and step.id is StepId.OPEN_DISPUTE_NOW and s.has("can_open")):
        return None  # goods in hand are claimed for only where they are faulty, and where that is possible today
    until = s.at.get("claim_until")
    if step.id is StepId.OPEN_DISPUTE_NOW and s.has("can_open"):
        return replace(step, not_before=None, not_after=until)
    if step.id is StepId.OPEN_DISPUTE_NOW:
        why = words.text("advice.why.by_deadline", s.args)
        step = replace(step, id=StepId.OPEN_DISPUTE_BY_DEADLINE, why=why)
    start = max(s.at["claim_from"], s.at.get("act_by", s.now))
    return replace(step, not_before=start if start > s.now else None, not_after=until)


def _allowed(step: Step, s: Situation) -> bool:
    match step.id:
        case StepId.CONFIRM_RECEIPT:
            return s.has("goods") and not s.has("defect") and s.state not in OPEN
        case StepId.CANCEL_DISPUTE:
            return s.state in OPEN and s.has("goods") and s.has("time_left")
        case StepId.ACCEPT_OFFER:
            return s.state is DisputeState.WAITING_BUYER and s.has("offer_full")
        case StepId.CHARGEBACK_OR_PAYPAL:
            return not s.has("no_backstop") and not s.has("money_back")
        case StepId.ASK_EXTENSION:
            return s.state in BEFORE and not s.has("direct") and not s.has("expired") and not s.has("rescue")
        case each if each in NEEDS_OPEN:
            return s.state in OPEN
    return True


def _dated(step: Step, s: Situation) -> Step:
    before, after = step.not_before, step.not_after
    if step.id is StepId.CHARGEBACK_OR_PAYPAL:
        opens, closes = s.at.get("backstop_from"), s.at.get("backstop_until")
        before = _latest(before, opens if opens and opens > s.now else None)
        after = closes
    if step.id in LEADING_UP and s.state in BEFORE and not s.has("goods") and "claim_until" in s.at:
        after = _earliest(after, s.at["claim_until"])
    if after is not None and after < s.now:
        after = None
    if before is not None and (before <= s.now or (after is not None and before > after)):
        before = None
    return replace(step, not_before=before, not_after=after)


def _earliest(a: dt.datetime | None, b: dt.datetime | None) -> dt.datetime | None:
    return min((each for each in (a, b) if each is not None), default=None)


def _latest(a: dt.datetime | None, b: dt.datetime | None) -> dt.datetime | None:
    return max((each for each in (a, b) if each is not None), default=None)
