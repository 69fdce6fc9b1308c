"""How unusual is this silence, and will it come by the day?

A parcel passes stages. Each has a prior time to the next scan and a share that never comes there. What is left of
the way is the sum of the stages left; what the silence so far says is Bayes' rule on a mixture of parcels that
come and parcels that never do: P(never | silent for a) = π / (π + (1 − π) S(a)).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from dozor.forecast.lognormal import LogNormal, total
from dozor.forecast.tables import Lane, Season, lane, rates, seasons, services, untracked
from dozor.model import Journey, Milestone, Money, Order, Outlook, Reading, Source, Text

DAY = dt.timedelta(days=1)
STAGES = ("first_scan", "export", "import", "customs", "delivery")
OVER = frozenset(
    {Milestone.DELIVERED, Milestone.RETURNED, Milestone.RETURN_STARTED, Milestone.LOST, Milestone.SEIZED}
    | {Milestone.CANCELLED}
)
AT_CUSTOMS = frozenset({Milestone.CUSTOMS_PROCESSING, Milestone.CUSTOMS_HELD})
HORIZONS = (7, 14, 30, 60)


def outlook(
    journey: Journey,
    order: Order,
    now: dt.datetime,
    *,
    reading: Reading | None = None,
    protection_end: dt.datetime | None = None,
) -> Outlook | None:
    """The norm of the lane and stage, this parcel's place in it, and what is to be expected from `now` on.

    None where nothing is known to count from, or nothing is left to wait for. Durations are days; every figure is
    a prior from the tables (`thin`), to be called an estimate.
    """
    if journey.stage in OVER:
        return None
    stage, since = _stage(journey, order)
    if since is None:
        return None
    service = service_class(order, reading)
    origin, destination = journey.origin or order.origin, order.destination or journey.destination
    rows = [lane(each, origin, destination, service) for each in STAGES[STAGES.index(stage) :]]
    whole = lane("ship_to_delivered", origin, destination, service)
    scale = whole.median / sum(lane(each, origin, destination, service).median for each in STAGES)
    season = _season(since.date(), stage)
    extra = season.days if season else 0.0
    here = LogNormal(rows[0].median, rows[0].sigma).later(extra)
    left = total([LogNormal(row.median * scale, row.sigma) for row in rows]).later(extra)
    elapsed = max(0.0, (now - since) / DAY)
    never = whole.never * len(rows) / len(STAGES)
    still = left.survival(elapsed)
    p_never = never / (never + (1 - never) * still)
    days = sorted({(now + DAY * ahead).date() for ahead in HORIZONS} | _day(protection_end, now))
    quantiles = [_arrival(left, elapsed, share, now) for share in (0.1, 0.5, 0.9)]
    return Outlook(
        stage=stage,
        lane=rows[0].id,
        elapsed=round(elapsed, 2),
        norm_p10=round(here.quantile(0.1), 1),
        norm_p50=round(here.quantile(0.5), 1),
        norm_p90=round(here.quantile(0.9), 1),
        unusual=round(1 - here.survival(elapsed), 4),
        p_never=round(p_never, 4),
        p_arrives_by=tuple((day, _by(left, never, elapsed, since, day)) for day in days),
        p_next_by=tuple((day, _by(here, rows[0].never, elapsed, since, day)) for day in days[:3]),
        arrival_p10=quantiles[0],
        arrival_p50=quantiles[1],
        arrival_p90=quantiles[2],
        p_arrives_in_protection=_by(left, never, elapsed, since, protection_end.date()) if protection_end else None,
        reasons=_reasons(whole, scale, season, destination),
        n=rows[0].n,
        thin=True,
        sources=_sources([rows[0], whole]),
    )


def tracked_prior(order: Order) -> float | None:
    """P(tracked end to end) of such a purchase, by its price and service; None where neither is known."""
    service = service_class(order, None)
    if service in ("express", "ems", "registered"):
        return 1 - untracked()[-1].share
    dollars = _dollars(order.price)
    if dollars is None:
        return None
    return 1 - next(row.share for row in untracked() if dollars <= row.up_to)


def service_class(order: Order, reading: Reading | None) -> str | None:
    """The class of service: by the words of the shop, else by the class of the number."""
    words = (order.service or "").lower()
    for row in services():
        if words and any(word in words for word in row.words):
            return row.service
    if reading is not None and reading.service is not None:
        return next((row.service for row in services() if reading.service in row.readings), None)
    return None


def _stage(journey: Journey, order: Order) -> tuple[str, dt.datetime | None]:
    """The stage that is being waited out, and since when: the last movement, else the day of shipping or payment."""
    last = journey.last_movement
    if last is None or last.when is None:
        since = _midnight(order.shipped) or journey.first_seen or _midnight(order.paid)
        stage = "first_scan" if last is None else "export"
        return stage, since
    at = last.when.utc()
    if journey.stage in AT_CUSTOMS:
        return "customs", at
    if journey.imported_at is not None:
        return "delivery", at
    return ("import" if journey.exported_at is not None else "export"), at


def _by(time: LogNormal, never: float, elapsed: float, since: dt.datetime, day: dt.date) -> float:
    """P(it happens by the end of a day | it has not after `elapsed` days)."""
    until = (dt.datetime.combine(day, dt.time(), dt.UTC) + DAY - since) / DAY
    if until <= elapsed:
        return 0.0
    still = time.survival(elapsed)
    share = (1 - never) * (still - time.survival(until)) / (never + (1 - never) * still)
    return round(max(0.0, share), 4)


def _arrival(time: LogNormal, elapsed: float, share: float, now: dt.datetime) -> dt.date:
    """The day by which so great a share of those that will come, and have not yet, have come."""
    still = time.survival(elapsed)
    if still < 1e-9:
        return (now + DAY * time.quantile(0.5)).date()
    days = time.quantile(min(1 - still * (1 - share), 1 - 1e-9))
    return (now + DAY * max(0.0, days - elapsed)).date()


def _season(day: dt.date, stage: str) -> Season | None:
    return next((row for row in seasons() if row.start <= day <= row.end and stage in row.stages), None)


def _reasons(whole: Lane, scale: float, season: Season | None, destination: str | None) -> tuple[Text, ...]:
    reasons = [Text("forecast.service", {"service": Text(f"service.{whole.service or 'any'}"), "days": whole.median})]
    if whole.destination:
        reasons.append(Text("forecast.destination", {"country": destination or whole.destination}))
    if season is not None:
        reasons.append(Text(f"forecast.season.{season.id}", {"days": season.days}))
    reasons.append(Text("forecast.thin"))
    return tuple(reasons)


def _sources(rows: Sequence[Lane]) -> tuple[Source, ...]:
    return tuple(Source(row.id, row.confidence, note=row.source) for row in rows)


def _day(at: dt.datetime | None, now: dt.datetime) -> set[dt.date]:
    return {at.date()} if at is not None and at > now else set()


def _midnight(day: dt.date | None) -> dt.datetime | None:
    return None if day is None else dt.datetime.combine(day, dt.time(), dt.UTC)


def _dollars(price: Money | None) -> float | None:
    if price is None or price.currency not in rates():
        return None
    return price.minor / 100 / rates()[price.currency]
