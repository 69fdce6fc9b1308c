"""A household to look at, to be put in and taken away: its parcels are marked, and no carrier is asked about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec
from django.db import transaction
from msgspec import Struct

from dozor import knowledge
from dozor.carriers import connector
from dozor.carriers.base import Ask, Response
from dozor.carriers.fakes import living
from dozor.i18n import say
from dozor.model import Dossier, Message, Money, Order, Report, Text
from dozor.service.parcels import actions
from dozor.service.parcels.models import Parcel, Person


class Purchase(Struct, frozen=True, forbid_unknown_fields=True):
    """One row of demo.toml; `price` is in US cents."""

    id: str
    numbers: tuple[str, ...]
    marketplace: str
    order: str
    price: int
    paid_days_ago: float
    shipped_days_ago: float
    protection_days_left: float
    service: str | None = None
    message: str = ""


class Household(Struct, frozen=True, forbid_unknown_fields=True):
    """The table."""

    source: str
    parcel: tuple[Purchase, ...]


def load(person: Person, now: dt.datetime, *, began: dt.datetime | None = None, watch: bool = False) -> list[Parcel]:
    """Puts the household in, once; a second time it is left as it is. `watch` where a local peer moves its parcels,
    which began at `began`.

    Without a peer the parcels stand as they were at the beginning, and are answered all the same.
    """
    mine = list(Parcel.objects.of(person).filter(demo=True).order_by("id"))
    if mine:
        return mine
    with transaction.atomic():
        return [_put_in(person, row, now, began or now, watch) for row in _rows()]


def remove(person: Person) -> int:
    """Takes the household away and leaves everything else; how many parcels it was."""
    mine = list(Parcel.objects.of(person).filter(demo=True).select_related("order"))
    with transaction.atomic():
        for parcel in mine:
            actions.delete_parcel(parcel)
    return len(mine)


def _rows() -> tuple[Purchase, ...]:
    return knowledge.document("service/parcels", "demo.toml", Household).parcel


def _put_in(person: Person, row: Purchase, now: dt.datetime, began: dt.datetime, watch: bool) -> Parcel:
    order = Order(
        marketplace=row.marketplace,
        number=row.order,
        price=Money(row.price, "USD"),
        paid_days_ago=row.paid_days_ago,
        shipped_days_ago=row.shipped_days_ago,
        protection_days_left=row.protection_days_left,
        service=row.service,
        origin="CN",
        destination="RU",
    )
    messages = (Message(row.message, at=now - dt.timedelta(days=2)),) if row.message else ()
    reports = tuple(report for number in row.numbers for report in _reports(number, began, now))
    told = Dossier(numbers=row.numbers, order=order, messages=messages, reports=reports)
    title = say(Text(f"demo.{row.id}"), person.lang)
    return actions.add_dossier(person, told, now, title=title, demo=True, watch=watch)


def _reports(number: str, began: dt.datetime, now: dt.datetime) -> Iterator[Report]:
    """What the systems said at the beginning, read by their own connectors; of a second number, too."""
    for system in ("cainiao", "upu"):
        row = living.told(system, number, began, now)
        if row is None:
            continue
        body = msgspec.json.encode({"success": True, "module": [row]} if system == "cainiao" else [row])
        for report in connector(system).read(Response(200, body), [Ask(number)], now):
            yield msgspec.structs.replace(report, asked_at=now)
            for alias in report.aliases:
                yield from _reports(alias.number, began, now)
