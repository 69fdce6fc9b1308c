"""The place and the clock of an event: wall time stays as it was told, a zone that is only likely is marked so."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dozor.journey.places.find import NOWHERE, find_place
from dozor.journey.places.tables import SystemRow, systems
from dozor.model import Milestone, Moment, Place

UNLISTED = SystemRow(system="", source="")
# What is said of these is often where the parcel goes, not where it is.
ABOUT_ELSEWHERE = frozenset({Milestone.PRE_SHIPMENT, Milestone.LEFT_ORIGIN_COUNTRY, Milestone.EXPORT_PROCESSING})


def placed(place: Place | None, text: str, milestone: Milestone | None) -> tuple[Place | None, str | None]:
    """The place with what is known of it, and the zone (IANA) of its clock."""
    told = place or Place()
    found = find_place(" ".join(filter(None, (told.text, told.postcode, told.office))), told.country)
    if found.country is None and milestone not in ABOUT_ELSEWHERE:
        found = find_place(text)
    if found == NOWHERE:
        return place, None
    known = Place(
        text=told.text,
        country=told.country or found.country,
        city=told.city or found.city,
        postcode=told.postcode or found.postcode,
        office=told.office or found.office,
    )
    return known, found.zone


class Clock(NamedTuple):
    """The clock of a system at a place. `believed`: an offset that was said is right; `sure`: the zone is known."""

    believed: bool
    zone: str | None
    sure: bool


def clock_of(system: str, country: str | None, zone: str | None) -> Clock:
    """Which clock a system shows at a place in `country` with `zone` (IANA; None: unknown)."""
    row = systems().get(system, UNLISTED)
    believed = row.times == "said" or (row.times == "stamped" and country in (None, row.own))
    name = zone or row.zone or None
    # One clock for the whole system is known; that of a place is likely.
    return Clock(believed, name, bool(row.zone) and name == row.zone and row.times == "place")


def clocked(when: Moment | None, clock: Clock) -> Moment | None:
    """A moment with its offset: as it was said, or the one of the place or of the system, marked as assumed."""
    if when is None:
        return None
    said = when.offset is not None and not when.assumed
    if said and clock.believed:
        return when
    offset = _offset(clock.zone, when.local) if clock.zone else None
    if offset is None:
        return Moment(when.local, None, when.precision) if said else when
    if said and offset == when.offset:
        return when
    return Moment(when.local, offset, when.precision, assumed=not clock.sure)


@cache
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _offset(name: str, local: dt.datetime) -> int | None:
    zone = _zone(name)
    if zone is None:
        return None
    away = zone.utcoffset(local.replace(tzinfo=zone))
    return None if away is None else int(away.total_seconds() // 60)
