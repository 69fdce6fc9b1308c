"""`dozor serve`: pages and watch on this machine."""

from __future__ import annotations

import click

from dozor.cli.service import made_ready, opened


@click.command()
@click.option("--demo", is_flag=True, help="With a household to look at; no network is needed.")
@click.option("--host", help="Address to listen on (default: 127.0.0.1, this machine alone).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (default: 8000); 0 takes a free one.")
def command(demo: bool, host: str | None, port: int | None) -> None:
    """Pages and watch: makes data folder, keys and schema on the first run, prints the address, runs until Ctrl-C."""
    settings = opened(demo=demo)
    from dozor.service import run

    host, port = host or settings.CONFIG.host, settings.CONFIG.port if port is None else port
    try:
        port = run.free_port(host, port)
    except run.PortTakenError as error:
        raise click.ClickException(str(error)) from None
    made_ready()
    if demo:
        from dozor.cli.options import language
        from dozor.service import demo as household

        household.prepare(language(None))
    shown = f"[{host}]" if ":" in host else host
    settings.ALLOWED_HOSTS.append(shown)  # the address that is printed is answered
    address = settings.CONFIG.public_url or f"http://{shown}:{port}/"
    run.serve(host, port, lambda: click.echo(f"Dozor is at {address} (Ctrl-C stops it)"))
    if demo:
        import shutil

        shutil.rmtree(settings.CONFIG.data, ignore_errors=True)
    run.leave()
