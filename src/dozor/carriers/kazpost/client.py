"""Kazpost: events stand under their day. See README.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dozor.carriers.base.shape import Shaped, pick, said


class Kazpost(Shaped):
    """Keyless; one number a request."""

    def __init__(self) -> None:
        super().__init__("kazpost")

    def _rows(self, parcel: Any) -> Iterable[Any]:
        for day in pick(parcel, "events[]"):
            for row in pick(day, "activity[]"):
                if isinstance(row, dict):
                    yield row | {"date": said(day, ("date",))}
