"""Ways to the money beside the marketplace: the payment's own protection, the card's chargeback, the law.

Each is shown from the first day with its latest safe day, since the wait for a platform must not outlast them.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Literal

from msgspec import Struct

from dozor import knowledge
from dozor.model import BackStop, Order, Text
from dozor.protection.policy import cited, figure, sourced
from dozor.protection.terms import Anchors, Term, fitting, readings


class BackStopRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A way to the money beside the marketplace.

    `latest` holds all readings of the rule, the earliest counts; the first of them must be known, or no day is
    safe. `payments`, `networks`: for which ways of paying it exists at all; a row without payments is a law.
    `not_from`: countries whose cards do not have it. `reach`: "unknown" where nobody can say whether it works.
    `named_only`: shown only to those who say that they paid so. `escalate`: until when an opened case must be made
    a claim.
    """

    id: str
    sources: tuple[str, ...]
    opens: tuple[Term, ...] = ()
    latest: tuple[Term, ...] = ()
    escalate: tuple[Term, ...] = ()
    payments: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    not_from: tuple[str, ...] = ()
    exclusive_with: tuple[str, ...] = ()
    reach: Literal["known", "unknown"] = "known"
    named_only: bool = False
    unknown: tuple[str, ...] = ()


@cache
def backstops() -> tuple[BackStopRow, ...]:
    """All ways to the money beside a marketplace. Raises KnowledgeError for a row without a known source."""
    found = knowledge.rows("protection/backstops", "*.toml", BackStopRow)
    for row in found:
        sourced(row.id, row.sources)
        for term in (*row.opens, *row.latest, *row.escalate):
            sourced(row.id, term.sources)
    return found


def stops(order: Order, anchors: Anchors) -> tuple[BackStop, ...]:
    """The back-stops an order may have, each with its days and whether the payment allows it."""
    return tuple(_stop(row, order, anchors) for row in backstops() if _concerns(row, order))


def available(row: BackStopRow, order: Order) -> bool | None:
    """True where the payment fits, False where it cannot, None where nobody knows or the buyer has to say."""
    payment, issued = (order.payment or "").lower(), (order.card_country or "").upper()
    if row.not_from and issued in row.not_from:
        return False
    if not row.payments or not payment:
        return None
    if payment not in row.payments:
        return False
    if row.reach == "unknown" or (row.networks and not order.card_network):
        return None
    # A buyer in a country whose own cards have no chargeback has to say where the card is from.
    return None if row.not_from and not issued and order.destination in row.not_from else True


def _concerns(row: BackStopRow, order: Order) -> bool:
    """Whether a back-stop can exist for this order at all: law by country, cards by network where it is known."""
    if row.destinations and order.destination not in row.destinations:
        return False
    network, payment = (order.card_network or "").lower(), (order.payment or "").lower()
    if row.named_only and network not in row.networks and (payment == "card" or payment not in row.payments):
        return False
    return not (row.networks and network and network not in row.networks)


def _stop(row: BackStopRow, order: Order, anchors: Anchors) -> BackStop:
    opens = fitting(row.opens, order, anchors)
    return BackStop(
        id=row.id,
        opens=max(readings(opens, anchors) if opens else (), default=None),
        latest_safe=_latest(row, anchors),
        available=available(row, order),
        exclusive_with=row.exclusive_with,
        why=Text(f"backstop.why.{row.id}"),
        sources=cited((*row.sources, *(id for term in (*row.opens, *row.latest) for id in term.sources))),
    )


def _latest(row: BackStopRow, anchors: Anchors) -> dt.datetime | None:
    """The earliest of all readings less the margin; None while the first of them is unknown."""
    if not row.latest or not readings(row.latest[0], anchors):
        return None
    return min(each for term in row.latest for each in readings(term, anchors)) - figure("backstop_margin")
