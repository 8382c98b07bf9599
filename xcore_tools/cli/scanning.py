"""How commands that scan sources share the work and remember results: options, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xcore_tools.discovery.cache.signed_file import DIRECTORY

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from xcore_tools.config import Config

_Decorated = Callable[..., Any]


def cache_options(command: _Decorated) -> _Decorated:
    """The options `--no-cache` and `--cache-dir`."""
    command = click.option(
        "--cache-dir",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="XCORE_TOOLS_CACHE_DIR",
        metavar="DIR",
        help=f"Remember results in DIR instead of {DIRECTORY} in the project.",
    )(command)
    return click.option(
        "--no-cache",
        is_flag=True,
        envvar="XCORE_TOOLS_NO_CACHE",
        help="Read every file again and remember nothing.",
    )(command)


def cache_place(config: Config, *, no_cache: bool, cache_dir: Path | None) -> Path | None:
    """The directory in which results are remembered; None if they shall not be."""
    return None if no_cache else cache_dir or config.project / DIRECTORY


def executor_options(command: _Decorated) -> _Decorated:
    """The options `--executor` and `--scheduler`."""
    command = click.option(
        "--scheduler", metavar="ADDRESS", help="Where the scheduler of Dask is: tcp://host:8786."
    )(command)
    return click.option(
        "--executor",
        type=click.Choice(("processes", "dask")),
        default="processes",
        show_default=True,
        help="Who reads the files: processes of this machine, or the workers of a Dask cluster.",
    )(command)


@contextmanager
def given_executor(kind: str, scheduler: str | None) -> Iterator[Executor | None]:
    """The executor that the options name; None for processes of this machine.

    Raises:
        click.UsageError: the two do not fit together, or Dask is not installed or not reached.
    """
    if kind != "dask":
        if scheduler is not None:
            raise click.UsageError("--scheduler needs --executor dask")
        yield None
        return
    if scheduler is None:
        raise click.UsageError("--executor dask needs --scheduler ADDRESS")
    try:
        from distributed import Client  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        raise click.UsageError(
            "--executor dask needs Dask: pip install 'xcore-tools[dask]'"
        ) from None
    try:
        client = Client(scheduler, timeout=_PATIENCE)
    except (OSError, TimeoutError, ValueError) as error:
        raise click.UsageError(f"no Dask scheduler answers at {scheduler}: {error}") from None
    with client:
        yield client.get_executor()


_PATIENCE = 10
"""Seconds."""
