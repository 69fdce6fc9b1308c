"""A journey on a terminal: sentence, numbers, legs, contradictions, events, who was asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line

from dozor.cli.show import carrier_name, clean, console
from dozor.i18n import country, say
from dozor.journey import city_name, told
from dozor.model import Event, Journey, Leg, LinkKind, NumberLink, Place, Text

NOTABLE = 3  # days of silence in a leg that are worth a word
SHOWN = 8  # events that are drawn without --originals


def show_journey(
    journey: Journey,
    sentence: str,
    lang: str,
    *,
    originals: bool,
    titled: bool = False,
    out: Console | None = None,
) -> None:
    """The whole journey, for a person; `titled`: under its number, where several are shown."""
    page = out or console()
    if titled and journey.numbers:
        page.print(Line(clean(journey.numbers[0].number), style="bold cyan"))
    page.print(Line(clean(sentence), style="bold"))
    if len(journey.numbers) > 1:
        _heading(page, "numbers", lang)
        page.print(_table([_number(link, lang) for link in journey.numbers]))
    if journey.legs:
        _heading(page, "legs", lang)
        page.print(_table(_legs(journey.legs, lang, numbered=len(journey.numbers) > 1)))
    for each in journey.contradictions:
        page.print()
        page.print(Line(f"! {say(Text(f'contradiction.{each.id}'), lang)}", style="yellow"))
        for why in each.evidence:
            page.print(Padding(Line(clean(say(why, lang))), (0, 0, 0, 2)))
    if journey.events:
        _show_events(page, journey, lang, originals=originals)
    silent = {name: each for name, each in journey.outcomes.items() if each.kind.value != "found"}
    if silent:
        _heading(page, "asked", lang)
        rows = [
            [Line(_name(carrier, lang)), Line(say(Text(f"outcome.{each.kind.value}"), lang)), Line(clean(each.detail))]
            for carrier, each in sorted(silent.items())
        ]
        page.print(_table(rows))


def _number(link: NumberLink, lang: str) -> list[Line]:
    words = [_ui(f"link.{link.kind.value}", lang, other=link.follows)] if link.follows else []
    if link.kind is not LinkKind.CONTINUES and not link.follows:
        words.append(_ui(f"link.{link.kind.value}", lang))
    if link.since:
        words.append(_ui("link.since", lang, at=link.since))
    if link.said_by:
        words.append(_ui("link.said_by", lang, who=link.said_by))
    if link.guess:
        words.append(_ui("link.guess", lang, share=link.certainty))
    return [Line(clean(link.number), style="bold"), Line(_comma(lang).join(words))]


def _legs(legs: Sequence[Leg], lang: str, *, numbered: bool) -> list[list[Line]]:
    """A row a leg; its number only where it is another than before: there it was handed over."""
    rows = []
    before: str | None = None
    years = len({at.year for leg in legs for at in (leg.since, leg.until) if at}) > 1
    for leg in legs:
        since, until = (_short(at, lang, year=years) if at else "?" for at in (leg.since, leg.until))
        told = [_ui("leg.scans", lang, n=leg.events)]
        if leg.silent_days is not None and leg.silent_days >= NOTABLE:
            told.append(_ui("leg.silent", lang, n=int(leg.silent_days)))
        number = clean(leg.number or "") if numbered and leg.number != before else ""
        before = leg.number
        rows.append(
            [
                Line(say(Text(f"leg.{leg.kind.value}"), lang)),
                Line(country(leg.country, lang) if leg.country else ""),
                Line(since if since == until else f"{since} – {until}", style="dim"),
                Line(_comma(lang).join(told), style="dim"),
                Line(_name(leg.carrier, lang), style="dim"),
                *([Line(number, style="dim")] if numbered else []),
            ]
        )
    return rows


def _short(at: dt.datetime, lang: str, *, year: bool) -> str:
    """A day with its month in short, and with its year where legs lie years apart."""
    from babel.dates import format_date

    short, long = ("M月d日", "y年M月d日") if lang == "zh" else ("d MMM", "d MMM y")
    return str(format_date(at, long if year else short, locale=lang))


def _show_events(page: Console, journey: Journey, lang: str, *, originals: bool) -> None:
    _heading(page, "events", lang)
    shown = journey.events if originals else journey.events[-SHOWN:]
    table = Table.grid(padding=(0, 2))
    for event in reversed(shown):
        table.add_row(Line(_when(event), style="dim"), _told(event, lang, originals=originals))
    page.print(table)
    if len(shown) < len(journey.events):
        page.print(Line(say(Text("cli.earlier", {"n": len(journey.events) - len(shown)}), lang), style="dim"))


def _when(event: Event) -> str:
    """The wall time as it was told; a zone that nobody told is marked as such."""
    if event.when is None:
        return "?"
    if event.when.precision in ("day", "month"):
        return event.when.local.strftime("%Y-%m-%d")
    told = event.when.offset is not None and not event.when.assumed
    return event.when.local.strftime("%Y-%m-%d %H:%M") + (_zone(event.when.offset or 0) if told else "")


def _zone(minutes: int) -> str:
    sign, minutes = ("−" if minutes < 0 else "+"), abs(minutes)
    return f" {sign}{minutes // 60:02}:{minutes % 60:02}"


def _told(event: Event, lang: str, *, originals: bool) -> Line:
    meaning = say(told(event), lang) if event.milestone else "·"
    notes = [_ui(name, lang) for name in ("forecast", "reversed", "takes_back") if getattr(event, name)]
    line = Line(meaning, style="strike" if event.reversed else "bold")
    line.append("".join(f" ({note})" for note in notes), style="yellow not bold not strike")
    if where := _where(event.place, lang):
        line.append(f"  {where}", style="not bold not strike")
    if originals or event.milestone is None:
        for words in (event.text, *(event.originals if originals else ())):
            line.append(f"\n{clean(words)}", style="dim not bold not strike")
    if originals and event.sources:
        line.append(
            f"\n— {_comma(lang).join(_name(each, lang) for each in event.sources)}", style="dim not bold not strike"
        )
    return line


def _where(place: Place | None, lang: str) -> str:
    if place is None:
        return ""
    named = country(place.country, lang) if place.country else ""
    known = city_name(place.city, lang) if place.city else ""
    written = "" if place.text == place.country else clean(place.text)
    return ", ".join(each for each in (known or written, named) if each)


def _name(carrier: str | None, lang: str) -> str:
    return carrier_name(carrier, lang) if carrier else ""


def _table(rows: list[list[Line]]) -> Padding:
    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*row)
    return Padding(table, (0, 0, 0, 2))


def _heading(page: Console, id: str, lang: str) -> None:
    page.print()
    page.print(Line(_ui(id, lang), style="bold underline" if page.is_terminal else "bold"))


def _comma(lang: str) -> str:
    return say(Text("journey.comma"), lang)


def _ui(id: str, lang: str, **args: object) -> str:
    return say(Text(f"journey.{id}", args), lang)
