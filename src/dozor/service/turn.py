"""One page at a time: threads that compute take turns, and whoever waits for others steps aside.

Python does one thing at a time anyway. Threads that compute at once only interrupt one another: the same pages then
cost half as much again, and each is late. In turns, first come first served, each page is made in one go.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turn:
    """A lock that is handed on in the order in which it was asked for."""

    def __init__(self) -> None:
        self._door = threading.Lock()
        self.taken = 0  # how often it was somebody's turn
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()
        self._mine = threading.local()

    def __enter__(self) -> None:
        with self._door:
            place = None
            if self._taken:
                place = threading.Lock()
                place.acquire()
                self._waiting.append(place)
            self._taken = True
        if place is not None:
            place.acquire()  # let go of by whoever was before
        self.taken += 1
        self._mine.held = True

    def __exit__(self, *_: object) -> None:
        self._mine.held = False
        with self._door:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While waiting for somebody else: the others go on. Does nothing in a thread that has no turn."""
        if not getattr(self._mine, "held", False):
            yield
            return
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()


pages = Turn()
