"""Facts that cannot both be true of this parcel. They betray numbers that are invented, recycled or another's."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence

from dozor.journey.figures import figures
from dozor.journey.places import find_place, region_of
from dozor.journey.scans import DAY, HOUR, Scan, seconds
from dozor.model import Contradiction, Milestone, Order, Report, Text

HANDED_OVER = frozenset({Milestone.AVAILABLE_FOR_PICKUP, Milestone.DELIVERED})
AT_THE_END = HANDED_OVER | {
    Milestone.HANDED_TO_LOCAL_CARRIER,
    Milestone.ARRIVED_AT_DELIVERY_OFFICE,
    Milestone.OUT_FOR_DELIVERY,
}
NO_SCAN = frozenset({Milestone.PRE_SHIPMENT, Milestone.INFO, Milestone.CANCELLED})
BORDER = frozenset(
    {
        Milestone.EXPORT_PROCESSING,
        Milestone.LEFT_ORIGIN_COUNTRY,
        Milestone.ARRIVED_DESTINATION_COUNTRY,
        Milestone.CUSTOMS_PROCESSING,
        Milestone.CUSTOMS_RELEASED,
        Milestone.CUSTOMS_HELD,
    }
)
AFTER_DELIVERY = frozenset(
    {Milestone.ACCEPTED, Milestone.IN_TRANSIT, Milestone.OUT_FOR_DELIVERY, Milestone.LEFT_ORIGIN_COUNTRY}
)

Indexed = list[tuple[int, Scan]]


def contradictions(
    every: Sequence[Scan],
    reports: Sequence[Report],
    order: Order,
    origin: str | None,
    uncertain: Sequence[tuple[Scan, Scan]] = (),
) -> tuple[Contradiction, ...]:
    """All contradictions of a history (oldest scan first), each with the events that make it."""
    scans = [
        (index, scan)
        for index, scan in enumerate(every)
        if scan.event.when is not None
        and scan.milestone not in NO_SCAN
        and not scan.event.forecast
        and not scan.event.reversed
    ]
    found = [
        *_too_old(scans, order),
        *_elsewhere(scans, reports, order, origin),
        *_other_city(scans, order),
        *_too_fast(scans),
        *_at_once(scans),
        *_after_delivery(scans, order, origin),
        *_two_histories(scans),
        *_uncertain(every, uncertain),
    ]
    return tuple(found)


def _too_old(scans: Indexed, order: Order) -> Iterator[Contradiction]:
    """Scans from before the payment, or where that is unknown, from long before the declared shipping."""
    if order.paid is not None:
        day, slack, name = order.paid, figures().before_payment_days, "event_before_payment"
    elif order.shipped is not None:
        day, slack, name = order.shipped, figures().before_shipping_days, "event_before_shipping"
    else:
        return
    limit = seconds(dt.datetime.combine(day, dt.time(), dt.UTC)) - DAY * slack
    early = [(index, scan) for index, scan in scans if scan.latest() < limit]
    if early:
        evidence = Text(f"contradiction.{name}.why", {"at": _day(early[0][1]), "day": day})
        yield Contradiction(name, (evidence,), tuple(index for index, _ in early))


def _elsewhere(scans: Indexed, reports: Sequence[Report], order: Order, origin: str | None) -> Iterator[Contradiction]:
    """Another country of destination than the order's. The inland leg of the sender's country is none."""
    wanted = order.destination
    if wanted is None:
        return
    said = {report.destination for report in reports if report.destination} - {wanted}
    ends = [
        (index, scan.country)
        for index, scan in scans
        if scan.milestone in AT_THE_END and scan.country not in (None, wanted, origin)
    ]
    country = ends[0][1] if ends else next(iter(sorted(said)), None)
    if country is not None and not any(report.destination == wanted for report in reports):
        evidence = Text("contradiction.other_destination.why", {"country": country, "wanted": wanted})
        yield Contradiction("other_destination", (evidence,), tuple(index for index, _ in ends))


def _other_city(scans: Indexed, order: Order) -> Iterator[Contradiction]:
    """Handed over in another city of the right country; only where both cities are known beyond doubt."""
    wanted = find_place(order.city, order.destination) if order.city else None
    if wanted is None or wanted.city is None:
        return
    ends = [
        (index, scan.event.place)
        for index, scan in scans
        if scan.milestone in HANDED_OVER and scan.country == wanted.country and scan.event.place
    ]
    if ends and all(place.city not in (None, wanted.city) for _, place in ends):
        # In the words of the carrier and of the buyer: they need no translation.
        words = {"city": ends[0][1].text or ends[0][1].city, "wanted": order.city}
        evidence = Text("contradiction.other_city.why", words)
        yield Contradiction("other_city", (evidence,), tuple(index for index, _ in ends))


def _too_fast(scans: Indexed) -> Iterator[Contradiction]:
    """Delivered in another part of the world sooner after its first scan than any parcel is."""
    start = next((each for each in scans if each[1].country), None)
    end = next((each for each in scans if each[1].milestone is Milestone.DELIVERED and each[1].country), None)
    if start is None or end is None or not _far(start[1].country, end[1].country):
        return
    days = (end[1].latest() - start[1].earliest()) / DAY
    if 0 <= days < figures().least_days_abroad:
        evidence = Text("contradiction.impossible_speed.why", {"hours": round(days * 24)})
        yield Contradiction("impossible_speed", (evidence,), (start[0], end[0]))


def _at_once(scans: Indexed) -> Iterator[Contradiction]:
    """Scanned in two countries within the hour, by systems whose zones are known; messages at borders are no scans."""
    sure = [
        each
        for each in scans
        if each[1].sure and each[1].country and not each[1].whole_day and each[1].milestone not in BORDER
    ]
    for (i, one), (j, two) in itertools.pairwise(sure):
        if one.country == two.country or abs(two.at - one.at) > figures().two_countries_hours * HOUR:
            continue
        if _far(one.country, two.country):
            args = {"one": one.country, "two": two.country, "at": _day(one)}
            evidence = Text("contradiction.two_countries_at_once.why", args)
            yield Contradiction("two_countries_at_once", (evidence,), (i, j))
            return


def _far(one: str | None, two: str | None) -> bool:
    """Whether two countries lie so far apart that no parcel is in both on one day."""
    return one is not None and two is not None and one != two and (region_of(one) or one) != (region_of(two) or two)


def _after_delivery(scans: Indexed, order: Order, origin: str | None) -> Iterator[Contradiction]:
    """Moving on the way out long after a delivery. The way back, or after an inland leg, is another."""
    abroad = order.destination is not None and origin is not None and order.destination != origin
    done = next(
        (
            (index, scan)
            for index, scan in scans
            if scan.milestone is Milestone.DELIVERED and not (abroad and scan.country == origin)
        ),
        None,
    )
    if done is None:
        return
    limit = done[1].latest() + DAY * figures().after_delivery_days
    later = [index for index, scan in scans if scan.milestone in AFTER_DELIVERY and scan.earliest() > limit]
    if later:
        evidence = Text("contradiction.delivered_then_moving.why", {"at": _day(done[1])})
        yield Contradiction("delivered_then_moving", (evidence,), (done[0], *later))


def _two_histories(scans: Indexed) -> Iterator[Contradiction]:
    """A hole of more than half a year: the number has had two lives."""
    hole = figures().hole_days * DAY
    for (i, one), (j, two) in itertools.pairwise(scans):
        if two.at - one.at > hole:
            evidence = Text("contradiction.number_of_other_year.why", {"one": _day(one), "two": _day(two)})
            yield Contradiction("number_of_other_year", (evidence,), (i, j))
            return


def _uncertain(every: Sequence[Scan], pairs: Sequence[tuple[Scan, Scan]]) -> Iterator[Contradiction]:
    """Two systems whose clocks say one order and whose words another; their order is ours, by the usual way."""
    for one, two in pairs:
        places = [index for index, scan in enumerate(every) if scan is one or scan is two]
        if len(places) != 2:
            continue  # one of them was taken back
        first, second = (Text(f"milestone.{(every[place].milestone or Milestone.INFO).value}") for place in places)
        evidence = Text("contradiction.order_uncertain.why", {"one": first, "two": second, "at": _day(one)})
        yield Contradiction("order_uncertain", (evidence,), tuple(places))
        return


def _day(scan: Scan) -> dt.date | None:
    return scan.event.when.local.date() if scan.event.when else None
