"""`dozor forecast`: what the service learns of delivery times from its own parcels."""

from __future__ import annotations

from pathlib import Path

import click

from dozor.i18n import LANGUAGES


@click.group()
def command() -> None:
    """Delivery times as learnt from the parcels kept here. The watch learns daily; this is to look, or to learn now."""


@command.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it as JSON, too: for --learnt of dozor check and dozor predict. Nobody's name stands in it.",
)
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language (default: of your system).")
def learn(out: Path | None, lang: str | None) -> None:
    """Learns now from all parcels, and keeps it for every answer from now on."""
    from dozor.cli.service import made_ready, opened

    opened()
    from dozor.service.parcels import learning
    from dozor.service.run import now

    made_ready()
    row = learning.learn(now())
    if out is not None:
        try:
            out.write_bytes(learning.body_of(row))
        except OSError as error:
            raise click.BadParameter(f"{out}: {error.strerror}", param_hint="--out") from None
    _say(lang)


@command.command()
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language (default: of your system).")
def show(lang: str | None) -> None:
    """What was learnt last, stage by stage, and how many of the forecasts told here held."""
    from dozor.cli.service import opened

    opened(rows=True)
    _say(lang)


def _say(lang: str | None) -> None:
    from dozor.cli.options import language
    from dozor.i18n import has, say
    from dozor.model import Text
    from dozor.service.parcels import learning

    lang = language(lang)
    for text in learning.told():
        click.echo(say(text, lang))
    model = learning.current()
    shown = [stage for stage in model.stages.values() if has(f"web.stage.{stage.stage}")] if model is not None else []
    for stage in shown:
        name = Text(f"web.stage.{stage.stage}")
        checked = stage.check
        click.echo("  " + say(Text("learning.stage", {"stage": name, "n": round(stage.n)}), lang))
        if checked is not None:
            args = {"share": checked.within_80, "checked": checked.n}
            click.echo("    " + say(Text("learning.checked", args), lang))


if __name__ == "__main__":
    command()
