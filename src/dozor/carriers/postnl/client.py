"""PostNL's page: parcels stand in an object by their barcode. See README.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from dozor.carriers.base.protocol import Ask, Request, Response
from dozor.carriers.base.reading import as_json, mapping
from dozor.carriers.base.shape import Shaped
from dozor.model import Report


class PostNl(Shaped):
    """One number at a time; off by default."""

    def __init__(self) -> None:
        super().__init__("postnl")

    def requests(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> tuple[Request, ...]:
        """The page's data, with country and postcode where the buyer lets them be sent."""
        (request,) = super().requests(asks, keys)
        ask = asks[0]
        if ask.postcode:
            request = replace(request, url=f"{request.url}-{ask.country or 'NL'}-{quote(ask.postcode)}")
        return (request,)

    def read(self, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
        """The parcels of the object as a list."""
        if response.status in self.shape.own_status:
            return super().read(response, asks, now)
        parcels = [
            {"barcode": name} | dict(mapping(each))
            for name, each in mapping(mapping(as_json(response.body)).get("colli")).items()
        ]
        return super().read(replace(response, body=msgspec.json.encode({"parcels": parcels})), asks, now)
