"""`dozor restore`: a backup back into the database, all or nothing."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Lose what the database holds now.")
@click.option("--check", "only_check", is_flag=True, help="Only read the file through; change nothing.")
def command(file: Path, replace: bool, only_check: bool) -> None:
    """A backup back into the database, SQLite or PostgreSQL, all or nothing, compared row by row. Stop dozor first."""
    from dozor.cli.service import opened

    opened()
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
    word = "sound" if only_check else "restored and compared"
    click.echo(f"{file}: {report.total} rows of {report.made[:16]}, {word}")
