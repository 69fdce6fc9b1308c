"""`dozor journey`: what happened to the parcel? Without a command's name it draws."""

from __future__ import annotations

import click

from dozor.cli.lazy import LazyGroup

COMMANDS = {
    "draw": "The journey of the parcel behind a NUMBER, or in a FILE (this is the default).",
    "unknown": "Texts of carriers that nothing understood, counted, without anybody's data.",
}


@click.group(cls=LazyGroup, package="dozor.cli.journey", lines=COMMANDS, default="draw")
def command() -> None:
    r"""What happened to the parcel: one sentence, its legs, its events.

    \b
    dozor journey RB123456785CN
    dozor journey answers.json --originals
    """
