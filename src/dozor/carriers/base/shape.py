"""Connectors as data: `shape.toml` says what to send and where in an answer things stand.

Most systems answer with a tree (JSON, JSONP or XML) that holds parcels, which hold events. Paths into it are
written with dots, `[]` for "each of a list": `data.trackings[].events[]`. In XML an element is its children by
name, without namespaces; an attribute is `@name`, a text `#`. What a path finds nothing for is unknown.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from string import Template
from typing import Any
from urllib.parse import quote

from lxml import etree
from msgspec import Struct

from dozor import knowledge
from dozor.carriers.base.countries import country_code
from dozor.carriers.base.protocol import Ask, Request, Response, System
from dozor.carriers.base.reading import (
    EVENTS_LIMIT,
    StatusTable,
    as_json,
    items,
    offset_minutes,
    room_of,
    wall_time,
    words,
)
from dozor.model import Alias, Event, LinkKind, Moment, Outcome, OutcomeKind, Place, Report

JSONP = re.compile(rb"^[\w.$]+\s*\(|\)\s*;?\s*$")
EPOCHS = {"ms": 1000, "s": 1}


class Sent(Struct, frozen=True, forbid_unknown_fields=True):
    """A request. `$number`, `$numbers` (joined by `join`), `$lang`, `$country`, `$postcode`, `$phone` and the names of
    keys are put in; in `url` they are escaped.
    """

    url: str
    method: str = "GET"
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    secret: dict[str, str] = {}
    body: str = ""
    join: str = ","
    languages: dict[str, str] = {}
    forms: str = ""  # a pattern: numbers of another form are not sent


class Token(Struct, frozen=True, forbid_unknown_fields=True):
    """How a token is had for keys (OAuth client credentials): the request, and where the token stands in its answer."""

    send: Sent
    path: str = "access_token"
    becomes: str = "token"  # the key it is then used as


class When(Struct, frozen=True, forbid_unknown_fields=True):
    """An outcome that a value in the answer decides: at `path` stands one of `values` (none given: anything)."""

    path: str
    outcome: OutcomeKind
    values: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    detail: str = ""  # path of the system's own words
    status: int | None = None  # only with this HTTP status
    hours: float | None = None  # until when: so many hours from now


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """Where in an answer things stand; paths are tried in order, the first that finds something counts."""

    format: str  # json, jsonp or xml
    source: str
    events: tuple[str, ...]  # from the parcel
    send: Sent | None = None
    token: Token | None = None
    parcels: str = ""
    number: tuple[str, ...] = ()
    newest_first: bool = True
    text: tuple[str, ...] = ()
    joined_text: tuple[str, ...] = ()  # texts that belong together
    code: tuple[str, ...] = ()  # parts, joined by "|"
    time: tuple[str, ...] = ()
    joined_time: tuple[str, ...] = ()  # day and time of day
    time_format: str = ""  # for strptime; else ISO-like
    epoch: str = ""  # ms or s
    zone: tuple[str, ...] = ()
    offset: int | None = None  # minutes, where a system always means one zone
    utc: bool = False  # a Z means UTC; else it is not believed
    lang: str | None = None
    place: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    origin: tuple[str, ...] = ()
    destination: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    grams: tuple[str, ...] = ()
    promised: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    outcomes: tuple[When, ...] = ()
    parcel_outcomes: tuple[When, ...] = ()
    empty: OutcomeKind = OutcomeKind.KNOWN_WITHOUT_EVENTS  # a parcel without events
    missing: OutcomeKind = OutcomeKind.UNKNOWN_NUMBER  # no parcel for the number
    not_found_status: tuple[int, ...] = (404,)
    empty_body: OutcomeKind | None = None


class Shaped:
    """A connector whose shape is data; a client may add what data cannot say (signatures, a second request)."""

    def __init__(self, folder: str) -> None:
        room = room_of(folder)
        self.system = knowledge.document(room, "system.toml", System)
        self.shape = knowledge.document(room, "shape.toml", Shape)
        self.statuses = StatusTable(folder)

    def token_request(self, keys: Mapping[str, str]) -> Request | None:
        """The request for a token, where the system wants one and none was given. Raises KeyError without keys."""
        token = self.shape.token
        if token is None or token.becomes in keys:
            return None
        return filled(self.system, token.send, [Ask("")], keys)

    def read_token(self, response: Response) -> dict[str, str]:
        """The key that a token's answer gives. Raises ValueError where it gives none."""
        token = self.shape.token
        found = said(parsed(response.body, "json"), (token.path,)) if token and response.status < 400 else ""
        if token is None or not found:
            raise ValueError("no token was given: are the keys right?")
        return {token.becomes: found}

    def requests(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> tuple[Request, ...]:
        """The request of the shape, one for all numbers of the batch."""
        sent = self.shape.send
        if sent is None:
            return ()
        kept = [ask for ask in asks if not sent.forms or re.fullmatch(sent.forms, ask.number)]
        return (filled(self.system, sent, kept, keys),) if kept else ()

    def read(self, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
        """A report a number, by the shape."""
        shape, id = self.shape, self.system.id
        if not response.body.strip() and shape.empty_body is not None:
            return tuple(Report(id, ask.number, Outcome(shape.empty_body)) for ask in asks)
        if response.status in shape.not_found_status:
            missing = Outcome(shape.missing, f"HTTP {response.status}")
            return tuple(Report(id, ask.number, missing) for ask in asks)
        tree = parsed(response.body, shape.format)
        whole = decided(shape.outcomes, tree, now, response.status)
        parcels = [each for each in pick(tree, shape.parcels) if isinstance(each, dict)]
        if not shape.parcels and not answers(tree, shape):
            parcels = []
        if whole is not None and not parcels:
            return tuple(Report(id, ask.number, whole) for ask in asks)
        if whole is None and response.status >= 400:
            raise ValueError(f"HTTP {response.status}")
        if whole is None and not parcels and not answers(tree, shape):
            raise ValueError("an answer to another question")
        return tuple(self._report(ask.number, parcels, whole, len(asks), now) for ask in asks)

    def _report(
        self, number: str, parcels: Sequence[Any], whole: Outcome | None, asked: int, now: dt.datetime
    ) -> Report:
        shape, id = self.shape, self.system.id
        mine = [each for each in parcels if number.upper() in {n.upper() for n in said_all(each, shape.number)}]
        if not mine and asked == 1 and (not shape.number or not any(said_all(each, shape.number) for each in parcels)):
            mine = list(parcels)
        if not mine:
            return Report(id, number, whole or Outcome(shape.missing, "not in the answer"))
        events, problems = [], []
        for parcel in mine:
            for row in self._rows(parcel):
                event = self.event(row, number)
                if event is None:
                    problems.append(f"an event that could not be read: {words(str(row))[:120]}")
                else:
                    events.append(event)
        outcome = next((d for each in mine if (d := decided(shape.parcel_outcomes, each, now, 200))), None)
        kept = [event for event in events if not event.forecast]
        first = mine[0]
        return Report(
            carrier=id,
            number=number,
            outcome=Outcome(OutcomeKind.FOUND) if kept else outcome or whole or Outcome(shape.empty),
            events=tuple(reversed(events)) if shape.newest_first else tuple(events),
            aliases=self._aliases(number, mine),
            origin=country_code(said(first, shape.origin)),
            destination=country_code(said(first, shape.destination)),
            service=said(first, shape.service).lower() or None,
            weight_grams=_grams(said(first, shape.grams)),
            promised=_day(said(first, shape.promised)),
            problems=tuple(problems),
            unknown_codes=self.statuses.unknown(events),
        )

    def _rows(self, parcel: Any) -> Iterable[Any]:
        for path in self.shape.events:
            yield from [each for each in pick(parcel, path) if isinstance(each, dict)][:EVENTS_LIMIT]

    def _aliases(self, number: str, parcels: Iterable[Any]) -> tuple[Alias, ...]:
        found = {
            other.upper(): Alias(other.upper(), LinkKind.CONTINUES, said_by=self.system.id)
            for parcel in parcels
            for other in said_all(parcel, self.shape.aliases)
            if other.upper() != number.upper() and other.isalnum() and len(other) >= 5
        }
        return tuple(found.values())

    def event(self, row: Any, number: str) -> Event | None:
        """One event of an answer; None where it has no time or says nothing."""
        shape = self.shape
        parts = [said(row, (path,)) for path in shape.joined_text]
        text = ": ".join(part for part in parts if part) or said(row, shape.text)
        code = "|".join(part for part in (said(row, (path,)) for path in shape.code) if part) or None
        when = self._when(row)
        if when is None or not (text or code):
            return None
        place = " ".join(part for part in (said(row, (path,)) for path in shape.place) if part and part not in text)
        country = country_code(said(row, shape.country))
        return self.statuses.event(
            Event(
                text=text,
                when=when,
                lang=shape.lang,
                code=code,
                system=self.system.id,
                place=Place(text=place, country=country) if place or country else None,
                number=number,
            )
        )

    def _when(self, row: Any) -> Moment | None:
        shape = self.shape
        written = " ".join(said(row, (path,)) for path in shape.joined_time).strip() or said(row, shape.time)
        zone = offset_minutes(said(row, shape.zone)) if shape.zone else None
        offset = shape.offset if zone is None else zone
        if shape.epoch:
            return instant(written, EPOCHS[shape.epoch], offset)
        if shape.time_format:
            try:
                local = dt.datetime.strptime(written, shape.time_format)  # noqa: DTZ007 (wall time)
            except ValueError:
                return None
            exact = "%H" in shape.time_format or "%I" in shape.time_format
            return Moment(local.replace(tzinfo=None), offset, "minute" if exact else "day")
        return iso_time(written, offset, utc=shape.utc)


def filled(system: System, sent: Sent, asks: Sequence[Ask], keys: Mapping[str, str]) -> Request:
    """A request with its place-holders filled in. Raises KeyError for a key that was not given."""
    first = asks[0]
    values = {
        "number": first.number,
        "numbers": sent.join.join(ask.number for ask in asks),
        "lang": sent.languages.get(first.lang, sent.languages.get("en", first.lang)),
        "country": first.country or "",
        "postcode": first.postcode or "",
        "phone": first.phone_last or "",
        "base": system.base,
        **keys,
    }
    escaped = {name: value if name == "base" else quote(value, safe=",") for name, value in values.items()}
    return Request(
        url=Template(sent.url).substitute(escaped),
        method=sent.method,
        query=tuple((name, Template(value).substitute(values)) for name, value in sent.query.items()),
        headers={name: Template(value).substitute(values) for name, value in sent.headers.items()},
        secret={name: Template(value).substitute(values) for name, value in sent.secret.items()},
        body=Template(sent.body).substitute(values).encode() if sent.body else None,
        asks=tuple(asks),
    )


def answers(tree: Any, shape: Shape) -> bool:
    """Whether a tree has the place where parcels stand, be it empty: else it is an answer to something else."""
    if not shape.parcels:
        first = {path.partition(".")[0].removesuffix("[]") for path in (*shape.events, *shape.number)}
        return isinstance(tree, list) or (isinstance(tree, dict) and bool(first & tree.keys()))
    above, _, last = shape.parcels.rpartition(".")
    name = last.removesuffix("[]")
    return any(isinstance(node, dict) and (name in node or not node) for node in pick(tree, above))


# --- the tree -------------------------------------------------------------------------------------------


def parsed(body: bytes, format: str) -> Any:
    """The tree of an answer. Raises ValueError for what is no such tree."""
    if format == "xml":
        return _xml(body)
    return as_json(JSONP.sub(b"", body.strip()) if format == "jsonp" else body)


def _xml(body: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, dtd_validation=False, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"no XML: {error.msg}") from None
    return {_name(root.tag): _element(root, 0)}


def _element(node: Any, depth: int) -> dict[str, Any]:
    if depth > 60:
        raise ValueError("nested too deeply")
    found: dict[str, Any] = {f"@{_name(name)}": value for name, value in node.attrib.items()}
    for child in node:
        if not isinstance(child.tag, str):
            continue
        name, value = _name(child.tag), _element(child, depth + 1)
        if name in found:
            found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), value]
        else:
            found[name] = value
    text = "".join([node.text or "", *(child.tail or "" for child in node)]).strip()
    if text:
        found["#"] = text
    return found


def _name(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def pick(tree: Any, path: str) -> list[Any]:
    """Everything a path leads to; an empty path is the tree itself (each of it, where it is a list)."""
    nodes = [tree]
    for name, many in steps(path):
        after = []
        for node in nodes:
            value = node.get(name) if isinstance(node, dict) and name else node if not name else None
            if value is None:
                continue
            if many:
                after += items(value) if isinstance(value, list) else [value]
            else:
                after.append(value)
        nodes = after
    return items(nodes[0]) if not path and nodes and isinstance(nodes[0], list) else nodes


@lru_cache(maxsize=2048)
def steps(path: str) -> tuple[tuple[str, bool], ...]:
    """The steps of a path: each a name, and whether each of a list is meant."""
    return tuple((step.removesuffix("[]"), step.endswith("[]")) for step in path.split(".")) if path else ()


def said_all(tree: Any, paths: Iterable[str]) -> list[str]:
    """All texts that the paths lead to."""
    return [text for path in paths for value in pick(tree, path) if (text := _text(value))]


def said(tree: Any, paths: Iterable[str]) -> str:
    """The first text that a path leads to."""
    for path in paths:
        for value in pick(tree, path):
            if text := _text(value):
                return text
    return ""


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("#")
    if isinstance(value, bool):
        return "true" if value else "false"
    text = words(value)
    return "" if text in ("-", "null", "None") else text


def decided(rows: Iterable[When], tree: Any, now: dt.datetime, status: int) -> Outcome | None:
    """The outcome of the first row that fits."""
    for row in rows:
        if row.status is not None and row.status != status:
            continue
        found = said_all(tree, (row.path,)) if row.path else [str(status)]
        if not found or (row.values and not set(found) & set(row.values)):
            continue
        until = now + dt.timedelta(hours=row.hours) if row.hours is not None else None
        detail = said(tree, (row.detail,)) if row.detail else (found[0] if row.path else "")
        return Outcome(row.outcome, detail, until=until, needs=row.needs)
    return None


ISO = re.compile(r"([+-])(\d{2}):?(\d{2})$")


def iso_time(text: str, offset: int | None, *, utc: bool) -> Moment | None:
    """An ISO-like time with an offset, with a Z (believed where `utc`), or without."""
    found = ISO.search(text) if "T" in text or ":" in text else None
    if found is not None:
        minutes = int(found[2]) * 60 + int(found[3])
        return wall_time(text[: found.start()], -minutes if found[1] == "-" else minutes)
    if text.endswith("Z"):
        return wall_time(text, 0 if utc else offset)
    return wall_time(text, offset)


def instant(text: str, scale: int, offset: int | None) -> Moment | None:
    """An epoch as wall time in a zone: the given one, else UTC."""
    if not re.fullmatch(r"\d{9,14}", text):
        return None
    minutes = offset or 0
    try:
        local = dt.datetime.fromtimestamp(int(text) / scale, dt.timezone(dt.timedelta(minutes=minutes)))
    except (OverflowError, OSError, ValueError):
        return None
    return Moment(local.replace(tzinfo=None, microsecond=0), minutes, "second")


def _grams(text: str) -> int | None:
    return int(text) if text.isdigit() and len(text) < 8 else None


def _day(text: str) -> dt.date | None:
    when = wall_time(text)
    return when.local.date() if when else None
