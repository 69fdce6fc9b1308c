"""An answer as its reader's clocks and calendars show it.

The picture reckons in UTC. Here instants become the wall time of the reader's zone, written as if it were UTC: so
today's line, the days on the labels and the distances fall as the reader's days do. What is a day and no instant (the
day of payment, a scan of which only the day is known) is that day everywhere, and stays.
"""

from __future__ import annotations

import datetime as dt

from msgspec.structs import replace

from dozor.model import Answer, Event, Journey, Moment


def in_zone(answer: Answer, zone: dt.tzinfo) -> Answer:
    """The same answer with the instants that a picture shows in the zone's wall time."""
    if zone is dt.UTC:
        return answer

    def wall(at: dt.datetime) -> dt.datetime:
        return at.astimezone(zone).replace(tzinfo=dt.UTC)

    def some(at: dt.datetime | None) -> dt.datetime | None:
        return None if at is None else wall(at)

    def event(each: Event) -> Event:
        when = each.when
        if when is None or when.precision in ("day", "month"):
            return each
        local = when.utc().astimezone(zone).replace(tzinfo=None)
        return replace(each, when=Moment(local, 0, when.precision, when.assumed))

    clock, journey = answer.clock, answer.journey
    last = journey.last_movement
    told: Journey = replace(
        journey,
        events=tuple(event(each) for each in journey.events),
        last_movement=event(last) if last else None,
        available_since=some(journey.available_since),
    )
    steps = tuple(
        replace(step, not_before=some(step.not_before), not_after=some(step.not_after)) for step in answer.advice.steps
    )
    return replace(
        answer,
        now=wall(answer.now),
        journey=told,
        clock=replace(
            clock,
            limits=tuple(replace(limit, at=some(limit.at)) for limit in clock.limits),
            backstops=tuple(
                replace(stop, opens=some(stop.opens), latest_safe=some(stop.latest_safe)) for stop in clock.backstops
            ),
        ),
        advice=replace(answer.advice, steps=steps),
    )
