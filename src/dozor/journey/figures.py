"""The thresholds of this room."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from dozor import knowledge
from dozor.model import Milestone


class Figures(Struct, frozen=True, forbid_unknown_fields=True):
    """See `figures.toml` for what each means."""

    source: str
    same_scan_minutes: float
    same_scan_zoneless_hours: float
    before_payment_days: float
    before_shipping_days: float
    least_days_abroad: float
    two_countries_hours: float
    after_delivery_days: float
    hole_days: float
    reversal_days: float
    number_change_near_days: float
    guess_before_days: float
    guess_after_days: float
    guess_near_days: float
    guess_weight_share: float
    guess_certainty: float
    guess_near_adds: float
    guess_place_adds: float
    guess_weight_adds: float
    tells_less: tuple[tuple[str, str], ...]


@cache
def figures() -> Figures:
    """The thresholds, read once."""
    return knowledge.document("journey", "figures.toml", Figures)


class ReversalRow(Struct, frozen=True, forbid_unknown_fields=True):
    """What a correction with this code takes back."""

    system: str
    code: str
    milestone: Milestone
    source: str


@cache
def reversals() -> dict[tuple[str, str], Milestone]:
    """By system and code."""
    return {(row.system, row.code): row.milestone for row in knowledge.rows("journey", "reversals.toml", ReversalRow)}


class CodeRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One code of a system."""

    system: str
    code: str
    source: str


@cache
def renumbered() -> frozenset[tuple[str, str]]:
    """Codes, by system, that say that the parcel goes on under another number."""
    return frozenset((row.system, row.code) for row in knowledge.rows("journey", "renumbered.toml", CodeRow))


@cache
def tells_more() -> dict[tuple[Milestone, Milestone], Milestone]:
    """Of two meanings of one scan the one that says more; a pair that is missing is of two scans."""
    known: dict[tuple[Milestone, Milestone], Milestone] = {}
    for less, more in figures().tells_less:
        for each in Milestone if more == "*" else (Milestone(more),):
            known[Milestone(less), each] = known[each, Milestone(less)] = each
    return known
