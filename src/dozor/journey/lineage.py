"""Which numbers belong to one parcel, who says so, and what can only be guessed?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from dozor.journey.figures import figures
from dozor.model import Alias, Event, LinkKind, Milestone, NumberLink, Place, Report

DAY = dt.timedelta(days=1)
# One parcel under two numbers; a box holds several parcels, and a second shipment is another parcel.
JOINING = frozenset({LinkKind.CONTINUES, LinkKind.SAME})
# After these a parcel may go on under another number.
ON_THE_WAY_OUT = frozenset(
    {
        Milestone.EXPORT_PROCESSING,
        Milestone.LEFT_ORIGIN_COUNTRY,
        Milestone.ARRIVED_DESTINATION_COUNTRY,
        Milestone.CUSTOMS_PROCESSING,
        Milestone.CUSTOMS_RELEASED,
        Milestone.HANDED_TO_LOCAL_CARRIER,
    }
)
INCOMING = frozenset(
    {
        Milestone.ACCEPTED,
        Milestone.IN_TRANSIT,
        Milestone.ARRIVED_DESTINATION_COUNTRY,
        Milestone.CUSTOMS_PROCESSING,
        Milestone.CUSTOMS_RELEASED,
        Milestone.HANDED_TO_LOCAL_CARRIER,
        Milestone.ARRIVED_AT_DELIVERY_OFFICE,
    }
)


class Group(Struct, frozen=True):
    """The numbers of one parcel, and the boxes that hold it."""

    numbers: frozenset[str]
    boxes: frozenset[str] = frozenset()


class Trace(Struct, frozen=True):
    """What is known of a parcel for guessing: its movements in order, where it goes, what it weighs (grams)."""

    number: str
    moves: tuple[Event, ...]
    destination: str | None = None
    grams: int | None = None


def groups(reports: Sequence[Report], numbers: Sequence[str]) -> list[Group]:
    """The parcels that reports and given numbers speak of, in the order in which their numbers were given.

    Numbers that somebody said to be one parcel's are one group; a guess joins nothing. A box that was said to hold a
    parcel is no parcel of its own where nobody gave its number.
    """
    known = list(dict.fromkeys([*numbers, *sorted({report.number for report in reports})]))
    parent = {number: number for number in known}
    held: list[tuple[str, str]] = []

    def root(number: str) -> str:
        parent.setdefault(number, number)
        while parent[number] != number:
            number = parent[number]
        return number

    for report, alias in _aliases(reports):
        root(alias.number)
        if alias.guess or alias.number == report.number:
            continue
        if alias.kind is LinkKind.CONTAINS:
            held.append((report.number, alias.number))
        elif alias.kind in JOINING:
            one, two = sorted((root(report.number), root(alias.number)))
            parent[two] = one
    members: dict[str, set[str]] = {}
    for number in parent:
        members.setdefault(root(number), set()).add(number)
    boxes: dict[str, set[str]] = {}
    for box, content in held:
        boxes.setdefault(root(content), set()).add(root(box))
    reported = {report.number for report in reports} | set(numbers)
    holding = {box for each in boxes.values() for box in each}
    found = []
    for name, mine in members.items():
        if not mine & reported and name not in boxes:
            continue
        if name in holding and not mine & set(numbers):
            continue
        around: set[str] = set()
        queue = [name]
        while queue:
            for box in boxes.get(queue.pop(), ()):
                if box != name and not members[box] <= around:
                    around |= members[box]
                    queue.append(box)
        found.append(Group(frozenset(mine), frozenset(around - mine)))
    place = {number: index for index, number in enumerate(known)}
    return sorted(found, key=lambda group: min((place.get(each, len(place)), each) for each in group.numbers))


def lineage(
    reports: Sequence[Report],
    group: Group,
    given: Sequence[str],
    since: Mapping[str, dt.datetime],
    changed: dt.datetime | None = None,
) -> tuple[NumberLink, ...]:
    """The numbers of a parcel: the one that was given first, then the others in the order in which they took over.

    A number continues the one whose history begins earlier; where times do not tell, the one under which it was
    named. Each link says who said it, how sure that is, and since when the number is in use; `since` has the first
    event of each number, `changed` is when a carrier said that the number changes.
    """
    reports = [report for report in reports if report.number in group.numbers or report.number in group.boxes]
    first = next((number for number in given if number in group.numbers), None)
    said: dict[tuple[str, str], list[tuple[str, Alias]]] = {}
    for report, alias in _aliases(reports):
        if alias.number != report.number:
            said.setdefault((report.number, alias.number), []).append((alias.said_by or report.carrier, alias))
    root = _root(group.numbers, said, since, first)
    links = {root: NumberLink(root, carrier=_carrier_of(root, reports), since=None)} if root else {}
    queue = [root] if root else []
    while queue:
        here = queue.pop(0)
        nearby = {two if one == here else one for one, two in said if here in (one, two)}
        for number in sorted(nearby, key=lambda each: (_day(since.get(each)), each)):
            told = [*said.get((here, number), ()), *said.get((number, here), ())]
            joining = [each for each in told if each[1].kind in JOINING]
            if number in links or number not in group.numbers or not joining:
                continue
            links[number] = _link(number, here, joining, reports, since.get(number) or changed)
            if not links[number].guess:
                queue.append(number)
    for (one, two), told in sorted(said.items()):
        # Numbers that are not this parcel's: the box around it, a second shipment, a guess somebody else made.
        other, here = (one, two) if one in group.boxes else (two, one)
        apart = other in group.boxes or told[0][1].kind not in JOINING or all(alias.guess for _, alias in told)
        if other not in links and here in group.numbers and apart:
            links[other] = _link(other, here, told, reports, since.get(other))
    for number in sorted(group.numbers - links.keys()):
        links[number] = NumberLink(number, carrier=_carrier_of(number, reports), since=since.get(number))
    ordered = list(links.values())
    if first is not None:
        ordered.sort(key=lambda link: link.number != first)
    return tuple(ordered)


def guesses(mine: Trace, others: Iterable[Trace]) -> tuple[NumberLink, ...]:
    """Numbers that may continue this parcel though nobody says so: by time, place and weight. Always marked as guesses.

    Only a history that ends on the way out, and one that begins as an incoming parcel, can be parts of one.
    """
    last = mine.moves[-1] if mine.moves else None
    if last is None or last.when is None or last.milestone not in ON_THE_WAY_OUT:
        return ()
    rule = figures()
    found = []
    for other in others:
        begin = other.moves[0] if other.moves else None
        if begin is None or begin.when is None or begin.milestone not in INCOMING:
            continue
        days = (begin.when.utc() - last.when.utc()) / DAY
        heavier = _weight_apart(mine.grams, other.grams)
        near = _country(begin.place)
        wrong_way = mine.destination is not None and near not in (None, mine.destination)
        elsewhere = None not in (mine.destination, other.destination) and mine.destination != other.destination
        if not -rule.guess_before_days <= days <= rule.guess_after_days or wrong_way or elsewhere:
            continue
        if heavier is not None and heavier > rule.guess_weight_share:
            continue
        certainty = rule.guess_certainty
        certainty += rule.guess_near_adds if abs(days) <= rule.guess_near_days else 0
        certainty += rule.guess_place_adds if near is not None and near == mine.destination else 0
        certainty += rule.guess_weight_adds if heavier is not None else 0
        link = NumberLink(
            other.number, follows=mine.number, since=begin.when.utc(), certainty=round(certainty, 2), guess=True
        )
        found.append(link)
    return tuple(sorted(found, key=lambda link: (-link.certainty, link.number)))


def _root(
    numbers: frozenset[str],
    said: dict[tuple[str, str], list[tuple[str, Alias]]],
    since: Mapping[str, dt.datetime],
    first: str | None,
) -> str | None:
    """The number under which the parcel set out."""
    dated = sorted((at, number) for number in numbers if (at := since.get(number)) is not None)
    named = {two for one, two in said if one in numbers}
    sources = sorted(number for number in numbers if number not in named and any(one == number for one, _ in said))
    if len(dated) > 1 and dated[0][0] < dated[1][0]:
        return dated[0][1]
    return next(iter(sources), None) or first or min(numbers, default=None)


def _link(
    number: str, follows: str, told: list[tuple[str, Alias]], reports: Sequence[Report], since: dt.datetime | None
) -> NumberLink:
    best = max(told, key=lambda each: (not each[1].guess, each[1].certainty, each[0]))[1]
    who = {name for name, alias in told if alias.guess == best.guess}
    asked = [report.asked_at for report in reports if report.asked_at and report.carrier in who]
    return NumberLink(
        number=number,
        follows=follows if best.kind is LinkKind.CONTINUES else None,
        kind=best.kind,
        carrier=next((each.carrier for _, each in told if each.carrier), None) or _carrier_of(number, reports),
        said_by=tuple(sorted(who)),
        since=since or min(asked, default=None),
        certainty=best.certainty,
        guess=best.guess,
    )


def _aliases(reports: Iterable[Report]) -> Iterable[tuple[Report, Alias]]:
    for report in reports:
        for alias in report.aliases:
            yield report, alias


def _carrier_of(number: str, reports: Sequence[Report]) -> str | None:
    return min((report.carrier for report in reports if report.number == number and report.events), default=None)


def _weight_apart(one: int | None, two: int | None) -> float | None:
    """The share by which two weights differ; None where one is unknown."""
    if not one or not two:
        return None
    return abs(one - two) / max(one, two)


def _country(place: Place | None) -> str | None:
    return place.country if place else None


def _day(at: dt.datetime | None) -> dt.datetime:
    return at or dt.datetime.max.replace(tzinfo=dt.UTC)
