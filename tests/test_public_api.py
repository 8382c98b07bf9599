"""What `xcore_tools` offers, what importing it costs, and the one table of codes."""

from __future__ import annotations

import importlib.metadata
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import xcore_tools
from xcore_tools.codes import CODES

PROMISES = [
    line
    for line in Path(__file__).with_name("public_api.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]
PACKAGE = Path(xcore_tools.__file__).parent


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after `statement`."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(run.stdout.split())


@pytest.mark.parametrize("name", xcore_tools.__all__)
def test_every_public_name_can_be_had(name: str) -> None:
    assert getattr(xcore_tools, name) is not None
    assert name in dir(xcore_tools)


def test_every_lazy_name_is_public_and_sorted() -> None:
    assert sorted([*xcore_tools._HOMES, "__version__"]) == sorted(xcore_tools.__all__)


def test_a_star_import_gives_the_public_names() -> None:
    names: dict[str, object] = {}
    exec("from xcore_tools import *", names)
    assert set(xcore_tools.__all__) == set(names) - {"__builtins__"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = xcore_tools.nothing  # type: ignore[attr-defined]


def test_the_version_is_that_of_the_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        assert name == "xcore-tools"
        return "9.8.7"

    monkeypatch.delitem(xcore_tools.__dict__, "__version__", raising=False)
    monkeypatch.setattr(importlib.metadata, "version", version)
    assert xcore_tools.__version__ == "9.8.7"
    monkeypatch.delitem(xcore_tools.__dict__, "__version__")


def test_a_source_tree_that_was_never_installed_has_a_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.delitem(xcore_tools.__dict__, "__version__", raising=False)
    monkeypatch.setattr(importlib.metadata, "version", version)
    assert xcore_tools.__version__ == "0+unknown"
    monkeypatch.delitem(xcore_tools.__dict__, "__version__")


def public(name: str) -> Any:
    """What a dotted name of public_api.txt stands for."""
    found: Any = xcore_tools
    for part in name.split("."):
        found = getattr(found, part)
    return found


def broken(promised: list[str], function: Any, *, is_method: bool) -> list[str]:
    """The parameters that are not as they were promised."""
    parameters = list(inspect.signature(function).parameters.values())[is_method:]
    now = {p.name: p for p in parameters}
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    first = promised[: promised.index("*")] if "*" in promised else promised
    names = [each.strip("=*") for each in promised if each != "*"]
    wrong = [each for each in names if each not in now]
    wrong += [each.strip("=") for each in promised if each.endswith("=") and _is_needed(now, each)]
    # what comes before the star may be given by position, in this order
    if positional[: len(first)] != [each.strip("=") for each in first if each[:2] != "**"]:
        wrong.append(", ".join(first))
    return wrong + [name for name in now if name not in names and _is_needed(now, name)]


def _is_needed(now: dict[str, inspect.Parameter], name: str) -> bool:
    parameter = now.get(name.strip("="))
    variadic = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return (
        parameter is not None
        and parameter.default is parameter.empty
        and parameter.kind not in variadic
    )


@pytest.mark.parametrize("promise", PROMISES)
def test_what_users_rely_on_stays(promise: str) -> None:
    name, mark, rest = re.fullmatch(r"([\w.]+)(\(|: | < )(.*?)\)?", promise).groups()  # type: ignore[union-attr]
    found = public(name)
    if mark == " < ":
        assert public(rest) in found.__mro__ if hasattr(xcore_tools, rest) else rest == "Exception"
    elif mark == ": ":
        known = set(getattr(found, "__struct_fields__", ())) | set(dir(found))
        assert [each for each in rest.split(", ") if each not in known] == []
    else:
        parameters = rest.split(", ") if rest else []
        assert broken(parameters, found, is_method="." in name) == []


def test_every_public_name_is_promised() -> None:
    promised = {re.split(r"[.(: ]", line)[0] for line in PROMISES}
    assert promised == set(xcore_tools.__all__) - {"__version__"}


def test_a_broken_promise_is_seen() -> None:
    def function(a: int, b: int = 0, *, c: int = 0, **more: int) -> None: ...

    def missed(*promised: str) -> list[str]:
        return broken(list(promised), function, is_method=False)

    assert missed("a", "b=", "*", "c=", "**more") == []
    assert missed("a", "*", "c=") == []  # what is new has a default
    assert missed("b=", "*", "c=") == ["b=", "a"]  # another first, and one more that is needed
    assert missed("a=", "b=") == ["a"]  # was optional
    assert missed("a", "*", "d=") == ["d"]  # is gone


def test_importing_the_package_loads_nothing_of_it() -> None:
    loaded = loaded_by("import xcore_tools")
    assert {name for name in loaded if name.startswith("xcore_tools")} == {"xcore_tools"}


@pytest.mark.parametrize(
    "statement",
    ["import xcore_tools.cli.discover", "from xcore_tools import Discovery, Config, discover"],
)
def test_what_is_dear_waits_until_it_is_needed(statement: str) -> None:
    heavy = {"alembic", "sqlalchemy", "rich", "libcst"}
    assert not heavy & loaded_by(statement)


def test_the_table_holds_the_codes_that_the_source_uses_and_no_other() -> None:
    used: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.name != "codes.py":
            used |= set(re.findall(r"XT\d{3}", path.read_text(encoding="utf-8")))
    assert used == set(CODES)


def test_a_code_is_filed_under_itself_and_explained() -> None:
    for code, entry in CODES.items():
        assert code == entry.code
        assert re.fullmatch(r"XT\d{3}", code)
        assert entry.title
        assert not entry.title.endswith(".")
        assert entry.cause.endswith(".")
        assert entry.remedy.endswith(".")
    assert list(CODES) == sorted(CODES)
