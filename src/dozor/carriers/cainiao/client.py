"""Cainiao's public tracking page: `GET /global/detail.json?mailNos=…`. See README.md for the protocol and its traps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from dozor import knowledge
from dozor.carriers.base.countries import country_code
from dozor.carriers.base.protocol import Ask, Request, Response, System
from dozor.carriers.base.reading import StatusTable, as_json, items, mapping, offset_minutes, wall_time, words
from dozor.model import Alias, Event, LinkKind, Moment, Outcome, OutcomeKind, Place, Report

SYSTEM = knowledge.document("carriers/cainiao", "system.toml", System)
STATUSES = StatusTable("cainiao")
LANGUAGES = {"en": "en-US", "ru": "ru-RU", "zh": "zh-CN", "pt": "pt-BR"}
# The epoch of an event is its wall time read as China's, wherever the event was.
CHINA = dt.timezone(dt.timedelta(hours=8))
SHOP_SOURCES = frozenset({"AE"})
NOT_SENT = frozenset({"WAIT_SELLER_SEND_GOODS", "SELLER_PREPARING"})


class Cainiao:
    """Keyless; up to ten numbers a request."""

    system = SYSTEM

    def requests(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> tuple[Request, ...]:
        """One GET for all numbers."""
        lang = LANGUAGES.get(asks[0].lang, "en-US")
        query = (("mailNos", ",".join(ask.number for ask in asks)), ("lang", lang), ("language", lang))
        return (Request(f"{SYSTEM.base}/global/detail.json", query=query, asks=tuple(asks)),)

    def read(self, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
        """A report for each number. `success: false` and a page instead of JSON are refusals, not unknown numbers."""
        pause = now + dt.timedelta(hours=SYSTEM.pause_hours)
        if response.body.lstrip()[:1] == b"<":
            refused = Outcome(OutcomeKind.REFUSED, "a page came instead of an answer (a captcha?)", until=pause)
            return tuple(Report(SYSTEM.id, ask.number, refused) for ask in asks)
        answer = mapping(as_json(response.body))
        if answer.get("success") is not True:
            refused = Outcome(OutcomeKind.REFUSED, words(answer.get("errorCode")) or "refused", until=pause)
            return tuple(Report(SYSTEM.id, ask.number, refused) for ask in asks)
        parcels = [mapping(each) for each in items(answer.get("module"))]
        by_number = {words(each.get("mailNo")).upper(): each for each in parcels}
        return tuple(_report(ask.number, by_number.get(ask.number.upper())) for ask in asks)


def _report(number: str, parcel: Mapping[str, Any] | None) -> Report:
    if parcel is None:
        return Report(SYSTEM.id, number, Outcome(OutcomeKind.UNKNOWN_NUMBER, "not in the answer"))
    events, problems = [], []
    for row in items(parcel.get("detailList")):
        event = _event(mapping(row), number)
        if event is None:
            problems.append(f"an event that could not be read: {words(str(row))[:120]}")
        else:
            events.append(event)
    return Report(
        carrier=SYSTEM.id,
        number=number,
        outcome=_outcome(parcel, events),
        events=tuple(reversed(events)),
        aliases=_aliases(number, parcel),
        origin=_country(parcel.get("originCountry")),
        destination=_country(parcel.get("destCountry")),
        service=words(parcel.get("mailType")).lower() or None,
        promised=_promised(parcel),
        problems=tuple(problems),
        unknown_codes=STATUSES.unknown(events),
    )


def _outcome(parcel: Mapping[str, Any], events: Sequence[Event]) -> Outcome:
    """Empty answers are of three kinds: not sent yet, not theirs (yet), and known without events."""
    if events:
        return Outcome(OutcomeKind.FOUND)
    status = words(parcel.get("status")).upper()
    if status in NOT_SENT or words(parcel.get("mailNoSource")).upper() in SHOP_SOURCES:
        return Outcome(OutcomeKind.KNOWN_WITHOUT_EVENTS, "the order is known, nothing was handed over yet")
    if status:
        return Outcome(OutcomeKind.KNOWN_WITHOUT_EVENTS, words(parcel.get("statusDesc")))
    return Outcome(OutcomeKind.UNKNOWN_NUMBER, "no number of this system, or not yet")


def _event(row: Mapping[str, Any], number: str) -> Event | None:
    texts = [words(row.get(name)) for name in ("standerdDesc", "desc")]
    text = next((each for each in texts if each), "")
    code = words(row.get("actionCode")) or None
    when = _moment(row)
    if when is None or not (text or code):
        return None
    return STATUSES.event(
        Event(
            text=text,
            when=when,
            lang=None,
            code=code,
            system=SYSTEM.id,
            place=_place(text),
            number=number,
            originals=tuple({each for each in texts if each and each != text}),
        )
    )


def _moment(row: Mapping[str, Any]) -> Moment | None:
    """The instant from wall time and zone; the epoch, right in China's zone only, where nothing else is given."""
    offset = offset_minutes(words(row.get("timeZone")))
    when = wall_time(words(row.get("timeStr")), offset)
    if when is not None:
        return when
    epoch = row.get("time")
    if not isinstance(epoch, int) or not 0 < epoch < 4_102_444_800_000:
        return None
    local = dt.datetime.fromtimestamp(epoch / 1000, CHINA).replace(tzinfo=None, microsecond=0)
    return Moment(local, offset, "second")


def _place(text: str) -> Place | None:
    """The place Cainiao puts in front of its sentence: "[Netherlands,Amsterdam] Package delivered"."""
    if not text.startswith("[") or "]" not in text:
        return None
    return Place(text=text[1 : text.index("]")].strip())


def _aliases(number: str, parcel: Mapping[str, Any]) -> tuple[Alias, ...]:
    found = {}
    for field in ("copyRealMailNo", "copyVirtualMailNo"):
        other = words(parcel.get(field)).upper()
        if other and other != number.upper() and other.isalnum():
            found[other] = Alias(other, LinkKind.CONTINUES, said_by=SYSTEM.id)
    return tuple(found.values())


def _promised(parcel: Mapping[str, Any]) -> dt.date | None:
    latest = mapping(parcel.get("globalEtaInfo")).get("deliveryMaxTime")
    if not isinstance(latest, int) or not 0 < latest < 4_102_444_800_000:
        return None
    return dt.datetime.fromtimestamp(latest / 1000, dt.UTC).date()


def _country(name: Any) -> str | None:
    return country_code(words(name))
