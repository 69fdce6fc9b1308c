"""Swiss Post's page: parcels by number, events by identity. See README.md."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from dozor.carriers.base.protocol import Ask, Request, Response, Talk
from dozor.carriers.base.reading import as_json, items
from dozor.carriers.base.shape import Shaped, said
from dozor.model import Event, Report

TAKEN_BACK = "CAN"


class SwissPost(Shaped):
    """One number at a time; off by default."""

    def __init__(self) -> None:
        super().__init__("swiss_post")

    def talk(self, ask: Ask, keys: Mapping[str, str]) -> Talk:
        """An anonymous visitor, his search, what it found, and the events of that."""
        base = f"{self.system.base}/ekp-web/api"
        visitor = yield Request(f"{base}/user", asks=(ask,))
        who = said(as_json(visitor.body), ("userIdentifier",))
        if not who:
            raise ValueError("no visitor")
        secret = {"x-csrf-token": visitor.headers.get("x-csrf-token", "")}
        if visitor.cookies:
            secret["Cookie"] = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        query, sent = (("userId", who),), {"Content-Type": "application/json"}
        body = msgspec.json.encode({"searchQuery": ask.number})
        search = yield Request(f"{base}/history", "POST", query, sent, secret, body, (ask,))
        found = said(as_json(search.body), ("hash",))
        if not re.fullmatch(r"[\w-]+", found):
            raise ValueError("no search")
        listed = yield Request(f"{base}/history/not-included/{found}", query=query, secret=secret, asks=(ask,))
        row = next((each for each in items(as_json(listed.body)) if isinstance(each, dict)), None)
        identity = said(row, ("identity",))
        if row is None or not re.fullmatch(r"[\w-]+", identity):
            return listed
        told = yield Request(f"{base}/shipment/id/{identity}/events", secret=secret, asks=(ask,))
        return replace(told, body=msgspec.json.encode([row | {"events": as_json(told.body)}]))

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
