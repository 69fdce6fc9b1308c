"""What a person takes along and brings: JSON of everything of theirs, CSV of their parcels, a report a line."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from django.db import transaction
from msgspec import Struct
from msgspec.structs import replace

from dozor.i18n import money
from dozor.intake import DossierError, read_dossier
from dozor.model import Dossier, Kind, Money, Order, Text
from dozor.numbers import identify
from dozor.service.parcels import actions, mapping
from dozor.service.parcels.models import ENDED, Fate, Parcel, Person

FORM = "dozor.export/1"
COLUMNS = (
    "number", "title", "marketplace", "order", "seller", "price", "paid", "shipped", "promised",
    "protection_end", "destination", "text", "fate", "stage", "decide_by",
)  # fmt: skip
LONGEST = 5_000_000  # characters of a file that is read


class Brought(Struct, frozen=True):
    """What became of one line (from 1, the header too) or one parcel of a file. `state`: added, updated or wrong."""

    line: int
    state: str
    why: Text
    ref: str = ""


class Kept(Struct, frozen=True, omit_defaults=True):
    """One parcel of an export."""

    dossier: dict[str, Any]
    title: str = ""
    fate: str = Fate.OPEN.value
    made: dt.datetime | None = None
    answers: tuple[dict[str, Any], ...] = ()


class Export(Struct, frozen=True):
    """Everything of a person's, keys left out."""

    person: dict[str, Any]
    parcels: tuple[Kept, ...]
    schema: str = FORM


# --- out -------------------------------------------------------------------------------------------------


def export_json(person: Person, *, answers: bool = True) -> bytes:
    """Everything of a person's: what they told, what carriers said, what we answered. Keys stay here."""
    facts = {name: getattr(person, name) for name in ("lang", "zone", "country", "style", "reliability")}
    kept = tuple(_kept(parcel, answers=answers) for parcel in _parcels(person))
    return msgspec.json.format(msgspec.json.encode(Export(facts, kept)), indent=1)


def export_csv(person: Person) -> str:
    """A line a parcel; cells that a spreadsheet would run are made harmless."""
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for parcel in _parcels(person):
        order = parcel.order
        price = mapping.price(order.price_minor, order.price_currency)
        cells: dict[str, Any] = {
            "number": " ".join(row.number for row in parcel.numbers.all() if row.given),
            "title": parcel.title,
            "marketplace": order.marketplace,
            "order": order.number,
            "seller": order.seller,
            "price": money(price) if price else "",
            **{name: getattr(order, name) for name in ("paid", "shipped", "promised", "destination")},
            "protection_end": order.protection_end.isoformat() if order.protection_end else "",
            "text": parcel.text,
            "fate": parcel.fate,
            "stage": parcel.stage,
            "decide_by": parcel.decide_by.date() if parcel.decide_by else "",
        }
        writer.writerow([_harmless(str(cells[name] or "")) for name in COLUMNS])
    return held.getvalue()


def _parcels(person: Person) -> Iterator[Parcel]:
    mine = Parcel.objects.of(person).select_related("order").prefetch_related("numbers").order_by("id")
    return iter(mine.iterator(chunk_size=200))


def _kept(parcel: Parcel, *, answers: bool) -> Kept:
    told = msgspec.to_builtins(replace(mapping.read_dossier(parcel, bodies=True), id=None))
    said = [msgspec.to_builtins(mapping.answer_struct(row)) for row in parcel.answers.order_by("id")] if answers else []
    return Kept(told, parcel.title, parcel.fate, parcel.made, tuple(said))


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in tuple("=+-@\t\r") else cell


# --- in --------------------------------------------------------------------------------------------------


def import_json(person: Person, raw: bytes, now: dt.datetime) -> list[Brought]:
    """An export, a dossier, or a list of dossiers. What cannot be read is said and stops nothing else."""
    try:
        data = msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        return [Brought(1, "wrong", Text("exchange.wrong", {"why": str(error)}))]
    parcels = data.get("parcels") if isinstance(data, dict) and data.get("schema") == FORM else None
    found = []
    if parcels is None:
        parcels = [{"dossier": each} for each in (data if isinstance(data, list) else [data])]
    for place, each in enumerate(parcels if isinstance(parcels, list) else [], start=1):
        if not isinstance(each, dict):
            found.append(Brought(place, "wrong", Text("exchange.wrong", {"why": "not an object"})))
            continue
        try:
            told = read_dossier(dict(each.get("dossier") or {}))
        except (DossierError, TypeError, ValueError) as error:
            found.append(Brought(place, "wrong", Text("exchange.wrong", {"why": str(error)})))
            continue
        found.append(_bring(person, told, now, place, str(each.get("title") or ""), str(each.get("fate") or "open")))
    return found


def import_csv(person: Person, text: str, now: dt.datetime) -> list[Brought]:
    """A line a parcel, by the names of the columns; comma, semicolon and tab are understood."""
    text = text.removeprefix("\ufeff")[:LONGEST]
    text = "\n".join(text.replace("\r\n", "\n").split("\r"))  # old and new ends of lines
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    try:
        names = {(name or "").strip().lower() for name in reader.fieldnames or ()}
    except csv.Error as error:
        return [Brought(1, "wrong", Text("exchange.wrong", {"why": str(error)}))]
    if not names & {"number", "order", "text"}:
        return [Brought(1, "wrong", Text("exchange.no_header"))]
    found = []
    try:
        for row in reader:
            cells = {
                (name or "").strip().lower(): _bare(value) for name, value in row.items() if isinstance(value, str)
            }
            if any(cells.values()):
                found.append(_bring_line(person, cells, now, reader.line_num))
    except csv.Error as error:
        found.append(Brought(reader.line_num, "wrong", Text("exchange.wrong", {"why": str(error)})))
    return found


class _CellError(ValueError):
    def __init__(self, why: str, column: str, value: str) -> None:
        self.text = Text(f"exchange.{why}", {"column": column, "value": value[:40]})
        super().__init__(why)


def _bring_line(person: Person, cells: dict[str, str], now: dt.datetime, line: int) -> Brought:
    try:
        told = _dossier(cells)
    except _CellError as error:
        return Brought(line, "wrong", error.text)
    if told == Dossier():
        return Brought(line, "wrong", Text("exchange.empty"))
    return _bring(person, told, now, line, cells.get("title", ""), cells.get("fate", "") or "open")


def _dossier(cells: dict[str, str]) -> Dossier:
    end = _day(cells, "protection_end")
    order = Order(
        marketplace=cells.get("marketplace", "").lower() or None,
        number=cells.get("order") or None,
        seller=cells.get("seller") or None,
        price=_price(cells),
        paid=_day(cells, "paid"),
        shipped=_day(cells, "shipped"),
        promised=_day(cells, "promised"),
        destination=_country(cells),
        protection_end=None if end is None else dt.datetime.combine(end, dt.time(), dt.UTC),
    )
    numbers = _numbers(cells.get("number", ""))
    return Dossier(text=cells.get("text", ""), numbers=tuple(numbers), order=order)


def _numbers(cell: str) -> list[str]:
    """The numbers of a cell; one that is written in groups, "RB 123 456 785 CN", is one."""
    whole = identify(cell) if " " in cell.strip() else ()
    if whole and whole[0].kind is Kind.TRACKING and whole[0].valid:
        return [whole[0].normal]
    return [number for number in re.split(r"[\s,;]+", cell) if number]


def _bring(person: Person, told: Dossier, now: dt.datetime, line: int, title: str, fate: str) -> Brought:
    """One parcel, in a transaction of its own: a bad one takes no good one with it."""
    try:
        with transaction.atomic():
            before = set(Parcel.objects.of(person).values_list("pk", flat=True)) if told.numbers else set()
            ended = Fate(fate) if fate in {each.value for each in ENDED} else None
            parcel = actions.add_dossier(person, told, now, title=title, ended=ended)
            if ended is not None and parcel.fate != ended:
                actions.mark(parcel, ended, now)
    except mapping.TooLongError as error:
        return Brought(line, "wrong", Text("exchange.too_long", {"why": str(error)}))
    except (OverflowError, ValueError) as error:  # a day that no calendar has, a number of days that leads to one
        return Brought(line, "wrong", Text("exchange.wrong", {"why": str(error)}))
    state = "updated" if parcel.pk in before else "added"
    return Brought(line, state, Text(f"exchange.{state}"), parcel.ref)


def _bare(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=+-@") else cell


def _day(cells: dict[str, str], column: str) -> dt.date | None:
    value = cells.get(column, "")
    if not value:
        return None
    try:
        if dotted := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", value):
            return dt.date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
        return dt.date.fromisoformat(value[:10])
    except ValueError:
        raise _CellError("wrong_day", column, value) from None


def _price(cells: dict[str, str]) -> Money | None:
    from babel.numbers import get_currency_precision, is_currency

    value = cells.get("price", "")
    if not value:
        return None
    match = re.fullmatch(r"(\d{1,9})(?:[.,](\d{1,3}))?\s*([A-Za-z]{3})", value)
    if match is None or not is_currency(match[3].upper()):
        raise _CellError("wrong_price", "price", value)
    digits = get_currency_precision(match[3].upper())
    fraction = (match[2] or "").ljust(digits, "0")
    if len(fraction) > digits and fraction[digits:].strip("0"):
        raise _CellError("wrong_price", "price", value)
    return Money(int(match[1]) * 10**digits + int(fraction[:digits] or "0"), match[3].upper())


def _country(cells: dict[str, str]) -> str | None:
    from babel import Locale

    value = cells.get("destination", "").upper()
    if not value:
        return None
    if len(value) != 2 or value not in Locale("en").territories:
        raise _CellError("wrong_country", "destination", value)
    return value
