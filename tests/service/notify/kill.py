"""The notifier killed at random instants: `python -m tests.service.notify.kill KILLS [SEED]`.

A mail server and a receiver of their own write down what they took before they say so. Notifiers in processes of their
own decide and carry news of many parcels, two at a time, and are ended by SIGKILL. In the end nothing may have been taken
twice, every answer must have been decided on exactly once, and whatever was not taken must be said to be unconfirmed.
DOZOR_DATA and DATABASE_URL say where; one line of JSON says what was seen.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import random
import re
import socket
import sys
import tempfile
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.service.killing import ended, forked

PARCELS = 30
NAME = re.compile(r"Parcel \d+")


def peers(ready: int, book: Path) -> None:
    """Runs both peers in this process; their ports go into the pipe."""
    from aiosmtpd.controller import Controller

    def took(who: str, text: str) -> None:
        with book.open("a", encoding="utf-8") as file:
            file.write("".join(f"{who} {name}\n" for name in sorted(set(NAME.findall(text)))))

    class Box:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            took("mail", envelope.content.decode())
            await asyncio.sleep(0.02)  # the instant that matters: taken, and not yet said
            return "250 OK"

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            took("json", self.rfile.read(int(self.headers["Content-Length"])).decode())
            time.sleep(0.02)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: Any) -> None:
            pass

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    Controller(Box(), hostname="127.0.0.1", port=port).start()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    os.write(ready, f"{port} {server.server_address[1]}".encode())
    os.close(ready)
    server.serve_forever()


def notifier() -> None:
    """A notifier in this process, until it is killed."""
    from dozor.service.notify.loop import Notifier

    asyncio.run(Notifier().run(asyncio.Event()))


def main(kills: int, seed: int) -> dict[str, Any]:
    """Runs it all; raises AssertionError for what must not be."""
    folder = Path(os.environ.setdefault("DOZOR_DATA", tempfile.mkdtemp(prefix="dozor-kill-")))
    book = folder / "taken"
    book.touch()
    out, into = os.pipe()
    begun = time.time()
    teller = os.fork()
    if not teller:
        try:
            peers(into, book)
        finally:
            os._exit(1)
    os.close(into)
    mail_port, json_port = os.read(out, 32).decode().split()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "dozor.service.settings",
        "DOZOR_LOG": "error",
        "DOZOR_SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
        "DOZOR_PRIVATE_URLS": "yes",
    }
    try:
        return _killed(kills, random.Random(seed), book, json_port, begun)
    finally:
        ended(teller)


def _killed(kills: int, chance: random.Random, book: Path, json_port: str, begun: float) -> dict[str, Any]:
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from msgspec.structs import replace

    from dozor.model import Dossier
    from dozor.service.notify import channels, loop, outbox, tables
    from dozor.service.parcels import actions
    from dozor.service.parcels.models import Answer, Outbox
    from dozor.service.parcels.people import person_of

    call_command("migrate", verbosity=0)
    one = replace(tables.news(), most=1)
    outbox.news = lambda: one  # a message each, so that there is a crowd of them
    outbox.LEASE = dt.timedelta(seconds=3)
    loop.TICK = 0.01
    person = person_of(get_user_model().objects.create_user("anna"))
    now = dt.datetime.now(dt.UTC)
    channels.add(person, "anna@example.org", now)
    channels.add(person, f"json://127.0.0.1:{json_port}/", now)

    def more(first: int, last: int) -> None:
        for n in range(first, last):
            parcel = actions.add_dossier(person, Dossier(numbers=(f"LP{n:014d}",)), now, title=f"Parcel {n:03d}")
            later = now + dt.timedelta(seconds=1)  # news, and not what its owner did to it himself
            Answer.objects.filter(parcel=parcel).update(told_at=None, change=["stage"], at=later)

    def waiting() -> int:
        return Outbox.objects.filter(outbox.OPEN).count() + Answer.objects.filter(told_at=None).count()

    def taken() -> list[str]:
        return book.read_text(encoding="utf-8").splitlines()

    put, running, killed = 0, [forked(notifier), forked(notifier)], 0
    while killed < kills:
        if waiting() < 8:
            more(put, put + PARCELS)
            put += PARCELS
        if chance.random() < 0.6:  # just as something is being taken
            before, patience = len(taken()), time.time() + 5
            while len(taken()) == before and time.time() < patience:
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.04))
        else:
            time.sleep(chance.uniform(0, 0.6))
        ended(running.pop(chance.randrange(2)))
        killed += 1
        running.append(forked(notifier))
    deadline = time.time() + 120
    while waiting():
        assert time.time() < deadline, f"{waiting()} things are told to nobody"
        time.sleep(0.1)
    for pid in running:
        ended(pid)
    counts = Counter(taken())
    assert all(count == 1 for count in counts.values()), [each for each in counts.items() if each[1] > 1]
    rows = list(Outbox.objects.select_related("parcel"))
    assert len(rows) == 2 * put, f"{len(rows)} decided, {2 * put} wanted"
    kinds = {row.ref: "mail" if row.kind == "mail" else "json" for row in channels.Channel.objects.all()}
    lost = 0
    for row in rows:
        arrived = counts[f"{kinds[row.channel]} {row.parcel.title}"] == 1
        if row.sent_at is not None:
            assert arrived, "said to be taken, and was not"
        else:
            assert row.given_up_at is not None and row.problem == outbox.UNCONFIRMED
            lost += not arrived
    return {
        "kills": killed,
        "messages": len(rows),
        "taken": sum(counts.values()),
        "taken_twice": 0,
        "unconfirmed": sum(row.sent_at is None for row in rows),
        "lost": lost,
        "seconds": round(time.time() - begun, 1),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)) + "\n")
