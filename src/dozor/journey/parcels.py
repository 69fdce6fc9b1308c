"""Which reports are of one parcel? Several parcels of an order, and several orders in a parcel, are kept apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from operator import itemgetter

import msgspec
from msgspec import Struct

from dozor.journey.lineage import Group, groups
from dozor.model import Event, Reading, Report


class Parcel(Struct, frozen=True):
    """What is known of one parcel.

    `given`: its numbers as the buyer gave them, `group`: all its numbers and the boxes that hold it; `reports`: those
    on any of them, in an order of their own; `told`: what the buyer saw of it.
    """

    given: tuple[str, ...]
    group: Group
    reports: tuple[Report, ...]
    told: tuple[Event, ...] = ()
    readings: tuple[Reading, ...] = ()


def parcels(
    reports: Sequence[Report], readings: Sequence[Reading] = (), told: Sequence[Event] = ()
) -> tuple[Parcel, ...]:
    """The parcels that reports, numbers and the buyer's own account speak of; the most telling one first.

    That is the one of the number given first; where nobody reports on it, the one of which most is known. Every
    report is of one parcel, but that on a box is of each parcel the box holds. An account without a number is of
    the first parcel.
    """
    numbers = list(dict.fromkeys(reading.normal for reading in readings))
    found = groups(reports, numbers)
    if not found:
        return (Parcel((), Group(frozenset()), (), tuple(told)),) if told else ()
    weight = {group: sum(len(report.events) for report in reports if report.number in group.numbers) for group in found}
    first = found[0]
    if not weight[first] or not numbers:
        best = max(found, key=weight.__getitem__)  # of equals the first
        first = best if weight[best] or not numbers else first
    ordered = [first, *(group for group in found if group is not first)]
    owners = {number: group for group in reversed(ordered) for number in group.numbers}
    return tuple(
        Parcel(
            given=tuple(number for number in numbers if number in group.numbers),
            group=group,
            reports=_reports(reports, group),
            told=tuple(event for event in told if owners.get(event.number or "", first) is group),
            readings=tuple(reading for reading in readings if reading.normal in group.numbers),
        )
        for group in ordered
    )


def _reports(reports: Sequence[Report], group: Group) -> tuple[Report, ...]:
    """The reports on a parcel in an order that does not depend on that of their arrival."""
    mine = [report for report in reports if report.number in group.numbers or report.number in group.boxes]
    keyed = sorted(((_canonical(report), report) for report in mine), key=itemgetter(0))
    if len({key for key, _ in keyed}) < len(keyed):
        keyed.sort(key=lambda pair: (pair[0], msgspec.json.encode(pair[1])))
    return tuple(report for _, report in keyed)


def _canonical(report: Report) -> tuple[str, str, dt.datetime, int]:
    earliest = dt.datetime.min.replace(tzinfo=dt.UTC)
    return report.carrier, report.number, report.asked_at or earliest, len(report.events)
