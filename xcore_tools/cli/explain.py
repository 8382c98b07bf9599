"""`xcore-tools explain`: what a code means, and what to do."""

from __future__ import annotations

import sys
from difflib import get_close_matches

import click
from click.shell_completion import CompletionItem

from xcore_tools.cli.terminal import columns, has_color, say
from xcore_tools.codes import CODES
from xcore_tools.report import codes as report


def _codes(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    beginning = incomplete.upper()
    found = [code for code in CODES.values() if code.code.startswith(beginning)]
    return [CompletionItem(code.code, help=code.title) for code in found]


@click.command()
@click.argument("codes", nargs=-1, metavar="[CODE]...", shell_complete=_codes)
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "markdown")),
    default="text",
    show_default=True,
    help="How to print the explanations.",
)
def explain(codes: tuple[str, ...], form: str) -> None:
    """Say what each CODE of a finding means and what to do; without one, list them all."""
    found = [CODES[_known(code)] for code in codes] or list(CODES.values())
    color = has_color(sys.stdout)
    if form == "json":
        text = report.as_json(found)
    elif form == "markdown":
        text = report.as_markdown(found)
    elif not codes:
        text = report.overview(found, color=color)
    else:
        width = columns(sys.stdout)
        text = "\n".join(report.as_text(code, color=color, width=width) for code in found)
    say(text, sys.stdout)


def _known(code: str) -> str:
    """The code as the table spells it.

    Raises:
        click.BadParameter: there is none; the nearest ones are named.
    """
    wanted = code.upper()
    if wanted in CODES:
        return wanted
    near = get_close_matches(wanted, CODES, n=3, cutoff=0.7)
    hint = f"did you mean {', '.join(near)}?" if near else "`xcore-tools explain` lists them all"
    raise click.BadParameter(f"no finding has the code {code}; {hint}", param_hint="CODE")
