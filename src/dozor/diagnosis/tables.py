"""The tables of this room: causes with their priors and gates, evidence with its weights, observations, figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache

from msgspec import Struct

from dozor import knowledge
from dozor.model import CauseId


class CauseRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One cause. `prior` is its share among purchases that are asked about before anything is known of them.

    `needs` lists conditions of which one must hold before the cause may be a verdict (each a list of facts that
    must hold together); without it the cause keeps at most the share `ceiling`. `changes` names what would
    change a verdict of this cause (sentences `change.<id>`).
    """

    id: CauseId
    prior: float
    source: str
    needs: tuple[tuple[str, ...], ...] = ()
    ceiling: float = 1.0
    changes: tuple[str, ...] = ()


class EvidenceRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One piece of evidence: what it weighs where all facts of `when` hold (`!fact`: does not hold).

    Rows of one `group` are readings of the same observation: the first that fits counts and the others do not,
    so that no silence is counted twice. `weights` are natural-log likelihood ratios by cause, `others` is the
    weight for every cause not named; with `scale` all of them are multiplied by that strength.
    """

    id: str
    group: str
    when: tuple[str, ...]
    weights: dict[CauseId, float]
    source: str
    others: float = 0.0
    scale: str = ""


class ObservationRow(Struct, frozen=True, forbid_unknown_fields=True):
    """Something the buyer or Dozor can look at. `tells` are groups of causes that it would tell apart.

    `trust` (0…1) is how often it gives the right group, `effort` (nats) what it must earn to be worth doing.
    """

    id: str
    when: tuple[str, ...]
    tells: tuple[tuple[CauseId, ...], ...]
    trust: float
    effort: float
    source: str


class ProfileRow(Struct, frozen=True, forbid_unknown_fields=True):
    """How numbers of an issuer, or parcels of a service, behave beyond the border.

    `beyond_border` is dark (no scans until the last office), always (scans all the way) or untracked (none at all).
    """

    beyond_border: str
    source: str
    issuer: str | None = None
    formats: tuple[str, ...] = ()
    services: tuple[str, ...] = ()  # words of the service's name


class EraRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule of a shop about tracking, by destination, price (US dollars, lower bound) and day of payment."""

    fact: str
    marketplaces: tuple[str, ...]
    destinations: tuple[str, ...]
    above_dollars: float
    source: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


class Figures(Struct, frozen=True, forbid_unknown_fields=True):
    """Thresholds of this room, each explained in the file."""

    source: str
    temperature: float
    strength_most: float
    beyond_most: float
    two_sources: int
    late_days: float
    late_norms: float
    correction_sure: float
    headline_sure: float
    headline_open: float
    pattern_length: int
    shown_least: float
    pickup_warn_days: float
    round_days: float
    promise_step: float
    protection_old: float
    out_days: float
    overdue_most: float
    age_usual: float
    age_scale: float


# The facts that `facts.py` may find, but for the families whose names follow a vocabulary of the model.
FACTS = frozenset(
    [
        "aged",
        "anothers_said",
        "any_events",
        "any_movement",
        "asked_in_vain",
        "asks",
        "check.passed",
        "correctable",
        "dates_unknown",
        "delivered_abroad",
        "disputed",
        "direct_shop",
        "round_over",
        "same_country",
        "delivered_at_origin",
        "ends_abroad",
        "exported",
        "found",
        "goods_in_hand",
        "goods_missing",
        "history_wrong",
        "impossible",
        "imported",
        "label_events",
        "late",
        "miscounted",
        "needs_more",
        "no_events",
        "norm_known",
        "not_theirs",
        "new_number_silent",
        "number_changed",
        "only_down",
        "out_long",
        "order_only",
        "past_norm",
        "pattern",
        "pickup_ends",
        "price.high",
        "price.low",
        "price_known",
        "product_only",
        "promise_passed",
        "protection_old",
        "protection_unknown",
        "reach.known",
        "replied",
        "right_one_asked",
        "right_one_not_asked",
        "shipping_unknown",
        "told_nothing",
        "tracking_number",
        "two_sources",
        "unrecognised",
        "vague",
        "worded",
    ]
)
FAMILIES = ("stage.", "contradiction.", "reach.", "reply.", "profile.", "said.", "era.")


def is_fact(name: str) -> bool:
    """Whether a name is one that the code can find; a misspelt condition would never hold."""
    return name in FACTS or name.startswith(FAMILIES)


def _checked(where: str, conditions: Iterable[str]) -> None:
    for condition in conditions:
        if not is_fact(condition.removeprefix("!")):
            raise knowledge.KnowledgeError(f"diagnosis/{where}: {condition!r} is no fact")


@cache
def causes() -> tuple[CauseRow, ...]:
    """All causes, once each; their priors sum to one."""
    found = knowledge.rows("diagnosis", "causes.toml", CauseRow)
    if sorted(row.id for row in found) != sorted(CauseId):
        raise knowledge.KnowledgeError("diagnosis/causes.toml: every cause of the model stands here once")
    total = sum(row.prior for row in found)
    if abs(total - 1) > 1e-6:
        raise knowledge.KnowledgeError(f"diagnosis/causes.toml: the priors sum to {total:.6f}, not to 1")
    for row in found:
        _checked(f"causes.toml: {row.id.value}", (condition for conditions in row.needs for condition in conditions))
    return found


@cache
def evidence() -> tuple[EvidenceRow, ...]:
    """All evidence; within a group the order of the file is the order of choice."""
    found = knowledge.rows("diagnosis/evidence", "*.toml", EvidenceRow)
    for row in found:
        _checked(f"evidence: {row.id}", row.when)
    return found


@cache
def observations() -> tuple[ObservationRow, ...]:
    """What can be looked at next."""
    found = knowledge.rows("diagnosis", "observations.toml", ObservationRow)
    for row in found:
        _checked(f"observations.toml: {row.id}", row.when)
    return found


@cache
def profiles() -> tuple[ProfileRow, ...]:
    """Issuers with a known habit beyond the border."""
    return knowledge.rows("diagnosis", "profiles.toml", ProfileRow)


@cache
def eras() -> tuple[EraRow, ...]:
    """Rules that made tracking obligatory, by time and place."""
    return knowledge.rows("diagnosis", "eras.toml", EraRow)


@cache
def figures() -> Figures:
    """The thresholds."""
    return knowledge.document("diagnosis", "figures.toml", Figures)
