"""Database work of what runs beside the pages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from django.db import DatabaseError, close_old_connections, connections

log = logging.getLogger("dozor.database")
T = TypeVar("T")


class Writer:
    """One thread, so one connection: what is given to it is done in order. `end` waits for what was begun."""

    def __init__(self, name: str) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def __call__(self, work: Callable[..., T], *words: object) -> T | None:
        """What the work gives. A database that is away gives None: what was claimed comes again."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self.thread, partial(_connected, work, *words))
        except DatabaseError as error:
            log.warning("the database: %s", error)
            return None

    def stay(self) -> None:
        """Its connection stays from now on: a look every second costs less than a connection for it."""
        self.thread.submit(keep_connection)

    def end(self) -> None:
        """Takes no more."""
        self.thread.submit(connections.close_all)
        self.thread.shutdown(wait=True)


def keep_connection() -> None:
    """In a thread that stays its connection stays, too: opening one for each page costs as much as asking it."""
    for each in connections.all():
        each.settings_dict = {**each.settings_dict, "CONN_MAX_AGE": None}


def _connected(work: Callable[..., T], *words: object) -> T:
    close_old_connections()
    try:
        return work(*words)
    finally:
        close_old_connections()
