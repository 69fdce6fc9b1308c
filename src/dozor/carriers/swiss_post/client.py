"""Swiss Post's page: parcels by number, events by identity. See README.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from dozor.carriers.base.protocol import Ask, Response
from dozor.carriers.base.reading import as_json, items
from dozor.carriers.base.shape import Shaped, said
from dozor.model import Event, Report

TAKEN_BACK = "CAN"


class SwissPost(Shaped):
    """One number at a time; off by default."""

    def __init__(self) -> None:
        super().__init__("swiss_post")

    def read(self, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
        """A list of parcels, or a list of the events of one."""
        rows = items(as_json(response.body))
        if rows and isinstance(rows[0], dict) and "eventCode" in rows[0]:
            parcel = {"shipmentNumber": asks[0].number, "events": rows}
            return super().read(replace(response, body=msgspec.json.encode([parcel])), asks, now)
        return super().read(response, asks, now)

    def event(self, row: Any, number: str) -> Event | None:
        """The code is the last segment; a sub-event may take the event back."""
        if not isinstance(row, dict):
            return None
        found = super().event(row | {"segment": said(row, ("eventCode",)).rpartition(".")[2]}, number)
        if found is not None and said(row, ("subEventId",)).startswith(TAKEN_BACK):
            return replace(found, takes_back=True)
        return found
