"""Russian Post's batch access: a ticket for many numbers, its answer a quarter of an hour later. See README.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from dozor.carriers.base.protocol import Ask, Request, Response
from dozor.carriers.base.shape import Shaped, parsed, said

TICKET = "Envelope.Body.ticketResponse.value"
ERROR = "Envelope.Body.ticketResponse.error.@ErrorName"


class RussianPostBatch(Shaped):
    """Needs a contract; up to 500 numbers a ticket here."""

    def __init__(self) -> None:
        super().__init__("russian_post_batch")

    def requests(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> tuple[Request, ...]:
        """Without `keys["ticket"]` the request for one; with it the request for its answer."""
        return super().requests(asks, keys) if "ticket" in keys else (self.ticket(asks, keys),)

    def ticket(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> Request:
        """The request for a ticket; its answer is asked for by `requests`, with `keys["ticket"]`."""
        items = "".join(f"<fcl:Item Barcode={quoteattr(ask.number)}/>" for ask in asks)
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
            'xmlns:pos="http://fclient.russianpost.org/postserver" xmlns:fcl="http://fclient.russianpost.org">'
            f"<soapenv:Header/><soapenv:Body><pos:ticketRequest><request>{items}</request>"
            f"<login>{escape(keys['login'])}</login><password>{escape(keys['password'])}</password>"
            "<language>RUS</language></pos:ticketRequest></soapenv:Body></soapenv:Envelope>"
        )
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        return Request(f"{self.system.base}/fc", "POST", headers=headers, body=body.encode(), asks=tuple(asks))

    def read_ticket(self, response: Response) -> str:
        """The ticket's number. Raises ValueError with the service's words where there is none."""
        tree = parsed(response.body, "xml")
        ticket = said(tree, (TICKET,))
        if not ticket:
            raise ValueError(said(tree, (ERROR,)) or "no ticket was given")
        return ticket
