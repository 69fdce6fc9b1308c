"""`dozor carriers`: the systems that can be asked, what they want and how well each is proved."""

from __future__ import annotations

import click
import msgspec

from dozor.i18n import LANGUAGES, say
from dozor.model import Text


@click.command()
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(lang: str | None, as_json: bool) -> None:
    """Who can be asked, with or without a key, under which terms."""
    from dozor.carriers import systems
    from dozor.cli.options import language

    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(list(systems().values())), indent=2))
        return
    lang = language(lang)
    for system in systems().values():
        key = say(Text("carriers.key" if system.needs_key else "carriers.keyless"), lang)
        proved = say(Text(f"carriers.proved.{system.proved}"), lang)
        click.echo(f"{click.style(system.id, bold=True):<24} {system.name} · {key} · {proved}")
        pace = Text(
            "carriers.pace",
            {"minute": f"{system.per_minute:g}", "day": system.per_day, "hours": round(system.min_interval_hours)},
        )
        click.echo(f"  {say(pace, lang)}")
        click.echo(f"  {system.terms}")
        if system.key_from:
            click.echo(f"  {system.key_from}")
