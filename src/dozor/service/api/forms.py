"""The forms that are read: the structs of `dozor.model`, with bounds (forms.toml), and nothing unknown beside them.

From one bounded type come both the check of a request and its schema in the OpenAPI document, so that the two cannot
differ. Instants carry their offset, save the wall time of a moment, which has none; days lie in this century, since
no purchase does not.
"""

from __future__ import annotations

import datetime as dt
import types
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from dozor import knowledge

DAY = (
    r"20(\d\d-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"
    r"|([02468][048]|[13579][26])-02-29)"
).replace(r"\d", "[0-9]")
WALL = DAY + r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
INSTANT = WALL + r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])"
WALL_TIMES = {"local"}
# The bytes of an answer are proof only where we fetched them ourselves.
LEFT_OUT = {"Report.snapshot"}


class Bounds(Struct, frozen=True, forbid_unknown_fields=True):
    """forms.toml."""

    source: str
    longest: int
    most: int
    lengths: dict[str, int]
    items: dict[str, int]
    words: dict[str, tuple[str, ...]]
    patterns: dict[str, str]
    ranges: dict[str, tuple[float, float]]


@cache
def bounds() -> Bounds:
    """How far a request may go."""
    return knowledge.document("service/api", "forms.toml", Bounds)


@cache
def bounded(struct: type[Struct]) -> type[Struct]:
    """The struct as a request may fill it."""
    fields: list[Any] = []
    for field in msgspec.structs.fields(struct):
        place = f"{struct.__name__}.{field.name}"
        if place in LEFT_OUT:
            continue
        type_ = _bounded(field.type, place, field.name)
        if field.required:
            fields.append((field.name, type_))
        elif field.default is not msgspec.NODEFAULT and not isinstance(field.default, Struct | tuple):
            fields.append((field.name, type_, field.default))
        else:
            fields.append((field.name, type_ | UnsetType, UNSET))
    return _made(f"{struct.__name__}Given", fields, struct.__doc__)


@cache
def facts(struct: type[Struct], *names: str, bound: bool = True) -> type[Struct]:
    """The struct as a correction: whatever is left out stays as it is, null takes a fact back."""
    fields: list[Any] = []
    for field in msgspec.structs.fields(struct):
        if names and field.name not in names:
            continue
        type_ = _bounded(field.type, f"{struct.__name__}.{field.name}", field.name) if bound else field.type
        fields.append((field.name, type_ | UnsetType, UNSET))
    return _made(f"{struct.__name__}Facts", fields, f"Facts of {struct.__name__} as they really are; null: not known.")


def _made(name: str, fields: list[Any], doc: str | None) -> type[Struct]:
    return msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True, namespace={"__doc__": doc})


def _bounded(type_: Any, place: str, name: str) -> Any:
    table, origin = bounds(), get_origin(type_)

    def row(of: dict[str, Any], otherwise: Any = None) -> Any:
        return of.get(place, of.get(name, otherwise))

    if origin in (Union, types.UnionType):
        return Union[tuple(_bounded(part, place, name) for part in get_args(type_))]  # noqa: UP007
    if origin is tuple:
        inner = _bounded(get_args(type_)[0], place, name)
        return Annotated[list[inner], Meta(max_length=row(table.items, table.most))]  # type: ignore[valid-type]
    if origin is dict:
        return type_
    if type_ is str:
        if words := row(table.words):
            return Literal[words]
        if pattern := row(table.patterns):
            return Annotated[str, Meta(pattern=pattern)]
        return Annotated[str, Meta(max_length=row(table.lengths, table.longest))]
    if type_ is dt.datetime:
        return Annotated[str, Meta(pattern=f"^{WALL if name in WALL_TIMES else INSTANT}$")]
    if type_ is dt.date:
        return Annotated[str, Meta(pattern=f"^{DAY}$")]
    if type_ in (int, float):
        low, high = row(table.ranges)
        return Annotated[type_, Meta(ge=type_(low), le=type_(high))]
    if isinstance(type_, type) and issubclass(type_, Struct):
        return bounded(type_)
    if isinstance(type_, type) and (issubclass(type_, Enum) or type_ in (bool, type(None))):
        return type_
    raise TypeError(f"{place}: no bounds for {type_}")
