"""`pytest --xcore-tools`: the checks of a project as tests beside its own, one item for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xcore_tools.config import Config
    from xcore_tools.discovery.results import Discovery, Problem
    from xcore_tools.envfile.rewrite import Rewrite

# The package is imported when its checks run: pytest loads this module for every project.


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--xcore-tools`."""
    group = parser.getgroup("xcore-tools")
    group.addoption(
        "--xcore-tools",
        action="store_true",
        help="also test that env.py imports every model, that target_metadata covers them, that there "
        "is one head, and that the database has the tables of the models",
    )


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Puts the checks before all other tests if they are wanted."""
    if config.getoption("--xcore-tools"):
        checks = _Checks.from_parent(session, name="xcore-tools")
        items[:0] = checks.collect()


class _Checks(pytest.Collector):
    """The checks of the project in the root directory; what several need is found out once."""

    def collect(self) -> list[pytest.Item]:
        checks: dict[str, Callable[[], Iterator[str]]] = {
            "block-is-fresh": self._block,
            "metadata-is-covered": self._metadata,
            "one-head": self._heads,
            "no-drift": self._drift,
        }
        return [_Check.from_parent(self, name=name, check=check) for name, check in checks.items()]

    @cached_property
    def _settings(self) -> Config:
        from xcore_tools.config import load_config  # noqa: PLC0415 (see above)

        return load_config(start=Path(self.config.rootpath))

    @cached_property
    def _discovery(self) -> Discovery:
        from xcore_tools.discovery import discover  # noqa: PLC0415

        return discover(config=self._settings)

    @cached_property
    def _rewrite(self) -> Rewrite:
        from xcore_tools.envfile.locate import find_env  # noqa: PLC0415
        from xcore_tools.envfile.sync import sync_env  # noqa: PLC0415

        path = find_env(self._settings)
        return sync_env(self._discovery, path, config=self._settings, write=False)

    def _block(self) -> Iterator[str]:
        if self._rewrite.changed:
            yield f"run `xcore-tools sync-env`:\n{self._rewrite.diff()}"

    def _metadata(self) -> Iterator[str]:
        yield from _told(self._rewrite.problems)

    def _heads(self) -> Iterator[str]:
        from xcore_tools.migrate.revisions.history import check_heads  # noqa: PLC0415

        yield from _told(check_heads(self._settings).problems)

    def _drift(self) -> Iterator[str]:
        from xcore_tools.database.comparison import compare_schemas  # noqa: PLC0415
        from xcore_tools.database.sources import read_sides  # noqa: PLC0415
        from xcore_tools.errors import ConfigError, DatabaseError  # noqa: PLC0415
        from xcore_tools.report.difference import text  # noqa: PLC0415

        try:
            comparison = compare_schemas(*read_sides("@", "@source", self._settings))
        except (ConfigError, DatabaseError) as error:
            pytest.skip(f"no database to look at: {error}")
        if comparison.differences:
            yield f"the database is not as the models say:\n{text.render(comparison)}"


class _Check(pytest.Item):
    """One check: it fails with all that the check says."""

    def __init__(self, *, check: Callable[[], Iterator[str]], **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self._check = check

    def runtest(self) -> None:
        told = list(self._check())
        if told:
            pytest.fail("\n".join(told), pytrace=False)

    def reportinfo(self) -> tuple[Path, None, str]:
        return Path(self.config.rootpath), None, f"xcore-tools: {self.name}"

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """What is wrong with the settings or with env.py is told without a traceback."""
        from xcore_tools.errors import XcoreToolsError  # noqa: PLC0415

        if isinstance(excinfo.value, XcoreToolsError | pytest.fail.Exception):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))


def _told(found: Iterable[Problem]) -> list[str]:
    from xcore_tools.report import problems  # noqa: PLC0415

    return problems.render(found).splitlines()
