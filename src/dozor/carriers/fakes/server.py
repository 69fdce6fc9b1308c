"""`dozor-fakes`: Cainiao and UPU on the loopback, over real HTTP.

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
from pathlib import Path
from typing import Any

from aiohttp import web

FIXTURES = Path(__file__).parent / "fixtures"
SLOW_SECONDS = 30
HUGE = 8_000_000


def application() -> web.Application:
    """The peer as an aiohttp application; `app[SEEN]` counts the requests by path, `app[TIMES]` their times."""
    app = web.Application()
    app[SEEN], app[TIMES] = Counter(), []
    app.router.add_get("/global/detail.json", cainiao)
    app.router.add_get("/gtt.api/service.svc/rest/ItemTTWithTrans/{number}/{lang}", upu)
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
    sys.stdout.write(f"DOZOR_CAINIAO_URL={here} DOZOR_UPU_URL={here} dozor ask LP00990011223344\n")
    sys.stdout.flush()
    web.run_app(application(), host="127.0.0.1", port=port, print=None)
