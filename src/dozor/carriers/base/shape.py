"""Connectors as data: `shape.toml` says what to send and where in an answer things stand.

Most systems answer with a tree (JSON, JSONP or XML) that holds parcels, which hold events. Paths into it are
written with dots, `[]` for "each of a list": `data.trackings[].events[]`, `references[type=Last mile].num` for
those of a list that say so, ` | ` between paths of which the first that finds something counts, and the step `json`
for a text that is JSON itself. In XML an element is its children by name, without namespaces; an attribute is
`@name`, a text `#`. What a path finds nothing for is unknown.
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
from msgspec.structs import replace

from dozor import knowledge
from dozor.carriers.base.countries import country_code
from dozor.carriers.base.protocol import Ask, Request, Response, System
from dozor.carriers.base.reading import (
    EVENTS_LIMIT,
    StatusTable,
    as_json,
    items,
    moment,
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
    """An outcome that a value in the answer decides: at `path` stands one of `values` (none given: anything; `AB*`:
    whatever begins so).
    """

    path: str
    outcome: OutcomeKind
    values: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    detail: str = ""  # path of the system's own words
    status: int | None = None  # only with this HTTP status
    hours: float | None = None  # until when: so many hours from now


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """Where in an answer things stand; paths are tried in order, the first that finds something counts.

    An outcome without a path is decided by its HTTP status alone; those from `own_status` on are this shape's to read.
    """

    format: str  # json, jsonp or xml
    source: str
    events: tuple[str, ...]  # from the parcel
    events_else: str | None = None  # read where `events` lead to nothing
    no_event: dict[str, tuple[str, ...]] = {}  # rows that say one of these at a path ("": nothing) are no events
    recycled: tuple[str, ...] = ()  # what tells two parcels under one number apart: the newest of them counts
    codes: str = ""  # the folder (or reader) whose table of codes is used; else its own
    send: Sent | None = None
    token: Token | None = None
    parcels: str = ""
    number: tuple[str, ...] = ()
    newest_first: bool = True
    text: tuple[str, ...] = ()
    joined_text: tuple[str, ...] = ()  # texts that belong together
    code: tuple[str, ...] = ()  # parts, joined by "|"
    code_else: tuple[
        str, ...
    ] = ()  # a broader code that decides where the code does not: in the table as "kind:<code>"
    time: tuple[str, ...] = ()
    joined_time: tuple[str, ...] = ()  # day and time of day
    time_formats: tuple[str, ...] = ()  # for strptime, tried in order; else ISO-like
    epoch: str = ""  # ms or s
    zone: tuple[str, ...] = ()
    zone_names: dict[str, int] = {}  # minutes east of UTC of the names that a system gives its zones
    offset: int | None = None  # minutes, where a system always means one zone
    utc: bool = False  # a Z means UTC; else it is not believed
    zoneless: bool = False  # offsets that it writes are not believed: wall times of unknown zones
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
    own_status: tuple[int, ...] = ()
    empty_body: OutcomeKind | None = None


class Shaped:
    """A connector whose shape is data; a client may add what data cannot say (signatures, a second request)."""

    def __init__(self, folder: str) -> None:
        room = room_of(folder)
        self.system = knowledge.document(room, "system.toml", System)
        self.shape = knowledge.document(room, "shape.toml", Shape)
        self.statuses = StatusTable(self.shape.codes or folder)

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
        if (told := decided([row for row in shape.outcomes if not row.path], {}, now, response.status)) is not None:
            return tuple(Report(id, ask.number, told) for ask in asks)
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
        if whole is None and not (answers(tree, shape) and self._ours(parcels, now)):
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
        told, problems = self._told(mine, number)
        if shape.recycled and len(mine) > 1:
            mine, told, other = newest(mine, told, shape.recycled)
            problems += [f"an older parcel under the same number is left out: {words(name)}" for name in other]
        events = [event for each in told for event in each]
        outcome = next((d for each in mine if (d := decided(shape.parcel_outcomes, each, now, 200))), None)
        kept = [event for event in events if not event.forecast]
        first = mine[0]
        return Report(
            carrier=id,
            number=number,
            outcome=Outcome(OutcomeKind.FOUND) if kept else outcome or whole or Outcome(shape.empty),
            events=in_order(events),
            aliases=self._aliases(number, mine),
            origin=country_code(said(first, shape.origin)),
            destination=country_code(said(first, shape.destination)),
            service=said(first, shape.service).lower() or None,
            weight_grams=_grams(said(first, shape.grams)),
            promised=_day(said(first, shape.promised)),
            problems=tuple(problems),
            unknown_codes=self.statuses.unknown(events),
        )

    def _ours(self, parcels: Sequence[Any], now: dt.datetime) -> bool:
        """Whether what stands where parcels stand are parcels: one of them has a number, events or an outcome."""
        shape = self.shape
        heads = {
            path.partition(".")[0].partition("[")[0] for path in (*shape.number, *shape.events, shape.events_else or "")
        }
        heads.discard("")
        if not parcels or not heads or not shape.number:
            return True
        return any(
            not each or heads & each.keys() or decided(shape.parcel_outcomes, each, now, 200) for each in parcels
        )

    def _told(self, parcels: Sequence[Any], number: str) -> tuple[list[list[Event]], list[str]]:
        """The events of each parcel, oldest first within each of its lists (legs), and what could not be read."""
        told: list[list[Event]] = []
        problems: list[str] = []
        for parcel in parcels:
            events: list[Event] = []
            for rows in self._lists(parcel):
                read = [(row, self.event(row, number)) for row in rows if not self._is_none(row)]
                problems += [
                    f"an event that could not be read: {words(str(row))[:120]}" for row, it in read if it is None
                ]
                found = [event for _, event in read if event is not None]
                events += reversed(found) if self.shape.newest_first else found
            told.append(events)
        return told, problems

    def _lists(self, parcel: Any) -> list[list[Any]]:
        found = [rows for path in self.shape.events if (rows := _rows(parcel, path))]
        if not found and self.shape.events_else is not None:
            found = [_rows(parcel, self.shape.events_else)]
        return found

    def _is_none(self, row: Any) -> bool:
        return any(said(row, (path,)) in values for path, values in self.shape.no_event.items())

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
        event = self.statuses.event(
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
        kind = said(row, shape.code_else) if event.milestone is None and shape.code_else else ""
        return self.statuses.broader(event, f"kind:{kind}") if kind else event

    def _when(self, row: Any) -> Moment | None:
        shape = self.shape
        written = " ".join(said(row, (path,)) for path in shape.joined_time).strip() or said(row, shape.time)
        named = said(row, shape.zone) if shape.zone else ""
        zone = shape.zone_names.get(named, offset_minutes(named)) if named else None
        offset = shape.offset if zone is None else zone
        if shape.epoch:
            return instant(written, EPOCHS[shape.epoch], offset)
        if shape.time_formats:
            return formatted_time(written, shape.time_formats, offset)
        when = iso_time(written, offset, utc=shape.utc)
        return Moment(when.local, offset, when.precision) if when and shape.zoneless else when


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
    for path in map(str.strip, shape.parcels.split(OR.strip())):
        if not path and answers(tree, replace(shape, parcels="")):
            return True
        above, _, last = path.rpartition(".")
        name = last.removesuffix("[]")
        if any(isinstance(node, dict) and (name in node or not node) for node in pick(tree, above)):
            return True
    return False


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


OR = " | "
CHOICE = re.compile(r"([^\[]*)\[([^=\]]+)=([^\]]*)\]")


def pick(tree: Any, path: str) -> list[Any]:
    """Everything a path leads to; an empty path is the tree itself (each of it, where it is a list)."""
    if OR in path:
        return next((found for each in path.split(OR) if (found := pick(tree, each.strip()))), [])
    nodes = [tree]
    for step in steps(path):
        if len(nodes) == 1 and step.plain and type(nodes[0]) is dict:
            # Nearly every step is a name in one object: no list is made of it.
            value = nodes[0].get(step.name)
            if value is None:
                return []
            nodes[0] = value
        else:
            nodes = [after for node in nodes for after in _after(node, step)]
    return items(nodes[0]) if not path and nodes and isinstance(nodes[0], list) else nodes


class Step(Struct, frozen=True):
    """One step of a path: a name, whether each of a list is meant, and what it has to say to be meant."""

    name: str
    many: bool = False
    where: tuple[str, str] | None = None
    plain: bool = False  # a name, and one thing of that name


@lru_cache(maxsize=2048)
def steps(path: str) -> tuple[Step, ...]:
    """The steps of a path."""
    found = []
    for step in path.split(".") if path else ():
        chosen = CHOICE.fullmatch(step)
        if chosen:
            found.append(Step(chosen[1], True, (chosen[2], chosen[3])))
        else:
            many = step.endswith("[]")
            found.append(Step(step.removesuffix("[]"), many, plain=bool(step) and not many))
    return tuple(found)


def _after(node: Any, step: Step) -> list[Any]:
    """Where one step leads from one node."""
    if isinstance(node, str):
        return [as_json(node.encode())] if step.name == "json" and node.strip() else []
    value = node.get(step.name) if isinstance(node, dict) and step.name else node if not step.name else None
    if value is None:
        return []
    if not step.many:
        return [value]
    found = items(value) if isinstance(value, list) else [value]
    if step.where is None:
        return found
    key, wanted = step.where
    return [each for each in found if isinstance(each, dict) and words(each.get(key)) == wanted]


def in_order(events: list[Event]) -> tuple[Event, ...]:
    """Oldest first, where every event tells its instant; else as they came: clocks of unknown zones do not compare."""
    if any(event.when is None or event.when.offset is None for event in events):
        return tuple(events)
    return tuple(sorted(events, key=lambda event: event.when.utc()))  # type: ignore[union-attr]


def newest(
    parcels: Sequence[Any], told: Sequence[list[Event]], marks: Iterable[str]
) -> tuple[list[Any], list[list[Event]], list[str]]:
    """Of several parcels under one number the one that was heard of last, and the marks of the others."""
    names = [said(parcel, marks) for parcel in parcels]
    last = [max((event.when.utc().timestamp() for event in events if event.when), default=0.0) for events in told]
    chosen = names[last.index(max(last))]
    mine = [place for place, name in enumerate(names) if name == chosen]
    other = sorted({name for name in names if name != chosen})
    return [parcels[place] for place in mine], [told[place] for place in mine], other


def _rows(parcel: Any, path: str) -> list[Any]:
    return [each for each in pick(parcel, path) if isinstance(each, dict)][:EVENTS_LIMIT]


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
        if not found or (row.values and not any(meant(text, row.values) for text in found)):
            continue
        until = now + dt.timedelta(hours=row.hours) if row.hours is not None else None
        detail = said(tree, (row.detail,)) if row.detail else (found[0] if row.path else "")
        return Outcome(row.outcome, detail, until=until, needs=row.needs)
    return None


def meant(text: str, values: Iterable[str]) -> bool:
    """Whether a text is one of the values; `AB*` is whatever begins so."""
    return any(text == each or (each.endswith("*") and text.startswith(each[:-1])) for each in values)


def formatted_time(text: str, formats: Iterable[str], offset: int | None) -> Moment | None:
    """A time in the first of the formats that fits."""
    for format in formats:
        try:
            local = dt.datetime.strptime(text, format)  # noqa: DTZ007 (wall time)
        except ValueError:
            continue
        exact = "second" if "%S" in format else "minute" if "%M" in format else "day"
        return Moment(local.replace(tzinfo=None), offset, exact)
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
    return moment(local.replace(tzinfo=None, microsecond=0), minutes, "second")


def _grams(text: str) -> int | None:
    return int(text) if text.isdigit() and len(text) < 8 else None


def _day(text: str) -> dt.date | None:
    when = wall_time(text)
    return when.local.date() if when else None
