"""Watch and messages killed at random instants under load: `python -m tests.service.kill KILLS [SEED]`.

A peer of its own tells ever more scans of every number and remembers what it told; it also takes messages, and writes
down each before it says so. Processes that watch and tell, as `dozor serve` does, ask it at an hour a second, two at a
time, and are ended by SIGKILL after some tenths of a second. After every kill each open parcel must have its next due
time and no row may be without one; in the end, with the peer told to say nothing new, every scan that it ever told must
be kept exactly once, under the right number, every answer must be of them all, and no message may have been taken twice.
DOZOR_DATA and DATABASE_URL say where; one line of JSON says what was seen.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import random
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.service.killing import ended, forked

NUMBERS = [f"LP{serial:014d}" for serial in range(24)]
MOST = 40  # scans of a number
FAST = 3600  # seconds of the watch in one of ours


def peer(ready: int, seed: int) -> None:
    """Runs the peer in this process; its port goes into the pipe."""
    chance, told, state = random.Random(seed), dict.fromkeys(NUMBERS, 0), {"frozen": False, "asks": 0}

    taken: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers["Content-Length"])).decode()
            taken.update({name for name in NUMBERS if f"Parcel {name}" in said})
            time.sleep(0.02)  # the instant that matters: taken, and not yet said
            return self.say({})

        def do_GET(self) -> None:
            path = urlsplit(self.path)
            if path.path == "/freeze":
                state["frozen"] = True
            if path.path in ("/freeze", "/told"):
                return self.say({"told": told, "asks": state["asks"], "taken": taken})
            state["asks"] += 1
            module = []
            for number in parse_qs(path.query)["mailNos"][0].split(","):
                if not state["frozen"] and told[number] < MOST:
                    told[number] += chance.choice((0, 1, 1, 2))
                scans = [_scan(number, n) for n in range(told[number])]
                module.append({"mailNo": number, "status": "DELIVERING", "detailList": scans[::-1]})
            return self.say({"success": True, "module": module})

        def say(self, answer: dict[str, Any]) -> None:
            raw = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    os.write(ready, str(server.server_address[1]).encode())
    os.close(ready)
    server.serve_forever()


def text_of(number: str, n: int) -> str:
    """The words of one scan; no other has them."""
    return f"Processed at sorting center {number} {n}"


def _scan(number: str, n: int) -> dict[str, Any]:
    at = dt.datetime(2026, 10, 1, 8) + dt.timedelta(hours=7 * n)
    return {"timeStr": f"{at:%Y-%m-%d %H:%M:%S}", "timeZone": "GMT+8", "standerdDesc": text_of(number, n)}


def service(address: str, clock: Any) -> None:
    """Watch and messages in this process, until it is killed; the system's pace is taken off, so that there is load."""
    from dozor.service.notify.loop import Notifier
    from dozor.service.watch.loop import Watcher

    async def both() -> None:
        never = asyncio.Event()
        await asyncio.gather(Watcher(clock, {"": address}).run(never), Notifier(clock).run(never))

    asyncio.run(both())


def main(kills: int, seed: int) -> dict[str, Any]:
    """Runs it all; raises AssertionError for what must not be."""
    os.environ.setdefault("DOZOR_DATA", tempfile.mkdtemp(prefix="dozor-kill-"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "dozor.service.settings"
    os.environ["DOZOR_LOG"] = "error"
    os.environ["DOZOR_PRIVATE_URLS"] = "yes"
    import django

    django.setup()
    import aiohttp  # loaded here, so that a child is at work at once
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from msgspec.structs import replace

    from dozor.carriers import connector, systems
    from dozor.model import Dossier, Order
    from dozor.service.notify import channels, outbox, tables
    from dozor.service.notify import loop as telling
    from dozor.service.parcels import actions, summary
    from dozor.service.parcels.models import Fate, Outbox, Parcel, Poll, Source
    from dozor.service.parcels.people import person_of
    from dozor.service.watch import claim as claims
    from dozor.service.watch import loop

    assert aiohttp
    call_command("migrate", verbosity=0)
    free = replace(systems()["cainiao"], per_minute=10**6, per_day=10**9, min_interval_hours=0, jitter=0, batch=4)
    systems()["cainiao"] = free
    connector("cainiao").system = free
    claims.LEASE = dt.timedelta(hours=2)  # two seconds of ours
    one = replace(tables.news(), most=1)
    outbox.news = lambda: one  # a message each, so that every message is of one parcel
    outbox.LEASE = dt.timedelta(hours=3)
    loop.TICK = telling.TICK = 0.01
    begun, base = time.time(), dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)

    def clock() -> dt.datetime:
        return base + dt.timedelta(seconds=(time.time() - begun) * FAST)

    chance = random.Random(seed)
    out, into = os.pipe()
    teller = forked(peer, into, seed)
    os.close(into)
    address = f"http://127.0.0.1:{os.read(out, 16).decode()}"

    def asked(path: str) -> dict[str, Any]:
        with urllib.request.urlopen(address + path) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found

    try:
        person = person_of(get_user_model().objects.create_user("anna"))
        channels.add(person, f"json://{address.removeprefix('http://')}/", clock())
        for number in NUMBERS:
            parcel = actions.add_dossier(
                person, Dossier(numbers=(number,), order=Order(destination="RU")), clock(), title=f"Parcel {number}"
            )
            parcel.polls.exclude(carrier="cainiao").delete()
        survivor, killed = forked(service, address, clock), 0
        while killed < kills:
            victim = forked(service, address, clock)
            Poll.objects.filter(next_at__gt=clock()).update(next_at=clock())  # there is always work
            if chance.random() < 0.7:
                # An instant of work: while an answer is on its way, being read or being written.
                before, patience = asked("/told")["asks"], time.time() + 3
                while asked("/told")["asks"] == before and time.time() < patience:
                    time.sleep(0.01)
                time.sleep(chance.expovariate(6))
            else:
                time.sleep(chance.uniform(0.0, 0.5))
            # The one that has just begun, or the one that has been at work for a while.
            survivor, victim = (survivor, victim) if chance.random() < 0.5 else (victim, survivor)
            ended(victim)
            killed += 1
            open_ = Parcel.objects.filter(fate=Fate.OPEN)
            assert open_.count() == len(NUMBERS)
            assert not open_.filter(review_at=None).exists(), "a parcel that nobody will think over again"
            assert Poll.objects.filter(next_at=None).count() == 0, "a number that nobody will ask about again"
        ended(survivor)
        told = asked("/freeze")
        frozen, deadline = clock(), time.time() + 60
        survivor = forked(service, address, clock)
        while Poll.objects.filter(asked_at__gt=frozen).count() < len(NUMBERS):
            assert time.time() < deadline, "not every number was asked about again"
            Poll.objects.filter(asked_at__lte=frozen, next_at__gt=clock()).update(next_at=clock())
            time.sleep(0.1)
        while Outbox.objects.filter(outbox.OPEN).exists():
            assert time.time() < deadline + 60, "things are told to nobody"
            time.sleep(0.1)
        ended(survivor)
        taken = asked("/told")["taken"]
        events = 0
        for parcel in Parcel.objects.all():
            number = parcel.numbers.get().number
            kept = list(parcel.events.values_list("text", flat=True))
            wanted = [text_of(number, n) for n in range(told["told"][number])]
            assert sorted(kept) == sorted(wanted), f"{number}: {len(kept)} kept, {len(wanted)} told"
            events += len(kept)
            said = Outbox.objects.filter(parcel=parcel)
            sure, begun_ = said.exclude(sent_at=None).count(), said.count()
            assert sure <= taken.get(number, 0) <= begun_, f"{number}: {taken.get(number)} taken, {begun_} decided"
            latest = parcel.answers.first()
            assert latest is not None and latest.said == summary.said(actions.current_answer(parcel, latest.at))
        return {
            "kills": killed,
            "asks": told["asks"],
            "events": events,
            "messages": Outbox.objects.count(),
            "unconfirmed": Outbox.objects.filter(sent_at=None).count(),
            "taken": sum(taken.values()),
            "answers": sum(parcel.answers.count() for parcel in Parcel.objects.all()),
            "requests_reserved": sum(Source.objects.values_list("asked", flat=True)),
            "seconds": round(time.time() - begun, 1),
        }
    finally:
        ended(teller)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)) + "\n")
