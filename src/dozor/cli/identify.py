"""`dozor identify`: what is this number?"""

from __future__ import annotations

import sys
from typing import Any

import click
import msgspec

from dozor.i18n import LANGUAGES, say
from dozor.model import Kind, Mention, Text


@click.command()
@click.argument("text", nargs=-1)
@click.option("--suffix", multiple=True, metavar="DIGITS", help="Last digits of your confirmed order numbers.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
@click.option("--json", "as_json", is_flag=True, help="As JSON: a list of mentions with their readings.")
@click.option("--jsonl", is_flag=True, help='Bulk: {"input": …} a line on stdin, {"mentions": [...]} a line out.')
def command(text: tuple[str, ...], suffix: tuple[str, ...], lang: str | None, as_json: bool, jsonl: bool) -> None:
    """What is it, can it be real, and how far can it be followed? TEXT "-" reads standard input."""
    from dozor.cli.options import language
    from dozor.i18n import rendered
    from dozor.numbers import find

    if jsonl:
        _bulk()
        return
    if not text:
        raise click.UsageError(
            "nothing to identify: give a number or a text, for instance dozor identify RB123456785CN"
        )
    lang = language(lang)
    mentions = find("\n".join(sys.stdin.read() if part == "-" else part for part in text), suffixes=suffix)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode([rendered(each, lang) for each in mentions]), indent=2))
        return
    if not mentions:
        click.echo(say(Text("number.none"), lang))
    for mention in mentions:
        _show(mention, lang)


def _show(mention: Mention, lang: str) -> None:
    best = mention.readings[0]
    click.echo(click.style(best.normal, bold=True, fg="cyan" if best.valid else "red") + "  " + _title(best, lang))
    for reason in best.reasons:
        click.echo(f"  {say(reason, lang)}")
    for repair in best.repairs:
        click.echo(f"  {say(Text('number.repair', {'before': repair.before, 'after': repair.after}), lang)}")
    for correction in best.corrections[:3]:
        click.echo(f"  {correction.number}  {say(correction.why, lang)}")
    others = [r for r in mention.readings[1:4] if r.certainty >= 0.3]
    if others:
        names = ", ".join(_title(each, lang) for each in others)
        click.echo(f"  {say(Text('number.also', {'names': names}), lang)}")


def _title(reading: Any, lang: str) -> str:
    kind = say(Text(f"cli.kind.{reading.kind.value}"), lang)
    if reading.kind is Kind.TRACKING and reading.carriers:
        return f"{kind}: {say(Text('number.carrier', {'name': reading.carriers[0]}), lang)}"
    return kind


def _bulk() -> None:
    from dozor.cli.bulk import each_line
    from dozor.numbers import find

    def answer(line: bytes) -> object:
        return {"mentions": [_row(mention) for mention in find(str(msgspec.json.decode(line)["input"]))]}

    each_line(answer, 'a line is a JSON object with "input"')


def _row(mention: Mention) -> dict[str, object]:
    best = mention.readings[0]
    return {
        "normal": best.normal,
        "kind": best.kind,
        "carriers": best.carriers,
        "valid": best.valid,
        "check": best.check,
        "reach": best.reach,
        "start": mention.start,
        "end": mention.end,
    }


if __name__ == "__main__":
    command()
