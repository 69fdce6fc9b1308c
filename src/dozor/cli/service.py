"""What the commands of the service share: its libraries may be absent, its settings wrong; both are one line."""

from __future__ import annotations

import atexit
import os
import sys
import tempfile
from typing import Any

import click


def opened(*, demo: bool = False, rows: bool = False) -> Any:
    """Django's settings, ready for use. Ends the command with one line where the settings cannot be used, or, where it
    is about `rows`, where there are none yet.
    """
    from dozor.cli.keys import own_systems

    if demo:
        _demonstration()
    try:
        from dozor.carriers import systems
        from dozor.service import config, keyfiles, run
    except ImportError as error:
        click.echo(f"dozor: the service is not installed here: {error}", err=True)
        sys.exit(2)
    own_systems()
    try:
        settings = run.set_up()
    except ImportError as error:
        click.echo(f"dozor: {run.no_service(error)}", err=True)
        sys.exit(2)
    except (config.ConfigError, keyfiles.KeyFileError, OSError) as error:
        for line in str(error).splitlines():
            click.echo(f"dozor: {line}", err=True)
        sys.exit(2)
    for name, meant in config.misspelt(os.environ, systems()).items():
        hint = f": did you mean {meant}?" if meant else ""
        click.echo(f"dozor: {name} is no setting{hint}", err=True)
    if rows and (why := _without_rows()):
        click.echo(f"dozor: {why}", err=True)
        sys.exit(2)
    return settings


def made_ready() -> None:
    """Schema and static files, made where they are missing. Ends the command with one line where that cannot be."""
    from dozor.service import run

    try:
        run.prepare(lambda line: click.echo(f"dozor: {line}", err=True))
    except run.NotReadyError as error:
        click.echo(f"dozor: {_without_rows() or error}", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"dozor: {error}", err=True)
        sys.exit(2)


def _without_rows() -> str:
    """Why the database cannot be worked with, or nothing."""
    from dozor.service import health, run

    missing = health.problems()
    if "database" in missing:
        return f"{run.where()} does not answer: is it running, and is DATABASE_URL right?"
    if "schema" in missing:
        return f"{run.where()} has an older schema or none: start dozor serve once, which brings it up to date"
    return ""


def _demonstration() -> None:
    """A fresh data folder that goes with the process, and the local peer in the place of all carriers."""
    from dozor.service.run import free_port

    folder = tempfile.TemporaryDirectory(prefix="dozor-demo-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    for name in list(os.environ):
        # What leads to anything real, be it named in a file: whoever comes to the demonstration is its owner.
        real = name.startswith("DOZOR_KEY_") or name.removesuffix("_FILE").endswith("_URL")
        if real and name.startswith(("DOZOR_", "DATABASE_")):
            del os.environ[name]
    peer = f"http://127.0.0.1:{free_port('127.0.0.1', 0)}"
    os.environ.update(DOZOR_DATA=folder.name, DOZOR_DEMO="yes", DOZOR_PEER=peer)


def person_given(user: str | None) -> Any:
    """The person of an account, or the only one there is. Ends the command where that is not clear."""
    from dozor.service.parcels.people import only_person, person_named

    found = person_named(user) if user else only_person()
    if found is None:
        why = f"there is no account {user!r}" if user else "name the account with --user"
        raise click.BadParameter(why, param_hint="--user")
    return found
