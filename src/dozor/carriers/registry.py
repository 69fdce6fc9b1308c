"""Which systems are there, and whom to ask about a number, in which order and why?"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Sequence
from functools import cache

from msgspec import Struct

from dozor import knowledge
from dozor.carriers.base.protocol import Connector, System
from dozor.model import Carrier, Kind, Reading, Text


class Route(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to ask about numbers of some formats or issuers, best first. `why` is a sentence id `ask.why.<why>`."""

    systems: tuple[str, ...]
    why: str
    source: str
    formats: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()


class Planned(Struct, frozen=True):
    """One ask of a plan: which system, about which number, why, and what it costs."""

    system: str
    number: str
    why: Text
    quota: int = 0  # of the user's own key
    personal: tuple[str, ...] = ()  # personal data sent along: none


@cache
def folders() -> dict[str, str]:
    """The folder of each system, by its id."""
    names = [path.parent.name for path in knowledge.files("carriers", "*/system.toml")]
    return {knowledge.document(f"carriers/{name}", "system.toml", System).id: name for name in names}


@cache
def systems() -> dict[str, System]:
    """Every system with a connector, by id."""
    return {id: knowledge.document(f"carriers/{name}", "system.toml", System) for id, name in folders().items()}


@cache
def connector(id: str) -> Connector:
    """The connector of a system. Raises KeyError for an unknown id."""
    module = importlib.import_module(f"dozor.carriers.{folders()[id]}")
    found: Connector = module.CONNECTOR
    return found


@cache
def routes() -> tuple[Route, ...]:
    """The table of routes."""
    return knowledge.rows("carriers", "routes.toml", Route)


def carriers() -> tuple[Carrier, ...]:
    """The systems as the product shows them."""
    return tuple(
        Carrier(row.id, row.name, row.kind, row.country, row.needs_key, row.page or None, row.terms, row.source)
        for row in systems().values()
    )


def plan(
    readings: Iterable[Reading],
    *,
    with_keys: Collection[str] = (),
    pinned: Sequence[str] = (),
    forbidden: Collection[str] = (),
    answered: Collection[tuple[str, str]] = (),
) -> tuple[Planned, ...]:
    """Whom to ask, best first. Impossible numbers and doubles are asked of nobody.

    `pinned` systems come first whatever the number; `forbidden` ones never; `answered` are (system, number) pairs
    that have been asked already; a system that needs a key is asked where `with_keys` names it.
    """
    found: dict[tuple[str, str], Planned] = {}
    for reading in readings:
        if reading.kind is not Kind.TRACKING or not reading.valid:
            continue
        wanted = [(id, "pinned") for id in pinned]
        for route in routes():
            if reading.format in route.formats or reading.issuer in route.issuers:
                wanted += [(id, route.why) for id in route.systems]
        for id, why in wanted:
            system = systems().get(id)
            usable = (
                system is not None and (system.by_default or id in pinned) and (not system.needs_key or id in with_keys)
            )
            pair = (id, reading.normal)
            if system is None or not usable or id in forbidden or pair in answered or pair in found:
                continue
            args = {"system": system.name, "number": reading.normal}
            found[pair] = Planned(id, reading.normal, Text(f"ask.why.{why}", args), quota=int(system.needs_key))
    return tuple(found.values())
