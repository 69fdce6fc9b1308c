"""The tables of the room: thresholds, beliefs, styles, playbook, guards and the reminder ladder."""

from __future__ import annotations

import re
from functools import cache

from msgspec import Struct

from dozor import knowledge
from dozor.model import CauseId, DisputeState, StepId

BEFORE = (DisputeState.NONE, DisputeState.CANCELLED)

INSTANT = re.compile(r"(?P<name>[a-z_]+)(?:(?P<sign>[+-])(?P<n>\d+)(?P<unit>[dh]))?")


class Figure(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One threshold, in days unless `unit` says otherwise."""

    id: str
    value: float
    source: str
    confidence: str
    unit: str = "days"


class Belief(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a cause or a reply says about goods that never come."""

    kind: str
    id: str
    source: str
    confidence: str
    never: float | None = None
    never_dear: float | None = None  # where the price is above the cheap band
    odds: float = 1.0
    odds_dear: float | None = None  # where the price is above the cheap band
    patience: float = 0.0
    nature: str = ""  # of a cause: look_first (check before any claim), strong (claim without asking), coming


class Style(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A buyer's temper: costs as shares of the price, goodwill in days past the promised day."""

    id: str
    unrest: float
    needless: float
    goodwill: float
    source: str
    confidence: str


class StepRow(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One step of a row. Instants are written `name`, `name+5d` or `name-6h` over `facts.toml`."""

    step: StepId
    why: str
    not_before: str | None = None
    not_after: str | None = None
    otherwise: str | None = None
    watch: str | None = None
    message: str | None = None


class Row(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A state of affairs and its steps: the first row that fits leads, rows with `also` add theirs."""

    id: str
    steps: tuple[StepRow, ...]
    sources: tuple[str, ...]
    source: str
    confidence: str
    causes: tuple[CauseId, ...] = ()
    disputes: tuple[DisputeState, ...] = BEFORE
    replies: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    also: bool = False


class GuardRow(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What not to do while the conditions hold."""

    id: str
    sources: tuple[str, ...]
    source: str
    confidence: str
    causes: tuple[CauseId, ...] = ()
    disputes: tuple[DisputeState, ...] = ()
    replies: tuple[str, ...] = ()
    when: tuple[str, ...] = ()


class Name(Struct, frozen=True, forbid_unknown_fields=True):
    """A fact or an instant that rows may name; `situation` computes each."""

    id: str
    kind: str
    means: str


class Rung(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One rung of the reminder ladder, hours before the instant to decide by; `always`: kept for everybody."""

    hours: float
    source: str
    confidence: str
    always: bool = False


class Binding(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A step whose last safe date costs money or goods."""

    step: StepId
    source: str
    confidence: str


def binding(step: StepId) -> bool:
    """Whether the last safe date of such a step costs money or goods where it passes."""
    return step in _binding()


@cache
def _binding() -> frozenset[StepId]:
    return frozenset(row.step for row in knowledge.rows("advice", "binding.toml", Binding))


def figure(id: str) -> float:
    """The value of a threshold. Raises KeyError for one that the table does not have."""
    return _figures()[id].value


@cache
def _figures() -> dict[str, Figure]:
    return {row.id: row for row in knowledge.rows("advice", "settings.toml", Figure)}


@cache
def belief(kind: str, id: str) -> Belief | None:
    """The row of a cause or a reply, if there is one."""
    return next(
        (row for row in knowledge.rows("advice", "beliefs.toml", Belief) if (row.kind, row.id) == (kind, id)), None
    )


@cache
def style(id: str) -> Style:
    """A style by its id; an unknown one is taken as balanced."""
    known = {row.id: row for row in knowledge.rows("advice", "styles.toml", Style)}
    return known.get(id) or known["balanced"]


@cache
def vocabulary(kind: str) -> frozenset[str]:
    """The ids of all facts or all instants."""
    return frozenset(row.id for row in knowledge.rows("advice", "facts.toml", Name) if row.kind == kind)


@cache
def playbook() -> tuple[Row, ...]:
    """The rows in their order. Raises KnowledgeError for a row that names what does not exist."""
    rows = knowledge.rows("advice", "playbook.toml", Row)
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise knowledge.KnowledgeError(f"advice/playbook.toml: {row.id} stands twice")
        seen.add(row.id)
        _known_facts("playbook.toml", row.id, row.when)
        for step in row.steps:
            for written in (step.not_before, step.not_after):
                found = INSTANT.fullmatch(written) if written is not None else None
                if written is not None and (found is None or found["name"] not in vocabulary("instant")):
                    raise knowledge.KnowledgeError(f"advice/playbook.toml: {row.id}: no such instant: {written}")
    return rows


@cache
def guard_rows() -> tuple[GuardRow, ...]:
    """The guards, most important first."""
    rows = knowledge.rows("advice", "guards.toml", GuardRow)
    for row in rows:
        _known_facts("guards.toml", row.id, row.when)
    return rows


def _known_facts(file: str, id: str, when: tuple[str, ...]) -> None:
    for condition in when:
        if condition.removeprefix("!") not in vocabulary("fact"):
            raise knowledge.KnowledgeError(f"advice/{file}: {id}: no such fact: {condition}")


@cache
def ladder() -> tuple[Rung, ...]:
    """The reminder ladder, from the nearest rung to the farthest."""
    return tuple(sorted(knowledge.rows("advice", "reminders.toml", Rung), key=lambda rung: rung.hours))
