"""`dozor-fakes`: the systems on the loopback, over real HTTP.

Cainiao and UPU answer from lists of parcels; every other system from `fixtures/<system>.toml`: the path and method of
its protocol, the header it wants a key in, an answer to one number, and its way to say that it does not know another.

Numbers of the fixtures get their answers. Some words in a number ask for a fault: a number that contains
SLOW is answered late, BROKEN with half an answer, PAGE with a captcha page, REFUSE with `success: false`,
LIMIT with 429 and Retry-After, DOWN with 500, HUGE with more than any limit, BOMB with a small gzip that is huge.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import sys
import time
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from msgspec import Struct

from dozor import knowledge

FIXTURES = Path(__file__).parent / "fixtures"
KEY = "test-key"  # the only key the peer accepts
SLOW_SECONDS = 30
HUGE = 8_000_000


def application() -> web.Application:
    """The peer as an aiohttp application; `app[SEEN]` counts the requests by path, `app[TIMES]` their times."""
    app = web.Application()
    app[SEEN], app[TIMES] = Counter(), []
    app.router.add_get("/global/detail.json", cainiao)
    app.router.add_get("/gtt.api/service.svc/rest/ItemTTWithTrans/{number}/{lang}", upu)
    app.router.add_route("*", "/{path:.*}", played)
    return app


SEEN: web.AppKey[Counter[str]] = web.AppKey("seen", Counter)
TIMES: web.AppKey[list[float]] = web.AppKey("times", list)


async def cainiao(request: web.Request) -> web.StreamResponse:
    """Several numbers in one answer, in an order of its own."""
    numbers = request.query.get("mailNos", request.query.get("mailNoList", "")).split(",")
    _note(request, "cainiao")
    if len(numbers) > 10:
        return web.json_response({"success": False, "errorCode": "TOO_MANY"})
    fault = await _fault(numbers, b'{"module": [{"mailNo": "' + numbers[0].encode())
    if fault is not None:
        return fault
    if any("REFUSE" in number for number in numbers):
        return web.json_response({"success": False, "errorCode": "SYSTEM_ERROR", "errorMsg": None})
    known = _fixtures("cainiao")
    module = [
        known.get(number) or {"mailNo": number, "mailNoSource": "EXTERNAL", "detailList": []} for number in numbers
    ]
    return web.json_response({"module": module[::-1], "success": True})


async def upu(request: web.Request) -> web.StreamResponse:
    """One number; an unknown one is an empty body with status 200."""
    number = request.match_info["number"]
    _note(request, "upu")
    fault = await _fault([number], b'[{"ID": "' + number.encode())
    if fault is not None:
        return fault
    found = _fixtures("upu").get(number)
    return web.json_response([found]) if found else web.Response(body=b"")


class Played(Struct, frozen=True, forbid_unknown_fields=True):
    """How the peer plays one system."""

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


@cache
def plays() -> dict[str, Played]:
    """All systems that are played from a file, by id."""
    found = sorted(FIXTURES.glob("*.toml"))
    return {path.stem: knowledge.document("carriers/fakes/fixtures", path.name, Played) for path in found}


async def played(request: web.Request) -> web.StreamResponse:
    """Whichever system has this path: its key is asked for first, then the number is looked for in the request."""
    body = (await request.read()).decode("utf-8", "replace")
    for system, play in plays().items():
        if request.method != play.method or not f"{request.path}/".startswith(play.path.rstrip("/") + "/"):
            continue
        _note(request, system)
        if play.secret and KEY not in request.headers.get(play.secret, ""):
            return web.Response(status=play.refused, text=play.refused_body, content_type=play.media)
        asked = request.path_qs + body
        fault = await _fault([asked], play.answer.encode()[: len(play.answer) // 2])
        if fault is not None:
            return fault
        if play.number in asked or _sealed(system, asked):
            return web.Response(text=play.answer, content_type=play.media)
        return web.Response(status=play.unknown_status, text=play.unknown_body, content_type=play.media)
    # A path of no system known here, or of one whose number stands in its path: nothing is known there.
    return web.json_response({"events": []})


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


def _fixtures(system: str) -> dict[str, Any]:
    rows = json.loads((FIXTURES / f"{system}.json").read_text(encoding="utf-8"))
    return {row["mailNo" if system == "cainiao" else "ID"]: row for row in rows}


def _note(request: web.Request, system: str) -> None:
    request.app[SEEN][system] += 1
    request.app[TIMES].append(time.monotonic())


def main() -> None:
    """Runs the peer until it is stopped; says how to send Dozor to it."""
    parser = argparse.ArgumentParser(prog="dozor-fakes", description="A local peer that plays the carriers.")
    parser.add_argument("--port", type=int, default=8787)
    port = parser.parse_args().port
    here = f"http://127.0.0.1:{port}"
    sys.stdout.write(f"DOZOR_PEER={here} dozor ask LP00990011223344\n")
    sys.stdout.flush()
    web.run_app(application(), host="127.0.0.1", port=port, print=None)
