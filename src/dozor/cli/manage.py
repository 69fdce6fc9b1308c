"""`dozor manage`: Django's own commands (createsuperuser, shell, dbshell, makemigrations …)."""

from __future__ import annotations

import click


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def command(words: tuple[str, ...]) -> None:
    """Django's own commands, for those who know them."""
    from dozor.cli.service import opened
    from dozor.service.run import manage

    opened()
    manage(words)
