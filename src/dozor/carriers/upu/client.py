"""UPU Global Track & Trace, `GET …/rest/ItemTTWithTrans/{number}/{lang}`. See README.md."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dozor import knowledge
from dozor.carriers.base.protocol import Ask, Request, Response, System
from dozor.carriers.base.reading import StatusTable, as_json, items, mapping, moment, wall_time, words
from dozor.model import Event, Moment, Outcome, OutcomeKind, Place, Report

SYSTEM = knowledge.document("carriers/upu", "system.toml", System)
STATUSES = StatusTable("upu")
S10 = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")
WCF = re.compile(r"/Date\((-?\d{1,15})(?:([+-])(\d{2})(\d{2}))?\)/")
EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 (wall time: the zone follows)
NOTHING = b"1"  # how its sister service says that there is nothing


class Upu:
    """Keyless; S10 numbers only, one a request."""

    system = SYSTEM

    def requests(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> tuple[Request, ...]:
        """One GET a number; a number that is not of the S10 form is not sent at all."""
        path = f"{SYSTEM.base}/gtt.api/service.svc/rest/ItemTTWithTrans"
        return tuple(Request(f"{path}/{ask.number}/EN", asks=(ask,)) for ask in asks if S10.fullmatch(ask.number))

    def read(self, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
        """An empty body is an unknown number."""
        body = response.body.strip()
        if not body or body == NOTHING:
            nothing = Outcome(OutcomeKind.UNKNOWN_NUMBER, "no post has reported on it")
            return tuple(Report(SYSTEM.id, ask.number, nothing) for ask in asks)
        rows = [mapping(each) for each in items(as_json(body))]
        by_number = {words(each.get("ID")).upper(): each for each in rows}
        if rows and not by_number.keys() & {ask.number for ask in asks}:
            raise ValueError("the answer is about another number")
        return tuple(_report(ask.number, by_number.get(ask.number)) for ask in asks)


def _report(number: str, item: Mapping[str, Any] | None) -> Report:
    if item is None:
        return Report(SYSTEM.id, number, Outcome(OutcomeKind.UNKNOWN_NUMBER, "no post has reported on it"))
    events, problems = [], []
    for row in items(item.get("Events")):
        event = _event(mapping(row), number)
        if event is None:
            problems.append(f"an event that could not be read: {words(str(row))[:120]}")
        else:
            events.append(event)
    kept = [event for event in events if not event.forecast]
    kind = OutcomeKind.FOUND if kept else OutcomeKind.KNOWN_WITHOUT_EVENTS
    return Report(
        carrier=SYSTEM.id,
        number=number,
        outcome=Outcome(kind),
        events=tuple(events),
        origin=_iso(item.get("OriginCountryCd")),
        destination=_iso(item.get("DestinationCountryCd")),
        problems=tuple(problems),
        unknown_codes=STATUSES.unknown(events),
    )


def _event(row: Mapping[str, Any], number: str) -> Event | None:
    code = words(row.get("EventCd")).upper() or None
    when = _moment(words(row.get("EventDT")))
    text = words(row.get("EventNm"))
    if when is None or not (code or text):
        return None
    place = words(row.get("EventLocation"))
    country = place[:2] if re.fullmatch(r"[A-Z]{2}(?:[A-Z]{3}[A-Z])?", place) else None
    return STATUSES.event(
        Event(
            text=text,
            when=when,
            lang="en",
            code=code,
            system=SYSTEM.id,
            place=Place(text=place, country=country) if place else None,
            number=number,
            m40=code if code and code in STATUSES.rows else None,
        )
    )


def _moment(text: str) -> Moment | None:
    """WCF dates or ISO ones. The offset is that of the reporting system and not of the scan: it is not kept."""
    found = WCF.search(text)
    if found is None:
        return wall_time(text)
    shift = dt.timedelta(hours=int(found[3] or 0), minutes=int(found[4] or 0))
    try:
        local = EPOCH + dt.timedelta(milliseconds=int(found[1])) + (-shift if found[2] == "-" else shift)
    except OverflowError:
        return None
    return moment(local.replace(microsecond=0), None, "second")


def _iso(code: Any) -> str | None:
    text = words(code).upper()
    return text if re.fullmatch(r"[A-Z]{2}", text) else None
