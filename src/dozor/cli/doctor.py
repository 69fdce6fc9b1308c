"""`dozor doctor`: is everything as it should be?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

MARKS = {"ok": ("ok", "green"), "warning": ("look", "yellow"), "error": ("wrong", "red")}


@click.command()
def command() -> None:
    """Is everything as it should be, and what to do where it is not? Ends with 1 where something is wrong."""
    from dozor.cli.service import opened
    from dozor.service import config
    from dozor.service.doctor import examine

    try:
        config.read(config.with_files(os.environ), Path.home())
    except config.ConfigError:
        pass  # the examination says it line by line
    else:
        opened()
    worst = 0
    for finding in examine(os.environ, Path.home()):
        word, colour = MARKS[finding.state]
        click.echo(click.style(f"{word:>6}", colour) + f"  {finding.what}")
        if finding.remedy and finding.state != "ok":
            click.echo(f"        → {finding.remedy}")
        worst = max(worst, int(finding.state == "error"))
    sys.exit(worst)
