"""Pushes from aggregators: is it theirs, what does it say, and may it be believed without asking again?

Pure functions. A push may be believed only where its signature covers the body: two aggregators sign a time alone,
one sends a shared secret, one signs nothing. What cannot be believed is asked for again over the API.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct

from dozor.carriers.base.protocol import Ask, Response
from dozor.carriers.base.reading import as_json, items, read_safely, words
from dozor.carriers.registry import connector
from dozor.carriers.seventeentrack import push_is_genuine
from dozor.model import Report

Headers = Mapping[str, str]


class PushError(ValueError):
    """A push that is not what it says, or that nothing can be read from. The message says what to check."""


class Push(Struct, frozen=True):
    """What a push is about. `believed`: its reports may be used; else its numbers are to be asked for again."""

    system: str
    numbers: tuple[str, ...]
    believed: bool
    reports: tuple[Report, ...] = ()


def received(system: str, body: bytes, headers: Headers, secret: str, now: dt.datetime) -> Push:
    """A push of an aggregator, its signature checked. Raises PushError where it is not genuine or cannot be read."""
    if system not in VERIFIERS:
        raise PushError(f"{system!r} sends no pushes known here: {', '.join(sorted(VERIFIERS))}")
    verify, covers_body = VERIFIERS[system]
    folded = {name.lower(): value for name, value in headers.items()}
    if not verify(body, folded, secret):
        raise PushError(f"the push is not signed by {system}: check the secret in the settings of both sides")
    body = _message(system, body)
    try:
        numbers = numbers_in(as_json(body))
    except (ValueError, RecursionError):
        raise PushError("the push is no JSON") from None
    if not numbers:
        raise PushError("the push names no number")
    return Push(system, numbers, covers_body, _reports(system, body, numbers, now) if covers_body else ())


def numbers_in(push: Any) -> tuple[str, ...]:
    """The numbers a push is about, wherever its aggregator puts them."""
    found: list[str] = []
    nodes, names = [push], ("number", "tracking_number", "trackingNumber", "trackNo", "trackingId", "nu")
    while nodes and len(found) < 100:
        node = nodes.pop(0)
        if isinstance(node, dict):
            found += [text for name in names if (text := words(node.get(name)))]
            nodes += [value for value in node.values() if isinstance(value, dict | list)]
        elif isinstance(node, list):
            nodes += items(node)
    return tuple(dict.fromkeys(found))


def _reports(system: str, body: bytes, numbers: tuple[str, ...], now: dt.datetime) -> tuple[Report, ...]:
    """What a push that may be believed tells: its system's shape reads it as it reads an answer."""
    return read_safely(connector(system), Response(200, body), [Ask(number) for number in numbers], now)


def _message(system: str, body: bytes) -> bytes:
    """The JSON in a push: its body, or a field of a form."""
    if system != "kuaidi100":
        return body
    return _form(body).get("param", "").encode()


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=20))


# --- signatures -----------------------------------------------------------------------------------------


def _same(one: str, two: str) -> bool:
    return hmac.compare_digest(one.encode(), two.encode())


def _seventeentrack(body: bytes, headers: Headers, secret: str) -> bool:
    return push_is_genuine(body, headers.get("sign", ""), secret)


def _aftership(body: bytes, headers: Headers, secret: str) -> bool:
    wanted = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return _same(wanted, headers.get("aftership-hmac-sha256", ""))


def _of_the_time(body: bytes, headers: Headers, secret: str) -> bool:
    """TrackingMore and Track123 sign their timestamp alone: it can be replayed over any body."""
    wanted = hmac.new(secret.encode(), headers.get("timestamp", "").encode(), hashlib.sha256).hexdigest()
    return bool(headers.get("timestamp")) and _same(wanted, headers.get("signature", "").lower())


def _kuaidi100(body: bytes, headers: Headers, secret: str) -> bool:
    """MD5 of the message and the salt that was given at subscription."""
    form = _form(body)
    wanted = hashlib.md5(f"{form.get('param', '')}{secret}".encode(), usedforsecurity=False).hexdigest().upper()
    return bool(secret) and _same(wanted, form.get("sign", ""))


def _bearer(body: bytes, headers: Headers, secret: str) -> bool:
    return _same(f"Bearer {secret}", headers.get("authorization", ""))


def _unsigned(body: bytes, headers: Headers, secret: str) -> bool:
    return True


# How each signs, and whether the signature covers what is said.
VERIFIERS: dict[str, tuple[Callable[[bytes, Headers, str], bool], bool]] = {
    "seventeentrack": (_seventeentrack, True),
    "aftership": (_aftership, True),
    "kuaidi100": (_kuaidi100, True),
    "trackingmore": (_of_the_time, False),
    "track123": (_of_the_time, False),
    "ship24": (_bearer, False),
    "parcelsapp": (_unsigned, False),
}
