"""Database work of what runs beside the pages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from django.db import DatabaseError, close_old_connections

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

    def end(self) -> None:
        """Takes no more."""
        self.thread.shutdown(wait=True)


def _connected(work: Callable[..., T], *words: object) -> T:
    close_old_connections()
    try:
        return work(*words)
    finally:
        close_old_connections()
