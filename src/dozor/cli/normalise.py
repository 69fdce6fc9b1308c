"""`dozor normalise`: what does a carrier's text mean?"""

from __future__ import annotations

import click
import msgspec

from dozor.carriers.base.reading import StatusRow, tidy
from dozor.i18n import LANGUAGES, say
from dozor.model import Text


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
        meaning = normalise(each, code=code, system=carrier)
        name = say(Text(f"milestone.{meaning.milestone.value if meaning.milestone else 'unknown'}"), lang)
        click.echo(f"{click.style(name, bold=True)}  {meaning.rule}".rstrip())


def coded(carrier: str, code: str) -> StatusRow | None:
    """What the carrier's own table says of a code, if anything; parts of a code may be joined by a slash."""
    from dozor.carriers import connector, systems
    from dozor.carriers.base import StatusTable

    id = carrier.lower().replace("_", "-")
    if not code or id not in systems():
        return None
    table = getattr(connector(id), "statuses", None) or StatusTable(id)
    row = table.rows.get(tidy(code)) or table.rows.get(tidy(code.replace("/", "|")))
    return row if row is not None and row.milestone is not None else None


def _bulk() -> None:
    from dozor.cli.bulk import each_line
    from dozor.journey import normalise

    def answer(line: bytes) -> object:
        row = msgspec.json.decode(line)
        words = [row.get(name) for name in ("text", "lang", "code", "carrier")]
        said, lang, code, carrier = (str(each) if each is not None else None for each in words)
        known = coded(carrier or "", code or "")
        if known is not None:
            return {"milestone": known.milestone, "decided_by": "code", "rule": f"{carrier}: {known.code}"}
        meaning = normalise(said or "", lang=lang, code=code, system=carrier or "")
        return {"milestone": meaning.milestone, "decided_by": meaning.decided_by, "rule": meaning.rule}

    each_line(answer, 'a line is a JSON object with "text"')
