"""Indexes and constraints that stand outside of any table: SQLAlchemy has the same after importing."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from xcore_tools import Config, discover

START = """\
import sqlalchemy
import sqlalchemy as sa
from sqlalchemy import *
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Mixin:
    made: Mapped[int]

class User(Mixin, Base):
    __tablename__ = "users"
    __table_args__ = (Index("ix_args", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email = Column("e_mail", String(50))

class Staff(User):
    grade: Mapped[int] = mapped_column(nullable=True)

core = Table("core", Base.metadata, Column("a", Integer), Column("b", Integer), Index("ix_inside", "a"))
"""
CASES = [
    'Index("ix", User.name)',
    'ix = Index("ix", User.name, User.email, unique=True)',
    'sa.Index("ix", User.made)',
    'Index("ix", Staff.grade)',
    'Index("ix", func.lower(User.email))',
    'Index("ix", User.name, func.lower(User.email))',
    'Index("ix", User.__table__.c.name)',
    'Index("ix", core.c.a, core.c["b"])',
    'Index("ix", core.columns.b, postgresql_where=core.c.a == 1)',
    'UniqueConstraint(core.c.a, core.c.b, name="uq")',
    "UniqueConstraint(User.__table__.c.name)",
    'sqlalchemy.ForeignKeyConstraint([core.c.a], [User.id], name="fk")',
    'Index("ix_waits", "name")',
    'def later():\n    Index("ix", User.name)',
    'from other import Elsewhere\nIndex("ix", Elsewhere.id)',
]
OTHER = (
    START
    + """
class Elsewhere(Base):
    __tablename__ = "elsewhere"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
)


def names_of(parts: Any) -> tuple[str | None, ...]:
    return tuple(part.name if isinstance(part, sa.Column) else None for part in parts)


def imported(path: Path) -> dict[str, Any]:
    """What SQLAlchemy has, by table; an expression is None."""
    base = runpy.run_path(str(path))
    metadatas = [base["Base"].metadata]
    if "Elsewhere" in base:
        metadatas = [base["Elsewhere"].metadata]
    return {
        table.name: (
            {
                (index.name, names_of(index.expressions), bool(index.unique))
                for index in table.indexes
            },
            {
                (each.name, names_of(each.columns))
                for each in table.constraints
                if isinstance(each, sa.UniqueConstraint)
            },
            {(key.name, tuple(key.column_keys)) for key in table.foreign_key_constraints},
        )
        for metadata in metadatas
        for table in metadata.tables.values()
    }


@pytest.mark.parametrize("statement", CASES)
def test_sqlalchemy_has_the_same(
    statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "models.py"
    path.write_text(f"{START}\n{statement}\n", "utf-8")
    (tmp_path / "other.py").write_text(OTHER, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "other", raising=False)
    module = "other" if "Elsewhere" in statement else "models"
    found = discover([tmp_path], config=Config(project=tmp_path), columns=True)
    mine = {}
    for table in found.tables:
        if table.module == module and table.structure is not None:
            structure = table.structure
            assert structure.unknown == ()
            mine[table.name] = (
                {(index.name, index.columns, index.unique) for index in structure.indexes},
                {(each.name, each.columns) for each in structure.uniques},
                {(key.name, key.columns) for key in structure.foreign_keys},
            )
    assert mine == imported(path)
