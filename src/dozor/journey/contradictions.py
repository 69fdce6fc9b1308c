"""Facts that cannot both be true of this parcel. They betray numbers that are invented, recycled or another's."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence

from dozor.journey.figures import figures
from dozor.journey.places import find_place, region_of
from dozor.journey.scans import Scan
from dozor.model import Contradiction, Event, Milestone, Order, Report, Text

DAY = dt.timedelta(days=1)
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

Indexed = list[tuple[int, Event]]


def contradictions(
    events: Sequence[Event],
    reports: Sequence[Report],
    order: Order,
    origin: str | None,
    uncertain: Sequence[tuple[Scan, Scan]] = (),
) -> tuple[Contradiction, ...]:
    """All contradictions of a history (oldest event first), each with the events that make it."""
    scans = [
        (index, event)
        for index, event in enumerate(events)
        if event.when and not event.forecast and not event.reversed and event.milestone not in NO_SCAN
    ]
    found = [
        *_too_old(scans, order),
        *_elsewhere(scans, reports, order, origin),
        *_other_city(scans, order),
        *_too_fast(scans),
        *_at_once(scans),
        *_after_delivery(scans, order, origin),
        *_two_histories(scans),
        *_uncertain(events, uncertain),
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
    limit = dt.datetime.combine(day, dt.time(), dt.UTC) - DAY * slack
    early = [(index, event) for index, event in scans if event.when and event.when.latest() < limit]
    if early:
        first = early[0][1]
        evidence = Text(f"contradiction.{name}.why", {"at": _day(first), "day": day})
        yield Contradiction(name, (evidence,), tuple(index for index, _ in early))


def _elsewhere(scans: Indexed, reports: Sequence[Report], order: Order, origin: str | None) -> Iterator[Contradiction]:
    """Another country of destination than the order's. The inland leg of the sender's country is none."""
    wanted = order.destination
    if wanted is None:
        return
    said = {report.destination for report in reports if report.destination} - {wanted}
    ends = [
        (index, event.place.country)
        for index, event in scans
        if event.milestone in AT_THE_END and event.place and event.place.country not in (None, wanted, origin)
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
        (index, event.place)
        for index, event in scans
        if event.milestone in HANDED_OVER and event.place and event.place.city and event.place.country == wanted.country
    ]
    if ends and all(place.city != wanted.city for _, place in ends):
        # In the words of the carrier and of the buyer: they need no translation.
        words = {"city": ends[0][1].text or ends[0][1].city, "wanted": order.city}
        evidence = Text("contradiction.other_city.why", words)
        yield Contradiction("other_city", (evidence,), tuple(index for index, _ in ends))


def _too_fast(scans: Indexed) -> Iterator[Contradiction]:
    """Delivered in another part of the world sooner after its first scan than any parcel is."""
    start = next(((i, e) for i, e in scans if e.place and e.place.country), None)
    end = next(((i, e) for i, e in scans if e.milestone is Milestone.DELIVERED and e.place and e.place.country), None)
    if start is None or end is None or start[1].when is None or end[1].when is None:
        return
    one, two = start[1].place, end[1].place
    days = (end[1].when.latest() - start[1].when.earliest()) / DAY
    if one and two and _far(one.country, two.country) and 0 <= days < figures().least_days_abroad:
        evidence = Text("contradiction.impossible_speed.why", {"hours": round(days * 24)})
        yield Contradiction("impossible_speed", (evidence,), (start[0], end[0]))


def _at_once(scans: Indexed) -> Iterator[Contradiction]:
    """Scanned in two countries within the hour, by systems whose zones are known; messages at borders are no scans."""
    sure = [
        (index, event, event.when, event.place.country)
        for index, event in scans
        if event.milestone not in BORDER
        and event.place
        and event.place.country
        and event.when
        and event.when.offset is not None
        and not event.when.assumed
        and event.when.precision not in ("day", "month")
    ]
    for (i, one, at, a), (j, _, later, b) in itertools.pairwise(sure):
        close = abs(later.utc() - at.utc()) <= dt.timedelta(hours=figures().two_countries_hours)
        if close and _far(a, b):
            evidence = Text("contradiction.two_countries_at_once.why", {"one": a, "two": b, "at": _day(one)})
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
            (i, e)
            for i, e in scans
            if e.milestone is Milestone.DELIVERED and not (abroad and e.place and e.place.country == origin)
        ),
        None,
    )
    if done is None or done[1].when is None:
        return
    limit = done[1].when.latest() + DAY * figures().after_delivery_days
    later = [i for i, e in scans if e.milestone in AFTER_DELIVERY and e.when and e.when.earliest() > limit]
    if later:
        evidence = Text("contradiction.delivered_then_moving.why", {"at": _day(done[1])})
        yield Contradiction("delivered_then_moving", (evidence,), (done[0], *later))


def _two_histories(scans: Indexed) -> Iterator[Contradiction]:
    """A hole of more than half a year: the number has had two lives."""
    for (i, one), (j, two) in itertools.pairwise(scans):
        if one.when and two.when and (two.when.utc() - one.when.utc()) / DAY > figures().hole_days:
            evidence = Text("contradiction.number_of_other_year.why", {"one": _day(one), "two": _day(two)})
            yield Contradiction("number_of_other_year", (evidence,), (i, j))
            return


def _uncertain(events: Sequence[Event], pairs: Sequence[tuple[Scan, Scan]]) -> Iterator[Contradiction]:
    """Two systems whose clocks say one order and whose words another; their order is ours, by the usual way."""
    for one, two in pairs:
        places = sorted(index for index, event in enumerate(events) if event is one.event or event is two.event)
        if len(places) == 2 and one.milestone and two.milestone:
            first, second = (events[place] for place in places)
            args = {
                "one": Text(f"milestone.{first.milestone.value if first.milestone else 'unknown'}"),
                "two": Text(f"milestone.{second.milestone.value if second.milestone else 'unknown'}"),
                "at": _day(one.event),
            }
            yield Contradiction("order_uncertain", (Text("contradiction.order_uncertain.why", args),), tuple(places))
            return


def _day(event: Event) -> dt.date | None:
    return event.when.local.date() if event.when else None
