"""Bayes by hand: a prior for each cause, plus the weights of what was seen, made into shares that sum to one.

Everything is additive in natural logs, so that a reader can check a verdict with a pencil:
ln(share) = ln(prior) + Σ weights − ln(sum over all causes).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from dozor import knowledge
from dozor.diagnosis.facts import Facts, facts
from dozor.diagnosis.observe import next_observation
from dozor.diagnosis.tables import CauseRow, EvidenceRow, causes, evidence, figures
from dozor.model import (
    Cause,
    CauseId,
    Clock,
    Diagnosis,
    Dossier,
    Evidence,
    Journey,
    Mention,
    Outlook,
    Text,
)


def diagnose(
    dossier: Dossier,
    mentions: Sequence[Mention],
    journey: Journey,
    clock: Clock,
    outlook: Outlook | None,
    now: dt.datetime,
    *,
    replies: Sequence[str] = (),
    tracked_prior: float | None = None,
) -> Diagnosis:
    """All causes, likeliest first, with probabilities that sum to one and the evidence of each.

    `replies` are categories of the seller's answers, oldest first; `tracked_prior` is P(tracked end to end) of
    such a purchase, where known; `now` is aware. The probabilities are estimates until calibration says more.
    """
    known = facts(dossier, mentions, journey, clock, outlook, now, replies, tracked_prior)
    pieces = [_piece(row, known) for row in weigh(known)]
    shares = {row.id: math.log(row.prior) for row in causes()}
    for piece in pieces:
        for id in shares:
            shares[id] += piece.weights.get(id, piece.others)
    probabilities = _held_below_ceilings(_normalised(shares), known)
    changes: dict[str, Text] = {}
    ranked = tuple(
        Cause(
            id=row.id,
            probability=probabilities[row.id],
            prior=row.prior,
            evidence=_evidence(pieces, row.id),
            changes=tuple(changes.setdefault(name, Text(f"change.{name}", known.args)) for name in row.changes),
        )
        for row in sorted(causes(), key=lambda row: (-probabilities[row.id], row.id is CauseId.OTHER, row.id.value))
    )
    return Diagnosis(
        causes=ranked,
        not_checked=_not_checked(known),
        next_observation=next_observation(probabilities, known),
    )


def weigh(known: Facts) -> list[EvidenceRow]:
    """The evidence that applies: of each group the first row that fits."""
    chosen: dict[str, EvidenceRow] = {}
    names = known.names
    for row, (wanted, unwanted) in _conditions():
        if row.group not in chosen and wanted <= names and unwanted.isdisjoint(names):
            chosen[row.group] = row
    return list(chosen.values())


@cache
def _conditions() -> tuple[tuple[EvidenceRow, tuple[frozenset[str], frozenset[str]]], ...]:
    """Each row of evidence with what must hold for it and what must not."""
    return tuple((row, knowledge.sides(tuple(row.when))) for row in evidence())


class _Piece(NamedTuple):
    """A row of evidence as it weighs here: its weights are already in nats of this case."""

    id: str
    weights: dict[CauseId, float]
    others: float
    why: Text
    source: str


def _piece(row: EvidenceRow, known: Facts) -> _Piece:
    strength = (known.strengths.get(row.scale, 0.0) if row.scale else 1.0) / figures().temperature
    weights = {cause: weight * strength for cause, weight in row.weights.items()}
    return _Piece(row.id, weights, row.others * strength, Text(f"evidence.{row.id}", known.args), row.source)


def _normalised(logs: dict[CauseId, float]) -> dict[CauseId, float]:
    top = max(logs.values())
    raw = {id: math.exp(value - top) for id, value in logs.items()}
    total = sum(raw.values())
    return {id: value / total for id, value in raw.items()}


def _held_below_ceilings(shares: dict[CauseId, float], known: Facts) -> dict[CauseId, float]:
    """A cause without the ground it needs keeps its ceiling at most; the rest of its share goes to all others."""
    held = {row.id for row in causes() if row.needs and not _grounded(row, known)}
    capped = {row.id: row.ceiling for row in causes() if row.id in held and shares[row.id] > row.ceiling}
    if not capped:
        return shares
    free = sum(value for id, value in shares.items() if id not in capped)
    if free <= 0:
        return shares
    grow = (1 - sum(capped.values())) / free
    return {id: capped.get(id, value * grow) for id, value in shares.items()}


def _grounded(row: CauseRow, known: Facts) -> bool:
    return any(known.fit(conditions) for conditions in row.needs)


def _evidence(pieces: Sequence[_Piece], cause: CauseId) -> tuple[Evidence, ...]:
    least = figures().shown_least
    weighed = [(weight, piece) for piece in pieces if abs(weight := piece.weights.get(cause, piece.others)) >= least]
    weighed.sort(key=lambda pair: -abs(pair[0]))
    return tuple(Evidence(piece.id, round(weight, 3), piece.why, piece.source) for weight, piece in weighed)


UNCHECKED = {
    "right_one_not_asked": "right_carrier",
    "dates_unknown": "dates",
    "shipping_unknown": "shipping",
    "protection_unknown": "protection",
}


def _not_checked(known: Facts) -> tuple[Text, ...]:
    """What was not looked at: an answer says it."""
    missing = [Text(f"unchecked.{name}", known.args) for fact, name in UNCHECKED.items() if known.has(fact)]
    asked = known.has("found") or known.has("asked_in_vain") or known.has("only_down") or known.has("needs_more")
    if known.has("tracking_number") and not asked:
        missing.insert(0, Text("unchecked.carriers", known.args))
    return tuple(missing)
