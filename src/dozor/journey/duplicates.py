"""One scan told by several systems, in several languages, becomes one event with all its wordings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter

from msgspec.structs import replace

from dozor.journey.figures import figures, tells_more
from dozor.journey.places.tables import SystemRow, systems
from dozor.journey.scans import DAY, EAST, HOUR, UNDATED, Scan
from dozor.model import Milestone, Place

DECIDERS = {"code": 3, "said": 2, "phrase": 1, "stage": 0, "model": 0, None: 0}
VAGUE = frozenset({None, Milestone.INFO})
IN_TIME = attrgetter("at", "wall", "system")  # of equals, in the order of the reports, which is canonical
NOBODY = frozenset({""})
QUARTER = 900  # seconds: zones differ by whole quarters of an hour
MINUTE = 60
POSSIBLE = float("inf")
UNLISTED = SystemRow(system="", source="")


def told_once(scans: Iterable[Scan]) -> list[Scan]:
    """The scans without doubles: the richest telling stays, the others are kept as `sources` and `originals`.

    Of several groups that would take a telling in, the nearest in time does.
    """
    # Two tellings are at most so far apart: half a day by their wall clocks, and as much by their zones.
    window = figures().same_scan_zoneless_hours * HOUR + EAST
    near = figures().same_scan_minutes * MINUTE
    groups: list[list[Scan]] = []
    for scan in sorted(scans, key=IN_TIME):
        best: list[Scan] | None = None
        nearest = POSSIBLE
        for group in reversed(groups):
            first = group[0]
            if first.at < scan.at - window:
                break
            if first.milestone is not scan.milestone and not _compatible(first.milestone, scan.milestone):
                continue
            if first.exact and scan.exact and scan.at - first.at > near and abs(scan.wall - first.wall) > MINUTE:
                continue  # most pairs end here: two exact clocks, far apart
            apart = same_scan(scan, first) if len(group) == 1 else _apart(scan, group)
            if apart is not None and apart < nearest:
                best, nearest = group, apart
                if apart == 0:
                    break
        if best is None:
            groups.append([scan])
        else:
            best.append(scan)
    return [_joined(group) if len(group) > 1 else group[0] for group in groups]


def _apart(scan: Scan, group: list[Scan]) -> float | None:
    """How far a scan is from a group, in seconds; None: another scan.

    It must be near to one telling of the group and contradict none.
    """
    least = POSSIBLE
    for other in group:
        apart = same_scan(scan, other)
        if apart is None:
            return None
        least = min(least, apart)
    return least


def same_scan(one: Scan, two: Scan) -> float | None:
    """How many seconds two tellings of one scan lie apart; None where they cannot be one.

    `POSSIBLE` where nothing speaks against it and nothing for it.
    """
    a, b = one.event, two.event
    if a.forecast is not b.forecast or a.takes_back is not b.takes_back:
        return None
    if one.country != two.country and one.country and two.country:
        return None
    if one.milestone is not two.milestone and not _compatible(one.milestone, two.milestone):
        return None
    if one.system == two.system:
        return _repeated(one, two)
    return _time_apart(one, two) if _same_city(a.place, b.place) else None


def _repeated(one: Scan, two: Scan) -> float | None:
    """One row of a system told twice: in another answer, or in another language. It tells its own scans apart."""
    a, b = one.event, two.event
    if one.wall != two.wall:
        return None
    if a.text == b.text:
        return 0.0 if a.place == b.place or not (a.place and b.place) else None
    translated = a.code is not None and a.code == b.code and a.lang != b.lang and a.place == b.place
    return 0.0 if translated else None


def _compatible(one: Milestone | None, two: Milestone | None) -> bool:
    if one is None or two is None:
        return True
    return (one, two) in tells_more()


def _same_city(one: Place | None, two: Place | None) -> bool:
    return not (one and two and one.city and two.city) or one.city == two.city


def _time_apart(one: Scan, two: Scan) -> float | None:
    if one.wall == UNDATED or two.wall == UNDATED:
        # Without a time only the very same words are the same scan.
        return 0.0 if one.wall == two.wall and one.event.text == two.event.text else None
    wall = abs(one.wall - two.wall)
    equal = one.milestone is two.milestone
    if one.whole_day or two.whole_day:
        if one.wall // DAY != two.wall // DAY:
            return None
        return wall if equal and one.way is not None else POSSIBLE
    if wall <= MINUTE:
        return wall  # the same wall time is the same scan, whatever zone each system believes in
    if one.milestone in VAGUE or two.milestone in VAGUE:
        return None  # what nobody understands is one only where the clocks agree
    at = abs(one.at - two.at)
    if at <= figures().same_scan_minutes * MINUTE:
        return at
    if (one.sure and two.sure) or wall > figures().same_scan_zoneless_hours * HOUR:
        return None
    # With a zone unknown, only whole quarters of an hour of difference can be a zone; at round times that is chance.
    zone = (wall + MINUTE) % QUARTER <= 2 * MINUTE
    telling = equal and (one.way is not None or one.wall % QUARTER != 0)
    return wall if zone and telling else POSSIBLE


def _joined(group: list[Scan]) -> Scan:
    group.sort(key=_richness, reverse=True)
    best = group[0].event
    telling, when, m40, taken_back = group[0], None, best.m40, False
    wordings: set[str] = set()
    sources: set[str] = set()
    for each in group:
        event = each.event
        wordings.add(event.text)
        wordings.update(event.originals)
        sources.add(each.system)
        sources.update(event.sources)
        taken_back = taken_back or event.reversed
        m40 = m40 or event.m40
        if when is None and each.sure and not each.whole_day:
            when = event.when
        if each.milestone is not telling.milestone and _says_more(each.milestone, telling.milestone):
            telling = each
    if when is None:
        when = next((each.event.when for each in group if each.event.when and not each.whole_day), best.when)
    known = telling.event
    return Scan(
        replace(
            best,
            when=when,
            place=_best_place(group),
            milestone=known.milestone,
            decided_by=known.decided_by,
            rule=known.rule,
            m40=m40,
            reversed=taken_back,
            sources=tuple(sorted(sources - NOBODY)),
            originals=tuple(sorted(wordings - {best.text, ""})),
        ),
        group[0].rank,
    )


def _says_more(one: Milestone | None, two: Milestone | None) -> bool:
    if one is None:
        return False
    return two is None or tells_more().get((one, two)) is one


def _best_place(group: Sequence[Scan]) -> Place | None:
    """The first that knows the city, else the country, else any."""
    best, worth = None, -1
    for each in group:
        place = each.event.place
        if place is not None:
            told = 3 if place.city else 2 if place.country else 1 if place.text else 0
            if told > worth:
                best, worth = place, told
    return best


def _richness(scan: Scan) -> tuple[int, bool, bool, int, int, str, str, str, str]:
    """A code outranks words, the one who scanned one who retells, more words fewer."""
    event = scan.event
    own = not systems().get(scan.system, UNLISTED).retold
    place = len(event.place.text) if event.place else 0
    return (
        DECIDERS.get(event.decided_by, 0),
        not scan.whole_day and event.when is not None,
        own,
        place,
        len(event.text),
        scan.system,
        event.text,
        event.code or "",
        event.number or "",
    )
