"""The thresholds of this room."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from dozor import knowledge


class Figures(Struct, frozen=True, forbid_unknown_fields=True):
    """See `figures.toml` for what each means."""

    source: str
    same_scan_minutes: float
    same_scan_zoneless_hours: float
    before_payment_days: float
    before_shipping_days: float
    least_days_abroad: float
    two_countries_hours: float
    after_delivery_days: float
    hole_days: float


@cache
def figures() -> Figures:
    """The thresholds, read once."""
    return knowledge.document("journey", "figures.toml", Figures)
