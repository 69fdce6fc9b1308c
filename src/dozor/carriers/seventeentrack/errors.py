"""What 17TRACK's error codes mean for a number; the table is `errors.toml`."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from msgspec import Struct

from dozor import knowledge
from dozor.model import Outcome, OutcomeKind


class ErrorRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One error code; `hours`: when it is worth asking again."""

    code: int
    name: str
    outcome: OutcomeKind
    source: str
    needs: tuple[str, ...] = ()
    hours: float | None = None


@cache
def _errors() -> dict[int, ErrorRow]:
    return {row.code: row for row in knowledge.rows("carriers/seventeentrack", "errors.toml", ErrorRow)}


def outcome_of(code: Any, now: dt.datetime) -> Outcome | None:
    """The outcome of an error code; None for one that is unknown here."""
    row = _errors().get(code) if isinstance(code, int) else None
    if row is None:
        return None
    until = now + dt.timedelta(hours=row.hours) if row.hours is not None else None
    return Outcome(row.outcome, row.name.lower().replace("_", " "), until=until, needs=row.needs)
