"""Answers kept in files: what a carrier once said, or our own reports, read again."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from dozor.carriers.base.protocol import Ask, Response
from dozor.carriers.base.reading import StatusTable, items, mapping, read_safely, words
from dozor.carriers.base.shape import Shaped, iso_time, parsed, pick, said
from dozor.carriers.others import others, reader
from dozor.carriers.registry import connector, systems
from dozor.model import Event, Moment, Outcome, OutcomeKind, Place, Report

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class RecordedError(ValueError):
    """A file that holds no answer we can read. The message says what it may hold."""


def read_recorded(text: str | bytes) -> tuple[Report, ...]:
    """The reports in a recorded answer of a system known here, in a history, in Reports as JSON or in lines.

    An answer of Cainiao or UPU is known by its form; any other by the one shape that reads most of it.
    """
    body = text.encode() if isinstance(text, str) else text
    if not body.strip():
        raise RecordedError("the file is empty: record an answer of Cainiao or UPU, or reports as JSON")
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return recognised(body) or _lines(body)
    if isinstance(answer, dict) and "module" in answer:
        numbers = [words(mapping(each).get("mailNo")).upper() for each in items(answer["module"])]
        return _read("cainiao", numbers, body)
    if isinstance(answer, dict) and answer.get("success") is False:
        return _read("cainiao", [words(answer.get("mailNo")) or "?"], body)
    rows = answer if isinstance(answer, list) else [answer]
    if rows and all(_is_history(row) for row in rows):
        return tuple(_history(row) for row in rows)
    if rows and all(isinstance(row, dict) and "ID" in row and "Events" in row for row in rows):
        return _read("upu", [words(row["ID"]).upper() for row in rows], body)
    if all(isinstance(row, dict) and {"carrier", "number", "outcome"} <= row.keys() for row in rows):
        return tuple(_report(row) for row in rows)
    return recognised(body) or tuple(_report(row) for row in rows)


def recognised(body: bytes) -> tuple[Report, ...]:
    """The reports of whichever system's shape reads most events of an answer; none where no shape reads any."""
    best: tuple[tuple[int, int, int], tuple[Report, ...]] = ((0, 0, 0), ())
    for made in (*_shaped(), *(reader(id) for id in others())):
        reports = [report for report in _read_by(made, body) if report.outcome.kind is OutcomeKind.FOUND]
        events = [event for report in reports for event in report.events]
        meant = sum(event.milestone is not None for event in events)
        lost = sum(len(report.problems) + len(report.unknown_codes) for report in reports)
        best = max(best, ((len(events), meant, -lost), tuple(reports)), key=lambda pair: pair[0])
    return best[1]


def _shaped() -> list[Shaped]:
    return [made for id in systems() if isinstance(made := connector(id), Shaped)]


def _read_by(made: Shaped, body: bytes) -> tuple[Report, ...]:
    """What a shape reads of the numbers that stand where it has numbers."""
    if not made.shape.number:
        return ()
    try:
        parcels = pick(parsed(body, made.shape.format), made.shape.parcels)
        numbers = dict.fromkeys(said(each, made.shape.number) for each in parcels if isinstance(each, dict))
    except (ValueError, RecursionError):
        return ()
    asks = [Ask(number) for number in numbers if number]
    reports = read_safely(made, Response(200, body), asks, EPOCH)
    return tuple(msgspec.structs.replace(report, asked_at=None, snapshot=None) for report in reports)


def _read(system: str, numbers: list[str], body: bytes) -> tuple[Report, ...]:
    asks = [Ask(number) for number in numbers if number]
    reports = read_safely(connector(system), Response(200, body), asks, EPOCH)
    # When it was asked is not known; the snapshot of a file is the file.
    return tuple(msgspec.structs.replace(report, asked_at=None, snapshot=None) for report in reports)


def _lines(body: bytes) -> tuple[Report, ...]:
    found = []
    for place, line in enumerate(body.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append(_report(msgspec.json.decode(line)))
        except (msgspec.DecodeError, RecursionError):
            raise RecordedError(
                f"line {place} is not JSON: give an answer of Cainiao, UPU or another system as it came"
            ) from None
    return tuple(found)


def _is_history(row: Any) -> bool:
    """Whether it is a history that somebody wrote down: rows of a time and a text, and no report of ours."""
    if not isinstance(row, dict) or isinstance(row.get("outcome"), dict):
        return False
    events = row.get("events")
    if not isinstance(events, list) or not (events or "number" in row):
        return False
    return all(isinstance(each, dict) and {"time", "text"} <= each.keys() for each in events)


def _history(row: Mapping[str, Any]) -> Report:
    """A history that somebody wrote down: {number, carrier, events: [{time, text, location, code, lang}]}."""
    carrier, number = words(row.get("carrier")) or "history", words(row.get("number")) or words(row.get("id")) or "?"
    events = []
    problems = []
    rows = [mapping(each) for each in items(row.get("events"))]
    day_first = any(DAY_FIRST.match(words(told.get("time"))) for told in rows)
    for told in rows:
        text, code, place = (words(told.get(name)) for name in ("text", "code", "location"))
        if not (text or code):
            problems.append(f"an event that could not be read: {words(str(told))[:120]}")
            continue
        when = _written(words(told.get("time")), day_first=day_first)
        event = Event(
            text=text,
            when=when,
            lang=words(told.get("lang")) or None,
            code=code or None,
            system=carrier,
            place=Place(text=place) if place else None,
            number=number,
        )
        events.append(_coded(event))
    kind = OutcomeKind.FOUND if events else OutcomeKind.KNOWN_WITHOUT_EVENTS
    return Report(carrier, number, Outcome(kind), events=tuple(events), problems=tuple(problems))


# Ways in which people write a time, besides the one that systems use.
WAYS = ("%B %d, %Y %I:%M %p", "%b %d, %Y %I:%M %p", "%B %d, %Y", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")


DAY_FIRST = re.compile(r"(?:1[3-9]|2\d|3[01])[/.]\d{1,2}[/.]\d{4}")


def _written(text: str, *, day_first: bool) -> Moment | None:
    """A time as somebody wrote it down; None where it could be read in two ways and no other row tells which."""
    if day_first:
        text = text.replace("/", ".")
    when = iso_time(text, None, utc=True) if text else None
    for way in WAYS if when is None else ():
        try:
            local = dt.datetime.strptime(text, way)  # noqa: DTZ007  wall time
        except ValueError:
            continue
        return Moment(local, precision="minute" if "%M" in way else "day")
    return when


def _coded(event: Event) -> Event:
    """What the table of its system says of the code, where there is such a system."""
    if event.system not in systems():
        return event
    table = getattr(connector(event.system), "statuses", None) or StatusTable(event.system.replace("-", "_"))
    return table.event(event) if isinstance(table, StatusTable) else event


def _report(row: Any) -> Report:
    try:
        return msgspec.convert(row, Report)
    except msgspec.ValidationError as error:
        raise RecordedError(
            f"neither an answer of Cainiao (module: …), of UPU (ID, Events: …) or of another system known here "
            f"(dozor carriers), nor a report of ours: {error}"
        ) from None
