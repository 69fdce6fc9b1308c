"""Nova Poshta's open method: the present state of a number is one event. See README.md."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from dozor.carriers.base.reading import wall_time
from dozor.carriers.base.shape import Shaped, said
from dozor.model import Moment

UNKNOWN = "3"  # a status that says: no such number
SCAN = re.compile(r"(\d{2}):(\d{2}) (\d{2})\.(\d{2})\.(\d{4})")
DAY_FIRST = re.compile(r"(\d{2})[-.](\d{2})[-.](\d{4}) (\d{2}):(\d{2})(?::(\d{2}))?")
TIMES = (
    "TrackingUpdateDate",
    "DateScan",
    "ActualDeliveryDate",
    "RecipientDateTime",
    "DateCreated",
    "ScheduledDeliveryDate",
)


class NovaPoshta(Shaped):
    """Keyless; up to a hundred numbers a request."""

    def __init__(self) -> None:
        super().__init__("nova_poshta")

    def _lists(self, parcel: Any) -> list[list[Any]]:
        return [] if said(parcel, ("StatusCode",)) == UNKNOWN else [[parcel]]

    def _when(self, row: Any) -> Moment | None:
        return next((when for name in TIMES if (when := _moment(said(row, (name,))))), None)


def _moment(text: str) -> Moment | None:
    """One of the four forms in which the system writes a time."""
    if found := SCAN.fullmatch(text):
        hour, minute, day, month, year = found.groups()
        return wall_time(f"{year}-{month}-{day} {hour}:{minute}")
    if found := DAY_FIRST.fullmatch(text):
        day, month, year, hour, minute, _ = found.groups()
        return wall_time(f"{year}-{month}-{day} {hour}:{minute}")
    when = wall_time(text)
    return when if when and when.local > dt.datetime(2000, 1, 1) else None  # noqa: DTZ001 (wall time)
