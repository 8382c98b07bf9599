"""`xcore-tools sync-env`: the env.py of Alembic, importing exactly the models that exist."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import xcore_tools
from xcore_tools.cli.options import config_option
from xcore_tools.cli.output import say_problems
from xcore_tools.cli.progress import ScanProgress
from xcore_tools.cli.scanning import cache_options, cache_place
from xcore_tools.cli.settings import load_settings
from xcore_tools.cli.terminal import has_color, remark, say
from xcore_tools.config import Config
from xcore_tools.envfile.environments import environments, settled, settled_on
from xcore_tools.envfile.held import hiding
from xcore_tools.envfile.locate import find_env
from xcore_tools.report import sync as report
from xcore_tools.report.style import counted

_MAY_HIDE = frozenset({"XT124", "XT127"})
"""What tells of models and tables that the scan could not see."""

STYLES = ("models", "modules", "strings")

EXIT_CODES = """\b
Exit codes:
  0  env.py imports what it should, or does so now
  1  --check: it would change; or target_metadata lacks models, an import
     was kept, or a file with errors may hide models (not with --force)
  2  wrong usage or configuration, no Python file found, or an env.py that
     cannot be rewritten
"""


@click.command(epilog=EXIT_CODES)
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATH]...")
@click.option(
    "--env",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The env.py, instead of the one that Alembic's settings name.",
)
@click.option(
    "-n",
    "--name",
    default="alembic",
    metavar="NAME",
    show_default=True,
    help="Section of alembic.ini to take the env.py from.",
)
@click.option(
    "--all",
    "is_for_all",
    is_flag=True,
    help="Every env.py of the project, each with the models that are its own.",
)
@click.option("--check", is_flag=True, help="Write nothing; show the change and exit 1 if any.")
@click.option("--diff", is_flag=True, help="Write nothing; show the change.")
@click.option(
    "--style",
    type=click.Choice(STYLES),
    default="models",
    show_default=True,
    help="Import classes, whole modules, or modules by strings.",
)
@click.option("--fix-metadata", is_flag=True, help="Add what target_metadata lacks.")
@click.option("--force", is_flag=True, help="Go on as if files with errors could not hide models.")
@click.option(
    "--exit-non-zero-on-change", is_flag=True, help="Exit 1 after writing, as commit hooks do."
)
@config_option
@cache_options
def sync_env(  # noqa: PLR0913 (one for each option)
    paths: tuple[str, ...],
    *,
    env: Path | None,
    name: str,
    is_for_all: bool,
    check: bool,
    diff: bool,
    style: str,
    fix_metadata: bool,
    force: bool,
    exit_non_zero_on_change: bool,
    config: Path | None,
    no_cache: bool,
    cache_dir: Path | None,
) -> int:
    """Rewrite the marked block of env.py so that it imports every model below each PATH.

    Without a PATH, what the configuration names is scanned, or else the current directory. Bytes
    outside the block stay as they are; only a target_metadata that is None is set.
    """
    settings = load_settings(config)
    if is_for_all and env is not None:
        raise click.UsageError(
            "--env names one env.py, and --all means every one; give one of them"
        )
    chosen = _chosen(settings, env, name, is_for_all=is_for_all)
    cache = cache_place(settings, no_cache=no_cache, cache_dir=cache_dir)
    with ScanProgress() as progress:
        discovery = xcore_tools.discover(paths, config=settings, progress=progress, cache=cache)
    hidden = hiding(discovery)
    untold = [*hidden, *(each for each in discovery.problems if each.code in _MAY_HIDE)]
    if not discovery.models and not discovery.tables:
        remark(f"no model and no table was found in {counted(discovery.files, 'file')}\n")
    is_change_a_finding = check or exit_non_zero_on_change
    has_findings = any(problem.severity == "error" for problem in hidden) and not force
    for path, own in chosen:
        rewrite = xcore_tools.sync_env(
            discovery,
            path,
            config=own,
            style=style,
            fix_metadata=fix_metadata,
            force=force,
            write=not (check or diff),
        )
        if check or diff:
            say(report.diff(rewrite, color=has_color(sys.stdout)), sys.stdout)
        say_problems([*untold, *rewrite.problems])
        untold.clear()
        remark(report.render(rewrite))
        if rewrite.changed and not rewrite.is_written:
            remark("next: `xcore-tools sync-env` writes it\n")
        has_findings |= any(problem.severity != "note" for problem in rewrite.problems)
        has_findings |= rewrite.changed and is_change_a_finding
    return int(has_findings)


def _chosen(
    settings: Config, env: Path | None, name: str, *, is_for_all: bool
) -> list[tuple[Path, Config]]:
    """The files to rewrite, each with the settings by which Alembic finds it."""
    if is_for_all and (found := environments(settings)):
        return [(settings.project / each.env, settled_on(each, settings)) for each in found]
    settings = settled(settings, name)
    return [(env or find_env(settings, name=name), settings)]
