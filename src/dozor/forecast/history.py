"""What the way of one parcel teaches: each wait that it waited out, and the one it is in. Pure.

A wait is what `outlook` is asked about: the time from a movement until the next stage is reached. A stage of many
scans is a wait from each day's last one, and all of them together weigh one parcel. Who is still under way counts
with what was waited so far.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from dozor.forecast.learnt import Parcel
from dozor.forecast.outlook import AT_CUSTOMS, DAY, OVER, parcel_of, set_out, stage_at
from dozor.forecast.tables import REST, WHOLE, lane
from dozor.model import Event, Journey, Milestone, Order, Reach, Reading

# What says nothing of where the parcel is.
NOTICES = frozenset({Milestone.PRE_SHIPMENT, Milestone.INFO, Milestone.CANCELLED})
HOME = frozenset({Reach.ORIGIN_ONLY, Reach.DOMESTIC_ORIGIN})
ABROAD = frozenset({"import", "customs", "delivery", WHOLE, *REST.values()})
COUNTRY = re.compile(r"[A-Z]{2}")


class Ending(Struct, frozen=True):
    """How far a parcel was followed: `seen`, until when anybody looked; `received`, when its buyer had it, where no
    scan says so; `lost`: its buyer gave it up; `known`, since when it has been with us.
    """

    seen: dt.datetime
    received: dt.datetime | None = None
    lost: bool = False
    known: dt.datetime | None = None


def waits(
    journey: Journey, order: Order, ending: Ending, now: dt.datetime, *, reading: Reading | None, user: str | None
) -> tuple[Parcel, ...]:
    """The rows to learn from, each stage of the parcel weighing one.

    Left out: what nobody could have seen (the way abroad of a number that is followed at home alone), and a wait that
    was already longer than usual when the parcel came to us. It came because it was late: of those that were not, we
    would never have heard.
    """
    arrived = arrival(journey, order, ending)
    over = ending.lost or (arrived is None and journey.stage in OVER)
    until = now if over else min(ending.seen, now)  # what will never come is waited for for ever
    begun = set_out(journey, order)
    moves = _moves(journey.events)
    found: list[tuple[str, dt.datetime, dt.datetime | None]] = []
    if begun is not None:
        found.append(("first_scan", begun, journey.first_acceptance))
        found.append((WHOLE, begun, arrived))
    for place, (at, milestone) in enumerate(moves):
        stage = stage_at(journey, milestone, at)
        after = next((later for later, other in moves[place + 1 :] if other not in AT_CUSTOMS), arrived)
        reached = {"export": journey.exported_at, "import": journey.imported_at, "customs": after, "delivery": arrived}
        if stage in REST:
            found.append((REST[stage], at, arrived))
        if reached[stage] is None and arrived is not None:
            continue  # it got through unseen
        found.append((stage, at, reached[stage]))
    if arrived is None and not ending.lost and not _seen_abroad(journey, reading):
        found = [row for row in found if row[0] not in ABROAD]
    rows = []
    for stage, at, reached_at in found:
        end = until if reached_at is None or reached_at > now else reached_at
        if end <= at:
            continue
        row = parcel_of(journey, order, reading, stage, at, (end - at) / DAY, user=user)
        row = replace(
            row,
            reached=reached_at is not None and reached_at <= now,
            origin=_country(row.origin),
            destination=_country(row.destination),
        )
        if ending.known is None or not _brought_late(row, ending.known):
            rows.append(row)
    counts = {stage: sum(row.stage == stage for row in rows) for stage in {row.stage for row in rows}}
    return tuple(replace(row, weight=1 / counts[row.stage]) for row in rows)


def arrival(journey: Journey, order: Order, ending: Ending) -> dt.datetime | None:
    """When it came: by the scan, unless its buyer says that the goods are not there, else by the buyer's word."""
    scanned = None if ending.lost or order.received is False else journey.delivered_at
    return scanned or ending.received


def _moves(events: Iterable[Event]) -> list[tuple[dt.datetime, Milestone | None]]:
    """The last movement of each day until it was over, and where it left the parcel."""
    by_day: dict[dt.date, tuple[dt.datetime, Milestone | None]] = {}
    stage: Milestone | None = None
    for event in events:
        if event.forecast or event.reversed or event.when is None or event.milestone in NOTICES:
            continue
        if event.milestone in OVER:
            break
        stage = event.milestone or stage
        at = event.when.utc()
        by_day[at.date()] = (at, stage)
    return sorted(by_day.values(), key=lambda move: move[0])


def _seen_abroad(journey: Journey, reading: Reading | None) -> bool:
    """Whether we would know if it had come: a number that is followed at home alone tells nothing of the rest."""
    return journey.imported_at is not None or reading is None or reading.reach not in HOME


def _brought_late(row: Parcel, known: dt.datetime) -> bool:
    """Whether the wait was under way, and longer than the usual, when the parcel came to us."""
    waited = (known - row.started) / DAY
    under_way = not row.reached or row.days > waited
    return under_way and waited > lane(row.stage, row.origin, row.destination, row.service).median


def _country(name: str | None) -> str | None:
    """The code of a country; whatever else somebody wrote is nobody's to keep."""
    return name if name and COUNTRY.fullmatch(name) else None
