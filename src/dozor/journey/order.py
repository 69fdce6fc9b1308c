"""What happened before what? By instant; where that does not decide, by the way a parcel goes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from dozor.model import Event, Milestone

# The place of each milestone on the usual way; equal times are told apart by it.
WAY = {milestone: place for place, milestone in enumerate(Milestone)}
BEFORE_ALL = dt.datetime.min.replace(tzinfo=dt.UTC)


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events, oldest first; those without a time come first, for they cannot be the latest news."""
    return sorted(events, key=_key)


def _key(event: Event) -> tuple[dt.datetime, int, str, str, str]:
    at = event.when.utc() if event.when else BEFORE_ALL
    way = WAY[event.milestone] if event.milestone else len(WAY)
    return at, way, event.text, event.system, event.code or ""
