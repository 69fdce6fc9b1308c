"""Answers of systems that are not asked: read from files, pasted answers and exports; each a shape in `others/`."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from dozor import knowledge
from dozor.carriers.base.protocol import System
from dozor.carriers.base.reading import StatusRow, StatusTable
from dozor.carriers.base.shape import Shape, Shaped

ROOM = "carriers/others"


class Other(Struct, frozen=True, forbid_unknown_fields=True):
    """A system that is not asked, `why` says the reason; where in its answers things stand, and its codes."""

    id: str
    name: str
    kind: str  # post, courier, aggregator or marketplace
    why: str
    proved: str  # recorded, documented or shape
    source: str
    shape: Shape
    country: str | None = None
    row: tuple[StatusRow, ...] = ()


class Reader(Shaped):
    """A connector that reads and never asks."""

    def __init__(self, other: Other) -> None:
        self.system = System(
            other.id, other.name, other.kind, "", (), other.why, other.proved, other.source, other.country
        )
        self.shape = other.shape
        self.statuses = table_of(other)


@cache
def others() -> dict[str, Other]:
    """All systems that are only read, by id."""
    found = (knowledge.document(ROOM, path.name, Other) for path in knowledge.files(ROOM, "*.toml"))
    return {other.id: other for other in found}


@cache
def reader(id: str) -> Reader:
    """The reader of a system's answers. Raises KeyError for an unknown id."""
    return Reader(others()[id])


def table_of(other: Other) -> StatusTable:
    """Its own codes, or those of the system that it shares them with."""
    shared = other.shape.codes
    if shared and shared not in others():
        return StatusTable(shared)
    rows = others()[shared].row if shared else other.row
    return StatusTable(shared or other.id, rows)
