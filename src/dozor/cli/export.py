"""`dozor export`: what is yours, to take along."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@click.option("--user", help="Whose account (needed where there are several).")
@click.option("--csv", "as_csv", is_flag=True, help="A line a parcel, for a spreadsheet.")
def command(file: Path, user: str | None, as_csv: bool) -> None:
    """Everything of one person's as JSON (or a line a parcel as CSV) into FILE; keys stay here."""
    from dozor.cli.service import opened, person_given

    opened(rows=True)
    from dozor.service.parcels import exchange

    mine = person_given(user)
    raw = exchange.export_csv(mine).encode("utf-8-sig") if as_csv else exchange.export_json(mine)
    if str(file) == "-":
        sys.stdout.buffer.write(raw)
        return
    try:
        file.write_bytes(raw)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    click.echo(f"{file}: {len(raw)} bytes")
