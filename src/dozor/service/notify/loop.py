"""The notifier: decides what is told, carries it, sleeps. As many as one likes may run on one database."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.utils import timezone

from dozor.service.notify import outbox
from dozor.service.notify.decide import decide
from dozor.service.notify.postman import Postman, RefusedError
from dozor.service.parcels.faults import place_of
from dozor.service.writer import Writer

log = logging.getLogger("dozor.notify")
TICK = 1.0  # seconds between looks at what is due
AT_ONCE = 3  # channels that are spoken to at the same time
Clock = Callable[[], dt.datetime]


class Notifier:
    """One notifier. `clock` is given by tests."""

    def __init__(self, clock: Clock = timezone.now) -> None:
        self.clock = clock
        self.postman = Postman()
        # Peers may keep us waiting: they have threads of their own.
        self.writer = Writer("notify")
        self.carriers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="postman")

    async def run(self, stop: asyncio.Event) -> None:
        """Until asked to stop; what is being said then is still written down."""
        busy: set[asyncio.Task[None]] = set()
        self.writer.stay()
        try:
            while not stop.is_set():
                await self.round(busy)
                self.postman.rest()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), TICK)
            if busy:
                await asyncio.wait(busy, timeout=10)
        finally:
            for task in busy:
                task.cancel()
            await asyncio.gather(*busy, return_exceptions=True)
            self.end()

    async def until_idle(self) -> None:
        """Everything that is due now, then done."""
        busy: set[asyncio.Task[None]] = set()
        try:
            while True:
                await self.round(busy)
                if not busy:
                    return
                await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.end()

    async def round(self, busy: set[asyncio.Task[None]]) -> None:
        """Begins whatever can be begun now."""
        busy.difference_update([task for task in busy if task.done()])
        await self.writer(outbox.sweep, self.clock())
        await self.writer(decide, self.clock())
        while len(busy) < AT_ONCE:
            claim = await self.writer(outbox.claim, self.clock())
            if claim is None:
                return
            busy.add(asyncio.create_task(self.work(claim)))

    async def work(self, claim: outbox.Claim) -> None:
        """One claim: composed, begun, handed over, said, settled."""
        loop = asyncio.get_running_loop()
        letter = await self.writer(outbox.prepare, claim, self.clock())
        if letter is None:
            return
        try:
            begun = await loop.run_in_executor(self.carriers, self.postman.begin, letter.channel)
        except RefusedError as error:
            await self.writer(outbox.not_begun, claim, letter, error.why, self.clock())
            return
        if not await self.writer(outbox.hand_over, claim, letter):
            self.postman.let_go(begun)
            return
        problem: RefusedError | None = None
        try:
            await loop.run_in_executor(self.carriers, self.postman.give, begun, letter.message, letter.key)
        except RefusedError as error:
            problem = error
        except Exception as error:
            log.error("a message was not carried: %s", place_of(error))
            problem = RefusedError("refused", known=False)
        why, known = (problem.why, problem.known) if problem is not None else (None, True)
        await self.writer(partial(outbox.settle, claim, letter, why, self.clock(), known=known))
        log.info("told %d things: %s", len(letter.ids), why or "taken")

    def end(self) -> None:
        """Lets go of threads and messengers."""
        self.writer.end()
        self.carriers.shutdown(wait=True)
        self.postman.rest(0.0)


async def run(stop: asyncio.Event) -> None:
    """The notifier beside the pages."""
    await Notifier().run(stop)
