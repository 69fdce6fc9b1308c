"""`dozor`: the group. A command is a module `dozor.cli.<name>` with a click command called `command`."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from dozor import __version__
from dozor.cli.lazy import LazyGroup

# One line a command, so that `dozor --help` need not import any of them.
COMMANDS = {
    "check": "What is it, why does nothing move, and what to do by when?",
    "demo": "Six telling cases, solved offline.",
    "predict": "Before buying: will it be tracked, how far, and when would it come?",
    "identify": "What is this number? Can it be real, and how far can it be followed?",
    "journey": "What happened to the parcel? One sentence, its legs, its events.",
    "reply": "What does the seller's reply mean, and what to answer?",
    "normalise": "What does a carrier's text mean?",
    "ask": "What do the carriers say about this number?",
    "carriers": "Who can be asked, with or without a key, under which terms.",
    "policy": "The rules of the marketplaces: figures, dates, sources, unknowns.",
    "serve": "Pages and watch on this machine, for a household.",
    "watch": "When is each parcel asked about next, and why; a watcher of its own.",
    "forecast": "What was learnt of delivery times from the parcels kept here, and how well forecasts hold.",
    "backup": "Everything in one file, verified; `restore` brings it back.",
    "restore": "A backup back into the database, all or nothing.",
    "export": "What is yours, to take along: JSON, or CSV for a spreadsheet.",
    "import": "Parcels from an export, dossiers or a CSV, with a report a line.",
    "doctor": "Is the service as it should be, and what to do where it is not?",
    "manage": "Django's own commands, for those who know them.",
}


@click.group(
    cls=LazyGroup,
    package="dozor.cli",
    lines=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="dozor")
def group() -> None:
    """Dozor: what is this number, why is nothing moving, and what to do by which date.

    Paste what you have: dozor identify "RB123456785CN sent 24 days ago".
    """


def main() -> Any:
    """The installed command. Errors a person can act on are one line and exit 2; a closed pipe is no error."""
    from dozor.knowledge import KnowledgeError

    try:
        return group.main(prog_name="dozor", standalone_mode=True)
    except KnowledgeError as error:
        click.echo(f"dozor: a table of the installation is damaged: {error}. Install it anew.", err=True)
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
