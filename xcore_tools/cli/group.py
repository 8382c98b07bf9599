"""Groups of commands whose modules are imported when a command is called or its help is shown."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from difflib import get_close_matches

import click
from click.shell_completion import CompletionItem

from xcore_tools.cli.verbosity import with_verbosity


class LazyGroup(click.Group):
    """A group made of `commands`: the name of each → its module and function, and a line of help.

    Help and completion list them without importing anything. Every command takes the options that
    say how much is told.
    """

    def __init__(
        self, *arguments: object, commands: Mapping[str, tuple[str, str]], **options: object
    ) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._places = commands

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which they were given."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in self._places:
            return None
        module, _, function = self._places[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), function)
        assert isinstance(command, click.Command)
        return with_verbosity(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments begin with.

        Raises:
            click.UsageError: there is none; the nearest is named.
        """
        name = args[0]
        if name not in self._places and (near := get_close_matches(name, self._places, n=1)):
            message = f"No such command {name!r}. (Did you mean {near[0]!r}?)"
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names and their lines."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._places.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names that begin so, or the options of the group."""
        found = [
            CompletionItem(name, help=line)
            for name, (_, line) in self._places.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)
