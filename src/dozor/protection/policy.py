"""Policies as data: which rules a marketplace had, for whom, from when, and by whose word.

A policy is chosen by marketplace, destination and day of payment, never by today: the rules of the day of the
purchase hold. Figures nobody could source are named in `unknown`; a reader takes the safe bound or asks the buyer.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

from msgspec import Struct

from dozor import knowledge
from dozor.model import Order


class Term(Struct, frozen=True, forbid_unknown_fields=True):
    """So many days from an anchor. Several `days` are several readings of one rule; none: the figure is unknown.

    `anchor` is paid, shipped, promised, delivered, completed, protection_end, dispute_opened, proposal, decided
    or available. `destinations` (ISO 3166-1) limit a term to some countries, `payment` to a way of paying,
    `promised_below` to orders promised within so many days. Days are calendar days, or Monday-to-Friday ones
    where `business` is set.
    """

    anchor: str
    days: tuple[float, ...]
    sources: tuple[str, ...]
    destinations: tuple[str, ...] = ()
    payment: str | None = None
    promised_below: float | None = None
    business: bool = False


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of one marketplace for the orders paid from `valid_from` to `valid_to` (both included).

    Of each tuple of terms the first whose anchor is known and whose conditions fit is used.
    """

    id: str
    marketplace: str
    valid_from: dt.date
    confidence: str
    sources: tuple[str, ...]
    valid_to: dt.date | None = None
    destinations: tuple[str, ...] = ()
    scope: str | None = None  # one dispute per line or per order
    holds_money: bool = True  # whether the shop keeps the money until receipt
    protection: tuple[Term, ...] = ()
    on_delivered: tuple[Term, ...] = ()
    earliest_open: tuple[Term, ...] = ()
    rescue: tuple[Term, ...] = ()  # days after the end of protection in which a claim may still be made
    extension: tuple[Term, ...] = ()  # by when to ask the seller for more time (days below zero: before the end)
    seller_ship: tuple[Term, ...] = ()
    seller_reply: tuple[Term, ...] = ()
    buyer_reply: tuple[Term, ...] = ()
    platform: tuple[Term, ...] = ()
    refund: tuple[Term, ...] = ()
    quiet_before_open: tuple[Term, ...] = ()  # a parcel that moved within so many days blocks a claim before the end
    unknown: tuple[str, ...] = ()


class BackStopRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A way to the money beside the marketplace. `payments`, `networks`: for which it exists at all."""

    id: str
    opens: tuple[Term, ...]
    latest: tuple[Term, ...]  # all are readings: the earliest counts
    sources: tuple[str, ...]
    payments: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    not_from: tuple[str, ...] = ()  # issuing countries without it
    exclusive_with: tuple[str, ...] = ()


class PolicySource(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a figure is from; `confidence` as in model.Source."""

    id: str
    where: str
    confidence: str
    note: str = ""


class Margins(Struct, frozen=True, forbid_unknown_fields=True):
    """How far from a limit the safe day lies; days."""

    source: str
    safe_days: float
    backstop_days: float


@cache
def policies() -> tuple[Policy, ...]:
    """All policies, by marketplace and day of validity. Raises KnowledgeError where a row names no known source."""
    found = knowledge.rows("protection/policies", "*.toml", Policy)
    for row in found:
        _sourced(row.id, row.sources)
        for name in row.__struct_fields__:
            value = getattr(row, name)
            for term in value if isinstance(value, tuple) else ():
                if isinstance(term, Term):
                    _sourced(f"{row.id}.{name}", term.sources)
    return tuple(sorted(found, key=lambda row: (row.marketplace, row.valid_from, row.id)))


@cache
def backstops() -> tuple[BackStopRow, ...]:
    """All ways to the money beside a marketplace."""
    found = knowledge.rows("protection", "backstops.toml", BackStopRow)
    for row in found:
        _sourced(row.id, row.sources)
        for term in (*row.opens, *row.latest):
            _sourced(row.id, term.sources)
    return found


@cache
def storage() -> tuple[Term, ...]:
    """How long an office keeps a parcel, by destination; the last row is for all others."""
    return knowledge.rows("protection", "storage.toml", Term)


@cache
def sources() -> dict[str, PolicySource]:
    """Every source of this room by its id."""
    return {row.id: row for row in knowledge.rows("protection", "sources.toml", PolicySource)}


@cache
def margins() -> Margins:
    """The margins that all plans keep."""
    return knowledge.document("protection", "margins.toml", Margins)


def choose(order: Order) -> Policy | None:
    """The policy in force for an order: by marketplace, destination and day of payment; None where none is known.

    Without a day of payment the day of shipping stands in for it, and without either the latest version does,
    since people ask about recent orders.
    """
    if not order.marketplace:
        return None
    fitting = [
        row
        for row in policies()
        if row.marketplace == order.marketplace and (not row.destinations or order.destination in row.destinations)
    ]
    day = order.paid or order.shipped
    if day is not None:
        dated = [row for row in fitting if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)]
        # An order older than the first version known is read by that version.
        fitting = dated or fitting[:1]
    return fitting[-1] if fitting else None


def _sourced(where: str, ids: tuple[str, ...]) -> None:
    unknown = [id for id in ids if id not in sources()]
    if unknown or not ids:
        raise knowledge.KnowledgeError(f"protection: {where}: sources {unknown or 'missing'}: not in sources.toml")
