"""`dozor normalise`: what does a carrier's text mean?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import click
import msgspec

from dozor.carriers.base.reading import tidy
from dozor.i18n import LANGUAGES, say
from dozor.model import Text

if TYPE_CHECKING:
    from dozor.journey import Coded

PARTS = re.compile(r"[|/,;: ]+")


@click.command()
@click.argument("text", nargs=-1)
@click.option("--code", help="The carrier's own code of the event.")
@click.option("--carrier", default="", help="The carrier that told it.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
@click.option("--jsonl", is_flag=True, help="Bulk: {text, lang, code, carrier} a line in, {milestone, …} a line out.")
def command(text: tuple[str, ...], code: str | None, carrier: str, lang: str | None, jsonl: bool) -> None:
    """The milestone behind a carrier's words, and the rule that decided."""
    from dozor.cli.options import language
    from dozor.journey import normalise

    if jsonl:
        _bulk()
        return
    if not text:
        raise click.UsageError('nothing to read: give a text, for instance dozor normalise "Прибыло в место вручения"')
    lang = language(lang)
    for each in text:
        meaning = normalise(each, coded=coded(carrier, code or ""))
        name = say(Text(f"milestone.{meaning.milestone.value if meaning.milestone else 'unknown'}"), lang)
        click.echo(f"{click.style(name, bold=True)}  {meaning.rule}".rstrip())


def coded(carrier: str, code: str) -> Coded | None:
    """What the carrier's own table says of a code, if anything; parts of a code may be joined in several ways."""
    from dozor.carriers import connector
    from dozor.carriers.base import StatusTable
    from dozor.journey import Coded

    id = _known_as().get(_letters(carrier))
    if not code or id is None:
        return None
    table = getattr(connector(id), "statuses", None) or StatusTable(id)
    row = next((table.rows[each] for each in _spellings(code) if each in table.rows), None)
    if row is None or row.milestone is None:
        return None
    return Coded(row.milestone, row.general, f"{id}: {row.code}")


def _spellings(code: str) -> Iterator[str]:
    """A code as tables may write it: parts joined by "|", numbers without leading zeros; last its first part alone."""
    whole = tidy(code)
    parts = [part for part in PARTS.split(whole) if part]
    yield whole
    yield "|".join(parts)
    yield "|".join(part.lstrip("0") or "0" for part in parts)
    yield "|".join(part.zfill(2) if part.isdigit() else part for part in parts)
    if len(parts) > 1:
        yield f"{parts[0]}|0"


@cache
def _known_as() -> dict[str, str]:
    from dozor.carriers import systems

    return {_letters(id): id for id in systems()}


def _letters(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


def _bulk() -> None:
    from dozor.cli.bulk import each_line
    from dozor.journey import normalise

    def answer(line: bytes) -> object:
        row = msgspec.json.decode(line)
        words = [row.get(name) for name in ("text", "lang", "code", "carrier")]
        said, lang, code, carrier = (str(each) if each is not None else None for each in words)
        meaning = normalise(said or "", lang=lang, coded=coded(carrier or "", code or ""))
        return {"milestone": meaning.milestone, "decided_by": meaning.decided_by, "rule": meaning.rule}

    each_line(answer, 'a line is a JSON object with "text"')
