"""One scan told by several systems becomes one event with all its wordings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from msgspec.structs import replace

from dozor.journey.figures import figures
from dozor.journey.order import in_order
from dozor.model import Event, Milestone

DECIDERS = {"code": 3, "said": 2, "phrase": 1, "model": 0, None: 0}


def told_once(events: Iterable[Event]) -> list[Event]:
    """The events without doubles: the richest telling stays, the others are kept as `sources` and `originals`."""
    groups: list[list[Event]] = []
    for event in in_order(events):
        home = next((group for group in reversed(groups) if all(same_scan(event, each) for each in group)), None)
        if home is None:
            groups.append([event])
        else:
            home.append(event)
    return [_joined(group) for group in groups]


def same_scan(one: Event, two: Event) -> bool:
    """Whether two tellings are of one scan: the same meaning, at the same time, in no two countries."""
    if one.forecast != two.forecast or one.reversed != two.reversed:
        return False
    if one.milestone is not two.milestone or (one.milestone in (None, Milestone.INFO) and one.text != two.text):
        return False
    if one.system == two.system and one.text != two.text:
        return False  # a system tells its own scans apart
    if one.place and two.place and one.place.country and two.place.country and one.place.country != two.place.country:
        return False
    return _same_time(one, two)


def _same_time(one: Event, two: Event) -> bool:
    if one.when is None or two.when is None:
        return one.when is two.when
    if "day" in (one.when.precision, two.when.precision):
        return one.when.local.date() == two.when.local.date()
    apart = abs(one.when.local - two.when.local)
    if apart <= dt.timedelta(minutes=1):
        return True  # the same wall time is the same scan, whatever zone each system believes in
    within = dt.timedelta(minutes=figures().same_scan_minutes)
    if one.when.offset is not None and two.when.offset is not None:
        return abs(one.when.utc() - two.when.utc()) <= within
    # With a zone unknown, only whole quarters of an hour of difference can be a zone.
    zone = dt.timedelta(hours=figures().same_scan_zoneless_hours)
    return one.system != two.system and apart <= zone and (apart.total_seconds() % 900) <= 60


def _joined(group: list[Event]) -> Event:
    if len(group) == 1:
        return group[0]
    best = max(group, key=_richness)
    zoned = next((each.when for each in group if each.when and each.when.offset is not None), best.when)
    located = best.place if best.place and best.place.country else None
    place = located or next((each.place for each in group if each.place and each.place.country), best.place)
    wordings = sorted({each.text for each in group if each.text and each.text != best.text})
    kept = {text for each in group for text in each.originals if text != best.text}
    return replace(
        best,
        when=zoned if best.when is None or best.when.offset is None else best.when,
        place=place,
        sources=tuple(sorted({name for each in group for name in (*each.sources, each.system) if name})),
        originals=tuple(sorted({*wordings, *kept})),
    )


def _richness(event: Event) -> tuple[int, bool, int, int, str, str]:
    precise = event.when is not None and event.when.precision != "day"
    place = len(event.place.text) if event.place else 0
    return DECIDERS.get(event.decided_by, 0), precise, place, len(event.text), event.system, event.text
