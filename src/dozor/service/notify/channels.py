"""Ways to reach somebody: added, tried, taken away. Habits, mutes, and the calendar's address."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets as chance
from typing import Any
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from dozor.service.notify.compose import one_line, trial
from dozor.service.notify.decide import habits_of
from dozor.service.notify.models import APPRISE, MAIL, Channel, Habits, Mute
from dozor.service.notify.postman import Postman, RefusedError
from dozor.service.notify.tables import refused
from dozor.service.parcels import mapping, secrets
from dozor.service.parcels.models import Outbox, Parcel, Person

LONGEST = 2000  # characters of an address
MOST = 20  # channels of a person


def add(person: Person, address: str, now: dt.datetime) -> Channel:
    """A channel by an e-mail address or an address of apprise; the same again is the same channel.

    Raises RefusedError with the id of a sentence: empty, too_many, no_mail_server, not_verified, local, no_service.
    """
    address = address.strip()
    if not address or len(address) > LONGEST or "\n" in address or "\r" in address:
        raise RefusedError("empty")
    if Channel.objects.of(person).count() >= MOST:
        raise RefusedError("too_many")
    if "://" in address:
        kind, hint = APPRISE, _looked_at(address)
    else:
        kind, hint = MAIL, _mail(person, address)
    mark = mapping.digest(kind, address)
    found, _ = Channel.objects.get_or_create(
        owner=person,
        mark=mark,
        defaults={"kind": kind, "sealed": secrets.seal(address.encode()), "hint": hint, "made": now},
    )
    return found


def remove(person: Person, ref: str) -> None:
    """Takes a channel away, and what still waited for it. Nothing happens where it is somebody else's."""
    with transaction.atomic():
        Channel.objects.of(person).filter(ref=ref).delete()
        Outbox.objects.of(person).filter(channel=ref, sent_at=None, given_up_at=None).delete()


def attempt(channel: Channel, now: dt.datetime) -> str:
    """Sends a trial message at once; the id of what went wrong, or nothing."""
    problem = ""
    try:
        with Postman() as postman:
            begun = postman.begin(channel)
            postman.give(begun, trial(channel.owner.lang), chance.token_hex(16))
    except RefusedError as error:
        problem = error.why
    fields: dict[str, Any] = {"problem": problem, **({"failed_at": now} if problem else {"worked_at": now})}
    Channel.objects.filter(pk=channel.pk).update(**fields)
    return problem


def set_habits(
    person: Person, *, quiet: tuple[dt.time | None, dt.time | None], digest: dt.time | None, detail: str
) -> Habits:
    """How a person wants to be told. Half a quiet time is none."""
    both = quiet if all(quiet) or (dt.time(0) in quiet and None not in quiet) else (None, None)
    fields = {"quiet_from": both[0], "quiet_to": both[1], "digest_at": digest, "detail": detail}
    found, _ = Habits.objects.update_or_create(owner=person, defaults=fields)
    return found


def set_mute(parcel: Parcel, muted: bool, now: dt.datetime) -> None:
    """Whether nothing is told of a parcel."""
    if muted:
        Mute.objects.get_or_create(parcel=parcel, defaults={"made": now})
    else:
        Mute.objects.filter(parcel=parcel).delete()


def renew_calendar(person: Person) -> str:
    """A new secret for the calendar's address; the one before leads nowhere from now on."""
    token = chance.token_urlsafe(32)
    fields = {"calendar_hash": _hash(token), "calendar_sealed": secrets.seal(token.encode())}
    Habits.objects.update_or_create(owner=person, defaults=fields)
    return token


def close_calendar(person: Person) -> None:
    """No calendar any more."""
    Habits.objects.filter(owner=person).update(calendar_hash=None, calendar_sealed=None)


def calendar_token(person: Person) -> str:
    """The secret of the calendar's address, or nothing where there is none (or none that can be read)."""
    sealed = habits_of(person).calendar_sealed
    try:
        return secrets.unseal(sealed).decode() if sealed else ""
    except secrets.SealError:
        return ""


def owner_of_calendar(token: str) -> Person | None:
    """Whose calendar an address shows."""
    found = Habits.objects.filter(calendar_hash=_hash(token)).select_related("owner").first()
    return found.owner if found else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _looked_at(address: str) -> str:
    """How an address of apprise may be shown."""
    if urlsplit(address).scheme.lower() in refused():
        raise RefusedError("local")
    with Postman() as postman:
        return one_line(postman.look(address), 200)


def _mail(person: Person, address: str) -> str:
    """An address for mail: any one in a house of its own; where strangers sign up, the confirmed one of the account."""
    try:
        validate_email(address)
    except ValidationError:
        raise RefusedError("no_service") from None
    if not settings.CONFIG.smtp_url:
        raise RefusedError("no_mail_server")
    confirmed = EmailAddress.objects.filter(user=person.user, email__iexact=address, verified=True)
    if settings.CONFIG.signup and not confirmed.exists():
        raise RefusedError("not_verified")
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"
