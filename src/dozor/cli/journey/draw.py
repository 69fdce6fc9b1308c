"""`dozor journey draw`: one sentence, the legs, the events; the carriers' own words on demand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from dozor.i18n import LANGUAGES, rendered
from dozor.model import Order, Reading, Report

PATIENCE = 15.0  # seconds that carriers are waited for
FILES = (".json", ".jsonl")


@click.command()
@click.argument("given", nargs=-1, required=True, metavar="[NUMBER|FILE]…")
@click.option("--to", "destination", metavar="COUNTRY", help="Where it goes: RU, UA, KZ, …")
@click.option("--offline", is_flag=True, help="Ask no carrier; only files are read.")
@click.option("--originals", is_flag=True, help="Every event with the carriers' own words, in every telling.")
@click.option("--now", metavar="DATE", help="Draw it as it was known on that day.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
@click.option("--json", "as_json", is_flag=True, help="The journeys as JSON.")
def command(
    given: tuple[str, ...],
    destination: str | None,
    offline: bool,
    originals: bool,
    now: str | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """Draw the journey of each parcel.

    A FILE holds an answer of a carrier as it came, our reports, or a history: {"events": [{"time", "text", …}]}.
    """
    from dozor.cli.options import country_option, instant_option, language
    from dozor.journey import weave_each

    lang, country = language(lang), country_option(destination, "--to")
    at = instant_option(now, "--now") or dt.datetime.now(dt.UTC)
    reports, readings = _read([each for each in given if _is_file(each)]), list[Reading]()
    numbers = [each for each in given if not _is_file(each)]
    if numbers:
        readings = _readings(numbers)
        if not offline:
            reports = [*reports, *_asked(readings, reports, country, lang)]
    order = Order(destination=country)
    found = weave_each(reports, at, order=order, numbers=readings)
    from dozor.cli.show import sentence

    if as_json:
        told = [{"sentence": sentence(journey, at, lang), "journey": rendered(journey, lang)} for journey in found]
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))
        return
    from dozor.cli.journey.page import show_journey

    for place, journey in enumerate(found):
        if place:
            click.echo()
        show_journey(journey, sentence(journey, at, lang), lang, originals=originals, titled=len(found) > 1)


def _is_file(given: str) -> bool:
    return given.lower().endswith(FILES) or Path(given).is_file()


def _read(paths: Sequence[str]) -> list[Report]:
    from dozor.carriers import read_recorded

    reports: list[Report] = []
    for path in paths:
        try:
            reports.extend(read_recorded(Path(path).read_text(encoding="utf-8-sig")))
        except OSError as error:
            raise click.BadParameter(f"{path}: {error.strerror}", param_hint="FILE") from None
        except ValueError as error:
            raise click.BadParameter(f"{path}: {error}", param_hint="FILE") from None
    return reports


def _readings(numbers: Sequence[str]) -> list[Reading]:
    from dozor.cli.ask import as_given
    from dozor.model import Kind
    from dozor.numbers import identify

    readings = [(identify(each) or (as_given(each),))[0] for each in numbers]
    if other := [reading.normal for reading in readings if reading.kind is not Kind.TRACKING]:
        raise click.UsageError(f"{other[0]} is no tracking number; dozor identify tells what it is")
    return readings


def _asked(readings: Sequence[Reading], known: Sequence[Report], country: str | None, lang: str) -> tuple[Report, ...]:
    from dozor.cli.asking import ask_around

    answered = [(report.carrier, report.number) for report in known]
    return ask_around(
        readings, lambda: dt.datetime.now(dt.UTC), PATIENCE, answered=answered, destination=country, lang=lang
    )
