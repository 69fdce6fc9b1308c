"""Asking what was claimed: through `dozor.carriers`, which knows how to behave."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from dozor.carriers import connector, systems
from dozor.carriers.base import Ask, Manners
from dozor.carriers.base.asking import ask_all
from dozor.model import Report
from dozor.service.parcels.actions import keys_of
from dozor.service.watch.claim import Claim

SECONDS = 60.0  # for one request with its retries and its token; less than a lease


def asks_of(claim: Claim) -> list[Ask]:
    """One ask a number, with what its parcel allows to be sent."""
    asks: dict[str, Ask] = {}
    for poll in claim.polls:
        country = poll.parcel.order.destination or None
        country = country if country and len(country) == 2 else None
        asks.setdefault(poll.number, Ask(poll.number, country=country, lang=poll.parcel.owner.lang))
    return list(asks.values())


def keys_for(claim: Claim) -> Mapping[str, Mapping[str, str]]:
    """The keys for this request alone."""
    if claim.person is None:
        return {}
    mine = keys_of(claim.polls[0].parcel.owner).get(claim.carrier)
    return {claim.carrier: mine} if mine else {}


async def ask(
    claim: Claim,
    asks: Sequence[Ask],
    keys: Mapping[str, Mapping[str, str]],
    addresses: Mapping[str, str],
    clock: object = None,
) -> tuple[Report, ...]:
    """What the system says, a report a number; never raises for what the network does.

    The pace was reserved with the claim, in the database, for all watchers; here a fresh pace only keeps the requests
    of one claim apart.
    """
    now = clock if callable(clock) else _utc
    everywhere = addresses.get("")
    base = {id: url for id in systems() if (url := addresses.get(id, everywhere))}
    return await ask_all(
        [(connector(claim.carrier), asks)], clock=now, seconds=SECONDS, manners=Manners(), keys=keys, base_urls=base
    )


def _utc() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
