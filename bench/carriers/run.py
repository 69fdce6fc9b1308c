"""Parsing and asking: `.venv/bin/python bench/carriers/run.py`.

Parsing: answers in the 17TRACK and the Cainiao shape, on one core. Asking: a thousand numbers at once of the local
peer over HTTP; the peer counts, minute by minute, how often it was asked, and none may be over the system's limit.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import resource
import threading
import time
from collections.abc import Callable

from aiohttp import web
from msgspec.structs import replace

from dozor.carriers import connector
from dozor.carriers.base import Ask, Manners, Response, Transport, read_safely
from dozor.carriers.base.asking import ask_all
from dozor.carriers.fakes.server import SEEN, TIMES, application, plays

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
EVENTS = 40


def best_of(work: Callable[[], object], rounds: int = 5) -> float:
    times = []
    for _ in range(rounds):
        start = time.process_time()  # of this core alone, whatever else runs
        work()
        times.append(time.process_time() - start)
    return min(times)


def cainiao(parcels: int) -> tuple[bytes, list[Ask]]:
    numbers = [f"LP{index:014d}" for index in range(parcels)]
    row = {
        "timeStr": "2026-11-01 10:00:00",
        "timeZone": "GMT+8",
        "actionCode": "SC_INBOUND_SUCCESS",
        "standerdDesc": "[Shenzhen] Inbound",
    }
    module = [{"mailNo": number, "mailNoSource": "AE", "detailList": [row] * EVENTS} for number in numbers]
    return json.dumps({"module": module, "success": True}).encode(), [Ask(number) for number in numbers]


def seventeentrack(parcels: int) -> tuple[bytes, list[Ask]]:
    numbers = [f"RB{index:09d}CN" for index in range(parcels)]
    event = json.loads(plays()["seventeentrack"].answer)["data"]["accepted"][0]["track_info"]["tracking"]["providers"][
        0
    ]["events"][0]
    accepted = [
        {"number": n, "track_info": {"tracking": {"providers": [{"events": [event] * EVENTS}]}}} for n in numbers
    ]
    return json.dumps({"code": 0, "data": {"accepted": accepted, "rejected": []}}).encode(), [Ask(n) for n in numbers]


def parsing() -> None:
    for name, (body, asks) in {"cainiao": cainiao(10), "seventeentrack": seventeentrack(40)}.items():
        made = connector(name)
        response = Response(200, body, {}, "https://x.test/")
        reports = read_safely(made, response, asks, NOW)
        told = sum(len(report.events) for report in reports)
        assert told == len(asks) * EVENTS
        took = best_of(lambda made=made, response=response, asks=asks: read_safely(made, response, asks, NOW))
        print(f"parse {name:<16} {told / took:>10,.0f} events/s ({told} events in {len(body) / 1000:.0f} kB)")


def asking(numbers: int = 1000) -> None:
    app, ready, port = application(), threading.Event(), []

    async def serve() -> None:
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port.append(runner.addresses[0][1])
        ready.set()
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    ready.wait()
    made = connector("cainiao")
    asks = [Ask(f"LP{index:014d}") for index in range(numbers)]

    # As announced: four requests a minute of ten numbers; what does not fit in the time is told so.
    cpu, start = resource.getrusage(resource.RUSAGE_THREAD).ru_utime, time.perf_counter()
    base = {"cainiao": f"http://127.0.0.1:{port[0]}"}
    clock = lambda: dt.datetime.now(dt.UTC)  # noqa: E731
    inquiries = [(made, asks[i : i + 10]) for i in range(0, numbers, 10)]
    manners = Manners()
    asyncio.run(ask_all(inquiries, clock=clock, seconds=20, manners=manners, base_urls=base))
    times = sorted(app[TIMES])
    most = max((sum(1 for t in times if start <= t < start + 60) for start in times), default=0)
    print(
        f"{numbers} numbers at once, {made.system.per_minute:g} requests a minute announced: "
        f"{most} in the worst minute the peer saw"
    )
    assert most <= made.system.per_minute

    # The same thousand without the limit: what the client itself costs.
    free = replace(made.system, per_minute=1e9, per_day=10**9, min_interval_hours=0)
    app[SEEN].clear()

    async def flood() -> int:
        async with Transport(base) as transport:
            requests = [request for ask in asks for request in made.requests([ask], {})]
            answers = await asyncio.gather(*(transport.fetch(free, request) for request in requests))
            return sum(answer.status == 200 for answer in answers)

    cpu, start = resource.getrusage(resource.RUSAGE_THREAD).ru_utime, time.perf_counter()
    answered = asyncio.run(flood())
    cpu, took = resource.getrusage(resource.RUSAGE_THREAD).ru_utime - cpu, time.perf_counter() - start
    print(
        f"{answered} of {numbers} requests answered in {took:.1f} s, client CPU {cpu / numbers * 1000:.2f} ms a request"
    )


if __name__ == "__main__":
    parsing()
    asking()
