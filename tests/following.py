"""A project as a dict of sources, and what discovery says about it."""

from __future__ import annotations

import re
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Mapper

from xcore_tools import Config, Discovery, Model, Table, Verdict, discover
from xcore_tools.config import Migration, ModelDiscovery

MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
class Base(DeclarativeBase):
    pass
"""


def followed(
    files: Mapping[str, str], *, bases: tuple[str, ...] = (), prefilter: bool = True
) -> Discovery:
    """Write `files` to a directory of their own and say what discovery finds there."""
    with tempfile.TemporaryDirectory() as name:
        project = Path(name).resolve()
        for path, text in files.items():
            target = project / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(dedent(text), encoding="utf-8")
        settings = Migration(model_discovery=ModelDiscovery(bases=bases))
        config = Config(project=project, migration=settings)
        return discover([project], config=config, prefilter=prefilter)


def module(source: str) -> Discovery:
    """What discovery says about one module that begins with imports and a base."""
    return followed({"m.py": MODELS + dedent(source)})


NAMED = """

class Named(Base):
    __tablename__ = NAME
    id = mapped_column(Integer, primary_key=True)
"""


class Snippet(NamedTuple):
    """A source of ours. NAME is the name of a model in it, unless it says what it makes itself."""

    source: str
    is_unknown: bool


def snippets(text: str) -> list[Any]:
    """The pieces of `text`, each under a comment at the left margin that is its title.

    A title that ends in `(unknown)` says that discovery does not know the name, and does not guess.
    """
    parts = re.split(r"^# (.*)\n", text, flags=re.MULTILINE)[1:]
    return [
        pytest.param(Snippet(source, title.endswith("(unknown)")), id=title)
        for title, source in zip(*[iter(parts)] * 2, strict=True)
    ]


Answer = tuple[dict[str, str | None], list[str | None]]


def answers(snippet: Snippet) -> tuple[Answer, Answer]:
    """What discovery says of a snippet, and what happens: the table of each model, and all tables."""
    has_name = re.search(r"\bNAME\b", snippet.source)
    source = MODELS + snippet.source + (NAMED if has_name else "")
    found = followed({"m.py": source})
    models, tables = really(source)
    if snippet.is_unknown:
        tables.remove(models["Named"])
        tables.append(None)
        models["Named"] = None
    return (tables_of(found), names_of(found)), (models, sorted(tables, key=str))


def really(source: str) -> Answer:
    """Run a source of ours: the table of each model, and the names of all tables."""
    running = types.ModuleType("m")
    sys.modules["m"] = running  # where classes look for the names of their annotations
    try:
        with warnings.catch_warnings(), _mappers_kept() as mappers:
            # newer releases of Python frown on what older ones take
            warnings.simplefilter("ignore")
            exec(compile(source, "m.py", "exec"), running.__dict__)
        base = running.__dict__["Base"]
        models = {mapper.class_.__qualname__: mapper.local_table.name for mapper in mappers}
        return models, sorted(table.name for table in base.metadata.tables.values())
    finally:
        del sys.modules["m"]


@contextmanager
def _mappers_kept() -> Iterator[list[Any]]:
    """Every mapper made inside; a registry forgets those whose class nobody refers to any more."""
    kept: list[Any] = []

    def keep(mapper: Mapper[Any], cls: type) -> None:
        kept.append(mapper)

    event.listen(Mapper, "instrument_class", keep)
    try:
        yield kept
    finally:
        event.remove(Mapper, "instrument_class", keep)


def tables_of(found: Discovery) -> dict[str, str | None]:
    """The table of each model."""
    return {model.name: model.table for model in found.models}


def names_of(found: Discovery) -> list[str | None]:
    """The names of all tables, sorted."""
    return sorted((table.name for table in found.tables), key=str)


def model_of(found: Discovery, name: str) -> Model:
    (model,) = (model for model in found.models if model.name == name)
    return model


def table_of(found: Discovery, name: str) -> Table:
    (table,) = (table for table in found.tables if table.name == name)
    return table


def verdict_on(found: Discovery, name: str) -> Verdict:
    (verdict,) = (verdict for verdict in found.verdicts if verdict.name == name)
    return verdict


def messages(found: Discovery, code: str) -> list[str]:
    """The messages of all problems of one code."""
    return [problem.message for problem in found.problems if problem.code == code]
