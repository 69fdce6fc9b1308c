"""How a dispute is filled in and won: the form's answers (`form.toml`) and the pieces of evidence (`evidence.toml`)."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from msgspec import Struct

from dozor import knowledge
from dozor.model import CauseId, Text

FAMILIES = ("not_received", "defect")


class Line(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One answer of the form, or one piece of evidence; `text` is the id of its sentence."""

    id: str
    families: tuple[str, ...]
    text: str
    rules: tuple[str, ...]
    source: str
    confidence: str
    causes: tuple[CauseId, ...] = ()
    shops: tuple[str, ...] = ()
    scope: str | None = None
    when: str | None = None


def form(
    cause: CauseId, *, family: str = "not_received", scope: str | None = None, shop: str | None = None
) -> tuple[Line, ...]:
    """The answers to give, in the order in which a form asks. `scope` is the policy's: line or order.

    `shop` is a marketplace id; without one only what holds for any shop is said.
    """
    taken: dict[str, Line] = {}
    for row in _lines("form.toml"):
        if row.id in taken or family not in row.families or (row.causes and cause not in row.causes):
            continue
        if (row.scope is None or row.scope == scope) and (not row.shops or shop in row.shops):
            taken[row.id] = row
    return tuple(taken.values())


def evidence(cause: CauseId, *, family: str = "not_received", known: Collection[str] = ()) -> tuple[Line, ...]:
    """What to gather for a claim, most telling first; `known` are facts such as `admitted`."""
    return tuple(
        row
        for row in _lines("evidence.toml")
        if family in row.families
        and (not row.causes or cause in row.causes)
        and (row.when is None or row.when in known)
    )


def how(
    cause: CauseId, *, family: str, scope: str | None, known: Collection[str], shop: str | None = None
) -> tuple[Text, ...]:
    """Form and evidence as sentences, for a step that opens or changes a dispute."""
    lines = (*form(cause, family=family, scope=scope, shop=shop), *evidence(cause, family=family, known=known))
    return tuple(Text(f"dispute.{line.text}") for line in lines)


@cache
def _lines(file: str) -> tuple[Line, ...]:
    rows = knowledge.rows("disputes", file, Line)
    for row in rows:
        if not set(row.families) <= set(FAMILIES):
            raise knowledge.KnowledgeError(f"disputes/{file}: {row.id}: no such family: {', '.join(row.families)}")
    return rows
