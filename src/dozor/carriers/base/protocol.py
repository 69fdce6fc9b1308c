"""A connector in two pure halves: which requests ask about these numbers, and what an answer says about them.

Between the halves stands the transport; a connector never touches the network, the clock or a secret's value
other than to put it into a request. That is what lets every answer ever recorded be read again in a test.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from dozor.model import Outcome, Report


class Ask(Struct, frozen=True):
    """One number to ask about, and what the buyer allows to be sent with it (nothing, by default)."""

    number: str
    country: str | None = None  # of destination, ISO 3166-1
    postcode: str | None = None
    phone_last: str | None = None
    lang: str = "en"


class Request(Struct, frozen=True):
    """An HTTP request. `secret` holds headers that never reach a log, an error or a snapshot."""

    url: str
    method: str = "GET"
    query: tuple[tuple[str, str], ...] = ()
    headers: dict[str, str] = {}
    secret: dict[str, str] = {}
    body: bytes | None = None
    asks: tuple[Ask, ...] = ()  # which numbers this request is about


def fingerprint(request: Request, secrets: Iterable[str] = ()) -> str:
    """The sha256 of what was asked, secrets left out: method, address, query and body."""
    said = [request.method, request.url, *(f"{name}={value}" for name, value in request.query)]
    asked = "\n".join(said).encode() + b"\n" + (request.body or b"")
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        asked = asked.replace(secret.encode(), b"...")
    return hashlib.sha256(asked).hexdigest()


class Response(Struct, frozen=True):
    """What came back: `body` is decompressed and at most the system's limit long; `problem` where nothing came."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}
    url: str = ""
    problem: Outcome | None = None
    cookies: dict[str, str] = {}


# A conversation of several requests: it yields a request, is sent its response, and returns the response to be read.
Talk = Generator[Request, Response, Response]


class System(Struct, frozen=True, forbid_unknown_fields=True):
    """A system that can be asked, as its `system.toml` describes it. Times are seconds unless a name says otherwise.

    `proved`: recorded (read against answers of the live system), documented (against its documentation) or
    shape (against shapes in public clients only).
    """

    id: str
    name: str
    kind: str  # post, courier, aggregator or marketplace
    base: str  # URL that paths are appended to
    hosts: tuple[str, ...]  # where redirects may lead
    terms: str
    proved: str
    source: str
    country: str | None = None
    needs_key: bool = False
    key_from: str = ""  # where a key is to be had
    key_parts: tuple[str, ...] = ()  # names of the parts of a key, where code and not a shape puts them in
    free_key: bool = False  # whether anybody gets one for nothing
    quota: str = ""  # free quota in words
    page: str = ""  # page for people; {number} is put in
    example: str = "RB740193524CN"  # a number of its form, for a test of the system
    may_send: tuple[str, ...] = ()  # personal data that is sent along where the buyer gives it: postcode, phone
    registers: bool = False  # asking is free, only registering a number spends quota
    by_default: bool = True  # whether it is asked unless the user says otherwise
    per_minute: float = 10
    per_day: int = 500
    min_interval_hours: float = 6
    batch: int = 1
    timeout: float = 10
    max_bytes: int = 2_000_000
    jitter: float = 0  # at most so many seconds are waited at random before a request
    pause_hours: float = 1  # how long a refusal keeps everybody away, where the system names no time


class Connector(Protocol):
    """What a system's `client.py` gives."""

    system: System

    def requests(self, asks: Sequence[Ask], keys: Mapping[str, str]) -> tuple[Request, ...]:
        """The requests that ask about these numbers (at most `system.batch` a request)."""
        ...

    def read(self, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
        """What an answer says: one report a number asked. May raise ValueError for an answer it does not know."""
        ...
