"""`dozor watch`: what the watcher does and plans."""

from __future__ import annotations

import asyncio
import signal

import click


@click.group()
def command() -> None:
    """Asks the carriers in time: `dozor serve` does it by itself, this is for a process of its own, or to look."""


@command.command()
def run() -> None:
    """Watches until Ctrl-C. Several may run on one database: each due number is asked about once."""
    from dozor.cli.service import made_ready, opened

    opened()
    from dozor.service.watch.loop import Watcher

    made_ready()

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for signum in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signum, stop.set)
        click.echo("dozor: watching (Ctrl-C stops it)")
        await Watcher().run(stop)

    asyncio.run(until_stopped())


@command.command()
def once() -> None:
    """Asks whatever is due now, and ends: for a machine that has a timer of its own."""
    from dozor.cli.service import opened

    opened(rows=True)
    from dozor.service.watch.loop import Watcher

    asyncio.run(Watcher().until_idle())


@command.command()
@click.argument("parcel", required=False)
@click.option("--user", help="Only this account's parcels.")
@click.option("--repair", is_flag=True, help="Give a due time to parcels that lost theirs.")
@click.option("--lang", help="Language of the reasons (default: of your system).")
def plan(parcel: str | None, user: str | None, repair: bool, lang: str | None) -> None:
    """When each parcel is asked about next, whom, and why then; of one PARCEL, or of all."""
    from dozor.cli.options import language
    from dozor.cli.service import opened

    opened(rows=True)
    from dozor.i18n import say
    from dozor.model import Text
    from dozor.service.parcels.people import person_named
    from dozor.service.run import now as clock
    from dozor.service.watch import plan as plans

    lang, now = language(lang), clock()
    if repair:
        click.echo(say(Text("watch.repaired", {"n": plans.repair(now)}), lang))
    person = person_named(user) if user else None
    if user and person is None:
        raise click.BadParameter(f"there is no account {user!r}", param_hint="--user")
    rows = plans.plan(now, person, parcel)
    for row in rows:
        at = say(Text("watch.at", {"at": row.at}), lang) if row.at else say(Text("watch.never"), lang)
        click.echo(click.style(f"{row.title or row.number}", bold=True) + f"  {row.number} · {row.system}")
        click.echo(f"   {at}: {say(row.why, lang)}")
        if row.source is not None:
            click.echo(f"   {say(row.source, lang)}")
    if not rows:
        click.echo(say(Text("watch.nothing"), lang))
    for carrier, times in plans.prices().items():
        if times > 1.01:
            click.echo(say(Text("watch.dear", {"system": carrier, "times": round(times, 1)}), lang))
