"""`dozor demo`: six telling cases, solved offline."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text as Line

from dozor.i18n import LANGUAGES, say
from dozor.model import Text

if TYPE_CHECKING:
    from dozor.model import Answer

CASES = Path(__file__).parent / "demo_cases"
DAY_OF_THE_CASES = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@click.command()
@click.argument("case", type=int, required=False)
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
def command(case: int | None, lang: str | None) -> None:
    """Six telling cases; with a CASE number, the whole answer to one of them."""
    from dozor.cli.options import language
    from dozor.cli.show import show_answer

    lang = language(lang)
    paths = sorted(CASES.glob("*.json"))
    if case is not None:
        if not 1 <= case <= len(paths):
            raise click.BadParameter(f"there are cases 1 to {len(paths)}", param_hint="CASE")
        show_answer(_solved(paths[case - 1]), lang)
        return
    click.echo(click.style(say(Text("cli.demo.title"), lang), bold=True))
    for place, path in enumerate(paths, start=1):
        click.echo()
        _show(place, path, lang)
    click.echo()
    click.echo(say(Text("cli.demo.next"), lang))


def _solved(path: Path) -> Answer:
    from dozor.answer import answer
    from dozor.intake import read_dossier

    return answer(read_dossier(path.read_bytes()), DAY_OF_THE_CASES)


def _show(place: int, path: Path, lang: str) -> None:
    from dozor.cli.show import console

    page, answer = console(), _solved(path)
    name = path.stem.partition("_")[2]
    page.print(Line.assemble((f"{place}. ", "bold blue"), (say(Text(f"cli.demo.{name}"), lang), "bold")))
    page.print(Line("   " + say(answer.headline, lang)))
    if answer.advice.steps:
        step = answer.advice.steps[0]
        title = say(Text(f"step.{step.id.value}"), lang)
        until = ""
        if step.not_after is not None:
            left = max(0, (step.not_after - answer.now).days)
            until = "  " + say(Text("cli.until", {"at": step.not_after, "left": left}), lang)
        page.print(Line.assemble("   → ", (title, "bold"), (until, "red")))
