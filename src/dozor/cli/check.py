"""`dozor check`: the whole answer for whatever was pasted."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from msgspec.structs import replace

from dozor.i18n import LANGUAGES, rendered, say
from dozor.model import Answer, Dossier, Message, Order, Report, Text

if TYPE_CHECKING:
    from dozor.forecast import Model

PATIENCE = 6.0  # seconds that `check` waits for carriers before it answers without them


@click.command()
@click.argument("text", nargs=-1)
@click.option("--file", "files", type=click.Path(path_type=Path), multiple=True, help="A text, or a dossier as JSON.")
@click.option("--shipped", metavar="DATE", help="When the shop says it was sent: 2026-11-01, or 24d for 24 days ago.")
@click.option("--paid", metavar="DATE", help="When it was paid.")
@click.option("--price", metavar="AMOUNT", help='What it cost, for instance "3.20 USD".')
@click.option("--to", "destination", metavar="COUNTRY", help="Where it goes: RU, UA, KZ, …")
@click.option("--city", metavar="CITY", help="The city it goes to: a delivery in another one is noticed.")
@click.option("--from", "origin", metavar="COUNTRY", help="Where it comes from.")
@click.option("--shop", "marketplace", metavar="SHOP", help="aliexpress, ebay, amazon, temu, … or direct.")
@click.option("--order", "order_number", metavar="NUMBER", help="The order number, if known.")
@click.option("--protection-ends", metavar="DATE", help="The end of buyer protection as your order page shows it.")
@click.option("--protection-left", type=float, metavar="DAYS", help="Days left on the protection counter.")
@click.option("--service", metavar="NAME", help="The delivery service as the shop names it.")
@click.option("--paid-with", "payment", metavar="HOW", help="card, paypal, …")
@click.option("--received/--not-received", default=None, help="Do you hold the goods?")
@click.option("--said", "messages", multiple=True, metavar="TEXT", help="What the seller wrote.")
@click.option("--style", type=click.Choice(["early", "balanced", "patient"]), default="balanced", show_default=True)
@click.option("--events", "events", type=click.Path(path_type=Path), multiple=True, help="A carrier's recorded answer.")
@click.option("--carrier", "pinned", multiple=True, metavar="ID", help="Ask this system, too (dozor carriers).")
@click.option("--not", "forbidden", multiple=True, metavar="ID", help="Never ask this system.")
@click.option("--offline", is_flag=True, help="Ask nobody.")
@click.option(
    "--learnt", type=click.Path(path_type=Path), metavar="FILE", help="What an installation has learnt, as JSON."
)
@click.option("--now", metavar="DATE", help="Answer as of this day.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
@click.option("--originals", is_flag=True, help="Show every event, in the carrier's own words.")
@click.option("--picture", type=click.Path(path_type=Path), help="Draw parcel and protection clock into this SVG file.")
@click.option("--width", type=int, default=720, show_default=True, help="Width of the picture in pixels.")
@click.option("--zone", default="UTC", show_default=True, help="Whose days the picture shows, such as Europe/Kyiv.")
@click.option("--theme", type=click.Choice(["auto", "light", "dark"]), default="auto", help="Colours of the picture.")
@click.option("--json", "as_json", is_flag=True, help="The answer as JSON (docs/schema/answer.json).")
@click.option("--jsonl", is_flag=True, help="Bulk: one dossier a line on stdin, one answer a line out; asks nobody.")
def command(**options: Any) -> None:
    """What is it, why does nothing move, and what to do by when.

    TEXT is anything you have: a number, a sentence, a pasted page; "-" reads it from standard input.
    """
    from dozor.cli.options import day_option, instant_option, language, learnt_option

    now = instant_option(options["now"], "--now") or dt.datetime.now(dt.UTC)
    lang = language(options["lang"])
    learnt = learnt_option(options["learnt"])
    if options["jsonl"]:
        _bulk(now, lang, learnt)
        return
    dossier = _dossier(options, now, day_option)
    if not (dossier.text or dossier.numbers or dossier.reports or dossier.events):
        raise click.UsageError(
            'nothing to check: give a number or a sentence, for instance dozor check "RB123456785CN"'
        )
    notes: tuple[Text, ...] = (Text("cli.offline"),)
    if not options["offline"]:
        dossier, notes = _asked(dossier, options["pinned"], options["forbidden"])

    from dozor.answer import answer

    given = replace(answer(dossier, now, learnt=learnt), notes=notes)
    if options["picture"] is not None:
        _draw(given, options, lang)
    if options["as_json"]:
        click.echo(msgspec.json.format(msgspec.json.encode(rendered(given, lang)), indent=2))
        return
    from dozor.cli.show import show_answer

    show_answer(given, lang, originals=options["originals"])


def _draw(given: Answer, options: dict[str, Any], lang: str) -> None:
    """The picture beside the words; it says where it went on standard error, so that `--json` stays JSON."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from dozor.picture import draw

    try:
        zone = ZoneInfo(options["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.BadParameter(f"no zone is called {options['zone']}", param_hint="--zone") from None
    try:
        drawn = draw(given, width=options["width"], theme=options["theme"], lang=lang, zone=zone)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--width") from None
    try:
        options["picture"].write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise click.BadParameter(f"{options['picture']}: {error.strerror}", param_hint="--picture") from None
    click.echo(say(Text("cli.picture", {"path": str(options["picture"])}), lang), err=True)


def _dossier(options: dict[str, Any], now: dt.datetime, day_option: Any) -> Dossier:
    """From the arguments and files; what the options say is merged over what a file holds."""
    from dozor.cli.options import country_option, instant_option, language, price_option

    today = now.date()
    base = Dossier()
    texts = [sys.stdin.read() if part == "-" else part for part in options["text"]]
    for path in options["files"]:
        content = _read_file(path, "--file")
        if path.suffix == ".json":
            base = _read_dossier(content, path)
        else:
            texts.append(content)
    left = options["protection_left"]
    told: dict[str, Any] = {
        "shipped": day_option(options["shipped"], "--shipped", today),
        "paid": day_option(options["paid"], "--paid", today),
        "price": price_option(options["price"]),
        "destination": country_option(options["destination"], "--to"),
        "origin": country_option(options["origin"], "--from"),
        "city": options["city"],
        "marketplace": options["marketplace"],
        "number": options["order_number"],
        "protection_end": instant_option(options["protection_ends"], "--protection-ends"),
        "protection_days_left": left,
        "service": options["service"],
        "payment": options["payment"],
        "received": options["received"],
    }
    order: Order = replace(base.order, **{name: value for name, value in told.items() if value is not None})
    return replace(
        base,
        lang=base.lang or language(options["lang"]),
        text="\n".join([text for text in [base.text, *texts] if text]),
        order=order,
        messages=(*base.messages, *(Message(text=words) for words in options["messages"])),
        style=options["style"] if options["style"] != "balanced" else base.style,
        reports=(*base.reports, *_recorded(options["events"])),
        today=base.today or today,
    )


def _asked(dossier: Dossier, pinned: tuple[str, ...], forbidden: tuple[str, ...]) -> tuple[Dossier, tuple[Text, ...]]:
    """The dossier with what keyless carriers say within a few seconds, and what could not be asked."""
    from dozor.answer import read_numbers
    from dozor.cli.ask import as_given
    from dozor.cli.asking import ask_around
    from dozor.model import Kind, OutcomeKind

    readings = [m.readings[0] for m in read_numbers(dossier) if m.readings]
    tracking = [reading for reading in readings if (reading.kind is Kind.TRACKING or pinned) and reading.valid]
    if not tracking and pinned and dossier.text.isalnum():
        # Where the user says whom to ask, any number is asked about: forms unknown to us, too.
        tracking = [as_given(dossier.text)]
    if not tracking:
        return dossier, ()
    answered = [(report.carrier, report.number) for report in dossier.reports]
    reports = ask_around(
        tracking,
        lambda: dt.datetime.now(dt.UTC),
        PATIENCE,
        pinned=pinned,
        forbidden=forbidden,
        answered=answered,
        destination=dossier.order.destination,
    )
    failed = {OutcomeKind.UNREACHABLE, OutcomeKind.REFUSED, OutcomeKind.NOT_ASKED, OutcomeKind.QUOTA}
    notes = tuple(
        Text("cli.not_answered", {"carrier": report.carrier, "why": report.outcome.detail or report.outcome.kind.value})
        for report in reports
        if report.outcome.kind in failed
    )
    return replace(dossier, reports=(*dossier.reports, *reports)), notes


def _recorded(paths: tuple[Path, ...]) -> tuple[Report, ...]:
    if not paths:
        return ()
    from dozor.carriers import read_recorded

    reports: list[Report] = []
    for path in paths:
        try:
            reports.extend(read_recorded(_read_file(path, "--events")))
        except ValueError as error:
            raise click.BadParameter(f"{path}: {error}", param_hint="--events") from None
    return tuple(reports)


def _read_file(path: Path, option: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise click.BadParameter(f"{path} is not text in UTF-8", param_hint=option) from None
    except OSError as error:
        raise click.BadParameter(f"{path}: {error.strerror}", param_hint=option) from None


def _read_dossier(content: str, path: Path) -> Dossier:
    from dozor.intake import DossierError, read_dossier

    try:
        return read_dossier(content)
    except DossierError as error:
        raise click.BadParameter(f"{path}: {error}", param_hint="--file") from None


def _bulk(now: dt.datetime, lang: str, learnt: Model | None) -> None:
    """One dossier a line in, one answer a line out; its own `today` is the day it is answered for."""
    from dozor.answer import answer
    from dozor.cli.bulk import each_line
    from dozor.intake import read_dossier

    def one(line: bytes) -> object:
        dossier = read_dossier(line)
        moment = dt.datetime.combine(dossier.today, dt.time(12), dt.UTC) if dossier.today else now
        return rendered(answer(dossier, moment, learnt=learnt), dossier.lang or lang)

    each_line(one, "a line is a dossier as JSON (docs/schema/dossier.json)")
