"""A term of a rule: so many days from an anchor, as the tables write it, and how it is counted.

A term may have several readings, and a figure that nobody could source is written `unknown`: its limit then
exists without a day, so that a reader is told what is not known instead of being told nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from dozor import knowledge
from dozor.model import Order

DAY = dt.timedelta(days=1)
Anchors = dict[str, dt.datetime]  # what is known of an order: name of the anchor -> instant (UTC)


class Term(Struct, frozen=True, forbid_unknown_fields=True):
    """So many days from an anchor; several `days` are several readings of one rule (below zero: before the anchor).

    `anchor` is paid, shipped, promised, delivered, completed, protection_end, dispute_opened, proposal, decided,
    available or cancel_asked. The other fields are conditions: `destinations` (ISO 3166-1), `payment` (a way of
    paying), `services` (words of the service's name), `promised_below` (orders promised within so many days).
    `week` is how many days of a week count: 7 calendar days, 6 Monday to Saturday, 5 Monday to Friday; holidays
    are not left out, they only make a term longer.
    """

    anchor: str
    days: tuple[float, ...] | Literal["unknown"]
    sources: tuple[str, ...]
    destinations: tuple[str, ...] = ()
    payment: str | None = None
    services: tuple[str, ...] = ()
    promised_below: float | None = None
    week: Literal[5, 6, 7] = 7


def applies(term: Term, order: Order) -> bool:
    """Whether the conditions of a term hold for an order; a condition about something unknown does not hold."""
    if term.destinations and order.destination not in term.destinations:
        return False
    if term.payment is not None and term.payment != (order.payment or "").lower():
        return False
    if term.services:
        service = (order.service or "").lower().replace("_", " ")
        if not knowledge.whole_words(term.services).search(service):
            return False
    if term.promised_below is not None:
        promised = _promised_days(order)
        return promised is not None and promised < term.promised_below
    return True


def fitting(terms: Iterable[Term], order: Order, anchors: Anchors) -> Term | None:
    """The first term whose conditions hold and whose anchor is known; else the first whose conditions hold."""
    fits = [term for term in terms if applies(term, order)]
    return next((term for term in fits if term.anchor in anchors), fits[0] if fits else None)


def readings(term: Term, anchors: Anchors) -> tuple[dt.datetime, ...]:
    """All instants a term may mean, earliest first; none where its figure or its anchor is unknown."""
    start = anchors.get(term.anchor)
    if start is None or isinstance(term.days, str):
        return ()
    return tuple(counted(start, days, term.week) for days in sorted(term.days))


def counted(start: dt.datetime, days: float, week: int = 7) -> dt.datetime:
    """So many days later (or earlier), of which only the first `week` days of each week count, from Monday."""
    if week == 7:
        return start + DAY * days
    at, left, step = start, abs(int(days)), DAY if days >= 0 else -DAY
    while left > 0:
        at += step
        left -= at.weekday() < week
    return at


def _promised_days(order: Order) -> float | None:
    if order.promised is not None and order.shipped is not None:
        return (order.promised - order.shipped).days
    return order.promised_days
