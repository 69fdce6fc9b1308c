"""The whole of `dozor serve`, in processes that may be killed: `python -m tests.service.served BEGUN`.

Everything is loaded here once, and no thread is begun, so that a child, which is forked from it, is at work at once. It
runs what that command runs: `dozor.service.run.serve` on a free port, the ASGI application with watch and notifier beside
it, all of them by one clock, in which an hour passes in a second of ours.

Lines in, one each out: `load` once, when the schema is there; `begin` gives the child's pid and port; `kill PID` ends it by
SIGKILL; `stop PID` asks it to end by SIGTERM and gives its exit code and the seconds it took. When there are no more
lines, every child is killed.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import time
from collections.abc import Callable

from tests.service.killing import ended

FAST = 3600  # seconds by that clock in one of ours
BASE = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)  # the clock where it began
LINGER = 60  # seconds of ours after which a process that was asked to end is killed


def hastened(begun: float) -> Callable[[], dt.datetime]:
    """Django set up, its clock running fast since `begun`, an instant of ours: pages, watch and notifier all read it.

    What lasts as long as work takes (leases, the pauses between looks) and how long somebody stays logged in is
    measured in our time; the one system that is left wants no pause between requests, so that there is load.
    """
    from django.utils import timezone

    def clock() -> dt.datetime:
        return BASE + dt.timedelta(seconds=(time.time() - begun) * FAST)

    timezone.now = clock  # before anything else has it in its hands
    os.environ["DJANGO_SETTINGS_MODULE"] = "dozor.service.settings"
    import django

    django.setup()
    from django.conf import settings
    from msgspec.structs import replace

    from dozor.carriers import connector, systems
    from dozor.service.notify import loop as telling
    from dozor.service.notify import outbox, tables
    from dozor.service.watch import claim, loop

    settings.SESSION_COOKIE_AGE *= FAST
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # need not be slow to guess
    free = replace(systems()["cainiao"], per_minute=10**6, per_day=10**9, min_interval_hours=0, jitter=0, batch=4)
    systems().clear()
    systems()["cainiao"] = connector("cainiao").system = free
    claim.LEASE, outbox.LEASE = dt.timedelta(seconds=2 * FAST), dt.timedelta(seconds=3 * FAST)
    one = replace(tables.news(), most=1)
    outbox.news = lambda: one  # a message each, whose Message-ID is then that of one row of the outbox
    loop.TICK = telling.TICK = 0.1
    return clock


def _served(into: int) -> None:
    """As the command does it, in this process; the port goes into the pipe once pages answer."""
    from dozor.service import run

    port = run.free_port("127.0.0.1", 0)

    def ready() -> None:
        os.write(into, b"%d\n" % port)

    run.serve("127.0.0.1", port, ready)
    run.leave()


def _begun() -> tuple[int, int]:
    out, into = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(out)
            _served(into)
        finally:
            os._exit(1)
    os.close(into)
    with os.fdopen(out) as told:
        port = told.readline()
    assert port, "what dozor serve runs ended before a page was answered"
    return pid, int(port)


def _stopped(pid: int) -> tuple[int, float]:
    """Its exit code (less than nothing: the signal that ended it) and how long it took."""
    begun = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    while True:
        gone, status = os.waitpid(pid, os.WNOHANG)
        if gone:
            return os.waitstatus_to_exitcode(status), time.monotonic() - begun
        if time.monotonic() - begun > LINGER:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _at_work(numbers: tuple[str, str] = ("LP00000000000001", "LP00000000000002")) -> None:
    """Everything that pages, watch and notifier load when they first need it, loaded, by doing of each a bit; what that
    wrote is taken back, and no connection stays.
    """
    import aiohttp
    import granian.server.embed
    from django.contrib.auth import get_user_model
    from django.db import connections, transaction
    from django.test import Client

    from dozor.service import asgi, run, unchanged
    from dozor.service.notify import postman
    from dozor.service.parcels.models import Parcel

    assert (aiohttp, granian, asgi, postman) and run.background()
    client = Client(HTTP_HOST="localhost")
    client.get("/accounts/login/")
    with transaction.atomic():
        client.force_login(get_user_model().objects.create_user("nobody"))
        for number in numbers:
            client.post("/watch/", {"text": f"{number}, shipped 5 days ago, 9.99 USD, 20 days left, AliExpress"})
        parcel = Parcel.objects.latest("id")
        client.post(f"/parcels/{parcel.ref}/said/", {"text": "Please wait a few days more", "by": "seller"})
        client.post(f"/parcels/{parcel.ref}/facts/", {"title": "Lamp"})
        pages = ["/", "/?q=" + numbers[0], "/parcels/", f"/parcels/{parcel.ref}/"]
        assert [client.get(page).status_code for page in pages] == [200] * len(pages)
        client.post(f"/parcels/{parcel.ref}/fate/", {"fate": "received"})
        transaction.set_rollback(True)
    connections.close_all()
    unchanged.watched = unchanged.Watched()  # a connection of SQLite's does not live in two processes


def main() -> None:
    """Does as it is told until nobody says anything more."""
    hastened(float(sys.argv[1]))
    alive = set[int]()
    try:
        for line in sys.stdin:
            what, *words = line.split()
            if what == "load":
                _at_work()
                said = "loaded"
            elif what == "begin":
                pid, port = _begun()
                alive.add(pid)
                said = f"{pid} {port}"
            else:
                pid = int(words[0])
                alive.discard(pid)
                if what == "kill":
                    ended(pid)
                    said = "killed"
                else:
                    said = "{} {:.2f}".format(*_stopped(pid))
            sys.stdout.write(said + "\n")
            sys.stdout.flush()
    finally:
        for pid in alive:
            ended(pid)


if __name__ == "__main__":
    main()
