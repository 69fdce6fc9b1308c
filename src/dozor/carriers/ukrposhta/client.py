"""Ukrposhta's status tracking: answers by number, or a bare list of events for one number. See README.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from dozor.carriers.base.protocol import Ask, Response
from dozor.carriers.base.reading import as_json, items, mapping
from dozor.carriers.base.shape import Shaped, said
from dozor.model import Event, Milestone, Report

TO_THE_SENDER = "10"  # reason of a hand-over: to the sender


class Ukrposhta(Shaped):
    """Needs a token; up to fifty numbers a request."""

    def __init__(self) -> None:
        super().__init__("ukrposhta")

    def read(self, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
        """Both forms of the answer, put into one: a parcel a number with its events."""
        if response.status in self.shape.not_found_status:
            return super().read(response, asks, now)
        answer = as_json(response.body)
        if isinstance(answer, list):
            by_number: dict[str, list[Any]] = {}
            for row in items(answer):
                by_number.setdefault(said(row, ("barcode",)), []).append(row)
        elif "found" in mapping(answer):
            by_number = {number: items(rows) for number, rows in mapping(mapping(answer)["found"]).items()}
        else:
            raise ValueError("neither a list of events nor an answer by number")
        parcels = [{"barcode": number, "events": rows} for number, rows in by_number.items()]
        return super().read(replace(response, body=msgspec.json.encode(parcels)), asks, now)

    def event(self, row: Any, number: str) -> Event | None:
        """A hand-over to the sender is no delivery."""
        found = super().event(row, number)
        if (
            found is not None
            and found.milestone is Milestone.DELIVERED
            and said(row, ("eventReason_id",)) == TO_THE_SENDER
        ):
            return replace(found, milestone=Milestone.RETURNED)
        return found
