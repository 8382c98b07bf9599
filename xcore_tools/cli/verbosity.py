"""How much is told beside the result: `--quiet` and `--verbose`, before a command or after it."""

from __future__ import annotations

import click

_KEY = "xcore_tools.verbosity"
_QUIET, _VERBOSE = "quiet", "verbose"


def with_verbosity(command: click.Command) -> click.Command:
    """The command with both options, unless it has options of these names.

    Raises:
        click.UsageError: later, if both are given.
    """
    taken = {name for option in command.params for name in option.opts}
    if "--quiet" not in taken:
        command.params.append(_option("-q", _QUIET, "Print results and errors only."))
    if "--verbose" not in taken:
        text = "Say what is read and decided, on standard error."
        command.params.append(_option("-v", _VERBOSE, text))
    return command


def is_quiet() -> bool:
    """Whether only results and errors are wanted."""
    return _level() == _QUIET


def is_verbose() -> bool:
    """Whether it is wanted what is read and decided."""
    return _level() == _VERBOSE


def _option(letter: str, level: str, text: str) -> click.Option:
    def note(ctx: click.Context, _: click.Parameter, is_given: bool) -> None:
        if is_given and ctx.meta.setdefault(_KEY, level) != level:
            raise click.UsageError("--quiet and --verbose exclude each other")

    return click.Option(
        [letter, f"--{level}"], is_flag=True, expose_value=False, callback=note, help=text
    )


def _level() -> str | None:
    context = click.get_current_context(silent=True)
    return context.meta.get(_KEY) if context else None
