"""Parts of pages that are kept for a while: written once, shown again as long as nothing that is in them has changed.

The key of a part holds all that it is made of; `until` is when time alone makes another one of it. Forms within it take
the token of each visitor's request when it is shown.
"""

from __future__ import annotations

import datetime as dt
import secrets
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from dozor.service.language import current
from dozor.service.unchanged import Memory

TOKEN = secrets.token_hex(16)  # stands where a form's token will stand; nobody outside this process knows it
SLOT = secrets.token_hex(16)  # on both sides of a slot's name in a frame
Parts = tuple[str, ...]
_pages = Memory(200)


def page(request: HttpRequest, template: str, key: Hashable, context: Callable[[], dict[str, Any]]) -> HttpResponse:
    """A whole page of a person's: as it was a moment ago, where nothing has changed and the minute is the same."""
    if len(get_messages(request)):  # said once, so never kept
        return fresh(request, template, context())
    minute = timezone.now().replace(second=0, microsecond=0)
    whole = (template, key, request.person.pk, current(), minute)
    return HttpResponse(shown(_pages.get(whole, lambda: _rendered(request, template, context())), request))


def framed(request: HttpRequest, template: str, slots: Mapping[str, str], context: dict[str, Any]) -> HttpResponse:
    """A page whose frame is as it was a moment ago, and what is new in it in its slots: names of the template, each
    with its HTML. The rest of the context are few plain values, which with the visitor make the frame what it is.
    """
    if len(get_messages(request)) or request.method != "POST":  # an address that was asked for is within the page
        return fresh(request, template, {**context, **{name: SafeString(html) for name, html in slots.items()}})
    person = getattr(request, "person", None)
    whole = (template, tuple(slots), tuple(context.items()), person and person.pk, current())
    empty = {name: SafeString(f"{SLOT}{name}{SLOT}") for name in slots}
    frame = _pages.get(whole, lambda: _rendered(request, template, {**context, **empty}))
    pieces = frame.split(SLOT)  # every second one is a name
    pieces[1::2] = [slots[name] for name in pieces[1::2]]
    return HttpResponse(shown("".join(pieces), request))


def fresh(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page that may hold kept parts, and is not kept itself."""
    return HttpResponse(shown(_rendered(request, template, context), request), status=status)


def shown(part: str, request: HttpRequest) -> SafeString:
    """What was rendered, with the visitor's own token in its forms."""
    return SafeString(part.replace(TOKEN, get_token(request)))


def _rendered(request: HttpRequest, template: str, context: dict[str, Any]) -> str:
    return render_to_string(template, {**context, "csrf_token": TOKEN}, request)


class Kept:
    """At most so many, those that were shown last."""

    def __init__(self, most: int) -> None:
        self.most, self.written = most, 0
        self._parts: OrderedDict[Hashable, tuple[dt.datetime, tuple[bytes, ...]]] = OrderedDict()
        self._door = threading.Lock()

    def get(self, key: Hashable, now: dt.datetime, write: Callable[[], tuple[dt.datetime, Parts]]) -> Parts:
        """The parts of that key; `write` makes them, and says until when they are true, where there are none."""
        with self._door:
            found = self._parts.get(key)
            if found is not None and now < found[0]:
                self._parts.move_to_end(key)
                return tuple(zlib.decompress(part).decode() for part in found[1])
        self.written += 1
        until, parts = write()
        with self._door:
            self._parts[key] = until, tuple(zlib.compress(part.encode(), 1) for part in parts)
            self._parts.move_to_end(key)
            while len(self._parts) > self.most:
                self._parts.popitem(last=False)
        return parts
