"""`dozor restore`: a backup back into the database, all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dozor.service.parcels.backup import Report


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Lose what the database holds now.")
@click.option("--check", "only_check", is_flag=True, help="Only read the file through; change nothing.")
@click.option("--lang", help="Language of the report (default: of your system).")
def command(file: Path, replace: bool, only_check: bool, lang: str | None) -> None:
    """A backup back into the database, SQLite or PostgreSQL, all or nothing, compared row by row. Stop dozor first."""
    from dozor.cli.options import language
    from dozor.cli.service import opened

    opened()
    from dozor.i18n import say
    from dozor.model import Text
    from dozor.service.parcels import backup
    from dozor.service.run import prepare

    try:
        if only_check:
            report = backup.check(file)
        else:
            prepare(lambda line: click.echo(f"dozor: {line}", err=True))
            report = backup.restore(file, replace=replace)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from None
    done = Text(
        "cli.restore.sound" if only_check else "cli.restore.done", {"rows": report.total, "made": report.made[:16]}
    )
    click.echo(f"{file}: {say(done, language(lang))}")
    secrets_said(report, language(lang))


def secrets_said(report: Report, lang: str) -> None:
    """Whether the stored secrets open with the keys that they would have, and what to do where they do not."""
    from dozor.i18n import say
    from dozor.model import Text

    closed = sum(report.closed.values())
    if not report.keys:
        click.echo(say(Text("cli.backup.no_keys"), lang), err=True)
    if closed:
        click.echo(say(Text("cli.backup.closed", {"closed": closed, "secrets": report.secrets}), lang), err=True)
    elif report.secrets:
        click.echo(say(Text("cli.backup.open", {"secrets": report.secrets}), lang))
