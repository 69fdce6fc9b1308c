"""`dozor backup`: everything in one file, read again before it counts."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option(
    "--without-keys", is_flag=True, help="Leave the key files out; stored secrets cannot be read without them."
)
@click.option("--lang", help="Language of the report (default: of your system).")
def command(file: Path | None, without_keys: bool, lang: str | None) -> None:
    """Everything in one FILE (default: a dated one in the data folder), verified; also while dozor serve runs."""
    from dozor.cli.options import language
    from dozor.cli.restore import secrets_said
    from dozor.cli.service import opened

    settings = opened(rows=True)
    from dozor.i18n import say
    from dozor.model import Text
    from dozor.service.parcels import backup
    from dozor.service.run import now

    at, lang = now(), language(lang)
    if file is None:
        folder = settings.CONFIG.data / "backups"
        folder.mkdir(exist_ok=True, mode=0o700)
        file = folder / f"dozor-{at:%Y-%m-%d-%H%M%S}.zip"
    try:
        report = backup.write(file, at, keys=not without_keys)
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from None
    held = {"rows": report.total, "tables": sum(map(bool, report.rows.values()))}
    click.echo(f"{file}: {say(Text('cli.backup.done', held), lang)}")
    secrets_said(report, lang)
    if not without_keys:
        click.echo(say(Text("cli.backup.keys"), lang))
