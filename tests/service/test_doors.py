"""Doors to the outside: so many requests and no more, and no way from a user's address into the house."""

from __future__ import annotations

import msgspec
import pytest
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from dozor.service import limits, outside

pytestmark = pytest.mark.once  # no database is in it


@limits.limited("test", times=3, seconds=3600)
def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def ask(address: str, **headers: str) -> int:
    return view(RequestFactory(REMOTE_ADDR=address).get("/", headers=headers)).status_code


def test_a_visitor_is_answered_so_often_and_then_refused() -> None:
    cache.clear()
    assert [ask("203.0.113.1") for _ in range(4)] == [200, 200, 200, 429]
    assert ask("203.0.113.2") == 200
    # A header that anybody can write makes nobody somebody else.
    assert ask("203.0.113.1", **{"x-forwarded-for": "198.51.100.7"}) == 429
    refused = view(RequestFactory(REMOTE_ADDR="203.0.113.1").get("/"))
    assert 0 < int(refused.headers["Retry-After"]) <= 3600


def test_a_trusted_proxy_says_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(settings, "CONFIG", msgspec.structs.replace(settings.CONFIG, trust_proxy=True))
    for n in range(4):
        forwarded = {"x-forwarded-for": f"10.9.8.{n}, 198.51.100.7"}
        assert ask("127.0.0.1", **forwarded) == (200 if n < 3 else 429)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a00:1",
        "64:ff9b:1::7f00:1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "fec0::1",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
def test_an_address_inside_is_inside_however_it_is_written(address: str) -> None:
    assert not outside.outside(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
def test_an_address_outside_is_outside(address: str) -> None:
    assert outside.outside(address)
