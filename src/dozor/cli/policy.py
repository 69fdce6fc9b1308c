"""`dozor policy list` and `dozor policy show`: the rules the clock is made from, with their sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
import msgspec

from dozor.i18n import LANGUAGES, day, has, say
from dozor.model import Order, Text

if TYPE_CHECKING:
    from dozor.protection import BackStopRow, Policy, Term

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
    """All policies: marketplace, countries, days of payment, confidence; then the ways beside the marketplace."""
    from rich.table import Table

    from dozor.cli.options import language
    from dozor.cli.show import console
    from dozor.protection import backstops, policies

    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(policies()), indent=2))
        return
    lang = language(lang)
    page = console()
    click.echo(click.style(say(Text("policy.list"), lang), bold=True))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("id", no_wrap=True)
    for name in ("marketplace", "where", "valid", "how_sure"):
        table.add_column(say(Text(f"policy.{name}"), lang), no_wrap=name != "where")
    for policy in policies():
        until = policy.valid_to.isoformat() if policy.valid_to else say(Text("policy.today"), lang)
        table.add_row(
            policy.id,
            policy.marketplace,
            _where(policy, lang),
            f"{policy.valid_from} – {until}",
            _name(policy.confidence, lang),
        )
    page.print(table)
    click.echo()
    click.echo(click.style(say(Text("policy.backstops"), lang), bold=True))
    table = Table.grid(padding=(0, 2))
    for row in backstops():
        table.add_row(row.id, say(Text(f"backstop.{row.id}"), lang))
    page.print(table)


@command.command("show")
@click.argument("name")
@click.option("--paid", metavar="DATE", help="Day of payment (default: today).")
@click.option("--to", "destination", metavar="COUNTRY", help="Where it goes: RU, UA, …")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(name: str, paid: str | None, destination: str | None, lang: str | None, as_json: bool) -> None:
    """Every figure of one policy. NAME is a marketplace, the id of a policy, or that of a back-stop (paypal, visa)."""
    from dozor.cli.options import country_option, day_option, language

    today = dt.datetime.now(dt.UTC).date()
    when = day_option(paid, "--paid", today) or today
    to = country_option(destination, "--to")
    found = _find(name.lower(), when, to)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
        return
    _show(found, to, language(lang))


def _find(name: str, paid: dt.date, destination: str | None) -> Policy | BackStopRow:
    """The policy or the back-stop of that name. Raises click.BadParameter with the names that are known."""
    from dozor.protection import backstops, choose, policies

    by_id: dict[str, Policy | BackStopRow] = {policy.id: policy for policy in policies()}
    by_id |= {row.id: row for row in backstops()}
    if name in by_id:
        return by_id[name]
    marketplaces = sorted({policy.marketplace for policy in policies()})
    if name in marketplaces or any(name in policy.names for policy in policies()):
        found = choose(Order(marketplace=name, paid=paid, destination=destination))
        if found is not None:
            return found
    message = f"{name!r} is not known. Known marketplaces: {', '.join(marketplaces)}; all else: dozor policy list"
    raise click.BadParameter(message, param_hint="NAME")


def _show(found: Policy | BackStopRow, destination: str | None, lang: str) -> None:
    """The figures of a row, each with its readings and sources, then what is unknown, then the sources in words."""
    from dozor.protection import Policy, figures, sources

    cited = list(found.sources)
    clocks: Iterable[tuple[str, tuple[Term, ...]]]
    if isinstance(found, Policy):
        until = day(found.valid_to, lang, year=True) if found.valid_to else say(Text("policy.today"), lang)
        args = {"marketplace": found.marketplace, "since": found.valid_from, "until": until}
        click.echo(click.style(say(Text("policy.for", args), lang), bold=True))
        click.echo(f"{found.id} · {_where(found, lang)}")
        click.echo(say(Text("policy.confidence", {"confidence": _name(found.confidence, lang)}), lang))
        clocks = [(NAMES.get(name, f"limit.{name}"), terms) for name, terms in found.clocks()]
    else:
        click.echo(click.style(say(Text(f"backstop.{found.id}"), lang), bold=True))
        click.echo(say(Text(f"backstop.why.{found.id}"), lang))
        clocks = [(f"policy.{name}", getattr(found, name)) for name in ("opens", "latest", "escalate")]
    for title, terms in clocks:
        # With a destination given, the figures of other countries are left out.
        concern = [
            term for term in terms if not (destination and term.destinations) or destination in term.destinations
        ]
        if not concern:
            continue
        click.echo()
        click.echo(say(Text(title), lang))
        for term in concern:
            click.echo(f"  {_term(term, lang)}")
            cited += term.sources
    if found.unknown:
        click.echo()
        click.echo(say(Text("policy.unknown", {"names": ", ".join(_figure(n, lang) for n in found.unknown)}), lang))
    click.echo()
    margins = {"safe": figures()["safe_margin"].days, "stop": figures()["backstop_margin"].days}
    click.echo(say(Text("policy.own", margins), lang))
    cited += [figures()["safe_margin"].source]
    click.echo()
    click.echo(click.style(say(Text("policy.sources"), lang), bold=True))
    for id in dict.fromkeys(cited):
        source = sources()[id]
        note = f" ({source.note})" if source.note else ""
        click.echo(f"  {id:<8} {source.where}{note} [{_name(source.confidence, lang)}]")


def _term(term: Term, lang: str) -> str:
    anchor = Text(f"anchor.{term.anchor}")
    if isinstance(term.days, str):
        line = say(Text("policy.days_unknown", {"anchor": anchor}), lang)
    else:
        days = " / ".join(f"{abs(each):g}" for each in term.days)
        before = bool(term.days) and max(term.days) < 0
        line = say(Text("policy.days_before" if before else "policy.days", {"days": days, "anchor": anchor}), lang)
    limits = [*term.destinations, *([term.payment] if term.payment else [])]
    if term.week < 7:
        limits.append(say(Text("policy.business" if term.week == 5 else "policy.week6"), lang))
    if term.promised_below:
        limits.append(say(Text("policy.promised_below", {"days": term.promised_below}), lang))
    if term.services:
        limits.append(say(Text("policy.services", {"names": ", ".join(term.services)}), lang))
    return f"{line}{' · ' + ', '.join(limits) if limits else ''}  [{', '.join(term.sources)}]"


def _where(policy: Policy, lang: str) -> str:
    """The countries of a policy; for one of all countries, those that have figures of their own in it."""
    if policy.destinations:
        return ", ".join(policy.destinations)
    apart = dict.fromkeys(to for _, terms in policy.clocks() for term in terms for to in term.destinations)
    return " · ".join([say(Text("policy.any"), lang), *([", ".join(apart)] if apart else [])])


def _name(word: str, lang: str) -> str:
    return say(Text(f"name.{word}"), lang) if has(f"name.{word}", lang) else word


def _figure(name: str, lang: str) -> str:
    """A figure that is not known: its name in words, and its id, which is what the JSON form says."""
    return f"{_name(f'figure.{name}', lang)} ({name})"
