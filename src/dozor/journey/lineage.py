"""Which numbers belong to one parcel, and who says so?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from dozor.model import Alias, LinkKind, NumberLink, Report


def one_parcel(reports: Sequence[Report], numbers: Sequence[str]) -> list[Report]:
    """The reports of one parcel: that of the first number given; where nobody reports on it, of the best known one."""
    groups = _groups(reports, numbers)
    if not groups:
        return []
    wanted = next((group for number in numbers[:1] for group in groups if number in group), None)
    told = {id(group): sum(len(each.events) for each in reports if each.number in group) for group in groups}
    if wanted is None or not told[id(wanted)]:
        best = max(groups, key=lambda group: (told[id(group)], sorted(group)))
        wanted = best if wanted is None or told[id(best)] else wanted
    mine = [report for report in reports if report.number in wanted]
    return sorted(mine, key=lambda report: (report.carrier, report.number, str(report.asked_at)))


def lineage(reports: Sequence[Report], numbers: Sequence[str]) -> tuple[NumberLink, ...]:
    """The numbers of the parcel, the first one first, each with the number it follows and those who said it."""
    first = next((number for number in numbers if any(each.number == number for each in reports)), None)
    first = first or (numbers[0] if numbers else min((report.number for report in reports), default=None))
    if first is None:
        return ()
    said: dict[str, tuple[str, Alias, set[str]]] = {}
    for report, alias in _aliases(reports):
        # A number asked under its second name names the first one back: the one given stays the first.
        one, two = (report.number, alias.number) if alias.number != first else (alias.number, report.number)
        if two != one:
            said.setdefault(two, (one, alias, set()))[2].add(alias.said_by or report.carrier)
    links = [NumberLink(first, carrier=_carrier_of(first, reports))]
    for number in sorted(said):
        one, alias, who = said[number]
        links.append(
            NumberLink(
                number=number,
                follows=one if alias.kind is LinkKind.CONTINUES else None,
                kind=alias.kind,
                carrier=alias.carrier or _carrier_of(number, reports),
                said_by=tuple(sorted(who)),
                since=_first_seen(number, reports),
                certainty=alias.certainty,
                guess=alias.guess,
            )
        )
    return tuple(links)


def _groups(reports: Sequence[Report], numbers: Sequence[str]) -> list[set[str]]:
    groups: list[set[str]] = [{number} for number in dict.fromkeys([*numbers, *(each.number for each in reports)])]
    for report, alias in _aliases(reports):
        if alias.kind is LinkKind.CONTAINS or alias.guess:
            continue
        joined = [group for group in groups if report.number in group or alias.number in group]
        groups = [group for group in groups if group not in joined]
        groups.append({report.number, alias.number}.union(*joined))
    return groups


def _aliases(reports: Iterable[Report]) -> Iterable[tuple[Report, Alias]]:
    for report in reports:
        for alias in report.aliases:
            yield report, alias


def _carrier_of(number: str, reports: Sequence[Report]) -> str | None:
    return min((report.carrier for report in reports if report.number == number and report.events), default=None)


def _first_seen(number: str, reports: Sequence[Report]) -> dt.datetime | None:
    times = [e.when.utc() for r in reports for e in r.events if (e.number or r.number) == number and e.when]
    return min(times, default=None)
