"""Every address of the service, tried by somebody who has no business there: nobody at all, and somebody else.

The addresses are those that Django routes to: one that is added is walked without being named here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.core import serializers
from django.core.cache import cache
from django.db.models import Q
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from dozor.model import Message
from dozor.service.api import tokens
from dozor.service.notify import channels
from dozor.service.notify.models import Channel
from dozor.service.parcels import actions
from dozor.service.parcels.models import Credential, Outbox, Parcel, Person
from tests.service.conftest import NOW, somebody
from tests.service.parcels.test_actions import BOUGHT

NAME = "lamp of vera"  # what no stranger may read anywhere
# What whoever comes may look at: the box, the doors, the machine's own, and what a secret in the address opens.
OPEN = {
    *("check", "ask", "watch", "kept", "set_language", "healthz", "readyz", "metrics", "calendar_feed"),
    *("api_operations", "openapi-json", "account_login", "account_signup", "account_logout", "account_inactive"),
    *("account_email_verification_sent", "account_confirm_email", "account_reset_password", "login"),
    *("account_reset_password_done", "account_reset_password_from_key", "account_reset_password_from_key_done"),
    *("mfa_authenticate", "account_reauthenticate", "mfa_reauthenticate", "logout"),
}
ADMIN = "admin/"
API = "api/v1/"


def addresses(patterns: Any = None, before: str = "") -> Iterator[tuple[str, str]]:
    """Name and route of every address there is."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, route)
        elif isinstance(each, URLPattern):
            yield each.name or "", route


def filled(route: str, things: dict[str, str]) -> list[str]:
    """Paths of a route: what it names is put in, each thing of that name in turn."""
    plain = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", route).replace("^", "").replace("$", "")
    plain = plain.replace("\\Z", "").replace("\\", "")
    names = re.findall(r"<(?:\w+:)?(\w+)>", plain)
    fill = [things[name].split(" ") for name in names]
    choices = [[each] for each in fill[0]] if len(fill) == 1 else [[some[0] for some in fill]]
    return ["/" + plain_with(plain, words) for words in choices]


def plain_with(plain: str, words: list[str]) -> str:
    """The route with its names replaced, one after the other."""
    for word in words:
        plain = re.sub(r"<[^>]+>", word, plain, count=1)
    return plain


def kept_of(person: Person) -> list[Any]:
    """Every row that is a person's, as it is stored."""
    found: list[Any] = []
    for model in apps.get_models():
        names = {field.name for field in model._meta.get_fields()}
        mine = Q(pk=person.pk) if model is Person else None
        mine = Q(owner=person) if "owner" in names else mine
        mine = Q(parcel__owner=person) if mine is None and "parcel" in names else mine
        mine = Q(order__owner=person) if mine is None and "order" in names else mine
        if mine is not None:
            found += json.loads(serializers.serialize("json", model._base_manager.filter(mine).order_by("pk")))
    return found


@pytest.fixture
def things(db: Any) -> dict[str, str]:
    """Everything that one can have, by the names under which addresses ask for it."""
    vera = somebody("vera")
    parcel = actions.add_dossier(vera, BOUGHT, NOW, title=NAME)
    actions.add_message(parcel, Message("it is a secret"), NOW)
    actions.set_key(vera, "seventeentrack", {"key": "x"}, NOW)
    channel = Channel.objects.create(owner=vera, kind="mail", sealed=b"x", mark="m", hint="v…@example.org")
    lost = Outbox.objects.create(owner=vera, parcel=parcel, key="k", given_up_at=NOW, problem="unconfirmed")
    channels.renew_calendar(vera)
    token = tokens.make(vera, "a program", "write", NOW)[0]
    assert Credential.objects.of(vera).exists()
    return {
        "ref": f"{parcel.ref} {channel.ref} {token.ref} {parcel.order.ref} {vera.ref}",
        "id": f"{lost.pk} seventeentrack {parcel.pk}",
        "object_id": str(parcel.pk),
        "app_label": "parcels",
        "content_type_id": "1",
        "url": "parcels/",
        "token": "A" * 43,
        "key": "A-b-c",
        "uidb36": "1",
        "form": "json csv",
        "rest": "nothing",
        "path": "v1/nothing",
    }


def tried(client: Client, things: dict[str, str]) -> Iterator[tuple[str, str, str, Any]]:
    """Every address, by every method that could matter: name, path, method, answer."""
    fields = {"do": "renew", "fate": "lost", "text": "x", "by": "seller", "title": "taken", "sure": "1", "system": ""}
    for name, route in addresses():
        for path in filled(route, things):
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                cache.clear()  # nobody is refused for coming too often only
                sent = fields if method == "POST" and not route.startswith(API) else None
                more = {} if sent else {"content_type": "application/json"}
                yield name, path, method, client.generic(method, path, **more) if not sent else client.post(path, sent)


@pytest.mark.once
@pytest.mark.django_db
def test_somebody_else_reaches_nothing_of_anothers(things: dict[str, str], boris: Person) -> None:
    """Nothing of hers is shown, nothing of hers is changed, whatever he names in an address."""
    client, vera = Client(raise_request_exception=False), Person.objects.get(user__username="vera")
    before, count = kept_of(vera), 0
    assert len(before) > 15
    for name, path, method, answer in tried(client, things):
        if SESSION_KEY not in client.session:  # one of the addresses logs him out
            client.force_login(boris.user)
        assert answer.status_code < 500, (method, path)
        assert NAME not in answer.text and "it is a secret" not in answer.text, (method, path)
        if any(ref in path for ref in things["ref"].split(" ")):
            assert answer.status_code in (302, 401, 404, 405), (method, path, answer.status_code)
            assert answer.status_code != 302 or "login" in answer.headers["Location"], (method, path)
        if path.startswith("/" + ADMIN) and answer.status_code == 200:
            assert name in ("login", "jsi18n", "logout", "password_change", "password_change_done"), (method, path)
        # The last method of an address: until here nothing was taken away or changed by any of them.
        assert method != "DELETE" or kept_of(vera) == before, path
        count += 1
    assert count > 400 and Parcel.objects.of(vera).get().title == NAME


@pytest.mark.once
@pytest.mark.django_db
def test_nobody_gets_beyond_the_doors(things: dict[str, str]) -> None:
    """Without an account there are the box and the doors; all else leads to the door, or is refused."""
    vera, count = Person.objects.get(user__username="vera"), 0
    before = kept_of(vera)
    for name, path, method, answer in tried(Client(raise_request_exception=False), things):
        assert answer.status_code < 500, (method, path)
        assert NAME not in answer.text and "it is a secret" not in answer.text, (method, path)
        if name not in OPEN and not path.startswith("/" + API):
            assert answer.status_code in (302, 401, 403, 404, 405), (method, path, answer.status_code)
            assert answer.status_code != 302 or "/login/" in answer.headers["Location"], (method, path)
        count += 1
    assert count > 400 and kept_of(vera) == before
