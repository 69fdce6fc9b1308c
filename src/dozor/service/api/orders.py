"""Operations on orders: what was bought, where its money is, and the parcels it comes in."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from dozor.model import Money, MoneyState, Order
from dozor.service.api.endpoints import ParcelRow, row_of, told
from dozor.service.api.forms import bounds, facts
from dozor.service.api.operation import Call, Speaking, operation
from dozor.service.api.problems import RefusedError
from dozor.service.parcels import actions, mapping
from dozor.service.parcels import models as rows

REF = "/orders/{ref}"


class OrderRow(Struct, frozen=True):
    """An order as lists show it; `money` is null where no parcel of it is open. `parcels` are refs."""

    ref: str
    made: dt.datetime
    marketplace: str | None
    number: str | None
    seller: str | None
    price: Money | None
    money: MoneyState | None
    received: bool | None
    parcels: tuple[str, ...]


class OrderPage(Struct, frozen=True):
    """A page of orders, newest first. `next` is where the following page begins."""

    total: int
    next: int | None
    orders: tuple[OrderRow, ...]


class OrderFull(Struct, frozen=True):
    """An order with its lines, where its money is, and its parcels, those that want most attention first."""

    ref: str
    made: dt.datetime
    money: MoneyState | None
    order: Order
    parcels: tuple[ParcelRow, ...]


class OrderListing(Speaking, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which orders, and how many of them."""

    marketplace: Annotated[str, Meta(max_length=bounds().lengths["marketplace"])] | UnsetType = UNSET
    number: Annotated[str, Meta(max_length=bounds().lengths["number"])] | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    start: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


@operation("GET", "/orders", "The orders, newest first.", query=OrderListing, answers={200: OrderPage})
def list_orders(call: Call) -> OrderPage:
    """All of them, or those that fit every filter given, page by page."""
    query = call.query
    wanted = {name: getattr(query, name) for name in ("marketplace", "number")}
    same = {name: mapping.storable(value) for name, value in wanted.items() if value is not UNSET}
    mine = rows.Order.objects.of(call.owner).filter(**same)
    total, end = mine.count(), query.start + query.limit
    page = mine.order_by("-id").prefetch_related("parcels")[query.start : end]
    return OrderPage(total, end if end < total else None, tuple(_row(order) for order in page))


@operation("GET", REF, "An order with its lines and its parcels.", query=Speaking, answers={200: OrderFull})
def read_order(call: Call) -> OrderFull:
    """Its facts are of the form that `PATCH` reads; each parcel is answered at its own `/parcels/{ref}/answer`."""
    return _full(call.order)


@operation(
    "PATCH",
    REF,
    "Corrects facts of an order, for all its parcels.",
    query=Speaking,
    answers={200: OrderFull},
    given=facts(Order, bound=True),
    body=facts(Order, bound=False),
)
def correct_order(call: Call) -> OrderFull:
    """Facts of the purchase as they really are; null takes a fact back, what is left out stays. All its open parcels
    are thought over. The order now.
    """
    try:
        actions.correct_purchase(call.order, call.now, **told(call.body))
        return _full(actions.order_of(call.owner, call.order.ref))
    except (rows.Parcel.DoesNotExist, rows.Order.DoesNotExist):
        raise RefusedError("not_found") from None  # taken away meanwhile


def _full(order: rows.Order) -> OrderFull:
    parcels = order.parcels.select_related("order").prefetch_related("numbers")
    return OrderFull(
        ref=order.ref,
        made=order.made,
        money=_money(order),
        order=mapping.order_struct(order, order.lines.all()),
        parcels=tuple(row_of(parcel) for parcel in parcels),
    )


def _row(order: rows.Order) -> OrderRow:
    return OrderRow(
        ref=order.ref,
        made=order.made,
        marketplace=order.marketplace,
        number=order.number,
        seller=order.seller,
        price=mapping.price(order.price_minor, order.price_currency),
        money=_money(order),
        received=order.received,
        parcels=tuple(parcel.ref for parcel in order.parcels.all()),
    )


def _money(order: rows.Order) -> MoneyState | None:
    return MoneyState(order.money) if order.money else None
