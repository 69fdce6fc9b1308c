"""From an answer to what the watcher waits for. Pure."""

from __future__ import annotations

import datetime as dt
import math

from dozor.model import Answer, Kind, Moment, Reach
from dozor.service.watch.tables import wait_row, waits
from dozor.service.watch.when import DAY, Wait

P10_TO_P90 = 2 * 1.2815515594600038
CHINA = 480
HOME = frozenset({Reach.ORIGIN_ONLY, Reach.DOMESTIC_ORIGIN})


def wait_of(answer: Answer, asked: dt.datetime, zone: dt.tzinfo, since: dt.datetime) -> Wait:
    """What is waited for after an ask at `asked`; `since`, the day it came to us, counts where nothing else does."""
    journey, outlook, table = answer.journey, answer.outlook, waits()
    row = wait_row(journey.stage.value if journey.stage else "")
    median, sigma, never = row.median, row.sigma, row.never
    if outlook is not None and outlook.norm_p50 > 0 and outlook.norm_p90 > outlook.norm_p10 > 0:
        median = outlook.norm_p50
        sigma = math.log(outlook.norm_p90 / outlook.norm_p10) / P10_TO_P90
    if row.abroad and _home_only(answer):
        never = max(never, table.dark_never)
    last = max((when.utc() for event in journey.events if (when := event.when) and not event.forecast), default=None)
    began = last or (since if outlook is None else asked - DAY * outlook.elapsed)
    deadline = min((step.not_after for step in answer.advice.steps if step.not_after is not None), default=None)
    near = deadline is not None and dt.timedelta(0) <= deadline - asked <= DAY * table.near_days
    return Wait(
        row=row,
        median=max(0.1, median),
        sigma=min(2.0, max(0.2, sigma)),
        never=never,
        silent=max(0.0, (asked - began) / DAY),
        offset=_offset(row.clock, journey.last_movement.when if journey.last_movement else None, zone, asked),
        weight=row.weight * (table.near_weight if near else 1.0),
    )


def _home_only(answer: Answer) -> bool:
    """Whether none of the numbers can be followed beyond the country it was given in."""
    readings = [mention.readings[0] for mention in answer.mentions if mention.readings]
    reaches = {reading.reach for reading in readings if reading.kind is Kind.TRACKING}
    known = {link.number for link in answer.journey.numbers} - {reading.normal for reading in readings}
    return bool(reaches) and reaches <= HOME and not known


def _offset(clock: str, last: Moment | None, zone: dt.tzinfo, asked: dt.datetime) -> int:
    """Minutes east of UTC of the clock by which people there work."""
    if clock == "origin":
        return last.offset if last is not None and last.offset is not None else CHINA
    away = asked.astimezone(zone).utcoffset()
    return int(away.total_seconds() // 60) if away is not None else 0
