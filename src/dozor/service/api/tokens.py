"""Tokens: made, recognised, revoked. What is shown is shown once. `now` is a parameter."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from dozor.service.api.models import SCOPES, Token
from dozor.service.parcels.mapping import storable
from dozor.service.parcels.models import Person

START = "dozor_"
MINUTE = dt.timedelta(minutes=1)


def make(person: Person, name: str, scope: str, now: dt.datetime) -> tuple[Token, str]:
    """A new token and its text, which is not kept. Raises ValueError for a scope that is none or an empty name."""
    name = str(storable(name)).strip()[:80]
    if scope not in SCOPES:
        raise ValueError(f"a scope is one of {', '.join(SCOPES)}")
    if not name:
        raise ValueError("a token wants a name: that of the program which will use it")
    text = START + secrets.token_urlsafe(32)
    return Token.objects.create(owner=person, name=name, scope=scope, sha256=_hash(text), made=now), text


def known(text: str, now: dt.datetime) -> Token | None:
    """The token of a text, unless it is none or was revoked; notes that it was used."""
    if not text.startswith(START):
        return None
    token = Token.objects.select_related("owner").filter(sha256=_hash(text), revoked_at=None).first()
    if token is not None and (token.used_at is None or now - token.used_at > MINUTE):
        Token.objects.filter(pk=token.pk).update(used_at=now)
    return token


def revoke(person: Person, ref: str, now: dt.datetime) -> None:
    """From now on the token opens nothing. Raises Token.DoesNotExist for another person's, as for none."""
    token = Token.objects.of(person).get(ref=ref)
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
