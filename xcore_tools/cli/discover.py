"""`xcore-tools discover`: the models and tables of a code base, in the form asked for."""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import xcore_tools
from xcore_tools.cli.options import config_option, format_of
from xcore_tools.cli.output import STDOUT, say_problems, write
from xcore_tools.cli.progress import ScanProgress
from xcore_tools.cli.scanning import cache_options, cache_place, executor_options, given_executor
from xcore_tools.cli.settings import load_settings
from xcore_tools.cli.terminal import columns, detail, has_color, is_terminal, remark, say_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xcore_tools.discovery.results import Discovery, Problem

FORMATS = ("text", "json", "imports", "github", "sarif")

# The formats that hold no problems: these go to standard error then.
_WITHOUT_PROBLEMS = ("text", "imports")

EXIT_CODES = """\b
Exit codes:
  0  no errors and no warnings
  1  errors or warnings, or --explain does not know the name
  2  wrong usage or configuration, or no Python file found
"""


@click.command(epilog=EXIT_CODES)
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATH]...")
@format_of(*FORMATS)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    default=STDOUT,
    help="Write the result to FILE instead of standard output (-).",
)
@click.option("--include", multiple=True, metavar="PATTERN", help="Scan only files that match.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out files that match.")
@config_option
@click.option(
    "--columns",
    "with_columns",
    is_flag=True,
    help="Text, JSON: say what each table consists of: columns, types, keys, constraints.",
)
@click.option("--explain", metavar="NAME", help="Say why a class or table was found, or was not.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 even if there are problems.")
@cache_options
@executor_options
def discover(  # noqa: PLR0913 (one for each option)
    paths: tuple[str, ...],
    *,
    form: str,
    output: Path,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    config: Path | None,
    with_columns: bool,
    explain: str | None,
    exit_zero: bool,
    no_cache: bool,
    cache_dir: Path | None,
    executor: str,
    scheduler: str | None,
) -> int:
    """Find every SQLAlchemy model and table below each PATH without importing any of it.

    Without a PATH, what the configuration names is scanned, or else the current directory. A PATH
    elsewhere brings the settings of its own project.
    """
    if explain is not None and form not in ("text", "json"):
        raise click.BadParameter(
            f"is text or json with --explain, not {form}", param_hint="--format"
        )
    if with_columns and form not in ("text", "json"):
        raise click.BadParameter(
            f"is text or json with --columns, not {form}", param_hint="--format"
        )
    settings = load_settings(config, around=paths)
    begun = time.perf_counter()
    cache = cache_place(settings, no_cache=no_cache, cache_dir=cache_dir)
    detail(f"remembered in: {cache or 'nowhere'}")
    with given_executor(executor, scheduler) as workers, ScanProgress() as progress:
        discovery = xcore_tools.discover(
            paths,
            config=settings,
            include=include,
            exclude=exclude,
            progress=progress,
            columns=with_columns,
            cache=cache,
            executor=workers,
        )
    detail(f"scanned: {discovery.files} files in {time.perf_counter() - begun:.2f} s")
    if explain is not None:
        return _explain(discovery, explain, form=form, output=output)
    write(_rendered(discovery, form, output, with_columns=with_columns), output)
    if form in _WITHOUT_PROBLEMS:
        _say(discovery.problems)
    if form == "text" and discovery.tables and settings.source is None and is_terminal(sys.stderr):
        remark("next: `xcore-tools init` sets the project up, so that Alembic sees these tables\n")
    found = any(problem.severity != "note" for problem in discovery.problems)
    return int(found and not exit_zero)


def _rendered(discovery: Discovery, form: str, output: Path, *, with_columns: bool) -> str:
    if form == "sarif":
        return _renderer("sarif")(discovery, version=xcore_tools.__version__)
    if form == "github":
        return _renderer("github")(discovery.problems)
    if form != "text":
        return _renderer(form)(discovery)
    render = _renderer("columns" if with_columns else "text")
    if output != STDOUT:
        return render(discovery)
    return render(discovery, color=has_color(sys.stdout), width=columns(sys.stdout))


def _renderer(form: str) -> Callable[..., str]:
    """What renders a form, loaded now: an answer from the cache takes less time than all of them."""
    module: Any = importlib.import_module(f"xcore_tools.report.{form}")
    render: Callable[..., str] = module.render
    return render


def _explain(discovery: Discovery, name: str, *, form: str, output: Path) -> int:
    from xcore_tools.report import explain as explaining  # noqa: PLC0415 - as below

    explanation = explaining.explain(discovery, name)
    if explanation.is_empty:
        near = ", ".join(explaining.suggestions(discovery, name))
        hint = f"did you mean: {near}?" if near else ""
        say_error(f"the scan met no class and no table called {name}", hint=hint)
        # a file that could not be read may hold it
        _say([problem for problem in discovery.problems if problem.severity == "error"])
        return 1
    if form == "json":
        write(explaining.render_json(explanation), output)
    else:
        color = output == STDOUT and has_color(sys.stdout)
        write(explaining.render(explanation, color=color), output)
    return 0


def _say(found: Sequence[Problem]) -> None:
    if found:
        from xcore_tools.report import problems  # noqa: PLC0415 - as above

        say_problems(found)
        remark(f"{problems.summary(found)}\n")
