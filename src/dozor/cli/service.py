"""What the commands of the service share: its libraries may be absent, its settings wrong; both are one line."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import click


def opened(*, demo: bool = False) -> Any:
    """Django's settings, ready for use. Ends the command with one line where the settings cannot be used."""
    from dozor.cli.keys import own_systems

    if demo:
        os.environ["DOZOR_DATA"] = os.environ.get("DOZOR_DEMO_DATA") or str(
            Path(tempfile.gettempdir()) / f"dozor-demo-{os.getuid() if hasattr(os, 'getuid') else 0}"
        )
        os.environ.pop("DATABASE_URL", None)
    try:
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
    for name, meant in config.misspelt(os.environ).items():
        hint = f": did you mean {meant}?" if meant else ""
        click.echo(f"dozor: {name} is no setting{hint}", err=True)
    return settings


def person_given(user: str | None) -> Any:
    """The person of an account, or the only one there is. Ends the command where that is not clear."""
    from dozor.service.parcels.people import only_person, person_named

    found = person_named(user) if user else only_person()
    if found is None:
        why = f"there is no account {user!r}" if user else "name the account with --user"
        raise click.BadParameter(why, param_hint="--user")
    return found
