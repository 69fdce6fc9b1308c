"""The local peer, over real HTTP on the loopback."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from dozor.carriers.fakes.server import SEEN, application

LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass
class Living:
    """Parcels that began to move at `began`; nothing of what happened after `until` is told yet."""

    began: dt.datetime = LONG_AGO
    until: dt.datetime = LONG_AGO

    def clock(self) -> dt.datetime:
        return self.until


@dataclass
class Peer:
    """Where the peer listens, and what it has been asked."""

    url: str
    seen: Counter[str]
    living: Living = field(default_factory=Living)

    @property
    def base_urls(self) -> dict[str, str]:
        return {"cainiao": self.url, "upu": self.url}


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A peer in a thread of its own, stopped at the end."""
    with playing() as found:
        yield found


@contextmanager
def playing(*, strict: bool = False, living: dt.timedelta | None = None) -> Iterator[Peer]:
    """A peer for the time of a block; a strict one keeps the announced limits.

    With parcels that began to move so long ago, of which it tells nothing new until its `living.until` is put later.
    """
    began = dt.datetime.now(dt.UTC) - (living or dt.timedelta(0))
    lives = Living(began, began)
    app = application(None if living is None else began, strict=strict, clock=lives.clock)
    ready = threading.Event()
    found: dict[str, object] = {}

    async def serve() -> None:
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        stop = asyncio.Event()
        found.update(port=runner.addresses[0][1], loop=asyncio.get_running_loop(), stop=stop)
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield Peer(f"http://127.0.0.1:{found['port']}", app[SEEN], lives)
    found["loop"].call_soon_threadsafe(found["stop"].set)  # type: ignore[attr-defined]
    thread.join(10)
