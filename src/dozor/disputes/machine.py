"""The dispute as a state machine: who may do what, when, under which policy (`machine.toml`).

A state is one of `DisputeState`; an event is the id of a move. Facts are names that the caller knows to hold
(`window`, `goods`, `reads_here`, `time_left`, …): what is not named does not hold. Moves that give the money away
exist in the table and are never proposed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import cache

from msgspec import Struct, field

from dozor import knowledge
from dozor.model import DisputeState, StepId

FACTS = frozenset(
    {
        "window",  # the policy lets a dispute be opened today
        "claim_is_true",  # nothing came, or what came is faulty
        "goods",
        "defect",
        "end_passed",
        "rescue_passed",
        "seller_reply_over",
        "buyer_reply_over",
        "evidence_over",
        "return_over",
        "refund_late",
        "offer_full",
        "offer_partial",
        "reads_here",  # the number reads in the buyer's country, or the goods are there
        "time_left",  # protection leaves days for a new dispute
        "in_transit",
        "payment_open",
    }
)
ACTORS = frozenset({"buyer", "seller", "platform", "time"})


class IllegalMoveError(ValueError):
    """A move that the state, its guard or the policy of that day does not allow; says which."""


class Move(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One way out of a state. `to` is a state or "same"; `after` are moves that should come first."""

    id: str
    actor: str
    origins: tuple[DisputeState, ...] = field(name="from")
    to: str
    rules: tuple[str, ...]
    source: str
    confidence: str
    guard: tuple[str, ...] = ()
    steps: tuple[StepId, ...] = ()
    until: str | None = None
    clock: str | None = None
    outcome: str | None = None
    told: str | None = None
    after: tuple[str, ...] = ()
    since: dt.date | None = None
    before: dt.date | None = None
    never: bool = False
    final: bool = False

    def target(self, state: DisputeState) -> DisputeState:
        """Where it leads from a state."""
        return state if self.to == "same" else DisputeState(self.to)

    def in_force(self, bought: dt.date | None) -> bool:
        """Whether the policy of the day of purchase knows the move; an unknown day is taken as today's policy."""
        if bought is None:
            return self.before is None
        return (self.since is None or bought >= self.since) and (self.before is None or bought < self.before)

    def holds(self, facts: Collection[str]) -> bool:
        """Whether all conditions of its guard hold."""
        return all((each[1:] not in facts) if each.startswith("!") else (each in facts) for each in self.guard)


@cache
def table() -> tuple[Move, ...]:
    """All moves. Raises KnowledgeError for one that names a state, fact or actor that does not exist."""
    rows = knowledge.rows("disputes", "machine.toml", Move)
    states = {state.value for state in DisputeState} | {"same"}
    for row in rows:
        unknown = {each.removeprefix("!") for each in row.guard} - FACTS
        if unknown or row.actor not in ACTORS or row.to not in states:
            wrong = ", ".join(sorted(unknown)) or f"{row.actor} → {row.to}"
            raise knowledge.KnowledgeError(f"disputes/machine.toml: {row.id}: no such thing: {wrong}")
        strangers = set(row.after) - {each.id for each in rows}
        if strangers:
            raise knowledge.KnowledgeError(f"disputes/machine.toml: {row.id}: no such move: {', '.join(strangers)}")
    return rows


def moves(
    state: DisputeState,
    *,
    actor: str | None = None,
    facts: Collection[str] | None = None,
    bought: dt.date | None = None,
) -> tuple[Move, ...]:
    """The moves out of a state under the policy of a day; with `facts`, only those whose guard holds."""
    return tuple(
        row
        for row in table()
        if state in row.origins
        and (actor is None or row.actor == actor)
        and row.in_force(bought)
        and (facts is None or row.holds(facts))
    )


def make(
    state: DisputeState, move: str, facts: Collection[str] = (), *, bought: dt.date | None = None
) -> tuple[DisputeState, Move]:
    """The state after a move, and the move made. Raises IllegalMoveError."""
    named = [row for row in table() if row.id == move]
    if not named:
        raise IllegalMoveError(f"no such move: {move}")
    for row in named:
        if state not in row.origins:
            raise IllegalMoveError(f"{move} is no move of a dispute that is {state.value}")
        if not row.in_force(bought):
            raise IllegalMoveError(f"{move} does not exist under the policy of that purchase")
        if not row.holds(facts):
            raise IllegalMoveError(f"{move} needs: {', '.join(row.guard)}")
    return named[0].target(state), named[0]


def steps_allowed(state: DisputeState, *, bought: dt.date | None = None) -> frozenset[StepId]:
    """The buyer's steps that some move of the state makes; moves that give the money away make none."""
    own = moves(state, actor="buyer", bought=bought)
    return frozenset(step for row in own if not row.never for step in row.steps)


@cache
def governed() -> frozenset[StepId]:
    """The steps that the machine speaks about: each of them needs a move."""
    return frozenset(step for row in table() for step in row.steps)
