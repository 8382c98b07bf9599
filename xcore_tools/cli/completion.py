"""`xcore-tools completion`: what a shell reads to complete commands, options and names."""

from __future__ import annotations

import sys

import click
from click.shell_completion import get_completion_class

from xcore_tools.cli.terminal import say

PROGRAM = "xcore-tools"
VARIABLE = "_XCORE_TOOLS_COMPLETE"

HOW_TO = """\b
Put this where the shell reads it when it starts:
  bash  eval "$(xcore-tools completion bash)"      in ~/.bashrc
  zsh   eval "$(xcore-tools completion zsh)"       in ~/.zshrc, after compinit
  fish  xcore-tools completion fish | source       in ~/.config/fish/config.fish
"""


@click.command(epilog=HOW_TO)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")), metavar="SHELL")
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete commands, options, formats and codes."""
    kind = get_completion_class(shell)
    assert kind is not None
    say(kind(ctx.find_root().command, {}, PROGRAM, VARIABLE).source() + "\n", sys.stdout)
