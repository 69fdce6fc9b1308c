"""`dozor-fakes`: the systems on the loopback, over real HTTP.

Cainiao and UPU answer from lists of parcels; every other system from `fixtures/<system>.toml`: the path and method of
its protocol, the header it wants a key in, an answer to one number, and its way to say that it does not know another.

Numbers of the fixtures get their answers. Some words in a number ask for a fault: a number that contains
SLOW is answered late, BROKEN with half an answer, PAGE with a captcha page, REFUSE with `success: false`,
LIMIT with 429 and Retry-After, DOWN with 500, HUGE with more than any limit, BOMB with a small gzip that is huge;
QUOTA, NEEDS and others with what the fixture says the system says then.

17TRACK has an account: numbers are registered there, spend its quota, are listed by pages, stopped and deleted.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import gzip
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from msgspec import Struct

from dozor import knowledge
from dozor.carriers.fakes.account import Account
from dozor.carriers.fakes.living import told
from dozor.carriers.registry import systems

FIXTURES = Path(__file__).parent / "fixtures"
KEY = "test-key"  # the only key the peer accepts
SLOW_SECONDS = 30
HUGE = 8_000_000


def utc() -> dt.datetime:
    """Now."""
    return dt.datetime.now(dt.UTC)


def application(
    began: dt.datetime | None = None, *, strict: bool = False, clock: Callable[[], dt.datetime] = utc
) -> web.Application:
    """The peer as an aiohttp application; `app[SEEN]` counts the requests by system, `app[TIMES]` their times.

    `began` is when the parcels of `living.toml` began to move; without it they are unknown; `clock` says
    how late it is for them. A `strict` peer keeps every
    system's announced limits: whoever asks more often in a minute or a day gets 429.
    """
    app = web.Application()
    app[SEEN] = Counter()
    app[TIMES] = []
    asked: defaultdict[str, list[float]] = defaultdict(list)
    app[ASKED] = asked
    app[SAID] = {}
    app[STRICT] = strict
    app[ACCOUNT] = Account()
    app[BEGAN] = began
    app[CLOCK] = clock
    app.router.add_get("/global/detail.json", cainiao)
    app.router.add_get("/gtt.api/service.svc/rest/ItemTTWithTrans/{number}/{lang}", upu)
    app.router.add_post("/track/v2.4/{method}", seventeentrack)
    app.router.add_route("*", "/{path:.*}", played)
    return app


SEEN: web.AppKey[Counter[str]] = web.AppKey("seen", Counter)
TIMES: web.AppKey[list[float]] = web.AppKey("times", list)
ASKED: web.AppKey[defaultdict[str, list[float]]] = web.AppKey("asked", defaultdict)  # times by system
SAID: web.AppKey[dict[str, str]] = web.AppKey("said", dict)  # what was said in a conversation
STRICT: web.AppKey[bool] = web.AppKey("strict", bool)
ACCOUNT: web.AppKey[Account] = web.AppKey("account", Account)
MINUTE, DAY = 60.0, 86_400.0
BEGAN: web.AppKey[dt.datetime | None] = web.AppKey("began")
CLOCK: web.AppKey[Callable[[], dt.datetime]] = web.AppKey("clock")


async def cainiao(request: web.Request) -> web.StreamResponse:
    """Several numbers in one answer, in an order of its own."""
    numbers = request.query.get("mailNos", request.query.get("mailNoList", "")).split(",")
    if (over := _note(request, "cainiao")) is not None:
        return over
    if len(numbers) > 10:
        return web.json_response({"success": False, "errorCode": "TOO_MANY"})
    fault = await _fault(numbers, b'{"module": [{"mailNo": "' + numbers[0].encode())
    if fault is not None:
        return fault
    if any("REFUSE" in number for number in numbers):
        return web.json_response({"success": False, "errorCode": "SYSTEM_ERROR", "errorMsg": None})
    known = _fixtures("cainiao")
    module = [
        _living(request, "cainiao", number)
        or known.get(number)
        or {"mailNo": number, "mailNoSource": "EXTERNAL", "detailList": []}
        for number in numbers
    ]
    return web.json_response({"module": module[::-1], "success": True})


async def upu(request: web.Request) -> web.StreamResponse:
    """One number; an unknown one is an empty body with status 200."""
    number = request.match_info["number"]
    if (over := _note(request, "upu")) is not None:
        return over
    fault = await _fault([number], b'[{"ID": "' + number.encode())
    if fault is not None:
        return fault
    found = _living(request, "upu", number) or _fixtures("upu").get(number)
    return web.json_response([found]) if found else web.Response(body=b"")


async def seventeentrack(request: web.Request) -> web.StreamResponse:
    """17TRACK: an account with numbers, a quota and pages; faults as everywhere."""
    play, body = plays()["seventeentrack"], await request.read()
    if (over := _note(request, "seventeentrack")) is not None:
        return over
    if request.headers.get(play.secret, "") != KEY:
        return web.Response(status=play.refused, text=play.refused_body, content_type=play.media)
    text = body.decode("utf-8", "replace")
    fault = await _fault([text], play.answer.encode()[: len(play.answer) // 2])
    if fault is not None:
        return fault
    try:
        sent = json.loads(body)
    except ValueError:
        return web.json_response({"code": -18010012, "data": {"errors": [{"code": -18010012, "message": "no JSON"}]}})
    answer = json.loads(play.answer)["data"]["accepted"][0]
    return web.json_response(request.app[ACCOUNT].answer(request.match_info["method"], sent, answer, play.number))


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """A request that comes before the question itself: a token, a visitor, a search."""

    path: str
    body: str
    method: str = "GET"
    unknown_body: str = ""  # where the number of the fixture is not asked about
    wants: str = ""  # has to stand in the body or the authorization, else 401
    headers: dict[str, str] = {}


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """How a system says in its own words that something is wrong."""

    body: str
    status: int = 200


class Played(Struct, frozen=True, forbid_unknown_fields=True):
    """How the peer plays one system. A number that contains the name of a fault gets that fault."""

    path: str
    method: str
    media: str
    number: str
    answer: str
    unknown_number: str
    unknown_status: int
    unknown_body: str
    secret: str = ""  # header that has to hold the key
    refused: int = 401
    refused_body: str = ""
    keys: dict[str, str] = {}
    step: tuple[Step, ...] = ()
    fault: dict[str, Fault] = {}
    session: str = ""  # name of what ties the requests of one conversation together


@cache
def plays() -> dict[str, Played]:
    """All systems that are played from a file, by id."""
    found = sorted(FIXTURES.glob("*.toml"))
    return {path.stem: knowledge.document("carriers/fakes/fixtures", path.name, Played) for path in found}


async def played(request: web.Request) -> web.StreamResponse:
    """Whichever system has this path: its key is asked for first, then the number is looked for in the request."""
    body = (await request.read()).decode("utf-8", "replace")
    for system, play in plays().items():
        for step in play.step:
            if _meant(request, step) and not (_meant(request, play) and len(play.path) > len(step.path)):
                return await _stepped(request, play, step, body)
        if not _meant(request, play):
            continue
        if (over := _note(request, system)) is not None:
            return over
        if play.secret and KEY not in request.headers.get(play.secret, ""):
            return web.Response(status=play.refused, text=play.refused_body, content_type=play.media)
        asked = request.path_qs + body + _remembered(request, play, body)
        for word, own in play.fault.items():
            if word in asked:
                return web.Response(status=own.status, text=own.body, content_type=play.media)
        fault = await _fault([asked], play.answer.encode()[: len(play.answer) // 2])
        if fault is not None:
            return fault
        if play.number in asked or _sealed(system, asked):
            return web.Response(text=play.answer, content_type=play.media)
        return web.Response(status=play.unknown_status, text=play.unknown_body, content_type=play.media)
    # A path of no system known here, or of one whose number stands in its path: nothing is known there.
    return web.json_response({"events": []})


def _meant(request: web.Request, play: Played | Step) -> bool:
    return request.method == play.method and f"{request.path}/".startswith(play.path.rstrip("/") + "/")


async def _stepped(request: web.Request, play: Played, step: Step, body: str) -> web.StreamResponse:
    """The answer to a request that comes before the question."""
    said = body + request.headers.get("authorization", "") + request.headers.get(play.secret or "authorization", "")
    if step.wants and step.wants not in said:
        return web.Response(status=401, text='{"error": "invalid_client"}', content_type="application/json")
    asked = request.path_qs + body
    _remembered(request, play, body)
    if not play.session and (fault := await _fault([asked], step.body.encode()[: len(step.body) // 2])) is not None:
        return fault
    text = step.body if play.number in asked or not step.unknown_body else step.unknown_body
    return web.Response(text=text, content_type="application/json", headers=step.headers)


def _remembered(request: web.Request, play: Played, body: str) -> str:
    """What was said before in the same conversation; what is said now is remembered."""
    if not play.session:
        return ""
    session = json.loads(body).get(play.session, "")
    request.app[SAID][session] = before = (request.app[SAID].get(session, "") + body)[-4000:]
    return before


def _sealed(system: str, asked: str) -> bool:
    """China EMS's messages are encrypted: the peer opens nothing and knows the one it expects by its seal."""
    if system != "china-post":
        return False
    from urllib.parse import quote_plus

    from dozor.carriers.china_post import sealed

    play = plays()[system]
    return (
        quote_plus(sealed(json.dumps([{"waybillNo": play.number}], separators=(",", ":")), play.keys["signkey"]))
        in asked
    )


async def _fault(numbers: list[str], half: bytes) -> web.StreamResponse | None:
    text = ",".join(numbers)
    if "SLOW" in text:
        await asyncio.sleep(SLOW_SECONDS)
    if "BROKEN" in text:
        return web.Response(body=half, content_type="application/json")
    if "PAGE" in text:
        return web.Response(text="<!doctype html><title>Slide to verify</title>", content_type="text/html")
    if "LIMIT" in text:
        return web.Response(status=429, headers={"Retry-After": "120"})
    if "DOWN" in text:
        return web.Response(status=500, text="oops")
    if "HUGE" in text:
        return web.Response(body=b" " * HUGE, content_type="application/json")
    if "BOMB" in text:
        bomb = gzip.compress(b" " * HUGE * 4)
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"}, content_type="application/json")
    return None


def _living(request: web.Request, system: str, number: str) -> dict[str, Any] | None:
    """What of a parcel that moves has come true by now."""
    began = request.app[BEGAN]
    return None if began is None else told(system, number, began, request.app[CLOCK]())


def _fixtures(system: str) -> dict[str, Any]:
    rows = json.loads((FIXTURES / f"{system}.json").read_text(encoding="utf-8"))
    return {row["mailNo" if system == "cainiao" else "ID"]: row for row in rows}


def _note(request: web.Request, system: str) -> web.StreamResponse | None:
    """Counts a question; from a strict peer the refusal, where it is one too many."""
    now = time.monotonic()
    request.app[SEEN][system] += 1
    request.app[TIMES].append(now)
    times = request.app[ASKED][system]
    times.append(now)
    if not request.app[STRICT]:
        return None
    limits = systems()[system]
    for most, span in ((limits.per_minute, MINUTE), (limits.per_day, DAY)):
        recent = [at for at in times if now - at < span]
        if len(recent) > most:
            wait = max(1, round(recent[0] + span - now))
            return web.Response(status=429, headers={"Retry-After": str(wait)})
    return None


def main() -> None:
    """Runs the peer until it is stopped; says how to send Dozor to it."""
    parser = argparse.ArgumentParser(prog="dozor-fakes", description="A local peer that plays the carriers.")
    parser.add_argument("--port", type=int, default=8787)
    parser.add_argument("--strict", action="store_true", help="Keep every system's announced limits: 429 above them.")
    parser.add_argument("--living", action="store_true", help="with parcels that move from now on")
    given = parser.parse_args()
    port = given.port
    here = f"http://127.0.0.1:{port}"
    sys.stdout.write(f"DOZOR_PEER={here} dozor ask LP00990011223344\n")
    sys.stdout.flush()
    began = dt.datetime.now(dt.UTC) if given.living else None
    web.run_app(application(began, strict=given.strict), host="127.0.0.1", port=port, print=None)
