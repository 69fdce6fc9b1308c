"""Before buying: will it be tracked, how far, and when would it come?"""

from __future__ import annotations

import datetime as dt

from msgspec import Struct

from dozor.forecast.learnt import Model, Parcel
from dozor.forecast.outlook import dollars, ground_of, look, part_of, service_class
from dozor.forecast.tables import (
    WHOLE,
    Obligatory,
    ServiceRow,
    Untracked,
    obligatory,
    postage,
    services,
    settings,
    untracked,
)
from dozor.model import Money, Order, Source, Text


class Prediction(Struct, frozen=True):
    """What is to be expected of a purchase that is not made yet. Shares are estimates; days count from shipping."""

    p_tracked: float  # end to end
    reach: str  # how far the number will likely be followed
    p_bad_number: float | None  # the number will lead nowhere; None without a price
    days_p10: float
    days_p50: float
    days_p90: float
    arrival_p10: dt.date  # shipped at `now`
    arrival_p50: dt.date
    arrival_p90: dt.date
    p_never: float
    n: int  # parcels behind the days, pseudo-parcels of the tables included
    n_tracked: int  # the same behind `p_tracked`
    thin: bool
    reasons: tuple[Text, ...]
    sources: tuple[Source, ...]


def predict(order: Order, now: dt.datetime, *, learnt: Model | None = None) -> Prediction:
    """What such an order is likely to be; what it does not say is taken as usual for such purchases."""
    service = service_class(order, None)
    price = dollars(order.price)
    band = next((row for row in untracked() if price is not None and price <= row.up_to), None)
    row = next((row for row in services() if row.service == service), None)
    duty = _duty(order.destination, price, now.date())
    share = _untracked(band, row, duty)
    asked = Parcel(
        "first_scan",
        now,
        0.0,
        reached=False,
        origin=order.origin,
        destination=order.destination,
        service=service,
        seller=order.seller,
        promised_days=float(order.promised_days) if order.promised_days else None,
        price=price,
    )
    seen = look(asked, now, learnt=learnt)
    ground = ground_of(part_of(asked, WHOLE, learnt))
    days = (seen.arrival_p10, seen.arrival_p50, seen.arrival_p90)
    assert all(days), "an outlook of a parcel on its way has a band"
    early, middle, late = (day for day in days if day is not None)
    return Prediction(
        p_tracked=round(1 - share, 3),
        reach=_reach(share, band, row),
        p_bad_number=band.bad if band is not None else None,
        days_p10=(early - now.date()).days,
        days_p50=(middle - now.date()).days,
        days_p90=(late - now.date()).days,
        arrival_p10=early,
        arrival_p50=middle,
        arrival_p90=late,
        p_never=seen.p_never,
        n=ground.n,
        n_tracked=row.n if row is not None else band.n if band is not None else 0,
        thin=ground.thin,
        reasons=(*_why(order, price, share, band, row, duty), *seen.reasons[:-1], ground.said),
        sources=(*_cited(band, row, duty), *seen.sources),
    )


def _untracked(band: Untracked | None, row: ServiceRow | None, duty: Obligatory | None) -> float:
    """The share that cannot be followed to the door: a service that was named decides, else the price does."""
    if row is not None:
        return row.untracked
    share = band.share if band is not None else settings().untracked_overall
    return share * (duty.left if duty is not None else 1.0)


def _reach(share: float, band: Untracked | None, row: ServiceRow | None) -> str:
    if row is not None:
        return row.reach
    if band is None:
        return "end_to_end_or_partial"
    # Cheap parcels, where followed at all, are followed up to the border (S123).
    return "end_to_end" if share < 0.5 else "origin_only"


def _duty(destination: str | None, price: float | None, day: dt.date) -> Obligatory | None:
    """The obligation that holds for a price on a day."""
    return next(
        (
            row
            for row in obligatory()
            if row.destination == destination and day >= row.since and price is not None and price > row.above
        ),
        None,
    )


def _why(
    order: Order,
    price: float | None,
    share: float,
    band: Untracked | None,
    row: ServiceRow | None,
    duty: Obligatory | None,
) -> list[Text]:
    """What decides, and what a buyer can do about it before paying."""
    reasons = []
    costs = {id: _money(id) for id in postage()}
    if row is not None:
        reasons.append(Text("predict.by_service", {"service": Text(f"service.{row.service}")}))
    elif band is not None:
        reasons.append(Text("predict.by_price", {"price": order.price}))
    else:
        reasons.append(Text("predict.by_nothing"))
    least = max(dollars(costs["average"][1]) or 0.0, dollars(costs["uneconomic"][1]) or 0.0)
    if row is None and price is not None and price <= least:
        reasons.append(Text("predict.uneconomic", {"cost": costs["average"][1], "from": costs["followed"][0]}))
    if row is None and duty is not None:
        reasons.append(Text("predict.obligatory", {"country": duty.destination, "since": duty.since}))
    if share >= 0.5:
        reasons.append(Text("predict.arrives_untracked"))
        low, high = costs["option"]
        reasons.append(Text("predict.option", {"low": low, "high": high, "dearer": costs["dearer"][1]}))
    if band is not None and band.bad > untracked()[-1].bad:
        reasons.append(Text("predict.bad_numbers", {"share": band.bad}))
    if row is not None and row.service == "express":
        reasons.append(Text("predict.customs_gap"))
    return reasons


def _money(id: str) -> tuple[Money, Money]:
    row = postage()[id]
    return Money(row.low, row.currency), Money(row.high, row.currency)


def _cited(band: Untracked | None, row: ServiceRow | None, duty: Obligatory | None) -> list[Source]:
    """The rows that p_tracked stands on."""
    if row is not None:
        return [Source(f"services/{row.service}", "reported", note=row.source)]
    named = [Source(f"untracked/{band.up_to:g}", "reported", note=band.source)] if band is not None else []
    return named + ([Source(f"obligatory/{duty.destination}", "reported", note=duty.source)] if duty else [])
