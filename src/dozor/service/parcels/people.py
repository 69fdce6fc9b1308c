"""Accounts and the people behind them."""

from __future__ import annotations

from typing import Any

from dozor.service.parcels.models import Person


def person_of(user: Any) -> Person:
    """The person of an account, made where there is none yet."""
    person = getattr(user, "person", None)
    if person is None:
        person, _ = Person.objects.get_or_create(user=user)
    return person
