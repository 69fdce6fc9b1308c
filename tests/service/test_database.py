"""The databases are what they are promised to be."""

from __future__ import annotations

import os

import pytest
from django.core.management import call_command
from django.db import connection


@pytest.mark.django_db
def test_it_is_the_database_that_was_named() -> None:
    on_postgres = "DATABASE_URL" in os.environ
    assert connection.vendor == ("postgresql" if on_postgres else "sqlite")
    if not on_postgres:
        with connection.cursor() as cursor:
            modes = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        assert modes == {"journal_mode": "wal", "synchronous": 2}
        assert connection.transaction_mode == "IMMEDIATE"


@pytest.mark.django_db
def test_the_migrations_are_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
