"""The cases of fixtures/discover, and two answers to each: the expected one and ours."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import pytest
from packaging.specifiers import SpecifierSet

from xcore_tools import Config, discover
from xcore_tools.discovery.results import Table

CASES = Path(__file__).resolve().parents[1] / "fixtures" / "discover"

MODELS = """\
from sqlalchemy import Integer
from sqlalchemy.orm import DeclarativeBase, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id = mapped_column(Integer, primary_key=True)
"""
"""A file with one model."""

# One answer: "models", "tables" and "problems", each a list of facts.
Answer = dict[str, list[dict[str, Any]]]

KEYS = {
    "models": ("path", "line", "module", "name", "table", "schema", "kind", "base", "metadata"),
    "tables": ("path", "line", "module", "name", "schema", "metadata"),
    "problems": ("path", "line", "code"),
}


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What case.json says: what the case shows, and what it takes to import its project.

    `requires` are modules, `python` and `sqlalchemy` are version ranges, `skip` patterns of module
    names that no application imports, `sys_path` the directory to import from. `oracle: subset`
    says that one run sees only a part of what the source defines.
    """

    shows: str
    importable: bool = True
    why: str = ""
    requires: tuple[str, ...] = ()
    python: str = ""
    sqlalchemy: str = ""
    skip: tuple[str, ...] = ()
    sys_path: str = ""
    oracle: str = "equal"

    def obstacles(self) -> Iterable[str]:
        """Yield why the project cannot be imported here."""
        if not self.importable:
            yield self.why
        for name in self.requires:
            if importlib.util.find_spec(name) is None:
                yield f"{name} is not installed"
        for name, wanted, found in (
            ("Python", self.python, platform.python_version()),
            ("SQLAlchemy", self.sqlalchemy, version("sqlalchemy")),
        ):
            if not SpecifierSet(wanted).contains(found, prereleases=True):
                yield f"it takes {name} {wanted}, this is {found}"


def case_names() -> list[str]:
    return sorted(path.name for path in CASES.iterdir() if path.is_dir())


def read_case(name: str) -> Case:
    return msgspec.json.decode((CASES / name / "case.json").read_bytes(), type=Case)


def project_of(name: str) -> Path:
    return CASES / name / "project"


def expected_answer(name: str) -> Answer:
    answer: Answer = msgspec.json.decode((CASES / name / "expected.json").read_bytes())
    return {"problems": [], **answer}


def static_answer(project: Path) -> Answer:
    """What our discovery says about a project, with the settings that nobody changed."""
    answer: Answer = msgspec.to_builtins(discover([project], config=Config(project=project)))
    return {part: answer[part] for part in KEYS}


def static_columns(project: Path) -> list[Table]:
    """The tables that we find in a project, with their columns."""
    return list(discover([project], config=Config(project=project), columns=True).tables)


def render(answer: Answer) -> str:
    """Write an answer as sorted lines, one per fact, so that a difference shows what differs."""
    lines = []
    for part, keys in KEYS.items():
        facts = [{key: fact[key] for key in keys} for fact in answer[part]]
        facts.sort(key=lambda fact: [str(value) for value in fact.values()])
        lines += [f"{part}: {_one_line(fact)}" for fact in facts]
    return "\n".join(lines)


def _one_line(fact: dict[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in fact.items())


def skip_unless_importable(name: str) -> Case:
    case = read_case(name)
    obstacles = list(case.obstacles())
    if obstacles:
        pytest.skip("; ".join(obstacles))
    return case
