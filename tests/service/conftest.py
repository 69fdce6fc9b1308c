"""The service's tests: a data folder of their own, a database by DATABASE_URL (SQLite in a file without it)."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest

for name in [
    name for name in os.environ if name.startswith("DOZOR_") and name not in ("DOZOR_CACHE", "DOZOR_DATA_TEST")
]:
    del os.environ[name]
os.environ["DOZOR_DATA"] = tempfile.mkdtemp(prefix="dozor-data-")
os.environ["DJANGO_SETTINGS_MODULE"] = "dozor.service.settings"

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402

# Passwords of tests need not be slow to guess.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

from dozor.service.parcels.models import Person  # noqa: E402
from dozor.service.parcels.people import person_of  # noqa: E402
from tests.service.postgres import Postgres  # noqa: E402

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for the tests that want one whatever the others run on; started only then."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture
def anna(db: Any) -> Person:
    """Somebody with an account."""
    return somebody("anna")


@pytest.fixture
def boris(db: Any) -> Person:
    """Somebody else."""
    return somebody("boris")


def somebody(name: str, **more: Any) -> Person:
    """A person with an account of that name; the password is the name."""
    from django.contrib.auth import get_user_model

    person = person_of(get_user_model().objects.create_user(name, password=name))
    for field, value in more.items():
        setattr(person, field, value)
    person.save()
    return person
