"""`dozor ask`: what does a system say about a number?"""

from __future__ import annotations

import datetime as dt

import click
import msgspec

from dozor.i18n import LANGUAGES, say
from dozor.model import Kind, Reading, Report, Text

PATIENCE = 15.0  # seconds


@click.command()
@click.argument("number", nargs=-1, required=True)
@click.option(
    "--carrier", "pinned", multiple=True, metavar="ID", help="Ask this system only (dozor carriers lists them)."
)
@click.option("--not", "forbidden", multiple=True, metavar="ID", help="Never ask this system.")
@click.option("--postcode", metavar="CODE", help="Of destination; sent only to systems that want it.")
@click.option("--phone-last", metavar="DIGITS", help="The last digits of your telephone; sent only where wanted.")
@click.option("--to", "destination", metavar="COUNTRY", help="Where it goes: RU, UA, KZ, …")
@click.option("--register", is_flag=True, help="Register the number where that costs quota (17TRACK).")
@click.option("--dry-run", is_flag=True, help="Show who would be asked and why; ask nobody.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
@click.option("--json", "as_json", is_flag=True, help="Reports as JSON (docs/schema/report.json).")
def command(
    number: tuple[str, ...],
    pinned: tuple[str, ...],
    forbidden: tuple[str, ...],
    postcode: str | None,
    phone_last: str | None,
    destination: str | None,
    register: bool,
    dry_run: bool,
    lang: str | None,
    as_json: bool,
) -> None:
    """Ask carriers about NUMBER and show what each said."""
    from dozor.carriers import plan, systems
    from dozor.cli.asking import ask_around
    from dozor.cli.keys import keys, not_known
    from dozor.cli.options import country_option, language
    from dozor.numbers import identify

    lang, owned, country = language(lang), keys(), country_option(destination, "--to")
    for option, ids in (("--carrier", pinned), ("--not", forbidden)):
        if unknown := [id for id in ids if id not in systems()]:
            raise click.BadParameter(not_known(unknown[0]), param_hint=option)
    given = [name for name, value in (("postcode", postcode), ("phone", phone_last)) if value]
    # Where the user says whom to ask, any number is asked about: an order of the shop itself, a form unknown to us.
    readings = [(identify(each) or (as_given(each),))[0] for each in number]
    tracking = [reading for reading in readings if reading.kind is Kind.TRACKING or pinned]
    if not tracking:
        raise click.UsageError("that is no tracking number; dozor identify tells what it is")
    if bad := [reading.normal for reading in tracking if not reading.valid]:
        click.echo(say(Text("ask.impossible", {"numbers": ", ".join(bad)}), lang), err=True)
    planned = plan(
        tracking,
        destination=country,
        with_keys=owned,
        pinned=pinned,
        forbidden=forbidden,
        given=given,
        spend=register,
    )
    steps = [step for step in planned if not pinned or step.system in pinned]
    if dry_run:
        for step in steps:
            sent = Text("ask.sends", {"what": ", ".join(step.personal)}) if step.personal else Text("ask.sends.nothing")
            cost = Text("ask.quota", {"count": step.quota}) if step.quota else Text("ask.quota.none")
            why = f"{say(step.why, lang)} · {say(cost, lang)} · {say(sent, lang)}"
            click.echo(f"{systems()[step.system].name}  {step.number}  {why}")
        return
    if not steps:
        raise click.UsageError("no system that needs no key knows such numbers; dozor identify tells whose it is")
    others = [id for id in systems() if pinned and id not in pinned]
    reports = ask_around(
        tracking,
        lambda: dt.datetime.now(dt.UTC),
        PATIENCE,
        pinned=pinned,
        forbidden=forbidden,
        postcode=postcode,
        phone_last=phone_last,
        answered=[(id, reading.normal) for id in others for reading in tracking],
        destination=country,
        lang=lang,
        spend=register,
    )
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(reports), indent=2))
        return
    for report in reports:
        _show(report, lang)


def as_given(number: str) -> Reading:
    """A number of no known form, as it was given."""
    return Reading(Kind.OTHER, normal=number.strip().upper(), format="as_given")


def _show(report: Report, lang: str) -> None:
    from dozor.carriers import systems
    from dozor.cli.show import clean
    from dozor.journey import told, understood

    name = systems()[report.carrier].name
    outcome = say(Text(f"outcome.{report.outcome.kind.value}"), lang)
    detail = f" ({clean(report.outcome.detail)})" if report.outcome.detail else ""
    click.echo(f"{click.style(f'{name} · {report.number}', bold=True)}  {outcome}{detail}")
    for event in map(understood, reversed(report.events)):
        when = event.when.local.strftime("%Y-%m-%d %H:%M") if event.when else "?"
        meaning = say(told(event), lang) if event.milestone else "·"
        click.echo(f"  {when}  {meaning}  {click.style(clean(event.text), dim=True)}")
    for alias in report.aliases:
        click.echo(f"  → {alias.number}")
    if report.unknown_codes:
        click.echo("  " + say(Text("ask.unknown_codes", {"codes": clean(", ".join(report.unknown_codes))}), lang))
