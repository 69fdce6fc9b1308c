"""`dozor reply`: what does the seller's reply mean, and what to answer?"""

from __future__ import annotations

import sys

import click
import msgspec

from dozor.i18n import LANGUAGES, say
from dozor.model import Text


@click.command()
@click.argument("text", nargs=-1)
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--jsonl", is_flag=True, help='Bulk: {"text": …, "lang": …} a line on stdin, {"category": …} a line out.')
def command(text: tuple[str, ...], lang: str | None, as_json: bool, jsonl: bool) -> None:
    """What the seller's words mean, what they change, and what to answer. TEXT "-" reads standard input."""
    from dozor.cli.options import language
    from dozor.disputes import classify

    if jsonl:
        _bulk()
        return
    words = " ".join(sys.stdin.read() if part == "-" else part for part in text).strip()
    if not words:
        raise click.UsageError(
            'nothing to read: give the seller\'s words, for instance dozor reply "please wait 30 days"'
        )
    reply = classify(words)
    if as_json:
        click.echo(msgspec.json.encode(reply))
        return
    click.echo(say(Text(f"reply.{reply.category}"), language(lang)))


def _bulk() -> None:
    from dozor.cli.bulk import each_line
    from dozor.disputes import classify

    def answer(line: bytes) -> object:
        row = msgspec.json.decode(line)
        reply = classify(str(row["text"]), row.get("lang"))
        return {"category": reply.category, "certainty": reply.certainty}

    each_line(answer, 'a line is a JSON object with "text"')


if __name__ == "__main__":
    command()
