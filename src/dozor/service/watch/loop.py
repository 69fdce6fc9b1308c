"""The watcher: takes what is due, asks, writes, sleeps. As many as one likes may run on one database."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Callable

from django.conf import settings
from django.utils import timezone

from dozor.service.parcels import actions, learning
from dozor.service.parcels.faults import Faults, pause, place_of
from dozor.service.parcels.models import Parcel, Work
from dozor.service.watch import claim as claims
from dozor.service.watch.ask import ask, asks_of, keys_for
from dozor.service.watch.settle import settle
from dozor.service.writer import Writer

log = logging.getLogger("dozor.watch")
TICK = 1.0  # seconds between looks at what is due
HURRY = dt.timedelta(seconds=10)  # of a demonstration
LEARNING = "learning"  # its name among the tasks: no system is called so
LOOK = dt.timedelta(minutes=10)  # between looks whether it is time to learn
AT_ONCE = 8  # systems that are asked at the same time
Clock = Callable[[], dt.datetime]


class Watcher:
    """One watcher. `clock` and `addresses` are given by tests."""

    def __init__(
        self, clock: Clock = timezone.now, addresses: dict[str, str] | None = None, hurry: dt.timedelta | None = None
    ) -> None:
        self.clock = clock
        self.hurry = hurry  # where only the local peer is asked: at least so often, whatever the systems' manners
        self.addresses = settings.CONFIG.addresses if addresses is None else addresses
        self.writer = Writer("watch")
        self.stopped: Callable[[], bool] = lambda: False
        self.learner = Writer("learning")  # its own thread: the watch goes on meanwhile
        self.look_at: dt.datetime | None = None  # not before
        self.unlearnt = 0  # learnings that broke, in a row

    async def run(self, stop: asyncio.Event) -> None:
        """Until asked to stop; what is being asked then is still written."""
        busy: dict[str, asyncio.Task[None]] = {}
        self.stopped = stop.is_set
        self.writer.stay()
        try:
            while not stop.is_set():
                await self.round(busy)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), TICK)
            if busy:
                await asyncio.wait(busy.values(), timeout=10)
        finally:
            for task in busy.values():
                task.cancel()
            await asyncio.gather(*busy.values(), return_exceptions=True)
            self.writer.end()
            self.learner.end()

    async def round(self, busy: dict[str, asyncio.Task[None]]) -> None:
        """Begins whatever can be begun now: reviews, and one request for each system that is due and ready."""
        for name in [name for name, task in busy.items() if task.done()]:
            busy.pop(name)
        await self.writer(self.review)
        if self._time_to_learn(busy):
            busy[LEARNING] = asyncio.create_task(self.learn())
        for carrier in await self.writer(claims.due_carriers, self.clock(), self.hurry is not None) or ():
            if carrier in busy or len(busy) >= AT_ONCE:
                continue
            claim = await self.writer(claims.claim, carrier, self.clock(), self.hurry is not None)
            if claim is not None:
                busy[carrier] = asyncio.create_task(self.work(claim))

    async def until_idle(self) -> None:
        """Everything that is due and may be asked now, then done: for tests and `dozor watch once`."""
        busy: dict[str, asyncio.Task[None]] = {}
        while True:
            await self.round(busy)
            if not busy:
                return
            await asyncio.wait(busy.values(), return_when=asyncio.FIRST_COMPLETED)

    def _time_to_learn(self, busy: dict[str, asyncio.Task[None]]) -> bool:
        """Whether to look if it is time to learn; not at every tick, and not while that goes on."""
        now = self.clock()
        if LEARNING in busy or (self.look_at is not None and now < self.look_at):
            return False
        self.look_at = now + LOOK
        return True

    async def learn(self) -> None:
        """What the parcels have taught since yesterday; beside the watch, which goes on meanwhile."""
        try:
            await self.learner(learning.learn_if_due, self.clock(), self.stopped)
        except Exception as error:
            # Forecasts then stay as they were learnt before; the watch is no worse for it.
            self.unlearnt += 1
            wait = pause(self.unlearnt)
            self.look_at = self.clock() + wait
            log.error("learning broke, again in %d minutes: %s", wait.total_seconds() // 60, place_of(error))
        else:
            self.unlearnt = 0

    async def work(self, claim: claims.Claim) -> None:
        """One claim: asked, written."""
        asks = asks_of(claim)
        keys = await self.writer(keys_for, claim) or {}
        try:
            reports = await ask(claim, asks, keys, self.addresses, self.clock)
        except Exception as error:
            # A connector that breaks is an ask without an answer: its numbers come again later.
            log.error("asking %s broke: %s", claim.carrier, place_of(error))
            reports = ()
        new = await self.writer(settle, claim, reports, self.clock(), self.hurry)
        log.info("%s: %d numbers, %s new events", claim.carrier, len(asks), new)

    def review(self) -> int:
        """Thinks over what time alone may have changed. A parcel with which that breaks comes again later."""
        parcels = claims.claim_reviews(self.clock())
        faults = Faults(Work.REVIEW, self.clock()) if parcels else None
        for parcel in parcels:
            assert faults is not None
            free: dict[str, object] = {"lease_until": None, "lease_owner": ""}
            try:
                actions.review(parcel, self.clock())
            except Exception as error:
                free["review_at"] = faults.broke(parcel, error)
            else:
                faults.went_well(parcel)
            Parcel.objects.filter(pk=parcel.pk).update(**free)
        return len(parcels)


async def run(stop: asyncio.Event) -> None:
    """The watcher beside the pages, unless the settings leave it to another process."""
    if settings.CONFIG.watch:
        await Watcher(hurry=HURRY if settings.CONFIG.demo else None).run(stop)
    else:
        await stop.wait()
