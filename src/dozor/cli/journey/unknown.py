"""`dozor journey unknown`: which texts of carriers did nothing understand?"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import click
import msgspec

from dozor.i18n import LANGUAGES, say
from dozor.model import Event, Text


class Line(msgspec.Struct, frozen=True):
    """One event as a line tells it; other fields are ignored."""

    text: str = ""
    lang: str | None = None
    code: str | int | None = None
    carrier: str | None = None


@click.command()
@click.argument("files", nargs=-1, type=click.File("rb"), metavar="[FILE]…")
@click.option("--jsonl", is_flag=True, help="For review elsewhere: one JSON object a line.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
def command(files: tuple[BinaryIO, ...], jsonl: bool, lang: str | None) -> None:
    """Texts that nothing understood, counted, without anybody's data.

    A FILE (or standard input) has one JSON object a line: {text, lang, code, carrier}, as for normalise --jsonl.
    """
    from dozor.cli.options import language
    from dozor.cli.show import clean
    from dozor.journey.unknown import unknown_texts

    lang = language(lang)
    rows = unknown_texts(_read(files or (sys.stdin.buffer,)))
    if jsonl:
        for row in rows:
            click.echo(msgspec.json.encode(row))
        return
    for row in rows:
        note = " ".join(each for each in (row.carrier, row.lang or "", row.code or "") if each)
        click.echo(f"{row.count:6}  {clean(row.text)}  {click.style(clean(note), dim=True)}".rstrip())
    if not rows:
        click.echo(say(Text("cli.nothing_unknown"), lang))


def _read(files: Iterable[BinaryIO]) -> Iterator[Event]:
    from dozor.cli.normalise import coded
    from dozor.journey import normalise

    decoder = msgspec.json.Decoder(Line)
    for file in files:
        for place, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                told = decoder.decode(line)
            except msgspec.DecodeError as error:
                raise click.ClickException(f'line {place}: a line is a JSON object with "text" ({error})') from None
            code = None if told.code is None else str(told.code)
            meaning = normalise(told.text, lang=told.lang, coded=coded(told.carrier or "", code or ""))
            yield Event(
                text=told.text, lang=told.lang, code=code, system=told.carrier or "", milestone=meaning.milestone
            )
