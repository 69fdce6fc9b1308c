"""Rate limits: how often one visitor may do a thing (`limits.toml`), counted in Django's cache.

A visitor is an account, or an address where nobody is logged in. Whoever sits at the machine itself and shares it with
nobody is not counted for what costs nobody else anything.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.core.cache import cache as counts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from msgspec import Struct

from dozor import knowledge

View = Callable[..., HttpResponse]


class Limit(Struct, frozen=True, forbid_unknown_fields=True):
    """So many times within so many seconds."""

    id: str
    times: int
    seconds: int


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """The table."""

    source: str
    ask_seconds: float
    keep_minutes: int
    limit: tuple[Limit, ...]

    def of(self, id: str) -> Limit:
        """A limit by its id. Raises KeyError."""
        return {row.id: row for row in self.limit}[id]


@cache
def limits() -> Limits:
    """limits.toml."""
    return knowledge.document("service/web", "limits.toml", Limits)


def limited(id: str, *, always: bool = False, looks: bool = False) -> Callable[[View], View]:
    """Answers 429 with a page where a visitor does it too often. `always`: whoever sits at the machine, too; `looks`:
    where looking costs as much as doing.
    """

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def counted(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            row = limits().of(id)
            if not looks and request.method in ("GET", "HEAD") and "q" not in request.GET:
                return view(request, *args, **kwargs)
            if (always or not _at_the_machine(request)) and over(row, visitor(request)):
                page = render(request, "429.html", {"seconds": row.seconds}, status=429)
                page.headers["Retry-After"] = str(row.seconds)
                return page
            return view(request, *args, **kwargs)

        return counted

    return wrap


def over(row: Limit, who: str) -> bool:
    """Counts one more; whether that is one too many. The time runs from the first one counted."""
    key = f"limit:{row.id}:{who}"
    counts.add(key, 0, row.seconds)
    try:
        return counts.incr(key) > row.times
    except ValueError:  # it ran out between the two
        return False


def visitor(request: HttpRequest) -> str:
    """Who asks: the account, or the address; behind a trusted proxy the one that the proxy names."""
    if request.user.is_authenticated:
        return f"user{request.user.pk}"
    address = str(request.META.get("REMOTE_ADDR", ""))
    if settings.CONFIG.trust_proxy:
        address = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or address
    return address


def _at_the_machine(request: HttpRequest) -> bool:
    if "X-Forwarded-For" in request.headers or settings.CONFIG.trust_proxy:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
