"""The whole service killed at random instants under load: `python -m tests.service.kill KILLS [SEED]`.

Two processes of all that `dozor serve` runs (`served.py`) work on one database by a clock in which an hour passes in a
second. A peer tells them ever more scans of every number, remembers what it told, and takes their mail, whose Message-ID
it writes down before it says so. People at the pages (`visitors.py`) paste, watch, correct and read over HTTP meanwhile.
Again and again one of the processes is ended by SIGKILL and another is begun.

After every kill, in a pause of the people: every change that was answered is there, exactly once; one that was cut is
there once or not at all; nothing is there in part; every open parcel has its next due times. Now and then a process is
asked to stop by SIGTERM under the same load, and ends cleanly. In the end, with the peer told to say nothing new,
every scan that it ever told is kept exactly once, what lists say is of them all, no process has said that anything broke,
and of the messages, each counted by itself:

* none was taken twice, whether it was acknowledged or not, and none was taken that was not decided on;
* one that is written down as sent was taken;
* one whose process died between handing it over and writing down how it went (docs/decisions/0010) was taken once or
  never, is said to be unconfirmed, and is counted.

DOZOR_DATA and DATABASE_URL say where; one line of JSON says what was seen.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter, defaultdict
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.conftest import ROOT
from tests.service.killing import ended, forked
from tests.service.served import hastened
from tests.service.visitors import Doors, Visitor, found

MOST = 40  # scans of a number
VISITORS = 3
EACH = 10  # kills after which one process is asked to stop instead


def peer(ready: int, seed: int) -> None:
    """Runs the peer in this process; its ports, for questions and for mail, go into the pipe."""
    from aiosmtpd.controller import Controller

    chance, told, state = random.Random(seed), defaultdict[str, int](int), {"frozen": False, "asks": 0}
    taken: Counter[str] = Counter()
    door = threading.Lock()

    class Box:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            key = message_from_bytes(envelope.content)["Message-ID"].strip().removeprefix("<").partition("@")[0]
            taken[key] += 1
            await asyncio.sleep(0.02)  # the instant that matters: taken, and not yet said
            return "250 OK"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path)
            if path.path == "/freeze":
                state["frozen"] = True
            if path.path in ("/freeze", "/told"):
                return self.say({"told": told, "asks": state["asks"], "taken": taken})
            if path.path == "/seen":
                return self.say({"asks": state["asks"], "taken": taken.total()})
            module = []
            with door:
                state["asks"] += 1
                for number in parse_qs(path.query)["mailNos"][0].split(","):
                    if not state["frozen"] and told[number] < MOST:
                        told[number] += chance.choice((0, 1, 1, 2))
                    scans = [_scan(number, n) for n in range(told.get(number, 0))]
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

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        mail = probe.getsockname()[1]
    Controller(Box(), hostname="127.0.0.1", port=mail).start()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    os.write(ready, f"{server.server_address[1]} {mail}".encode())
    os.close(ready)
    server.serve_forever()


def text_of(number: str, n: int) -> str:
    """The words of one scan; no other has them."""
    return f"Processed at sorting center {number} {n}"


def _scan(number: str, n: int) -> dict[str, Any]:
    at = dt.datetime(2026, 10, 1, 8) + dt.timedelta(hours=7 * n)
    return {"timeStr": f"{at:%Y-%m-%d %H:%M:%S}", "timeZone": "GMT+8", "standerdDesc": text_of(number, n)}


class House:
    """The processes, and the doors at which they answer pages."""

    def __init__(self, begun: float, log: Path) -> None:
        self.log = log
        self.doors = Doors()
        self.ports: dict[int, int] = {}
        with log.open("wb") as file:
            self.mother = subprocess.Popen(
                [sys.executable, "-m", "tests.service.served", repr(begun)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )

    def load(self) -> None:
        """What each of them would load; once there is a schema."""
        assert self._told("load") == "loaded\n"

    def begin(self) -> int:
        """Another one: its pid."""
        pid, port = map(int, self._told("begin").split())
        self.ports[pid] = port
        self.doors.ports.append(port)
        return pid

    def kill(self, pid: int) -> None:
        """By SIGKILL, at whatever it is. Its door is shut afterwards: somebody may just be before it."""
        self._told(f"kill {pid}")
        self.doors.ports.remove(self.ports.pop(pid))

    def stop(self, pid: int) -> float:
        """By SIGTERM: how many seconds it took. Raises AssertionError where it does not end by itself, or not well."""
        code, seconds = self._told(f"stop {pid}").split()
        self.doors.ports.remove(self.ports.pop(pid))
        assert code == "0", f"asked to stop: {code} after {seconds} s"
        return float(seconds)

    def end(self) -> None:
        """All of them."""
        self.mother.communicate()

    def _told(self, line: str) -> str:
        assert self.mother.stdin is not None and self.mother.stdout is not None
        self.mother.stdin.write(line + "\n")
        self.mother.stdin.flush()
        said = self.mother.stdout.readline()
        assert said, self.log.read_text()[-3000:]
        return said


def main(kills: int, seed: int) -> dict[str, Any]:
    """Runs it all; raises AssertionError for what must not be."""
    folder = Path(os.environ.setdefault("DOZOR_DATA", tempfile.mkdtemp(prefix="dozor-kill-")))
    out, into = os.pipe()
    teller = forked(peer, into, seed)
    os.close(into)
    port, mail = os.read(out, 32).decode().split()
    os.environ |= {"DOZOR_PEER": f"http://127.0.0.1:{port}", "DOZOR_SMTP_URL": f"smtp://127.0.0.1:{mail}"}
    os.environ["DOZOR_LOG"] = "error"
    begun = time.time()
    house = House(begun, folder / "served.log")
    try:
        return _killed(kills, random.Random(seed), house, begun)
    except BaseException:
        sys.stderr.write(house.log.read_text()[-5000:])
        raise
    finally:
        house.end()
        ended(teller)


def _killed(kills: int, chance: random.Random, house: House, begun: float) -> dict[str, Any]:
    clock = hastened(begun)
    from django.contrib.auth import get_user_model

    from dozor.service import run
    from dozor.service.notify import channels
    from dozor.service.notify.models import EVERYTHING, Habits
    from dozor.service.parcels.models import Poll
    from dozor.service.parcels.people import person_of

    run.prepare(lambda line: None)
    house.load()
    person = person_of(get_user_model().objects.create_user("anna", password="anna"))
    Habits.objects.create(owner=person, detail=EVERYTHING)
    channels.add(person, "anna@example.org", clock())
    visitors = [Visitor("anna", "anna", house.doors, place, chance.randrange(1000)) for place in range(VISITORS)]
    running = [house.begin(), house.begin()]
    for visitor in visitors:
        visitor.start()
    stops, cut_by_stop, done = list[float](), 0, 0
    for killed in range(kills):
        Poll.objects.filter(next_at__gt=clock()).update(next_at=clock())  # there is always work
        victim = running.pop(chance.randrange(2))  # the one that has just begun, or one at work for a while
        _until_an_instant(chance, house, victim)
        house.kill(victim)
        done += _checked(visitors, f"after kill {killed + 1}")
        sys.stderr.write(f"{killed + 1} killed after {time.time() - begun:.0f} s\n")
        running.append(house.begin())
        if killed % EACH == 0:  # now and then one is asked to stop, under the same load
            before = _cut(visitors)
            stops.append(house.stop(running.pop(0)))
            cut_by_stop += _cut(visitors) - before
            done += _checked(visitors, f"after the stop that followed kill {killed + 1}")
            running.append(house.begin())
    house.stop(running.pop(0))
    seen = _in_the_end(house, visitors, clock, running)
    counts = sum((visitor.counts for visitor in visitors), Counter[str]())
    return {
        "kills": kills,
        "pages": counts["pages"],
        "pages_cut": counts["pages cut"],
        "changes": counts["changes"],
        "changes_cut": counts["changes cut"],
        "cut_and_done": done,
        "stops": len(stops),
        "cut_by_stop": cut_by_stop,
        "stopped_in": max(stops),
        **seen,
        "seconds": round(time.time() - begun, 1),
    }


def _until_an_instant(chance: random.Random, house: House, victim: int) -> None:
    """Waits: until the victim is making a page, until a carrier is asked or a message taken and a bit more, or just so."""
    port, patience, kind = house.ports[victim], time.time() + 3, chance.random()
    if kind < 0.4:
        time.sleep(chance.uniform(0.0, 0.3))
        while not house.doors.busy[port] and time.time() < patience:
            time.sleep(0.001)
        time.sleep(chance.uniform(0.0, 0.1))
    elif kind < 0.8:
        what, more = ("asks", chance.expovariate(6)) if kind < 0.6 else ("taken", chance.uniform(0.0, 0.05))
        before = _asked("/seen")[what]
        while _asked("/seen")[what] == before and time.time() < patience:
            time.sleep(0.005)
        time.sleep(more)
    else:
        time.sleep(chance.uniform(0.0, 1.0))


def _cut(visitors: list[Visitor]) -> int:
    return sum(visitor.counts["changes cut"] + visitor.counts["pages cut"] for visitor in visitors)


def _asked(path: str) -> dict[str, Any]:
    with urllib.request.urlopen(os.environ["DOZOR_PEER"] + path) as answer:
        told: dict[str, Any] = json.loads(answer.read())
    return told


def _checked(visitors: list[Visitor], when: str) -> int:
    """Everything that the people know of, in a pause of theirs."""
    visitors[0].doors.going.clear()
    for visitor in visitors:
        visitor.still.acquire()
    try:
        for visitor in visitors:
            if visitor.failed is not None:
                raise visitor.failed
        return found(visitors)
    except AssertionError as error:
        error.add_note(when)
        raise
    finally:
        for visitor in visitors:
            visitor.still.release()
        visitors[0].doors.going.set()


def _in_the_end(house: House, visitors: list[Visitor], clock: Any, running: list[int]) -> dict[str, Any]:
    """The people go, once all their parcels are open again; nothing new is told; what is kept is all and once."""
    from dozor.service.notify import outbox
    from dozor.service.parcels import actions, mapping, summary
    from dozor.service.parcels.models import Answer, Outbox, Parcel, Poll

    for visitor in visitors:
        visitor.enough.set()
        visitor.join(60)
        for known in visitor.parcels:
            if known.fate != {"open"}:
                known.fate = {"received"}
                visitor.end(known)
    _checked(visitors, "in the end")
    told = _asked("/freeze")["told"]
    frozen, deadline = clock(), time.time() + 120
    while Poll.objects.exclude(asked_at__gt=frozen).exists():
        assert time.time() < deadline, "not every number was asked about again"
        Poll.objects.exclude(asked_at__gt=frozen).filter(next_at__gt=clock()).update(next_at=clock())
        time.sleep(0.2)
    while Answer.objects.filter(told_at=None).exists() or Outbox.objects.filter(outbox.OPEN).exists():
        assert time.time() < deadline + 60, "things are told to nobody"
        time.sleep(0.1)
    house.stop(running.pop())
    said = _asked("/told")
    assert not (broke := house.log.read_text()), broke[-3000:]
    events = 0
    for parcel in Parcel.objects.all():
        number = parcel.numbers.get().number
        kept = list(parcel.events.values_list("text", flat=True))
        wanted = [text_of(number, n) for n in range(told.get(number, 0))]
        assert sorted(kept) == sorted(wanted), f"{number}: {len(kept)} kept, {len(wanted)} told"
        events += len(kept)
        marks = list(parcel.answers.values_list("said", flat=True))
        assert all(one != next_ for one, next_ in itertools.pairwise(marks)), f"{number}: answered twice"
        now = summary.columns(actions.current_answer(parcel, clock()))
        listed = (parcel.stage, parcel.last_movement)
        assert listed == (now["stage"], now["last_movement"]), f"{number}: the list knows less than is kept"
    rows = {mapping.digest(row.key): row for row in Outbox.objects.all()}
    taken, unconfirmed, lost = Counter(said["taken"]), 0, 0
    assert taken.keys() <= rows.keys(), "a message that nobody decided on"
    for key, row in rows.items():
        assert taken[key] <= 1, f"{row.key} was taken {taken[key]} times"
        if row.sent_at is not None:
            assert taken[key] == 1, f"{row.key} is said to be taken, and was not"
        elif row.problem == outbox.UNCONFIRMED:
            unconfirmed, lost = unconfirmed + 1, lost + (taken[key] == 0)
        else:
            assert taken[key] == 0, f"{row.key} was taken, and is written down as {row.problem!r}"
    return {
        "parcels": Parcel.objects.count(),
        "asks": said["asks"],
        "events": events,
        "answers": Answer.objects.count(),
        "messages": len(rows),
        "taken": sum(taken.values()),
        "unconfirmed": unconfirmed,
        "lost": lost,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)) + "\n")
