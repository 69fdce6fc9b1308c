"""`dozor policy list` and `dozor policy show`: the rules the clock is made from, with their sources."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click
import msgspec

from dozor.i18n import LANGUAGES, day, say
from dozor.model import Order, Text

if TYPE_CHECKING:
    from dozor.protection import Policy, Term

CLOCKS = (
    "protection",
    "on_delivered",
    "earliest_open",
    "quiet_before_open",
    "rescue",
    "extension",
    "seller_ship",
    "seller_reply",
    "buyer_reply",
    "platform",
    "refund",
)
# Where a clock's name is another than that of the limit it gives.
NAMES = {
    "protection": "policy.protection",
    "on_delivered": "policy.on_delivered",
    "quiet_before_open": "policy.quiet_before_open",
    "rescue": "limit.rescue_deadline",
    "extension": "limit.extension_by",
}


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """The rules of the marketplaces, by day of payment."""
    if context.invoked_subcommand is None:
        context.invoke(list_policies)


@command.command("list")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_policies(lang: str | None = None, as_json: bool = False) -> None:
    """All policies: marketplace, validity, confidence."""
    from dozor.cli.options import language
    from dozor.protection import policies

    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(policies()), indent=2))
        return
    lang = language(lang)
    click.echo(click.style(say(Text("policy.list"), lang), bold=True))
    for policy in policies():
        where = ", ".join(policy.destinations) or say(Text("policy.any"), lang)
        click.echo(f"{policy.id:<22} {_validity(policy, lang):<44} {where}  ({policy.confidence})")


@command.command("show")
@click.argument("name")
@click.option("--paid", metavar="DATE", help="Day of payment (default: today).")
@click.option("--to", "destination", metavar="COUNTRY", help="Where it goes: RU, UA, …")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(name: str, paid: str | None, destination: str | None, lang: str | None, as_json: bool) -> None:
    """Every figure of one policy. NAME is a marketplace or the id of a policy."""
    from dozor.cli.options import country_option, day_option, language
    from dozor.protection import choose, policies

    today = dt.datetime.now(dt.UTC).date()
    found = next((policy for policy in policies() if policy.id == name), None)
    if found is None:
        when = day_option(paid, "--paid", today) or today
        found = choose(Order(marketplace=name.lower(), paid=when, destination=country_option(destination, "--to")))
    if found is None:
        known = ", ".join(sorted({policy.marketplace for policy in policies()}))
        raise click.BadParameter(f"{name!r} is not known. Known marketplaces: {known}", param_hint="NAME")
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
        return
    _show(found, language(lang))


def _show(policy: Policy, lang: str) -> None:
    from dozor.protection import sources

    until = day(policy.valid_to, lang) if policy.valid_to else say(Text("policy.today"), lang)
    args = {"marketplace": policy.marketplace, "since": policy.valid_from, "until": until}
    click.echo(click.style(say(Text("policy.for", args), lang), bold=True))
    click.echo(say(Text("policy.confidence", {"confidence": policy.confidence}), lang))
    cited = list(policy.sources)
    for clock in CLOCKS:
        terms = getattr(policy, clock)
        if not terms:
            continue
        click.echo()
        click.echo(say(Text(NAMES.get(clock, f"limit.{clock}")), lang))
        for term in terms:
            click.echo(f"  {_term(term, lang)}")
            cited += term.sources
    if policy.unknown:
        click.echo()
        click.echo(say(Text("policy.unknown", {"names": ", ".join(policy.unknown)}), lang))
    click.echo()
    click.echo(click.style(say(Text("policy.sources"), lang), bold=True))
    for id in dict.fromkeys(cited):
        source = sources()[id]
        note = f" ({source.note})" if source.note else ""
        click.echo(f"  {id:<6} {source.where}{note} [{source.confidence}]")


def _term(term: Term, lang: str) -> str:
    days = " / ".join(f"{abs(each):g}" for each in term.days)
    before = bool(term.days) and max(term.days) < 0
    anchor = Text(f"anchor.{term.anchor}")
    line = say(Text("policy.days_before" if before else "policy.days", {"days": days, "anchor": anchor}), lang)
    limits = [*term.destinations, *([term.payment] if term.payment else [])]
    if term.business:
        limits.append(say(Text("policy.business"), lang))
    if term.promised_below:
        limits.append(f"< {term.promised_below:g} d")
    return f"{line}{' · ' + ', '.join(limits) if limits else ''}  [{', '.join(term.sources)}]"


def _validity(policy: Policy, lang: str) -> str:
    until = day(policy.valid_to, lang) if policy.valid_to else say(Text("policy.today"), lang)
    return f"{day(policy.valid_from, lang)} – {until}"
