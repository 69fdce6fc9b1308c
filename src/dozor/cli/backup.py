"""`dozor backup`: everything in one file, read again before it counts."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option(
    "--without-keys", is_flag=True, help="Leave the key files out; stored secrets cannot be read without them."
)
def command(file: Path | None, without_keys: bool) -> None:
    """Everything in one FILE (default: a dated one in the data folder), verified; also while dozor serve runs."""
    from dozor.cli.service import opened

    settings = opened(rows=True)
    from dozor.service.parcels import backup
    from dozor.service.run import now

    at = now()
    if file is None:
        folder = settings.CONFIG.data / "backups"
        folder.mkdir(exist_ok=True, mode=0o700)
        file = folder / f"dozor-{at:%Y-%m-%d-%H%M%S}.zip"
    try:
        report = backup.write(file, at, keys=not without_keys)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{file}: {report.total} rows of {sum(map(bool, report.rows.values()))} tables, verified")
    if not without_keys:
        click.echo("It holds the key files, too: keep it as safe as the machine itself.")
