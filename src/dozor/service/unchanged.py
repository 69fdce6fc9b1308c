"""Whether anything has changed since: a number that stays the same as long as nothing was committed to the database.

What was read then is still true, so pages of a household, which are looked at more often than anything happens to it,
need not be read and written anew. SQLite counts the commits of all connections and processes; where the database is
another one, or this thread has changes of its own that are not committed yet, nothing is known and everything is read.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")


class Watched:
    """A connection that only looks. It never writes, so every commit is another connection's and is seen."""

    def __init__(self) -> None:
        self._door = threading.Lock()
        self._of = ""
        self._opened = 0
        self._looking: sqlite3.Connection | None = None

    def mark(self) -> tuple[int, int] | None:
        """The number, or None where nothing is known."""
        if connection.vendor != "sqlite" or connection.in_atomic_block or not connection.get_autocommit():
            return None
        path = str(connection.settings_dict["NAME"])
        with self._door:
            try:
                if self._looking is None or self._of != path:
                    self._looking = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
                    self._of, self._opened = path, self._opened + 1
                return self._opened, int(self._looking.execute("PRAGMA data_version").fetchone()[0])
            except sqlite3.Error:  # there is no such file: the database is in memory, or away
                self._looking = None
                return None


class Memory:
    """What was made of the database, at most so many things, until it changes."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._mark: tuple[int, int] | None = None
        self._known: OrderedDict[Hashable, Any] = OrderedDict()
        self._door = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What that key is, as made before if nothing has changed since."""
        mark = watched.mark()  # before anything is read: what comes in between makes another mark
        if mark is None:
            return make()
        with self._door:
            if mark != self._mark:
                self._mark = mark
                self._known.clear()
            elif key in self._known:
                self._known.move_to_end(key)
                found: T = self._known[key]
                return found
        made = make()
        with self._door:
            if mark == self._mark:
                self._known[key] = made
                while len(self._known) > self.most:
                    self._known.popitem(last=False)
        return made


watched = Watched()
