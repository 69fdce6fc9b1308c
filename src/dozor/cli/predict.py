"""`dozor predict`: before buying."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
import msgspec

from dozor.i18n import LANGUAGES, rendered, say
from dozor.model import Order, Text


@click.command()
@click.option("--price", metavar="AMOUNT", help='What it costs, for instance "3.20 USD".')
@click.option("--service", metavar="NAME", help="The delivery service as the shop names it.")
@click.option("--from", "origin", metavar="COUNTRY", help="Where it comes from: CN, HK, …")
@click.option("--to", "destination", metavar="COUNTRY", help="Where it goes: RU, UA, KZ, …")
@click.option("--seller", metavar="NAME", help="The seller; tells something where --learnt knows the seller.")
@click.option("--promised", type=click.IntRange(1, 365), metavar="DAYS", help="Days in which the shop promises it.")
@click.option(
    "--learnt", type=click.Path(path_type=Path), metavar="FILE", help="What an installation has learnt, as JSON."
)
@click.option("--now", metavar="DATE", help="Answer as of this day.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the answer (default: of your system).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(
    price: str | None,
    service: str | None,
    origin: str | None,
    destination: str | None,
    seller: str | None,
    promised: int | None,
    learnt: Path | None,
    now: str | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """Will it be tracked, how far, and when would it come?"""
    from dozor.cli.options import country_option, instant_option, language, learnt_option, price_option
    from dozor.forecast import predict

    model = learnt_option(learnt)
    order = Order(
        price=price_option(price),
        service=service,
        origin=country_option(origin, "--from"),
        destination=country_option(destination, "--to"),
        seller=seller,
        promised_days=promised,
    )
    lang = language(lang)
    found = predict(order, instant_option(now, "--now") or dt.datetime.now(dt.UTC), learnt=model)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(rendered(found, lang)), indent=2))
        return
    click.echo(click.style(say(Text("predict.tracked", {"share": found.p_tracked}), lang), bold=True))
    click.echo(say(Text(f"predict.reach.{found.reach}"), lang))
    band = {"early": found.days_p10, "late": found.days_p90, "middle": found.days_p50}
    click.echo(say(Text("predict.band", band), lang))
    dates = {"early": found.arrival_p10, "late": found.arrival_p90}
    click.echo(say(Text("predict.dates", dates), lang))
    click.echo(say(Text("predict.never", {"share": found.p_never}), lang))
    click.echo()
    for reason in found.reasons:
        click.echo(f"  · {say(reason, lang)}")
    click.echo()
    click.echo(say(Text("predict.ground", {"n": found.n, "tracked": found.n_tracked}), lang))
    for source in dict.fromkeys((each.id, each.note) for each in found.sources):
        click.echo(click.style(f"  {source[0]}: {source[1]}", dim=True))


if __name__ == "__main__":
    command()
