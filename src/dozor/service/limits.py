"""So many requests and no more: for doors that cost something and are open to strangers.

    @limited("check", times=30, seconds=60)
    def check(request): ...

Counted for each account, or for each address where nobody is logged in, in windows of the given length; over the limit
comes 429 with Retry-After. One process keeps its own count.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def address(request: HttpRequest) -> str:
    """Who asks, by address: what a trusted proxy says, else the other end of the connection."""
    if settings.CONFIG.trust_proxy:
        # The last hop is what our own proxy saw; what stands before it anybody may have written.
        hops = request.headers.get("X-Forwarded-For", "").split(",")
        if hops[-1].strip():
            return hops[-1].strip()
    return str(request.META.get("REMOTE_ADDR") or "unknown")


def seconds_left(name: str, who: str, times: int, seconds: int) -> int:
    """Counts one request; 0 where it is within the limit, else how long to wait."""
    now = int(time.time())
    # `who` is partly what others wrote, and a key must be short and without spaces.
    key = f"limit:{name}:{now // seconds}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
    cache.add(key, 0, timeout=seconds + 1)
    try:
        count = cache.incr(key)
    except ValueError:  # the window ended between the two
        return 0
    return seconds - now % seconds if count > times else 0


def limited(name: str, *, times: int, seconds: int) -> Callable[[View], View]:
    """A view that answers so often to one visitor, and then refuses."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *words: Any, **more: Any) -> HttpResponse:
            user = getattr(request, "user", None)
            who = f"user {user.pk}" if user is not None and user.is_authenticated else address(request)
            wait = seconds_left(name, who, times, seconds)
            if wait:
                text = f"Too many requests: try again in {wait} s.\n"
                return HttpResponse(text, status=429, headers={"Retry-After": str(wait)}, content_type="text/plain")
            return view(request, *words, **more)

        return guarded

    return decorate
