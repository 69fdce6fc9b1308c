"""An event as it is compared with others: its instants as plain seconds, reckoned once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from dozor.model import Event, Milestone

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  wall times have no zone
EPOCH_UTC = EPOCH.replace(tzinfo=dt.UTC)
UNDATED = float("-inf")
HOUR = 3600.0
DAY = 24 * HOUR
SEVERAL = 2
EAST, WEST = 14 * HOUR, 12 * HOUR  # how far from UTC the zones in use reach
# The order of what happens once on the way; what may happen anywhere (in transit, notices) has no place in it.
WAY: dict[Milestone | None, int] = {
    Milestone.PRE_SHIPMENT: 0,
    Milestone.ACCEPTED: 1,
    Milestone.EXPORT_PROCESSING: 2,
    Milestone.LEFT_ORIGIN_COUNTRY: 3,
    Milestone.ARRIVED_DESTINATION_COUNTRY: 4,
    Milestone.CUSTOMS_PROCESSING: 5,
    Milestone.CUSTOMS_HELD: 5,
    Milestone.CUSTOMS_RELEASED: 6,
    Milestone.HANDED_TO_LOCAL_CARRIER: 7,
    Milestone.ARRIVED_AT_DELIVERY_OFFICE: 8,
    Milestone.AVAILABLE_FOR_PICKUP: 9,
    Milestone.OUT_FOR_DELIVERY: 9,
    Milestone.DELIVERY_ATTEMPT_FAILED: 9,
    Milestone.DELIVERED: 10,
    Milestone.RETURNED: 11,
}


class Scan:
    """One event with what comparing needs.

    `at` and `wall` are seconds since 1970 of the instant (as far as it is known) and of the wall time; `sure`: the
    offset was said; `whole_day`: only the day is known; `exact`: neither is in doubt; `rank`: its place in its report,
    oldest first.
    """

    __slots__ = (
        "at",
        "country",
        "event",
        "exact",
        "milestone",
        "rank",
        "slot",
        "sure",
        "system",
        "wall",
        "way",
        "whole_day",
    )

    def __init__(self, event: Event, rank: int = 0) -> None:
        self.event = event
        self.rank = rank
        self.slot = (UNDATED, 0)  # where it stands among others, see `order`
        self.system = event.system
        self.milestone = event.milestone
        self.way = WAY.get(event.milestone)
        self.country = event.place.country if event.place else None
        when = event.when
        if when is None:
            self.at = self.wall = UNDATED
            self.sure = self.whole_day = self.exact = False
        else:
            self.wall = (when.local - EPOCH).total_seconds()
            self.at = self.wall - 60 * (when.offset or 0)
            self.sure = when.offset is not None and not when.assumed
            self.whole_day = when.precision in ("day", "month")
            self.exact = self.sure and not self.whole_day

    def utc(self) -> dt.datetime | None:
        """The instant, as far as it is known; None without a time."""
        return None if self.at == UNDATED else instant(self.at)

    def earliest(self) -> float:
        """The earliest instant it can have been."""
        return self.at if self.sure else self.wall - EAST

    def latest(self) -> float:
        """The latest instant it can have been; of a day, its end."""
        spread = DAY if self.whole_day else 0.0
        return (self.at if self.sure else self.wall + WEST) + spread


def instant(at: float) -> dt.datetime:
    """Seconds since 1970 as an aware instant."""
    return EPOCH_UTC + dt.timedelta(seconds=at)


def seconds(at: dt.datetime) -> float:
    """An aware instant as seconds since 1970."""
    return (at - EPOCH_UTC).total_seconds()


def ranked(events: Sequence[Event]) -> list[Scan]:
    """The events of one report with their places in it, whichever end the report begins at."""
    scans = [Scan(event, place) for place, event in enumerate(events)]
    if len(scans) < SEVERAL:
        return scans
    by_time = scans[0].wall != scans[-1].wall and UNDATED not in (scans[0].wall, scans[-1].wall)
    if by_time:
        newest_first = scans[0].wall > scans[-1].wall
    else:
        dated = [scan.wall for scan in scans if scan.wall != UNDATED]
        ways = [scan.way for scan in scans if scan.way is not None]
        undecided = not dated or dated[0] == dated[-1]
        newest_first = bool(ways) and ways[0] > ways[-1] if undecided else dated[0] > dated[-1]
    if newest_first:
        for scan in scans:
            scan.rank = len(scans) - 1 - scan.rank
    return scans
