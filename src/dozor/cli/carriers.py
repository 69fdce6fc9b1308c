"""`dozor carriers`: the systems that can be asked, what they want, how each is proved; `dozor carriers test NAME`."""

from __future__ import annotations

import asyncio
import datetime as dt

import click
import msgspec

from dozor.cli.health import Health
from dozor.i18n import LANGUAGES, say
from dozor.model import OutcomeKind, Report, Text

PATIENCE = 20.0  # seconds that a test of one system may take
WAIT = frozenset({OutcomeKind.QUOTA, OutcomeKind.REFUSED, OutcomeKind.NOT_ASKED})


@click.group(invoke_without_command=True)
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def command(context: click.Context, lang: str | None, as_json: bool) -> None:
    """Who can be asked, with or without a key, under which terms."""
    from dozor.carriers import links, systems
    from dozor.cli.health import noted
    from dozor.cli.keys import keys, own_systems
    from dozor.cli.options import language

    context.obj = language(lang)
    if context.invoked_subcommand is not None:
        return
    own_systems()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(list(systems().values())), indent=2))
        return
    owned, health = keys(), noted()
    for id in systems():
        _show(id, owned, health.get(id), context.obj)
    click.echo()
    click.echo(say(Text("carriers.pages"), context.obj))
    for link in links():
        click.echo(f"  {link.name}: {link.url} · {say(Text(f'link.look.{link.look_for}'), context.obj)}")


def _show(id: str, owned: dict[str, dict[str, str]], health: Health | None, lang: str) -> None:
    from dozor.carriers import systems
    from dozor.cli.keys import wanted

    system = systems()[id]
    key = say(
        Text("carriers.keys_here" if id in owned else "carriers.key" if system.needs_key else "carriers.keyless"), lang
    )
    proved = say(Text(f"carriers.proved.{system.proved}"), lang)
    click.echo(f"{click.style(system.id, bold=True):<24} {system.name} · {key} · {proved}")
    pace = Text(
        "carriers.pace",
        {"minute": f"{system.per_minute:g}", "day": system.per_day, "hours": round(system.min_interval_hours)},
    )
    click.echo(f"  {say(pace, lang)}")
    click.echo(f"  {system.terms}")
    if health is not None:
        args = {"at": health.last, "outcome": Text(f"outcome.{health.kind.value}")}
        good = (
            say(Text("carriers.good", {"at": health.good}), lang) if health.good else say(Text("carriers.never"), lang)
        )
        click.echo(f"  {say(Text('carriers.last', args), lang)} {good}")
    if system.page:
        click.echo(f"  {system.page}")
    if system.needs_key:
        quota = f" ({system.quota})" if system.quota else ""
        click.echo(f"  {system.key_from}{quota} → {', '.join(wanted(id))}")


@command.command("test")
@click.argument("name")
@click.argument("number", required=False)
@click.pass_obj
def test(lang: str, name: str, number: str | None) -> None:
    """Prove one system and its keys with one question; NUMBER is asked about, else an example of a number."""
    from dozor.carriers import connector, systems
    from dozor.carriers.base import Ask
    from dozor.carriers.base.asking import ask_all
    from dozor.cli.asking import base_urls
    from dozor.cli.health import note
    from dozor.cli.keys import keys, not_known

    owned = keys()
    if name not in systems():
        raise click.BadParameter(not_known(name), param_hint="NAME")
    asking = ask_all(
        [(connector(name), [Ask(number or systems()[name].example)])],
        clock=lambda: dt.datetime.now(dt.UTC),
        seconds=PATIENCE,
        keys=owned,
        base_urls=base_urls(),
    )
    (report,) = asyncio.run(asking)
    note([report])
    click.echo(say(_verdict(report), lang))
    if report.outcome.kind in (OutcomeKind.UNAUTHORISED, OutcomeKind.UNREACHABLE, OutcomeKind.CHANGED):
        raise SystemExit(1)


def _verdict(report: Report) -> Text:
    """One sentence: it works, or what is wrong and what to do."""
    from dozor.carriers import systems
    from dozor.cli.keys import wanted
    from dozor.cli.show import clean

    system, kind = systems()[report.carrier], report.outcome.kind
    args = {"system": system.name, "detail": clean(report.outcome.detail), "outcome": Text(f"outcome.{kind.value}")}
    if kind is OutcomeKind.UNAUTHORISED:
        return Text("carriers.test.key", args | {"where": system.key_from, "names": ", ".join(wanted(system.id))})
    if kind is OutcomeKind.UNREACHABLE:
        return Text("carriers.test.away", args)
    if kind is OutcomeKind.CHANGED:
        return Text("carriers.test.changed", args)
    return Text("carriers.test.wait" if kind in WAIT else "carriers.test.works", args)
