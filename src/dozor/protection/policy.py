"""Policies as data: which rules a marketplace had, for whom, from when, and by whose word.

A policy is chosen by marketplace, destination and day of payment, never by today: the rules of the day of the
purchase hold. Figures nobody could source are written `unknown`; a reader takes the safe bound or asks the buyer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise

from msgspec import Struct

from dozor import knowledge
from dozor.model import Order, Source
from dozor.protection.terms import DAY, Anchors, Term, fitting, readings

OTHER = "other"  # the marketplace id of the policy for shops that have no file of their own


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of one marketplace for the orders paid from `valid_from` to `valid_to` (both included).

    `destinations` (ISO 3166-1): for orders to these countries alone; a policy that names the country of an order
    comes before one that names none. `names`: other names of the marketplace. Of each tuple of terms the first
    counts whose conditions hold and whose anchor is known. `holds_money`: the shop keeps the money until receipt,
    so that a completed order has lost its protection. `unknown`: figures that no clock here stands for.
    """

    id: str
    marketplace: str
    valid_from: dt.date
    confidence: str
    sources: tuple[str, ...]
    valid_to: dt.date | None = None
    destinations: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    scope: str | None = None  # one dispute per line or per order
    holds_money: bool = True
    protection: tuple[Term, ...] = ()
    on_delivered: tuple[Term, ...] = ()
    earliest_open: tuple[Term, ...] = ()
    quiet_before_open: tuple[Term, ...] = ()  # a parcel that moved within so many days blocks a claim before the end
    rescue: tuple[Term, ...] = ()  # days after the end of protection in which a claim may still be made
    extension: tuple[Term, ...] = ()  # by when to ask the seller for more time
    seller_ship: tuple[Term, ...] = ()
    cancel_reply: tuple[Term, ...] = ()  # the seller's time to answer a wish to cancel before shipping
    number_fix: tuple[Term, ...] = ()  # until when the seller may correct the number declared in the order
    late_coupon: tuple[Term, ...] = ()  # from when a coupon for lateness can be asked for
    late_refund: tuple[Term, ...] = ()  # from when a guarantee pays for lateness alone
    seller_reply: tuple[Term, ...] = ()
    buyer_reply: tuple[Term, ...] = ()
    escalate_by: tuple[Term, ...] = ()  # until when the buyer has to call the platform in
    platform: tuple[Term, ...] = ()
    return_by: tuple[Term, ...] = ()  # until when goods of an agreed return must be posted
    appeal: tuple[Term, ...] = ()
    refund: tuple[Term, ...] = ()
    unknown: tuple[str, ...] = ()

    def clocks(self) -> Iterator[tuple[str, tuple[Term, ...]]]:
        """The terms by the name of their field, in the order of the fields; those that a policy has."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, tuple) and value and isinstance(value[0], Term):
                yield name, value


class PolicySource(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a figure is from; `confidence` as in model.Source."""

    id: str
    where: str
    confidence: str
    note: str = ""


class FigureRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A figure of our own that every plan keeps to, in days; `source` is an id of sources.toml."""

    id: str
    days: float
    means: str
    source: str


@cache
def policies() -> tuple[Policy, ...]:
    """All policies, by marketplace, destinations and day of validity.

    Raises KnowledgeError where a row names no known source, or where two rows hold for the same order.
    """
    found = knowledge.rows("protection/policies", "*.toml", Policy)
    for row in found:
        sourced(row.id, row.sources)
        for name, terms in row.clocks():
            for term in terms:
                sourced(f"{row.id}.{name}", term.sources)
    ordered = sorted(found, key=lambda row: (row.marketplace, row.destinations, row.valid_from, row.id))
    for one, two in pairwise(ordered):
        same = (one.marketplace, one.destinations) == (two.marketplace, two.destinations)
        if same and (one.valid_to is None or one.valid_to >= two.valid_from):
            raise knowledge.KnowledgeError(f"protection: {one.id} and {two.id} hold for the same days")
    return tuple(ordered)


@cache
def sources() -> dict[str, PolicySource]:
    """Every source of this room by its id."""
    return {row.id: row for row in knowledge.rows("protection", "sources.toml", PolicySource)}


@cache
def storage() -> tuple[Term, ...]:
    """How long an office keeps a parcel, by destination; the last row is for all others."""
    found = knowledge.rows("protection", "storage.toml", Term)
    for row in found:
        sourced("storage", row.sources)
    return found


def figure(id: str) -> dt.timedelta:
    """A margin or a bound of ours. Raises KeyError for an id that figures.toml does not have."""
    return DAY * figures()[id].days


@cache
def figures() -> dict[str, FigureRow]:
    """Every figure of our own by its id."""
    found = {row.id: row for row in knowledge.rows("protection", "figures.toml", FigureRow)}
    for row in found.values():
        sourced(f"figures: {row.id}", (row.source,))
    return found


def choose(order: Order, now: dt.datetime | None = None) -> Policy | None:
    """The policy in force for an order: by marketplace, destination and day of payment; None without a marketplace.

    Where the day of payment is unknown, the other days of the order say between which days it lies, and of the
    versions in force then the safest is taken: the one whose protection ends first for this order; of equals one
    for all countries, and of these the newest. `now` (aware) only says that nothing was paid later than that; it
    never decides between versions that the order's own days decide between.
    """
    found = candidates(order, now)
    if len(found) < 2:
        return found[0] if found else None
    anchors = days_of(order)
    return min(found, key=lambda row: (_ends(row, order, anchors), row.destinations, -row.valid_from.toordinal()))


def candidates(order: Order, now: dt.datetime | None = None) -> tuple[Policy, ...]:
    """Every policy that may be in force for an order, as far as its destination and its days tell."""
    if not order.marketplace:
        return ()
    name, to = order.marketplace.lower(), order.destination
    named = [row for row in policies() if name in (row.marketplace, *row.names)]
    reached = [row for row in named if not row.destinations or to is None or to in row.destinations]
    if not reached:
        reached = [row for row in policies() if row.marketplace == OTHER]
    first, last = _paid_between(order, now)
    found = [row for row in reached if row.valid_from <= last and (row.valid_to is None or row.valid_to >= first)]
    if to is not None:
        # A policy that names the country comes before one for all countries.
        found = [row for row in found if row.destinations] or found
    # An order older than the first version known is read by that version.
    return tuple(found or sorted(reached, key=lambda row: (row.destinations, row.valid_from))[:1])


def days_of(order: Order) -> Anchors:
    """The days of an order as anchors: each day at its start, UTC."""
    days = {"paid": order.paid, "shipped": order.shipped, "promised": order.promised, "completed": order.completed}
    return {name: midnight(day) for name, day in days.items() if day is not None}


def midnight(day: dt.date) -> dt.datetime:
    """The start of a day, UTC."""
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def cited(ids: Iterable[str]) -> tuple[Source, ...]:
    """The sources of these ids, once each, as an answer shows them."""
    known = sources()
    return tuple(Source(id, known[id].confidence, note=known[id].where) for id in dict.fromkeys(ids))


def sourced(where: str, ids: tuple[str, ...]) -> None:
    """Raises KnowledgeError where a row names no source, or one that sources.toml does not have."""
    unknown = [id for id in ids if id not in sources()]
    if unknown or not ids:
        raise knowledge.KnowledgeError(f"protection: {where}: sources {unknown or 'missing'}: not in sources.toml")


def _paid_between(order: Order, now: dt.datetime | None) -> tuple[dt.date, dt.date]:
    """The first and the last day on which an order can have been paid."""
    if order.paid is not None:
        return order.paid, order.paid
    end = order.protection_end.date() if order.protection_end else None
    later = [day for day in (order.shipped, order.completed, order.promised, end) if day is not None]
    bounds = [
        day - figure(name)
        for name, day in (
            ("paid_before_shipped", order.shipped),
            ("paid_before_end", order.promised),
            ("paid_before_end", order.completed),
            ("paid_before_end", end),
        )
        if day is not None
    ]
    last = min([*later, now.date()] if now else later, default=dt.date.max)
    return min(max(bounds, default=dt.date.min), last), last


def _ends(policy: Policy, order: Order, anchors: Anchors) -> dt.datetime:
    """When protection ends for an order, by its days alone; the end of time where they do not say."""
    term = fitting(policy.protection, order, anchors)
    return min(readings(term, anchors) if term else (), default=dt.datetime.max.replace(tzinfo=dt.UTC))
