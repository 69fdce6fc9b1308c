"""Rows into structs and structs into rows, both ways, without loss.

Some fields of a struct are columns; what is left of it is kept as JSON beside them, in `more`. The first half is
pure; the second half reads and writes the rows of one parcel. What a database cannot hold (NUL, lone surrogates) is
taken out of texts at the door.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from django.db import models as django
from django.db.backends.base.operations import BaseDatabaseOperations
from msgspec import Struct

from dozor import model
from dozor.service.parcels import models as rows

S = TypeVar("S", bound=Struct)
R = TypeVar("R", bound=django.Model)
FORBIDDEN = dict.fromkeys([0, *range(0xD800, 0xE000)])


class TooLongError(ValueError):
    """A value that is longer or larger than any of its kind; says which field and how far it may go."""


# --- pure ------------------------------------------------------------------------------------------------


def storable(value: Any) -> Any:
    """A copy of builtins in which every text can be stored."""
    if isinstance(value, str):
        return value.translate(FORBIDDEN)
    if isinstance(value, dict):
        return {storable(key): storable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable(part) for part in value]
    return value


def parted(struct: Struct, columns: Iterable[str], leave_out: Iterable[str] = ()) -> tuple[dict[str, Any], Any]:
    """The fields that are columns as they are, and the rest as JSON; `leave_out` are kept elsewhere."""
    own = {name: getattr(struct, name) for name in columns}
    rest = {
        name: getattr(struct, name)
        for name in struct.__struct_fields__
        if name not in own and name not in set(leave_out)
    }
    fields = {field.name: field for field in msgspec.structs.fields(struct)}
    rest = {name: value for name, value in rest.items() if value != _default(fields[name])}
    return {name: storable(value) for name, value in own.items()}, storable(msgspec.to_builtins(rest))


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else msgspec.NODEFAULT


def joined(struct: type[S], row: Any, columns: Iterable[str], **more: Any) -> S:
    """The struct of a row: its columns, its `more`, and what was kept elsewhere. Unknown `more` is left alone."""
    known = set(struct.__struct_fields__)
    rest = {name: value for name, value in row.more.items() if name in known}
    own = {name: getattr(row, name) for name in columns}
    # Whatever is kept as JSON is validated; columns and parts are of the right type already.
    loaded = msgspec.convert(rest, _partial(struct))
    found = {name: getattr(loaded, name) for name in rest}
    return struct(**{**own, **found, **more})


def _partial(struct: type[Struct]) -> type[Struct]:
    """The struct with every field optional, so that a part of it can be read."""
    if struct not in _PARTIAL:
        hints = {field.name: field.type for field in msgspec.structs.fields(struct)}
        fields: list[Any] = [(name, type | None, None) for name, type in hints.items()]
        _PARTIAL[struct] = msgspec.defstruct(f"Partial{struct.__name__}", fields)
    return _PARTIAL[struct]


_PARTIAL: dict[type[Struct], type[Struct]] = {}


def fits(row: R) -> R:
    """The row. Raises TooLongError where a text or a number is too large for its column: databases differ in what they
    then do.
    """
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if isinstance(value, str) and field.max_length and len(value) > field.max_length:
            raise TooLongError(f"{row._meta.model_name}.{field.name}: at most {field.max_length} characters")
        low, high = RANGES.get(field.get_internal_type(), (None, None))
        if low is not None and isinstance(value, int) and not low <= value <= high:
            raise TooLongError(f"{row._meta.model_name}.{field.name}: from {low} to {high}")
        if isinstance(value, dt.date) and not YEARS[0] <= value.year <= YEARS[1]:
            raise TooLongError(f"{row._meta.model_name}.{field.name}: a year from {YEARS[0]} to {YEARS[1]}")
    return row


YEARS = (1990, 2100)  # in which parcels are sent; every reckoning with a day beyond them comes to a calendar's end
RANGES = BaseDatabaseOperations.integer_field_ranges  # the narrowest of all databases


def digest(*parts: bytes | str | None) -> str:
    """A short fingerprint: sha256 as 43 characters; None differs from the empty text."""
    made = hashlib.sha256()
    for part in parts:
        raw = b"\x00" if part is None else b"\x01" + (part.encode() if isinstance(part, str) else part)
        made.update(len(raw).to_bytes(8, "big") + raw)
    return base64.urlsafe_b64encode(made.digest()).rstrip(b"=").decode("ascii")


def price(minor: int | None, currency: str | None) -> model.Money | None:
    """An amount of two columns."""
    return None if minor is None else model.Money(minor, currency or "")


# order

ORDER = ("marketplace", "number", "seller", "paid", "shipped", "promised", "destination", "protection_end")
ORDER_COLUMNS = (*ORDER, "completed", "received")


def order_values(order: model.Order) -> dict[str, Any]:
    """The columns of an order."""
    columns, more = parted(order, ORDER_COLUMNS, ("price", "lines"))
    minor, currency = (order.price.minor, order.price.currency) if order.price else (None, None)
    return {**columns, "price_minor": minor, "price_currency": currency, "more": more}


def line_values(position: int, line: model.OrderLine) -> dict[str, Any]:
    """The columns of a line."""
    minor, currency = (line.price.minor, line.price.currency) if line.price else (None, None)
    return {
        "position": position,
        "title": storable(line.title),
        "price_minor": minor,
        "price_currency": currency,
        "quantity": line.quantity,
    }


def order_struct(row: rows.Order, lines: Iterable[rows.Line]) -> model.Order:
    """The order of its rows."""
    told = tuple(
        model.OrderLine(each.title, price(each.price_minor, each.price_currency), each.quantity) for each in lines
    )
    return joined(model.Order, row, ORDER_COLUMNS, price=price(row.price_minor, row.price_currency), lines=told)


# event

MOMENT_COLUMNS = ("local", "offset", "precision")
EVENT_COLUMNS = ("text", "code", "system", "milestone")
# Our reading of the event, and whether it was taken back: these may change, the scan stays itself.
MAY_CHANGE = {"milestone": None, "decided_by": None, "rule": None, "reversed": False}


def event_values(event: model.Event, carrier: str = "", asked: str = "", position: int = 0) -> dict[str, Any]:
    """The columns of an event as a system told it about an asked number."""
    columns, more = parted(event, EVENT_COLUMNS, ("when",))
    when = event.when
    if when is not None and (rest := parted(when, MOMENT_COLUMNS)[1]):
        more["moment"] = rest
    return {
        **columns,
        "milestone": event.milestone.value if event.milestone else None,
        "local": rows.local_as_utc(when.local) if when else None,
        "offset": when.offset if when else None,
        "precision": when.precision if when else "",
        "carrier": carrier,
        "asked": storable(asked),
        "position": position,
        "fingerprint": fingerprint(event, carrier, asked),
        "more": more,
    }


def fingerprint(event: model.Event, carrier: str, asked: str) -> str:
    """What makes a scan the same scan when it is told again: all that the system said of it, none of our reading."""
    told = msgspec.structs.replace(event, **MAY_CHANGE)
    plain = storable(msgspec.to_builtins(told))
    return digest(carrier, storable(asked), msgspec.json.encode(plain, order="sorted"))


def event_struct(row: rows.Event) -> model.Event:
    """The event of its row."""
    when = None
    if row.local is not None:
        local = row.local.astimezone(dt.UTC).replace(tzinfo=None)
        rest = msgspec.convert(row.more.get("moment", {}), _partial(model.Moment))
        more = {name: getattr(rest, name) for name in row.more.get("moment", {}) if hasattr(rest, name)}
        when = model.Moment(**{**more, "local": local, "offset": row.offset, "precision": row.precision})
    milestone = model.Milestone(row.milestone) if row.milestone else None
    return joined(model.Event, row, ("text", "code", "system"), when=when, milestone=milestone)


# report

REPORT_COLUMNS = ("carrier", "number", "asked_at")


def report_values(report: model.Report) -> dict[str, Any]:
    """The columns of a report, without its events and the body of its snapshot."""
    columns, more = parted(report, REPORT_COLUMNS, ("events", "snapshot"))
    if report.snapshot is not None:
        bare = msgspec.structs.replace(report.snapshot, body=b"")
        more["snapshot"] = storable(msgspec.to_builtins(bare))
    return {**columns, "outcome": report.outcome.kind.value, "said": said(report), "more": more}


def said(report: model.Report) -> str:
    """The fingerprint of what a system said, whenever it said it: the same again is no news."""
    bare = msgspec.structs.replace(
        report, asked_at=None, snapshot=None, outcome=msgspec.structs.replace(report.outcome, until=None)
    )
    return digest(msgspec.json.encode(storable(msgspec.to_builtins(bare)), order="sorted"))


def report_struct(row: rows.Report, events: Iterable[rows.Event], body: bytes | None = None) -> model.Report:
    """The report of its rows. The snapshot's body comes along only where the caller has read it."""
    found: model.Report = joined(
        model.Report, row, REPORT_COLUMNS, events=tuple(event_struct(event) for event in events)
    )
    if body is not None and found.snapshot is not None:
        found = msgspec.structs.replace(found, snapshot=msgspec.structs.replace(found.snapshot, body=body))
    return found


def snapshot_row(snapshot: model.Snapshot) -> rows.Snapshot:
    """The row of an answer's bytes, compressed."""
    return rows.Snapshot(
        sha256=snapshot.sha256,
        body=zlib.compress(snapshot.body, 6),
        size=len(snapshot.body),
        media_type=storable(snapshot.media_type)[:128],
        at=snapshot.at,
    )


# message, dispute

MESSAGE_COLUMNS = ("text", "by", "at")
DISPUTE_COLUMNS = ("opened", "decided")


def message_values(position: int, message: model.Message) -> dict[str, Any]:
    """The columns of a message."""
    columns, more = parted(message, MESSAGE_COLUMNS)
    return {**columns, "position": position, "more": more}


def message_struct(row: rows.Message) -> model.Message:
    """The message of its row."""
    return joined(model.Message, row, MESSAGE_COLUMNS)


def dispute_values(dispute: model.Dispute) -> dict[str, Any]:
    """The columns of a dispute."""
    columns, more = parted(dispute, DISPUTE_COLUMNS, ("state",))
    return {**columns, "state": dispute.state.value, "more": more}


def dispute_struct(row: rows.Dispute) -> model.Dispute:
    """The dispute of its row."""
    return joined(model.Dispute, row, DISPUTE_COLUMNS, state=model.DisputeState(row.state))


# answer


def answer_body(answer: model.Answer) -> bytes:
    """An answer's JSON, compressed."""
    return zlib.compress(msgspec.json.encode(answer), 6)


def answer_struct(row: rows.Answer) -> model.Answer:
    """The answer as it was given."""
    return msgspec.json.decode(zlib.decompress(bytes(row.body)), type=model.Answer)


# --- one parcel ------------------------------------------------------------------------------------------

DOSSIER_ELSEWHERE = ("schema", "id", "text", "numbers", "order", "reports", "events", "messages", "dispute", "today")


def parcel_values(dossier: model.Dossier) -> dict[str, Any]:
    """The columns of a parcel that a dossier fills."""
    _, more = parted(dossier, (), DOSSIER_ELSEWHERE)
    return {"text": storable(dossier.text), "said_on": dossier.today, "more": more}


def write_order(row: rows.Order, order: model.Order) -> rows.Order:
    """The order and its lines, as they are now."""
    for name, value in order_values(order).items():
        setattr(row, name, value)
    fits(row).save()
    row.lines.all().delete()
    rows.Line.objects.bulk_create(
        [fits(rows.Line(order=row, **line_values(place, line))) for place, line in enumerate(order.lines)]
    )
    return row


def write_told(parcel: rows.Parcel, dossier: model.Dossier) -> None:
    """What the buyer told: numbers, events read elsewhere, messages, the dispute. Replaces what was told before."""
    given = list(dict.fromkeys(storable(number) for number in dossier.numbers))
    parcel.numbers.filter(given=True).exclude(number__in=given).delete()
    known = {row.number: row for row in parcel.numbers.all()}
    for place, number in enumerate(given):
        row = known.get(number) or rows.Number(parcel=parcel, number=number)
        row.position, row.given = place, True
        fits(row).save()
    parcel.events.filter(carrier="").delete()
    told = [fits(rows.Event(parcel=parcel, **event_values(each, "", "", n))) for n, each in enumerate(dossier.events)]
    rows.Event.objects.bulk_create(told, ignore_conflicts=True)
    parcel.messages.all().delete()
    rows.Message.objects.bulk_create(
        [fits(rows.Message(parcel=parcel, **message_values(n, each))) for n, each in enumerate(dossier.messages)]
    )
    rows.Dispute.objects.filter(parcel=parcel).delete()
    if dossier.dispute is not None:
        fits(rows.Dispute(parcel=parcel, **dispute_values(dossier.dispute))).save()


FAILED = frozenset(
    {model.OutcomeKind.REFUSED, model.OutcomeKind.UNAUTHORISED, model.OutcomeKind.QUOTA}
    | {model.OutcomeKind.UNREACHABLE, model.OutcomeKind.CHANGED, model.OutcomeKind.NOT_ASKED}
)


def write_report(parcel: rows.Parcel, report: model.Report, seen: dt.datetime) -> tuple[bool, int]:
    """A report, its new events and its snapshot: whether it says anything new, and how many events are new.

    Told again it changes nothing. A failure takes the place of the last one of its kind.
    """
    mine = parcel.reports.filter(carrier=report.carrier, number=report.number)
    values = report_values(report)
    if report.outcome.kind in FAILED:
        last = mine.filter(outcome=values["outcome"]).last()
        newest = mine.last()
        news = newest is None or newest.outcome != values["outcome"]
        if last is not None:
            last.delete()  # so that the newest row is what was said last
        fits(rows.Report(parcel=parcel, **values)).save()
        return news, write_events(parcel, report, seen)
    newest = mine.last()
    if newest is not None and newest.said == values["said"]:
        return False, 0
    if report.snapshot is not None and report.snapshot.body:
        rows.Snapshot.objects.bulk_create([snapshot_row(report.snapshot)], ignore_conflicts=True)
        values["snapshot_id"] = report.snapshot.sha256
    fits(rows.Report(parcel=parcel, **values)).save()
    return True, write_events(parcel, report, seen)


def write_events(parcel: rows.Parcel, report: model.Report, seen: dt.datetime) -> int:
    """The events of a report that are not there yet; how many were new. A known scan that we now read better is
    read anew in place.
    """
    made = {
        values["fingerprint"]: fits(rows.Event(parcel=parcel, first_seen=seen, **values))
        for n, event in enumerate(report.events)
        for values in [event_values(event, report.carrier, report.number, n)]
    }
    known = {row.fingerprint: row for row in parcel.events.filter(fingerprint__in=list(made))}
    for mark, row in known.items():
        now_read = made[mark]
        if (row.milestone, row.more) != (now_read.milestone, now_read.more):
            row.milestone, row.more = now_read.milestone, now_read.more
            row.save(update_fields=["milestone", "more"])
    fresh = [row for mark, row in made.items() if mark not in known]
    rows.Event.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def latest_reports(parcel: rows.Parcel) -> list[rows.Report]:
    """What each system last said about each number, and its failure since then, in the order in which they spoke."""
    kept: dict[tuple[str, str], list[rows.Report]] = {}
    for row in parcel.reports.all():
        before = kept.get((row.carrier, row.number), [])
        kept[row.carrier, row.number] = [*(old for old in before if _failed(row) and not _failed(old)), row]
    return sorted((row for found in kept.values() for row in found), key=lambda row: row.pk)


def _failed(row: rows.Report) -> bool:
    return model.OutcomeKind(row.outcome) in FAILED


def read_dossier(parcel: rows.Parcel, *, bodies: bool = False) -> model.Dossier:
    """All that is known of a parcel: rows of six tables, whatever the number of events."""
    told: dict[tuple[str, str], list[rows.Event]] = {}
    for event in parcel.events.all():
        told.setdefault((event.carrier, event.asked), []).append(event)
    kept = latest_reports(parcel)
    raw: dict[str, bytes] = {}
    if bodies:
        wanted = [row.snapshot_id for row in kept if row.snapshot_id]
        raw = {row.sha256: zlib.decompress(bytes(row.body)) for row in rows.Snapshot.objects.filter(pk__in=wanted)}
    # A failure brings no events of its own: they stand with what the system said before it.
    first = {(row.carrier, row.number): row.pk for row in reversed(kept)}
    reports = tuple(
        report_struct(
            row,
            told.get((row.carrier, row.number), ()) if first[row.carrier, row.number] == row.pk else (),
            raw.get(row.snapshot_id or ""),
        )
        for row in kept
    )
    dispute = rows.Dispute.objects.filter(parcel=parcel).first()
    return joined(
        model.Dossier,
        parcel,
        (),
        id=parcel.ref,
        text=parcel.text,
        numbers=tuple(row.number for row in parcel.numbers.all() if row.given),
        order=order_struct(parcel.order, parcel.order.lines.all()),
        reports=_confirmed(parcel, kept, reports),
        events=tuple(event_struct(row) for row in told.get(("", ""), ())),
        messages=tuple(message_struct(row) for row in parcel.messages.all()),
        dispute=dispute_struct(dispute) if dispute else None,
        today=parcel.said_on,
    )


def reports_of(parcel: rows.Parcel, carrier: str, number: str) -> tuple[model.Report, ...]:
    """What one system said of one number, failures left out, as fresh as it was last said."""
    found = read_dossier(parcel).reports
    mine = (report for report in found if (report.carrier, report.number) == (carrier, number))
    return tuple(report for report in mine if report.outcome.kind not in FAILED)


def _confirmed(
    parcel: rows.Parcel, kept: Sequence[rows.Report], reports: Sequence[model.Report]
) -> tuple[model.Report, ...]:
    """A report that a later ask brought again is as fresh as that ask."""
    again = {(poll.carrier, poll.number, poll.said): poll.answered_at for poll in parcel.polls.all()}
    found = []
    for row, report in zip(kept, reports, strict=True):
        at = again.get((row.carrier, row.number, row.said))
        newer = at is not None and row.asked_at is not None and at > row.asked_at
        found.append(msgspec.structs.replace(report, asked_at=at) if newer else report)
    return tuple(found)
