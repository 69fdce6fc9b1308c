"""How unusual is this silence, and will it come by the day?

A parcel passes stages. Each has a time to the next scan, counted on the clock of the country where it is, and a share
that never comes there: from the tables, or from what the installation has learnt. What is left of the way is the sum
of the stages left; what the silence so far says is Bayes' rule on a mixture of parcels that come and parcels that
never do: P(never | silent for a) = π / (π + (1 − π) S(a)).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from dozor import knowledge
from dozor.forecast.clock import Clock, even_rhythm, seasons_on, side, usual_rhythm
from dozor.forecast.learnt import Curve, Model, Parcel, Placed, StageModel, place
from dozor.forecast.lognormal import LogNormal, total
from dozor.forecast.tables import REST, STAGES, WHOLE, Lane, lane, rates, services, settings, untracked
from dozor.model import Journey, Milestone, Money, Order, Outlook, Reading, Source, Text

DAY = dt.timedelta(days=1)
OVER = frozenset(
    {Milestone.DELIVERED, Milestone.RETURNED, Milestone.RETURN_STARTED, Milestone.LOST, Milestone.SEIZED}
    | {Milestone.CANCELLED}
)
AT_CUSTOMS = frozenset({Milestone.CUSTOMS_PROCESSING, Milestone.CUSTOMS_HELD})
Time = LogNormal | Curve


def outlook(
    journey: Journey,
    order: Order,
    now: dt.datetime,
    *,
    reading: Reading | None = None,
    protection_end: dt.datetime | None = None,
    learnt: Model | None = None,
    user: str | None = None,
) -> Outlook | None:
    """The norm of the lane and stage, this parcel's place in it, and what is to be expected from `now` on.

    None where nothing is known to count from, or nothing is left to wait for. Durations are calendar days. Without
    `learnt` every figure is a prior from the tables (`thin`), to be called an estimate; with it, stages that the
    installation has parcels of are answered from them, `user` naming whose parcels count as one's own.
    """
    if journey.stage in OVER:
        return None
    stage, since = _stage(journey, order)
    if since is None:
        return None
    asked = parcel_of(journey, order, reading, stage, since, max(0.0, (now - since) / DAY), user=user)
    return look(asked, now, protection_end=protection_end, learnt=learnt)


def parcel_of(
    journey: Journey,
    order: Order,
    reading: Reading | None,
    stage: str,
    started: dt.datetime,
    days: float,
    *,
    user: str | None = None,
) -> Parcel:
    """What forecasts know a parcel by, in a stage that began at `started` and has lasted for so many days."""
    return Parcel(
        stage=stage,
        started=started,
        days=days,
        reached=False,
        origin=journey.origin or order.origin,
        destination=order.destination or journey.destination,
        service=service_class(order, reading),
        seller=order.seller,
        user=user,
        promised_days=_promised(order, started),
        price=dollars(order.price),
    )


def look(
    asked: Parcel, now: dt.datetime, *, protection_end: dt.datetime | None = None, learnt: Model | None = None
) -> Outlook:
    """The outlook of a parcel that has waited in its stage since `asked.started`, and waits still at `now`."""
    since, left_stages = asked.started, STAGES[STAGES.index(asked.stage) :]
    parts = {stage: part_of(asked, stage, learnt) for stage in STAGES}
    here, whole = parts[asked.stage], part_of(asked, WHOLE, learnt)
    scale = whole.time.median / total([part.time for part in parts.values()]).median
    pauses = _pauses(asked, [parts[stage] for stage in left_stages], scale)

    clock = _clock(asked, asked.stage, since, here.model)
    passed = clock.elapsed(now)
    never = whole.never * len(left_stages) / len(STAGES)
    # What is known by itself need not be pieced together: the whole way, and what of it was learnt from here on.
    left: Time
    if asked.stage == STAGES[0]:
        left = whole.time
    elif (rest := _rest_of(asked, learnt)) is not None:
        left, never = rest.time, rest.never
    else:
        left = total([parts[stage].time.times(scale) for stage in left_stages])
    arrival = _Arrival(left.later(sum(days for _, days in pauses)), never, _week_clock(asked, since), now)
    days = sorted({(now + DAY * ahead).date() for ahead in settings().horizons} | _day(protection_end, now))
    ground = ground_of(here)
    near = [day for day in days if (day - now.date()).days <= settings().near]
    return Outlook(
        stage=asked.stage,
        lane=here.row.id,
        elapsed=round(asked.days, 4),
        norm_p10=round(clock.until(here.time.quantile(0.1)), 1),
        norm_p50=round(clock.until(here.time.quantile(0.5)), 1),
        norm_p90=round(clock.until(here.time.quantile(0.9)), 1),
        unusual=round(1 - here.time.survival(passed), 4),
        p_never=round(arrival.p_never, 4),
        p_arrives_by=tuple((day, arrival.by(day)) for day in days),
        p_next_by=tuple((day, _Arrival(here.time, here.never, clock, now).by(day)) for day in near),
        arrival_p10=arrival.day(0.1),
        arrival_p50=arrival.day(0.5),
        arrival_p90=arrival.day(0.9),
        p_arrives_in_protection=arrival.by(protection_end.date()) if protection_end else None,
        reasons=(*_reasons(asked, whole, pauses), ground.said),
        n=ground.n,
        thin=ground.thin,
        sources=_sources([here.row, whole.row]),
    )


def _rest_of(asked: Parcel, learnt: Model | None) -> Part | None:
    """What is left of the way, from a movement in this stage on, where the installation has seen parcels go it."""
    rest = REST.get(asked.stage, asked.stage)
    return part_of(asked, rest, learnt) if learnt is not None and rest in learnt.stages else None


class Part(Struct, frozen=True):
    """One stage as the tables or the installation know it."""

    stage: str
    time: Time
    never: float
    row: Lane
    placed: Placed | None = None
    model: StageModel | None = None


def part_of(asked: Parcel, stage: str, learnt: Model | None) -> Part:
    """A stage of a parcel's way (or the whole of it): learnt where there is something to learn from, else its row."""
    row = lane(stage, asked.origin, asked.destination, asked.service)
    model = learnt.stages.get(stage) if learnt is not None else None
    if model is None:
        return Part(stage, LogNormal(row.median, row.sigma), row.never, row)
    placed = place(model, replace(asked, stage=stage))
    return Part(stage, placed.curve, placed.never, row, placed, model)


class _Arrival:
    """When it happens, given that by `now` it has not: a time counted on a clock, and a share that never comes."""

    def __init__(self, time: Time, never: float, clock: Clock, now: dt.datetime) -> None:
        self.time, self.never, self.clock, self.now = time, never, clock, now
        self.still = time.survival(clock.elapsed(now))
        self.waiting = never + (1 - never) * self.still
        self.p_never = never / self.waiting

    def by(self, day: dt.date) -> float:
        """P(it happens by the end of a day)."""
        end = dt.datetime.combine(day, dt.time(), dt.UTC) + DAY
        if end <= self.now:
            return 0.0
        later = self.time.survival(self.clock.elapsed(end))
        return round(max(0.0, (1 - self.never) * (self.still - later) / self.waiting), 4)

    def day(self, share: float) -> dt.date:
        """The day by which so great a share of those that will come, and have not yet, have come."""
        if self.still < 1e-6:  # later than any that came: as if it set out today
            return (self.now + DAY * self.time.quantile(share)).date()
        days = self.clock.until(self.time.quantile(1 - self.still * (1 - share)))
        return max(self.now, self.clock.since + DAY * days).date()


def _clock(asked: Parcel, stage: str, since: dt.datetime, model: StageModel | None, *, seasonal: bool = True) -> Clock:
    """The clock of a stage; of an origin that is not known, the clock of the origin that most buyers have."""
    origin = asked.origin or settings().unknown_origin
    country = side(stage, origin, asked.destination)
    rhythm = model.rhythms.get(country) if model is not None and country is not None else None
    return Clock(stage, origin, asked.destination, since, rhythm=rhythm, seasonal=seasonal)


def _week_clock(asked: Parcel, since: dt.datetime) -> Clock:
    """The week of the destination alone: seasons of the whole way are counted stage by stage, in `_pauses`."""
    country = side("delivery", None, asked.destination)
    rhythm = usual_rhythm(country) if country else even_rhythm()
    return Clock("delivery", None, asked.destination, since, rhythm=rhythm, seasonal=False)


def _pauses(asked: Parcel, parts: Sequence[Part], scale: float) -> list[tuple[str, float]]:
    """Days that seasons and holidays add on the expected way, by the name of the season."""
    found: dict[str, float] = {}
    at = asked.started
    for part in parts:
        middle = part.time.median * scale
        usual = _clock(asked, part.stage, at, part.model, seasonal=False).until(middle)
        takes = _clock(asked, part.stage, at, part.model).until(middle)
        name = _season(asked, part.stage, at, takes)
        found[name] = found.get(name, 0.0) + takes - usual
        at += DAY * takes
    return [(name, days) for name, days in found.items() if days > 0]


def _season(asked: Parcel, stage: str, start: dt.datetime, days: float) -> str:
    """The season in which most of a stretch lies; holidays where none does."""
    origin = asked.origin or settings().unknown_origin
    counts: dict[str, int] = {}
    for ahead in range(int(days) + 1):
        for row in seasons_on((start + DAY * ahead).date(), stage, origin, asked.destination):
            counts[row.id] = counts.get(row.id, 0) + 1
    return max(counts, key=lambda name: counts[name]) if counts else "holidays"


def _promised(order: Order, since: dt.datetime) -> float | None:
    if order.promised is not None:
        return max(1.0, (dt.datetime.combine(order.promised, dt.time(), dt.UTC) + DAY - since) / DAY)
    return float(order.promised_days) if order.promised_days else None


def tracked_prior(order: Order) -> float | None:
    """P(tracked end to end) of such a purchase, by its price and service; None where neither is known."""
    service = service_class(order, None)
    if service in ("express", "ems", "registered"):
        return 1 - untracked()[-1].share
    price = dollars(order.price)
    if price is None:
        return None
    return 1 - next(row.share for row in untracked() if price <= row.up_to)


def service_class(order: Order, reading: Reading | None) -> str | None:
    """The class of service: by the words of the shop, else by the class of the number."""
    if order.service:
        named = order.service.lower()
        for row in services():
            if knowledge.whole_words(row.words).search(named):
                return row.service
    if reading is not None and reading.service is not None:
        return next((row.service for row in services() if reading.service in row.readings), None)
    return None


def _stage(journey: Journey, order: Order) -> tuple[str, dt.datetime | None]:
    """The stage that is being waited out, and since when: the last movement, else the day of shipping or payment."""
    last = journey.last_movement
    if last is None or last.when is None:
        return "first_scan" if last is None else "export", set_out(journey, order)
    at = last.when.utc()
    return stage_at(journey, journey.stage), at


def set_out(journey: Journey, order: Order) -> dt.datetime | None:
    """When the way began, as far as anybody says so: the day of shipping, the first thing heard of it, of payment."""
    return _midnight(order.shipped) or journey.first_seen or _midnight(order.paid)


def stage_at(journey: Journey, milestone: Milestone | None, at: dt.datetime | None = None) -> str:
    """The stage that is waited out once a parcel is at a milestone: after its movement at `at`, or after the last."""
    if milestone in AT_CUSTOMS:
        return "customs"
    if journey.imported_at is not None and (at is None or at >= journey.imported_at):
        return "delivery"
    return "import" if journey.exported_at is not None and (at is None or at >= journey.exported_at) else "export"


def _reasons(asked: Parcel, whole: Part, pauses: Sequence[tuple[str, float]]) -> tuple[Text, ...]:
    """The sum in words: the middle of the service, then what the route, the seller and the season add or take."""
    generic = lane(WHOLE, None, None, asked.service)
    reasons = [Text("forecast.service", {"service": Text(f"service.{asked.service or 'any'}"), "days": generic.median})]
    country = asked.destination or whole.row.destination
    if whole.row.id != generic.id:
        reasons.append(_moved("route", whole.row.median - generic.median, {"country": country}))
    middle, n = whole.row.median, 0.0
    if whole.placed is not None:
        n = whole.placed.n - whole.row.n
        for name, levels in (
            ("learnt", ("base", "lane", "origin", "destination", "route", "service", "weekday", "covariates")),
            ("seller", ("seller",)),
            ("user", ("user",)),
        ):
            factor = math.exp(sum(whole.placed.terms.get(level, 0.0) for level in levels))
            reasons.append(_moved(name, middle * (factor - 1), {"n": round(n)}))
            middle *= factor
    for name, days in pauses:
        reasons.append(Text(f"forecast.season.{name}", {"days": round(days)}) if days >= 0.5 else Text(""))
    return tuple(reason for reason in reasons if reason.id)


def _moved(name: str, days: float, args: dict[str, object]) -> Text:
    """So many days later or sooner; nothing for less than half a day."""
    if abs(days) < 0.5:
        return Text("")
    return Text(f"forecast.{name}.{'later' if days > 0 else 'sooner'}", {**args, "days": round(abs(days))})


class Ground(Struct, frozen=True):
    """What a part of an outlook stands on: parcels (pseudo-parcels included), whether they are few, and it in words."""

    n: int
    thin: bool
    said: Text


def ground_of(part: Part) -> Ground:
    """Of the tables alone, of few parcels, or of many whose earlier forecasts kept their bands."""
    own = (part.placed.n - part.row.n) if part.placed is not None else 0.0
    n = round(own) + part.row.n
    if part.model is None or own < 1:
        return Ground(n, True, Text("forecast.thin"))
    check = part.model.check
    if own < settings().thin_below or check is None or not part.model.calibrated:
        return Ground(n, True, Text("forecast.few", {"n": round(own)}))
    return Ground(n, False, Text("forecast.measured", {"n": round(own), "share": check.within_80, "checked": check.n}))


def _sources(rows: Sequence[Lane]) -> tuple[Source, ...]:
    return tuple(Source(row.id, row.confidence, note=row.source) for row in rows)


def _day(at: dt.datetime | None, now: dt.datetime) -> set[dt.date]:
    return {at.date()} if at is not None and at > now else set()


def _midnight(day: dt.date | None) -> dt.datetime | None:
    return None if day is None else dt.datetime.combine(day, dt.time(), dt.UTC)


def dollars(price: Money | None) -> float | None:
    """An amount in US dollars, roughly; None without a rate."""
    if price is None or price.currency not in rates():
        return None
    return price.minor / 100 / rates()[price.currency]
