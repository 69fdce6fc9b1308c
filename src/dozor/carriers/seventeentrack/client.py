"""17TRACK v2.4: numbers are registered once and asked for freely. See README.md."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from dozor.carriers.base.protocol import Ask, Request, Response
from dozor.carriers.base.reading import as_json, items, mapping, wall_time, words
from dozor.carriers.base.shape import Shaped, iso_time, said
from dozor.carriers.seventeentrack.errors import outcome_of
from dozor.model import Moment, Outcome, OutcomeKind, Report

PAGES = 200  # of an account that are listed, at most
METHODS = frozenset(
    {
        "register",
        "gettrackinfo",
        "getRealTimeTrackInfo",
        "changecarrier",
        "changeinfo",
        "stoptrack",
        "retrack",
        "deletetrack",
        "gettracklist",
        "getquota",
    }
)


class SeventeenTrack(Shaped):
    """Needs a key; up to forty numbers a request."""

    def __init__(self) -> None:
        super().__init__("seventeentrack")

    def requests(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> tuple[Request, ...]:
        """What 17TRACK knows of these numbers; free of quota."""
        return (self.call("gettrackinfo", [{"number": ask.number} for ask in asks], keys, asks),)

    def register(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> tuple[Request, ...]:
        """Registers numbers: spends one of the month's quota for each. What the buyer allows is sent with it."""
        rows = []
        for ask in asks:
            extra = {"destination_postal_code": ask.postcode, "phone_number_last_4": ask.phone_last}
            extra |= {"destination_country": ask.country, "lang": ask.lang if ask.lang != "en" else None}
            rows.append({"number": ask.number} | {name: value for name, value in extra.items() if value})
        return (self.call("register", rows, keys, asks),)

    def call(self, method: str, body: Any, keys: Mapping[str, str], asks: Sequence[Ask] = ()) -> Request:
        """Any method of the API. Raises KeyError without a key, ValueError for a method that is none."""
        if method not in METHODS:
            raise ValueError(f"{method!r} is no method of 17TRACK: {', '.join(sorted(METHODS))}")
        return Request(
            f"{self.system.base}/track/v2.4/{method}",
            method="POST",
            headers={"Content-Type": "application/json"},
            secret={"17token": keys["key"]},
            body=msgspec.json.encode(body),
            asks=tuple(asks),
        )

    def listing(self, keys: Mapping[str, str], **wanted: str) -> Generator[Request, Response, tuple[str, ...]]:
        """The numbers of the account, page after page; `wanted` narrows them (tracking_status, package_status, …)."""
        numbers: list[str] = []
        page, last = 1, 1
        while page <= min(last, PAGES):
            response = yield self.call("gettracklist", {"page_no": page, **wanted}, keys)
            answer = mapping(as_json(response.body))
            if answer.get("code") != 0:
                raise ValueError(f"no list of numbers: {words(answer.get('code'))}")
            accepted = items(mapping(answer.get("data")).get("accepted"))
            numbers += [number for row in accepted if (number := said(row, ("number",)))]
            page, last = page + 1, int(said(answer, ("page.page_total",)) or 1)
        return tuple(numbers)

    def quota(self, response: Response) -> tuple[int, int]:
        """How many numbers are left, of how many: from an answer to `getquota`. Raises ValueError for another."""
        data = mapping(mapping(as_json(response.body)).get("data"))
        return int(data.get("quota_remain", "")), int(data.get("quota_total", ""))

    def read(self, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
        """A report a number; what was rejected has its own reason."""
        answer = mapping(as_json(response.body))
        if "event" in answer:  # a push tells of one parcel, without the envelope of an answer
            answer = {"code": 0, "data": {"accepted": [answer.get("data")]}}
            response = replace(response, body=msgspec.json.encode(answer))
        failure = outcome_of(answer.get("code"), now) if answer.get("code") != 0 else None
        failure = failure or next(
            (outcome_of(mapping(each).get("code"), now) for each in items(mapping(answer.get("data")).get("errors"))),
            None,
        )
        if failure is not None:
            return tuple(Report(self.system.id, ask.number, failure) for ask in asks)
        reports = {report.number: report for report in super().read(response, asks, now)}
        for row in map(mapping, items(mapping(answer.get("data")).get("rejected"))):
            number, error = words(row.get("number")).upper(), mapping(row.get("error"))
            known = next((ask.number for ask in asks if ask.number.upper() == number), None)
            if known is not None:
                outcome = outcome_of(error.get("code"), now) or Outcome(
                    OutcomeKind.CHANGED, words(error.get("message"))
                )
                reports[known] = Report(self.system.id, known, outcome)
        return tuple(reports[ask.number] for ask in asks)

    def _when(self, row: Any) -> Moment | None:
        written = said(row, ("time_iso",))
        if written:
            return iso_time(written, None, utc=True)
        raw = " ".join(part for part in (said(row, (f"time_raw.{name}",)) for name in ("date", "time")) if part)
        return wall_time(raw)


def push_is_genuine(body: bytes, sign: str, key: str) -> bool:
    """Whether a push was signed with our key: sha256 of the raw body, a slash and the key."""
    wanted = hashlib.sha256(body + b"/" + key.encode()).hexdigest()
    return hmac.compare_digest(wanted, sign.strip().lower())
