"""`dozor import`: parcels from a file, a report a line."""

from __future__ import annotations

import sys
from pathlib import Path

import click

MARKS = {"added": "green", "updated": "blue", "wrong": "red"}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--user", help="Whose account (needed where there are several).")
@click.option("--csv", "as_csv", is_flag=True, help="It is a CSV, whatever its name.")
@click.option("--lang", help="Language of the report (default: of your system).")
def command(file: Path, user: str | None, as_csv: bool, lang: str | None) -> None:
    """Parcels from an export, from dossiers as JSON, or from a CSV, with a report a line; 1 where one is wrong."""
    from dozor.cli.options import language
    from dozor.cli.service import opened, person_given

    opened(rows=True)
    from dozor.i18n import say
    from dozor.service.parcels import exchange
    from dozor.service.run import now

    raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    mine, lang = person_given(user), language(lang)
    if as_csv or file.suffix.lower() in (".csv", ".tsv"):
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1251", "replace")  # what a Russian spreadsheet writes
        brought = exchange.import_csv(mine, text, now())
    else:
        brought = exchange.import_json(mine, raw, now())
    for each in brought:
        click.echo(click.style(f"{each.line:>5}  {each.state:8}", MARKS[each.state]) + f"  {say(each.why, lang)}")
    counts = {state: sum(each.state == state for each in brought) for state in MARKS}
    click.echo(", ".join(f"{count} {state}" for state, count in counts.items()))
    sys.exit(1 if counts["wrong"] else 0)
