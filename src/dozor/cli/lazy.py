"""Groups of commands that import a command only when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """A command is a module `<package>.<name>` with a click command called `command`.

    `lines` has one line a command, so that `--help` need not import any of them. Where `default` is given, words that
    name no command are that command's own: `dozor journey RB123456785CN` is `dozor journey draw RB123456785CN`.
    """

    def __init__(
        self, *args: Any, package: str, lines: Mapping[str, str], default: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.package = package
        self.lines = lines
        self.default = default

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a newcomer meets them."""
        return list(self.lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in self.lines:
            return None
        command = importlib.import_module(f"{self.package}.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts the default command in front of words that name none; a request for help stays the group's."""
        if self.default and args and args[0] not in self.lines and args[0] not in self.get_help_option_names(ctx):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table of lines."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.lines.items()))
