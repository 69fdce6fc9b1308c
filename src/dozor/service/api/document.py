"""The OpenAPI document, made of the operations and of the very types by which requests are read and answers written."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec

from dozor import __version__
from dozor.service.api import problems
from dozor.service.api.operation import JSON, OPERATIONS, Operation

ROOT = "/api/v1"
TEMPLATE = "#/components/schemas/{name}"
REF_PATTERN = "^[A-Za-z0-9_-]{1,24}$"
ABOUT = (
    "Why a cross-border parcel does not track, and what to do by when. Probabilities are estimates. Every sentence of "
    "an answer has its id, its arguments and, rendered in `lang`, its `text`."
)


@cache
def document() -> dict[str, Any]:
    """The whole document, OpenAPI 3.1."""
    bodies = [form for row in OPERATIONS for form in (row.given, *row.answers.values()) if form is not None]
    forms = list(dict.fromkeys([*bodies, problems.Problem]))
    schemas, components = msgspec.json.schema_components(forms, ref_template=TEMPLATE)
    named = dict(zip(forms, schemas, strict=True))
    _wall_times(components)
    paths: dict[str, dict[str, Any]] = {}
    for row in OPERATIONS:
        paths.setdefault(ROOT + row.path, {})[row.method.lower()] = _operation(row, named)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dozor", "version": __version__, "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token of yours."}},
        },
    }


def _operation(row: Operation, named: dict[Any, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": row.id,
        "summary": row.summary,
        "description": row.run.__doc__ or "",
        "security": [{}, {"token": []}] if row.open else [{"token": []}],
        "parameters": _parameters(row),
        "responses": {**_answers(row, named), **_refusals(row, named)},
    }
    if row.given is not None:
        made["requestBody"] = {"required": True, "content": {JSON: {"schema": named[row.given]}}}
    return made


def _parameters(row: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if "{ref}" in row.path:
        schema = {"type": "string", "pattern": REF_PATTERN}
        found.append(
            {"name": "ref", "in": "path", "required": True, "schema": schema, "description": f"Of one {row.about}."}
        )
    if row.query is not None:
        (schema,), components = msgspec.json.schema_components([row.query], ref_template="{name}")
        for name, of in components[schema["$ref"]]["properties"].items():
            whole = {**of, **components.get(of.get("$ref", ""), {})}
            whole.pop("$ref", None)
            found.append({"name": name, "in": "query", "required": False, "schema": whole})
    return found


def _answers(row: Operation, named: dict[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, form in row.answers.items():
        words = "Done." if form is None else (form.__doc__ or "").partition("\n")[0]
        found[str(status)] = {"description": words or "Done."}
        if form is not None:
            found[str(status)]["content"] = {JSON: {"schema": named[form]}}
        if links := _links(row, form):
            found[str(status)]["links"] = links
    return found


def _links(row: Operation, form: Any) -> dict[str, Any]:
    """What can be asked next of the parcel and the order that an answer names."""
    names, found = getattr(form, "__struct_fields__", ()), dict[str, str]()
    if "ref" in names:
        found[row.about] = "ref"
    if "parcel" in names:
        found["order"] = "parcel/order_ref"
    if "order" in names and "parcels" in names:
        found["parcel"] = "parcels/0/ref"
    return {
        each.id: {"operationId": each.id, "parameters": {"ref": f"$response.body#/{found[each.about]}"}}
        for each in OPERATIONS
        if "{ref}" in each.path and each.about in found
    }


def _refusals(row: Operation, named: dict[Any, Any]) -> dict[str, Any]:
    schema = named[problems.Problem]
    return {
        str(status): {
            "description": " / ".join(f"{kind.title} (`{kind.id}`)" for kind in kinds) + ".",
            "content": {problems.MEDIA_TYPE: {"schema": schema}},
        }
        for status, kinds in sorted(problems.statuses(*row.problems).items())
    }


def _wall_times(components: dict[str, Any]) -> None:
    """A moment's `local` is a wall time: it has no offset, so it is no `date-time` in the sense of RFC 3339."""
    for name in ("Moment",):
        local = components[name]["properties"]["local"]
        local.pop("format", None)
        local["description"] = "Wall time without an offset, 2026-11-24T12:00:00."


def anchor(text: str) -> str:
    """An operation's name in an address."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
