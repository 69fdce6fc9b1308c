"""Parts of pages that are kept for a while: written once, shown again as long as nothing that is in them has changed.

The key of a part holds all that it is made of; `until` is when time alone makes another one of it. Forms within it take
the token of each visitor's request when it is shown.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import secrets
import sqlite3
import threading
import zlib
from collections.abc import Callable, Container, Hashable, Mapping
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from dozor.service.language import current
from dozor.service.unchanged import Memory

log = logging.getLogger("dozor.web")
TOKEN = secrets.token_hex(16)  # stands where a form's token will stand; nobody outside this process knows it
SLOT = secrets.token_hex(16)  # on both sides of a slot's name in a frame
OVERDUE = "DELETE FROM part WHERE place IN (SELECT place FROM part WHERE place != ? ORDER BY until LIMIT ?)"
FEW = 400  # letters that memory has room for
Parts = tuple[str, ...]
_pages = Memory(200)


def page(request: HttpRequest, key: Hashable, made: Callable[[], str]) -> HttpResponse:
    """A whole page of a person's: as it was a moment ago, where nothing has changed and the minute is the same."""
    if len(get_messages(request)):  # said once, so never kept
        return HttpResponse(shown(made(), request))
    minute = timezone.now().replace(second=0, microsecond=0)
    return HttpResponse(shown(_pages.get((key, request.person.pk, current(), minute), made), request))


def framed(request: HttpRequest, template: str, slots: Mapping[str, str], **context: Hashable) -> str:
    """A page whose frame is as it was a moment ago, and what is new in it in its slots: names of the template, each
    with its HTML. The rest of the context, with the visitor, is all that the frame is made of.
    """
    person = getattr(request, "person", None)
    # A stranger's frame holds the address that was asked for; what is said once is kept nowhere.
    if len(get_messages(request)) or (person is None and request.method != "POST"):
        return rendered(request, template, {**context, **{name: SafeString(html) for name, html in slots.items()}})
    empty = {name: SafeString(f"{SLOT}{name}{SLOT}" if html else "") for name, html in slots.items()}
    whole = (template, tuple(empty.items()), tuple(context.items()), person and person.pk, current())
    pieces = _pages.get(whole, lambda: rendered(request, template, {**context, **empty})).split(SLOT)
    pieces[1::2] = [slots[name] for name in pieces[1::2]]  # every second one is a name
    return "".join(pieces)


def shown(part: str, request: HttpRequest) -> SafeString:
    """What was rendered, with the visitor's own token in its forms."""
    return SafeString(part.replace(TOKEN, get_token(request)))


def rendered(request: HttpRequest, template: str, context: dict[str, Any]) -> str:
    """A page whose forms have no token yet."""
    return render_to_string(template, {**context, "csrf_token": TOKEN}, request)


class Shelf:
    """Parts that were written, at most so many, in a file of this process that has no name and ends with it; where none
    can be written, the latest few in memory.

    Each stands at its place, and only as long as it is made of the same and its time has not come.
    """

    def __init__(self, most: int) -> None:
        self.most, self.written = most, 0
        self._door = threading.Lock()
        self._file = self._opened("")

    def get(
        self, place: Hashable, made_of: Hashable, now: dt.datetime, write: Callable[[], tuple[dt.datetime, Parts]]
    ) -> Parts:
        """The parts of that place; `write` makes them, and says until when they are true, where they are not there."""
        at, made = repr(place), hashlib.sha256(repr(made_of).encode()).digest()
        for was, until, packed in self._told("SELECT made, until, parts FROM part WHERE place = ?", at):
            if was == made and now.timestamp() < until:
                return tuple(zlib.decompress(packed).decode().split(SLOT))
        true_until, parts = write()
        self.written += 1
        packed = zlib.compress(SLOT.join(parts).encode(), 1)
        self._told("REPLACE INTO part VALUES (?, ?, ?, ?)", at, made, true_until.timestamp(), packed)
        over = self._told("SELECT count(*) FROM part")[0][0] - self.most
        if over > 0:  # those whose time comes first
            self._told(OVERDUE, at, over)
        return parts

    def until(self) -> dict[str, float]:
        """Until when what stands at each place is true, in seconds of the epoch."""
        return dict(self._told("SELECT place, until FROM part"))

    def keep(self, places: Container[str]) -> None:
        """Nothing stays at any other place."""
        for place in self.until():
            if place not in places:
                self._told("DELETE FROM part WHERE place = ?", place)

    def _told(self, sql: str, *words: Any) -> list[Any]:
        with self._door:
            try:
                return self._file.execute(sql, words).fetchall()
            except sqlite3.Error as error:  # the disk is full, or there is no folder for such files
                log.warning("letters are kept in memory from now on: %s", error)
                self._file, self.most = self._opened(":memory:"), min(self.most, FEW)
                return self._file.execute(sql, words).fetchall()

    @staticmethod
    def _opened(where: str) -> sqlite3.Connection:
        file = sqlite3.connect(where, check_same_thread=False, isolation_level=None)
        file.execute("PRAGMA journal_mode=OFF")
        file.execute("CREATE TABLE part (place TEXT PRIMARY KEY, made BLOB, until REAL, parts BLOB)")
        file.execute("CREATE INDEX part_until ON part (until)")
        return file
