"""Refusals in one form, application/problem+json (RFC 9457): what is wrong, and what to do."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from django.http import HttpResponse
from msgspec import Struct

from dozor import knowledge

MEDIA_TYPE = "application/problem+json"


class Problem(Struct, frozen=True):
    """A refusal. `type` is stable; `detail` says what to do."""

    type: str
    title: str
    status: int
    detail: str


class Kind(Struct, frozen=True, forbid_unknown_fields=True):
    """A row of problems.toml."""

    id: str
    status: int
    title: str
    detail: str
    source: str


class RefusedError(Exception):
    """A request that is refused, with the id of the problem and what its words need."""

    def __init__(self, id: str, *, headers: dict[str, str] | None = None, **words: Any) -> None:
        super().__init__(id)
        self.id, self.words, self.headers = id, words, headers or {}


@cache
def kinds() -> dict[str, Kind]:
    """problems.toml by id."""
    return {row.id: row for row in knowledge.rows("service/api", "problems.toml", Kind)}


def statuses(*ids: str) -> dict[int, list[Kind]]:
    """The kinds of those ids, by status."""
    found: dict[int, list[Kind]] = {}
    for id in ids:
        found.setdefault(kinds()[id].status, []).append(kinds()[id])
    return found


def answered(error: RefusedError) -> HttpResponse:
    """The refusal as it is sent."""
    kind = kinds()[error.id]
    body = Problem(f"urn:dozor:problem:{kind.id}", kind.title, kind.status, kind.detail.format(**error.words))
    return HttpResponse(msgspec.json.encode(body), status=kind.status, content_type=MEDIA_TYPE, headers=error.headers)
