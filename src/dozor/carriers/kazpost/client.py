"""Kazpost: events stand under their day. See README.md."""

from __future__ import annotations

from typing import Any

from dozor.carriers.base.shape import Shaped, pick, said


class Kazpost(Shaped):
    """Keyless; one number a request."""

    def __init__(self) -> None:
        super().__init__("kazpost")

    def _lists(self, parcel: Any) -> list[list[Any]]:
        days = [(said(day, ("date",)), pick(day, "activity[]")) for day in pick(parcel, "events[]")]
        return [[row | {"date": date} for date, rows in days for row in rows if isinstance(row, dict)]]
