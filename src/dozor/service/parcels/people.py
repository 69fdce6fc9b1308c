"""Accounts and the people behind them."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth import get_user_model

from dozor.service.parcels.models import Person


def person_of(user: Any) -> Person:
    """The person of an account, made where there is none yet."""
    person = getattr(user, "person", None)
    if person is None:
        person, _ = Person.objects.get_or_create(user=user)
    return person


def zone_of(person: Person) -> ZoneInfo:
    """The person's time zone; UTC where what is stored names none."""
    return zone_named(person.zone)


def zone_named(name: str) -> ZoneInfo:
    """A time zone by its name; UTC where this machine knows none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def person_named(name: str) -> Person | None:
    """The person of an account's name, or None."""
    user = get_user_model().objects.filter(username=name).first()
    return person_of(user) if user else None


def only_person() -> Person | None:
    """The person of the only account, or None where there are several or none."""
    users = list(get_user_model().objects.order_by("id")[:2])
    return person_of(users[0]) if len(users) == 1 else None


def set_profile(person: Person, *, theme: str = "", **facts: Any) -> None:
    """How a person wants to be spoken to: lang, zone, country, style; the theme of the pages is kept beside them."""
    for name in ("lang", "zone", "country", "style"):
        if name in facts:
            setattr(person, name, facts[name])
    person.more = {**person.more, "theme": theme}
    person.save()
