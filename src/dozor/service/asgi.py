"""The service as an ASGI application: `granian --interface asginl dozor.service.asgi:application`.

All of Django's work for a request is done by one of a few threads that stay: each keeps its connection to the
database, and nothing hops between threads on the way through the middleware. Views are plain functions, so an
asynchronous handler would only add these hops. The threads take turns (`turn.py`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import Any

import django
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from dozor.service import turn
from dozor.service.writer import keep_connection

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

THREADS = 4  # one makes a page; the others are for visitors who wait for carriers or mail servers meanwhile


class Pages(ASGIHandler):
    """Django, run as it is run under WSGI, behind an asynchronous server."""

    def __init__(self, threads: int = THREADS) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self.workers = ThreadPoolExecutor(threads, thread_name_prefix="pages", initializer=keep_connection)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """One request. Whoever goes away before the answer is there is answered into the void."""
        if scope["type"] != "http":
            raise ValueError(f"pages are told by HTTP, not by {scope['type']}")
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        response = await asyncio.get_running_loop().run_in_executor(self.workers, self.answered, scope, body)
        await self.send_response(response, send)

    def answered(self, scope: dict[str, Any], body: SpooledTemporaryFile[bytes]) -> HttpResponseBase:
        """The answer, whole; what was opened for it is closed by the thread that opened it."""
        with turn.pages:
            return self._answered(scope, body)

    def _answered(self, scope: dict[str, Any], body: SpooledTemporaryFile[bytes]) -> HttpResponseBase:
        set_script_prefix(scope.get("root_path", "") or "/")
        signals.request_started.send(sender=type(self), scope=scope)
        with body:
            request, response = self.create_request(scope, body)
            if request is not None:
                response = self.get_response(request)
                response._handler_class = type(self)
            try:
                if response.streaming:
                    whole = HttpResponse(
                        b"".join(response), status=response.status_code, headers=dict(response.items())
                    )
                    whole.cookies = response.cookies
                    return whole
            finally:
                response.close()
        return response


def get_application() -> Pages:
    """Django, set up."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dozor.service.settings")
    django.setup(set_prefix=False)
    return Pages()


application = get_application()
