"""AliExpress's dropshipping interface: asked about an order, signed. See README.md."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from dozor.carriers.base.protocol import Ask, Request, Response
from dozor.carriers.base.reading import as_json, items, mapping, wall_time, words
from dozor.carriers.base.shape import Shaped
from dozor.model import Outcome, OutcomeKind, Report

METHOD = "aliexpress.ds.order.tracking.get"
NOT_FOUND = "1001"
MARKETPLACE_ZONE = ZoneInfo("America/Los_Angeles")
SECONDS = re.compile(r"last (\d+) second")
REFUSALS = {"ApiCallLimit": OutcomeKind.REFUSED, "IllegalAccessToken": OutcomeKind.UNAUTHORISED}


def signature(parameters: Mapping[str, str], secret: str, path: str = "") -> str:
    """HMAC-SHA256 of the path (of the REST form) and the sorted names and values, in upper-case hex."""
    text = path + "".join(name + parameters[name] for name in sorted(parameters))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().upper()


def page_signature(token: str, timestamp: str, app_key: str, data: str) -> str:
    """The signature of the order page's own calls, for exports made in the buyer's browser: MD5 of the four joined."""
    return hashlib.md5(f"{token}&{timestamp}&{app_key}&{data}".encode(), usedforsecurity=False).hexdigest()


class AliExpress(Shaped):
    """Needs an app and a session; one order a request."""

    def __init__(self) -> None:
        super().__init__("aliexpress")

    def requests(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> tuple[Request, ...]:
        """One signed form an order; `keys`: app_key, secret, session, and `timestamp` (milliseconds)."""
        made = []
        for ask in asks:
            parameters = {
                "ae_order_id": ask.number,
                "app_key": keys["app_key"],
                "language": "en_US",
                "method": METHOD,
                "session": keys["session"],
                "sign_method": "sha256",
                "timestamp": keys["timestamp"],
            }
            signed = parameters | {"sign": signature(parameters, keys["secret"])}
            made.append(
                Request(
                    f"{self.system.base}/sync",
                    method="POST",
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                    body=urlencode(signed).encode(),
                    asks=(ask,),
                )
            )
        return tuple(made)

    def read(self, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
        """The parcels of an order as one report: their numbers are its aliases."""
        answer, id = mapping(as_json(response.body)), self.system.id
        if "error_response" in answer:
            outcome = _refusal(mapping(answer["error_response"]), now)
            return tuple(Report(id, ask.number, outcome) for ask in asks)
        whole = next((mapping(value) for name, value in answer.items() if name.endswith("_response")), {})
        result = mapping(whole.get("result", whole))
        if words(result.get("code")) == NOT_FOUND or result.get("result_success") is False:
            nothing = Outcome(OutcomeKind.UNKNOWN_NUMBER, words(result.get("msg") or result.get("error_desc")))
            return tuple(Report(id, ask.number, nothing) for ask in asks)
        listed = mapping(result.get("data", result)).get("tracking_detail_line_list")
        lines = [_line(mapping(each)) for each in unwrapped(listed)]
        if older := [_node(mapping(each)) for each in unwrapped(result.get("details"))]:
            lines.append({"mail_no": None, "nodes": older})
        if not lines:
            empty = Outcome(OutcomeKind.KNOWN_WITHOUT_EVENTS, "the order is known, nothing was shipped yet")
            return tuple(Report(id, ask.number, empty) for ask in asks)
        return super().read(replace(response, body=msgspec.json.encode({"lines": lines})), asks, now)


def unwrapped(value: Any) -> list[Any]:
    """A list that may stand in an object of one key."""
    if isinstance(value, dict) and len(value) == 1:
        return unwrapped(next(iter(value.values())))
    return items(value) if isinstance(value, list) else [value] if isinstance(value, dict) and value else []


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    return {"mail_no": line.get("mail_no"), "nodes": unwrapped(line.get("detail_node_list"))}


def _node(row: Mapping[str, Any]) -> dict[str, Any]:
    """An event of the older method, whose dates are those of the marketplace's own zone."""
    when = wall_time(words(row.get("event_date")))
    at = when.local.replace(tzinfo=MARKETPLACE_ZONE).timestamp() * 1000 if when else ""
    return {
        "time_stamp": str(int(at)) if at else "",
        "tracking_detail_desc": row.get("event_desc"),
        "tracking_name": "",
    }


def _refusal(error: Mapping[str, Any], now: dt.datetime) -> Outcome:
    code, said = words(error.get("code")), words(error.get("sub_msg") or error.get("msg"))
    kind = REFUSALS.get(code, OutcomeKind.CHANGED)
    if "permission" in words(error.get("sub_code")).lower() or "permission" in code.lower():
        kind = OutcomeKind.UNAUTHORISED
    seconds = SECONDS.search(said)
    until = now + dt.timedelta(seconds=min(int(seconds[1]), 86_400)) if seconds else None
    return Outcome(kind, f"{code} {said}".strip(), until=until)
