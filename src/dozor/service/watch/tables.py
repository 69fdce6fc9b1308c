"""waits.toml, read."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from dozor import knowledge

ROOM = "service/watch"


class WaitRow(Struct, frozen=True, forbid_unknown_fields=True):
    """How news comes at some stages; times are days."""

    id: str
    stages: tuple[str, ...]
    clock: str
    hours: str
    scans: float
    scan_median: float
    scan_sigma: float
    median: float
    sigma: float
    never: float
    weight: float = 1.0
    abroad: bool = False  # whether a number that is followed at home alone has gone dark here
    stop_after_days: float | None = None


class Waits(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table."""

    source: str
    price: float
    calls_per_day: float
    ceiling_hours: float
    rare_after_days: float
    rare_ceiling_hours: float
    stop_after_days: float
    failure_first_hours: float
    failure_most_hours: float
    not_theirs_hours: float
    dark_never: float
    near_days: float
    near_weight: float
    hours: dict[str, tuple[float, ...]]
    row: tuple[WaitRow, ...]


@cache
def waits() -> Waits:
    """The table. Raises KnowledgeError."""
    found = knowledge.document(ROOM, "waits.toml", Waits)
    for name, hours in found.hours.items():
        if len(hours) != 24:
            raise knowledge.KnowledgeError(f"{ROOM}/waits.toml: hours.{name} has {len(hours)} values, a day has 24")
    for row in found.row:
        if row.hours not in found.hours:
            raise knowledge.KnowledgeError(f"{ROOM}/waits.toml: row {row.id}: no hours are called {row.hours}")
    return found


@cache
def wait_row(stage: str) -> WaitRow:
    """The row of a stage; what no row names is like a parcel that was never seen."""
    return next((row for row in waits().row if stage in row.stages), waits().row[0])
