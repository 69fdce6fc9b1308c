"""Reading what a system answered. Nothing that comes from outside can raise past this module."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec
from lxml import etree
from msgspec import Struct
from msgspec.structs import replace

from dozor import knowledge
from dozor.carriers.base.protocol import Ask, Connector, Response
from dozor.model import Event, Milestone, Moment, Outcome, OutcomeKind, Report, Snapshot

TEXT_LIMIT = 1_000  # characters of one event's text that are kept
EVENTS_LIMIT = 2_000  # events of one number that are read
TOO_MANY = 429
PAUSES = frozenset({TOO_MANY, 503})
OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+-])\s?(\d{1,2})(?::?(\d{2}))?$")
WALL = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?")


class StatusRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One code of a system. `milestone` missing: the code alone does not tell, the text is read instead.

    `general`: the code names a stage of many meanings ("in transit", "exception"); a text that says more decides.
    """

    code: str
    text: str
    source: str
    milestone: Milestone | None = None
    m40: str | None = None
    forecast: bool = False
    reversed: bool = False  # the code takes an earlier event back
    general: bool = False


class StatusTable:
    """The codes of one system. A code that is not in it is kept, counted and reported, never dropped."""

    def __init__(self, system: str, rows: Sequence[StatusRow] | None = None) -> None:
        self.system = system
        self._given = None if rows is None else {tidy(row.code): row for row in rows}

    @property
    def rows(self) -> dict[str, StatusRow]:
        """Every known code, upper case: those given, else those of the system's folder."""
        return _statuses(self.system) if self._given is None else self._given

    def event(self, event: Event) -> Event:
        """The event with what its code says."""
        row = self.rows.get(tidy(event.code or ""))
        if row is None:
            return event
        by = "stage" if row.general else "code"
        decided = {"milestone": row.milestone, "decided_by": by, "rule": f"{self.system}: {row.code}"}
        return replace(
            event,
            **(decided if row.milestone else {}),
            m40=row.m40 or event.m40,
            forecast=row.forecast or event.forecast,
            takes_back=row.reversed or event.takes_back,
        )

    def broader(self, event: Event, kind: str) -> Event:
        """The event with what a broader code says, where its own decides nothing."""
        row = self.rows.get(tidy(kind))
        if row is None or row.milestone is None:
            return event
        by = "stage" if row.general else "code"
        return replace(event, milestone=row.milestone, decided_by=by, rule=f"{self.system}: {row.code}")

    def unknown(self, events: Sequence[Event]) -> tuple[str, ...]:
        """The codes among these events that the table does not know."""
        return tuple(sorted({e.code for e in events if e.code and tidy(e.code) not in self.rows}))


@cache
def _statuses(system: str) -> dict[str, StatusRow]:
    room = room_of(system)
    if not knowledge.files(room, "statuses.toml"):
        return {}  # a system without codes: its texts are read
    return {tidy(row.code): row for row in knowledge.rows(room, "statuses.toml", StatusRow)}


def room_of(folder: str) -> str:
    """Where a system's tables stand: in the package, or in a folder of the user's (an absolute path)."""
    return folder if folder.startswith("/") else f"carriers/{folder}"


def tidy(code: str) -> str:
    """A code without the spaces, full-width signs and cases that systems spell it with."""
    return code.strip().replace("＿", "_").upper()


def read_safely(connector: Connector, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
    """One report for each number asked, whatever came back: refusals, faults and broken answers are outcomes."""
    system = connector.system
    outcome = response.problem
    if outcome is None and response.status not in getattr(getattr(connector, "shape", None), "own_status", ()):
        outcome = _of_status(response, now, system.pause_hours, needs_key=system.needs_key)
    snapshot = snapshot_of(response, now)
    reports: tuple[Report, ...] = ()
    if outcome is None:
        try:
            reports = connector.read(response, asks, now)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OverflowError) as error:
            outcome = Outcome(OutcomeKind.CHANGED, f"the answer was not understood: {type(error).__name__}")
    known = {report.number: report for report in reports}
    fallback = outcome or Outcome(OutcomeKind.UNKNOWN_NUMBER, "not in the answer")
    return tuple(
        replace(known.get(ask.number) or Report(system.id, ask.number, fallback), asked_at=now, snapshot=snapshot)
        for ask in asks
    )


def _of_status(response: Response, now: dt.datetime, pause_hours: float, *, needs_key: bool) -> Outcome | None:
    """The outcome that an HTTP status alone decides; None where the body has to be read."""
    status = response.status
    if status in PAUSES:
        return Outcome(OutcomeKind.REFUSED, f"HTTP {status}", until=_retry_after(response, now, pause_hours))
    if status in (401, 403) and needs_key:
        return Outcome(OutcomeKind.UNAUTHORISED, f"HTTP {status}: the key was not accepted")
    if status in (401, 403):
        return Outcome(OutcomeKind.REFUSED, f"HTTP {status}", until=now + dt.timedelta(hours=pause_hours))
    if status >= 500:
        return Outcome(OutcomeKind.UNREACHABLE, f"HTTP {status}")
    return None


def _retry_after(response: Response, now: dt.datetime, pause_hours: float) -> dt.datetime:
    """Until when the system wants to be left alone: its own word, at most a week, else our pause."""
    said = response.headers.get("retry-after", "")
    week = now + dt.timedelta(days=7)
    if said.isdigit():
        return min(week, now + dt.timedelta(seconds=min(int(said), 604_800)))
    try:
        at = parsedate_to_datetime(said)
        return min(week, max(now, at if at.tzinfo else at.replace(tzinfo=dt.UTC)))
    except (ValueError, TypeError, OverflowError):
        return now + dt.timedelta(hours=pause_hours)


def snapshot_of(response: Response, now: dt.datetime) -> Snapshot | None:
    """The proof of what came, personal fields dropped; the address without its query."""
    if not response.body:
        return None
    parts = urlsplit(response.url)
    body = without_personal(response.body)
    return Snapshot(
        sha256=hashlib.sha256(response.body).hexdigest(),
        address=f"{parts.scheme}://{parts.netloc}{parts.path}",
        at=now,
        size=len(response.body),
        media_type=response.headers.get("content-type", "").partition(";")[0],
        body=body,
    )


def as_json(body: bytes) -> Any:
    """A JSON answer; ValueError for anything else."""
    return msgspec.json.decode(body)


def mapping(value: Any) -> Mapping[str, Any]:
    """A JSON object, or an empty one where something else stands."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """A JSON list, or an empty one where something else stands; never more than the limit."""
    return value[:EVENTS_LIMIT] if isinstance(value, list) else []


def words(value: Any) -> str:
    """A text of the answer: control characters out, phones and addresses of mail masked, bounded in length."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    text = str(value)[: TEXT_LIMIT * 2]
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return masked(" ".join(text.split()))[:TEXT_LIMIT]


PHONE = re.compile(
    r"((?:tel|phone|mobile|contact|тел|телефон|电话|手机|联系方式)[^\d+]{0,8})\+?\d[\d\s()-]{5,18}\d", re.IGNORECASE
)
CHINESE_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
DIGITS = re.compile(r"\d[\d\s()-]{5,}\d")
SHORTEST_PHONE = 7
MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def masked(text: str) -> str:
    """A text without telephone numbers and mail addresses."""
    if "@" in text:
        text = MAIL.sub("…", text)
    if len(text) >= SHORTEST_PHONE and not WALL.match(text) and DIGITS.search(text):
        text = CHINESE_MOBILE.sub("…", PHONE.sub(r"\1…", text))
    return text


def wall_time(text: str, offset: int | None = None) -> Moment | None:
    """A date with or without time, as most systems write it; None where it is none."""
    found = WALL.search(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) if part else None for part in found.groups())
    try:
        local = dt.datetime(year or 1, month or 1, day or 1, hour or 0, minute or 0, second or 0)  # noqa: DTZ001 (wall time)
    except ValueError:
        return None
    precision = "day" if hour is None else "minute" if second is None else "second"
    return moment(local, offset, precision)


def moment(local: dt.datetime, offset: int | None, precision: str) -> Moment | None:
    """A moment of a parcel's; None for a year that no parcel is scanned in: there the next calendars end."""
    return Moment(local, offset, precision) if 1990 <= local.year <= 2100 else None


def offset_minutes(text: str) -> int | None:
    """GMT+8, UTC-03:00, +0530 as minutes east of UTC; None where it is none of these."""
    found = OFFSET.search(text.strip())
    if found is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return None if minutes > 14 * 60 else -minutes if found[1] == "-" else minutes


class Personal(Struct, frozen=True, forbid_unknown_fields=True):
    """Names of fields that hold somebody's data."""

    source: str
    fields: tuple[str, ...]


@lru_cache(maxsize=4096)
def is_personal(name: str) -> bool:
    """Whether a field of this name holds somebody's data."""
    return _personal().search(name) is not None


@cache
def _personal() -> re.Pattern[str]:
    names = knowledge.document("carriers/base", "personal.toml", Personal).fields
    return re.compile("|".join(re.escape(name) for name in names), re.IGNORECASE)


def without_personal(body: bytes) -> bytes:
    """A JSON body without personal fields; another body without what looks like telephone or mail."""
    try:
        return msgspec.json.encode(_cleaned(as_json(body)))
    except (ValueError, RecursionError):
        return masked(_without_elements(body).decode("utf-8", "replace")).encode()


def _without_elements(body: bytes) -> bytes:
    """An XML body without elements and attributes that hold somebody's data; any other body as it is."""
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (etree.XMLSyntaxError, ValueError):
        return body
    for node in list(root.iter(etree.Element)):
        for name in [name for name in node.attrib if is_personal(str(name))]:
            del node.attrib[name]
        parent = node.getparent()
        if parent is not None and is_personal(str(node.tag).rpartition("}")[2]):
            parent.remove(node)
    return bytes(etree.tostring(root, encoding="utf-8"))


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _cleaned(each) for name, each in value.items() if not is_personal(name)}
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    return masked(value) if isinstance(value, str) else value
