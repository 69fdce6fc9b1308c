"""SF's open platform: signed form posts, an answer inside an answer. See README.md."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import quote_plus, urlencode

import msgspec
from msgspec.structs import replace

from dozor.carriers.base.protocol import Ask, Request, Response
from dozor.carriers.base.reading import as_json, mapping, words
from dozor.carriers.base.shape import Shaped
from dozor.model import Outcome, OutcomeKind, Report

ENVELOPE = {
    "A1001": OutcomeKind.CHANGED,
    "A1002": OutcomeKind.CHANGED,
    "A1003": OutcomeKind.UNAUTHORISED,
    "A1004": OutcomeKind.UNAUTHORISED,
    "A1005": OutcomeKind.REFUSED,
    "A1006": OutcomeKind.UNAUTHORISED,
    "A1011": OutcomeKind.UNAUTHORISED,
    "A1099": OutcomeKind.UNREACHABLE,
}


def message_digest(data: str, timestamp: str, checkword: str) -> str:
    """The signature: base64 of the MD5 of the URL-encoded message, time and check word (Java's encoding)."""
    encoded = quote_plus(data + timestamp + checkword, safe="*-._").replace("~", "%7E")
    return base64.b64encode(hashlib.md5(encoded.encode(), usedforsecurity=False).digest()).decode()


class SfExpress(Shaped):
    """Needs a partner's key; up to ten numbers a request."""

    def __init__(self) -> None:
        super().__init__("sf_express")

    def requests(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> tuple[Request, ...]:
        """One signed form; `keys`: partner, checkword, and `timestamp` (milliseconds) from the caller."""
        message = {
            "language": "en",
            "trackingType": "1",
            "trackingNumber": [ask.number for ask in asks],
            "methodType": "1",
        }
        phone = next((ask.phone_last for ask in asks if ask.phone_last), None)
        if phone:
            message["checkPhoneNo"] = phone
        data, timestamp = msgspec.json.encode(message).decode(), keys["timestamp"]
        form = {
            "partnerID": keys["partner"],
            "requestID": str(uuid.uuid5(uuid.NAMESPACE_URL, data + timestamp)),
            "serviceCode": "EXP_RECE_SEARCH_ROUTES",
            "timestamp": timestamp,
            "msgDigest": message_digest(data, timestamp, keys["checkword"]),
            "msgData": data,
        }
        return (
            Request(
                f"{self.system.base}/std/service",
                method="POST",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                body=urlencode(form).encode(),
                asks=tuple(asks),
            ),
        )

    def read(self, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
        """The envelope's refusals, then the answer within; the older plain form of an answer as well."""
        answer = mapping(as_json(response.body))
        code = words(answer.get("apiResultCode"))
        if code in ENVELOPE:
            until = now + dt.timedelta(hours=self.system.pause_hours) if ENVELOPE[code] is OutcomeKind.REFUSED else None
            outcome = Outcome(ENVELOPE[code], f"{code} {words(answer.get('apiErrorMsg'))}".strip(), until=until)
            return tuple(Report(self.system.id, ask.number, outcome) for ask in asks)
        inner = answer.get("apiResultData")
        if isinstance(inner, str):
            return super().read(replace(response, body=inner.encode()), asks, now)
        old = mapping(answer.get("result"))
        if "route" in old:
            routes = {"msgData": {"routeResps": [{"mailNo": old.get("wayBillNo"), "routes": old["route"]}]}}
            return super().read(replace(response, body=msgspec.json.encode(routes)), asks, now)
        raise ValueError("neither routes nor a refusal")
