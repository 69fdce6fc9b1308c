"""Answers kept in files: what a carrier once said, or our own reports, read again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from dozor.carriers.base.protocol import Ask, Response
from dozor.carriers.base.reading import items, mapping, read_safely, words
from dozor.carriers.registry import connector
from dozor.model import Report

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class RecordedError(ValueError):
    """A file that holds no answer we can read. The message says what it may hold."""


def read_recorded(text: str | bytes) -> tuple[Report, ...]:
    """The reports in a recorded answer of Cainiao or UPU, in a Report as JSON, or in a list or lines of them."""
    body = text.encode() if isinstance(text, str) else text
    if not body.strip():
        raise RecordedError("the file is empty: record an answer of Cainiao or UPU, or reports as JSON")
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return _lines(body)
    if isinstance(answer, dict) and "module" in answer:
        numbers = [words(mapping(each).get("mailNo")).upper() for each in items(answer["module"])]
        return _read("cainiao", numbers, body)
    if isinstance(answer, dict) and answer.get("success") is False:
        return _read("cainiao", [words(answer.get("mailNo")) or "?"], body)
    rows = answer if isinstance(answer, list) else [answer]
    if rows and all(isinstance(row, dict) and "ID" in row and "Events" in row for row in rows):
        return _read("upu", [words(row["ID"]).upper() for row in rows], body)
    return tuple(_report(row) for row in rows)


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
            raise RecordedError(f"line {place} is not JSON: give an answer of Cainiao or UPU as it came") from None
    return tuple(found)


def _report(row: Any) -> Report:
    try:
        return msgspec.convert(row, Report)
    except msgspec.ValidationError as error:
        raise RecordedError(
            f"neither an answer of Cainiao (module: …), nor of UPU (ID, Events: …), nor a report of ours: {error}"
        ) from None
