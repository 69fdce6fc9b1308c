"""Which systems are there, and whom to ask about a number, in which order and why?"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from pathlib import Path
from string import Template

from msgspec import Struct

from dozor import knowledge
from dozor.carriers.base.protocol import Connector, System
from dozor.carriers.base.reading import room_of
from dozor.carriers.base.shape import Shaped
from dozor.model import Carrier, Kind, Reading, Text


class Route(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to ask about numbers of some formats or issuers, best first. `why` is a sentence id `ask.why.<why>`."""

    systems: tuple[str, ...]
    why: str
    source: str
    formats: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()
    services: tuple[str, ...] = ()  # classes of the number; none: all
    countries: tuple[str, ...] = ()  # issuing countries; none: all
    destinations: tuple[str, ...] = ()  # none: all

    def leads(self, reading: Reading, destination: str | None) -> bool:
        """Whether it concerns a number on its way to a country."""
        if self.destinations and destination not in self.destinations:
            return False
        if self.countries and reading.country not in self.countries:
            return False
        if self.services and reading.service not in self.services:
            return False
        return "*" in self.formats or reading.format in self.formats or reading.issuer in self.issuers


class Planned(Struct, frozen=True):
    """One ask of a plan: which system, about which number, why, and what it costs."""

    system: str
    number: str
    why: Text
    quota: int = 0  # of the user's own key
    personal: tuple[str, ...] = ()  # personal data sent along: none


# Where a user's own systems may stand: a folder each, with system.toml, shape.toml and perhaps statuses.toml.
_users: list[Path] = []


def use(folder: Path) -> None:
    """Adds a folder with systems of the user's own. A face calls it; nothing below reads the environment."""
    if folder not in _users and folder.is_dir():
        _users.append(folder)
        folders.cache_clear()
        systems.cache_clear()
        connector.cache_clear()


@cache
def folders() -> dict[str, str]:
    """The folder of each system, by its id: its name in the package, or an absolute path of the user's."""
    names = [path.parent.name for path in knowledge.files("carriers", "*/system.toml")]
    names += [str(path.parent) for folder in _users for path in sorted(folder.glob("*/system.toml"))]
    return {knowledge.document(room_of(name), "system.toml", System).id: name for name in names}


@cache
def systems() -> dict[str, System]:
    """Every system with a connector, by id."""
    return {id: knowledge.document(room_of(name), "system.toml", System) for id, name in folders().items()}


@cache
def connector(id: str) -> Connector:
    """The connector of a system. Raises KeyError for an unknown id."""
    name = folders()[id]
    if name.startswith("/"):
        return Shaped(name)
    found: Connector = importlib.import_module(f"dozor.carriers.{name}").CONNECTOR
    return found


def key_parts(id: str) -> tuple[str, ...]:
    """The names of the parts of a system's key, as its requests use them. Raises KeyError for an unknown id."""
    made = connector(id)
    if not isinstance(made, Shaped):
        return systems()[id].key_parts
    texts: list[str] = []
    for sent in (made.shape.send, made.shape.token.send if made.shape.token else None):
        if sent is not None:
            texts += [sent.url, sent.body, *sent.secret.values(), *sent.headers.values(), *sent.query.values()]
    known = {"number", "numbers", "lang", "country", "postcode", "phone", "base", "timestamp", "time"}
    if made.shape.token:
        known.add(made.shape.token.becomes)
    found = {name for text in texts for name in Template(text).get_identifiers()} - known
    return tuple(sorted(found)) or systems()[id].key_parts


class Link(Struct, frozen=True, forbid_unknown_fields=True):
    """A page for people, of a carrier that offers no lawful interface. `look_for` is a sentence id `link.look.<…>`."""

    id: str
    name: str
    url: str  # {number} is put in
    look_for: str
    source: str
    country: str | None = None


@cache
def links() -> tuple[Link, ...]:
    """Carriers that are looked up by hand."""
    return knowledge.rows("carriers", "links.toml", Link)


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
    destination: str | None = None,
    with_keys: Collection[str] = (),
    pinned: Sequence[str] = (),
    forbidden: Collection[str] = (),
    answered: Collection[tuple[str, str]] = (),
    given: Collection[str] = (),
    spend: bool = False,
) -> tuple[Planned, ...]:
    """Whom to ask, best first. Impossible numbers and doubles are asked of nobody.

    `pinned` systems come first whatever the number; `forbidden` ones never; `answered` are (system, number) pairs
    that have been asked already; a system that needs a key is asked where `with_keys` names it. `given` is the personal
    data that the buyer lets be sent (postcode, phone); `spend` whether numbers are registered where that costs quota.
    """
    found: dict[tuple[str, str], Planned] = {}
    for reading in readings:
        wanted = [(id, "pinned") for id in pinned]
        if not reading.valid or (reading.kind is not Kind.TRACKING and not pinned):
            continue
        for route in routes():
            if route.leads(reading, destination):
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
            quota = int(system.needs_key and (spend or not system.registers))
            sent = tuple(each for each in system.may_send if each in given)
            found[pair] = Planned(id, reading.normal, Text(f"ask.why.{why}", args), quota, sent)
    return tuple(found.values())
