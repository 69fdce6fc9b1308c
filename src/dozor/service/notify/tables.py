"""The tables of the room: what is news, the calendar, the services known by name."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from dozor import knowledge

ROOM = "service/notify"


class News(Struct, frozen=True, forbid_unknown_fields=True):
    """What is told, how loudly, and how often it is tried (`news.toml`)."""

    source: str
    matters: tuple[str, ...]
    everything: tuple[str, ...]
    way: tuple[str, ...]
    loud: int
    retry_minutes: tuple[float, ...]
    most: int
    subject: int
    name: int
    body: int


class Feed(Struct, frozen=True, forbid_unknown_fields=True):
    """The calendar (`feed.toml`)."""

    source: str
    limits: tuple[str, ...]
    alarm_hours: tuple[float, ...]
    minutes: float
    fetch_hours: int
    most: int


class Service(Struct, frozen=True, forbid_unknown_fields=True):
    """A way to be told, with an example of its address."""

    id: str
    name: str
    example: str
    source: str


class Refused(Struct, frozen=True, forbid_unknown_fields=True):
    """Kinds of address that are none for a service that others use."""

    schemes: tuple[str, ...]
    source: str


@cache
def news() -> News:
    """news.toml."""
    return knowledge.document(ROOM, "news.toml", News)


@cache
def feed() -> Feed:
    """feed.toml."""
    return knowledge.document(ROOM, "feed.toml", Feed)


@cache
def services() -> tuple[Service, ...]:
    """The services of services.toml."""
    return knowledge.rows(ROOM, "services.toml", Service, key="service")


@cache
def refused() -> frozenset[str]:
    """Schemes that no user may name."""
    return frozenset(knowledge.document(ROOM, "refused.toml", Refused).schemes)
