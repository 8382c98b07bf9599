"""sketch: a file that defines or leads to a model is never passed over; looking takes linear time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from xcore_tools import Config, discover
from xcore_tools.discovery.prefilter.sketch import is_suspicious, sketch

GOOD = """\
from sqlalchemy import Column, Integer
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Good(Base):
    __tablename__ = "good"
    id = Column(Integer, primary_key=True)
"""


def models(
    project: Path, files: dict[str, str | bytes], *, prefilter: bool
) -> set[tuple[str, str | None]]:
    for name, source in {"good.py": GOOD, **files}.items():
        (project / name).write_bytes(source.encode() if isinstance(source, str) else source)
    found = discover([project], config=Config(project=project), prefilter=prefilter)
    return {(model.name, model.table) for model in found.models}


LEADS: dict[str, dict[str, str | bytes]] = {
    "plain": {"a.py": "from good import Good\nclass Last(Good): pass\n"},
    "attribute": {"a.py": "import good\nclass Last(good.Good): pass\n"},
    "alias": {"a.py": "import good as g\nclass Last(g.Good): pass\n"},
    "alias of a name": {"a.py": "from good import Good as G\nclass Last(G): pass\n"},
    "star": {"a.py": "from good import *\nclass Last(Good): pass\n"},
    "assignment": {
        "b.py": "from good import Good\nB = Good\n",
        "a.py": "from b import B\nclass Last(B): pass\n",
    },
    "annotated": {
        "b.py": "from good import Good\nB: type = Good\n",
        "a.py": "from b import B\nclass Last(B): pass\n",
    },
    "ternary": {
        "b.py": "from good import Good\nB = None if 0 else Good\n",
        "a.py": "from b import B\nclass Last(B): pass\n",
    },
    "or": {
        "b.py": "from good import Good\nB = None or Good\n",
        "a.py": "from b import B\nclass Last(B): pass\n",
    },
    "tuple": {
        "b.py": "from good import Good\nA, B = 1, Good\n",
        "a.py": "from b import B\nclass Last(B): pass\n",
    },
    "walrus": {
        "b.py": "from good import Good\n(B := Good)\n",
        "a.py": "from b import B\nclass Last(B): pass\n",
    },
    "re-export": {
        "b.py": "from good import Good\n",
        "a.py": "from b import Good\nclass Last(Good): pass\n",
    },
    "subscript": {"a.py": "from good import Good\nclass Last(Good[int]): pass\n"},
    "type parameter": {"a.py": "from good import Good\nclass Last[T](Good): pass\n"},
    "bound": {"a.py": "from good import Good\nclass Last[T: int](Good): pass\n"},
    "default": {"a.py": "from good import Good\nclass Last[T = (int)](Good): pass\n"},
    "continuation": {"a.py": "from good import Good\nclass \\\n Last \\\n (Good): pass\n"},
    "continued name": {"a.py": "from good import Good\nclass Last\\\n(Good): pass\n"},
    "over lines": {"a.py": "from good import Good\nclass Last(\n    Good,\n): pass\n"},
    "comment": {
        "a.py": "from good import Good\nclass Last(  # the (best):\n    Good,  # )\n): pass\n"
    },
    "long comment": {
        "a.py": f"from good import Good\nclass Last(\n    # {'x' * 6000}\n    Good\n): pass\n"
    },
    "text": {"a.py": "from good import Good\nclass Last(Good, x='):'): pass\n"},
    "call": {"a.py": "from good import Good\ndef f(x): return x\nclass Last(f(Good)): pass\n"},
    "carriage returns": {"a.py": b"from good import Good\rclass Last(Good): pass\r"},
    "other letters": {
        "a.py": "from good import Good\nclass Ünicode(Good): pass\nclass É(Good): pass\n"
    },
    "base of other letters": {
        "b.py": GOOD.replace("Good", "Élan").replace('"good"', '"b"'),
        "a.py": "from b import Élan\nclass Last(Élan): pass\n",
    },
    "base of other letters, latin-1": {
        "b.py": GOOD.replace("Good", "Élan").replace('"good"', '"b"'),
        "a.py": "# coding: latin-1\nfrom b import Élan\nclass Last(Élan): pass\n".encode("latin-1"),
    },
    "compatible letters": {
        "b.py": GOOD.replace("Good", "final").replace('"good"', '"b"'),
        "a.py": "from b import \ufb01nal\nclass Last(\ufb01nal): pass\n",
    },
    "decorator": {
        "b.py": "from sqlalchemy.orm import registry\nreg = registry()\ndeco = reg.mapped\n",
        "a.py": "from b import deco\n@deco\nclass Last:\n    __tablename__ = 'last'\n",
    },
    "spaced decorator": {
        "b.py": "from good import Good\ndef deco(c):\n    class Last(Good): pass\n    return c\n",
        "a.py": "from b import deco\n@ deco\nclass X: pass\n",
    },
    "factory": {
        "b.py": "from good import Good\ndef make():\n    class Last(Good): pass\n    return Last\n",
        "a.py": "from b import make\nx = 1; make()\n",
    },
    "factory in brackets": {
        "b.py": "from good import Good\ndef make():\n    class Last(Good): pass\n    return Last\n",
        "a.py": "from b import make\nX = [make()]\n",
    },
    "type()": {"a.py": "from good import Good\nLast = type('Last', (Good,), {})\n"},
    "two steps": {
        "a.py": "from b import B\nclass Last(B): pass\n",
        "b.py": "from c import C\nclass B(C): pass\n",
        "c.py": "from good import Good\nclass C(Good): pass\n",
    },
}


@pytest.mark.parametrize("shape", LEADS)
def test_the_prefilter_changes_nothing(tmp_path: Path, shape: str) -> None:
    with_it = models(tmp_path, LEADS[shape], prefilter=True)
    assert with_it == models(tmp_path, LEADS[shape], prefilter=False)
    assert len(with_it) > 1


@pytest.mark.parametrize(
    "source",
    [
        b"class A(x):\n    __tablename__ = 'a'\n",
        b"t = Table('t', metadata)\n",
        b"t = sa.Table('t', sa.MetaData())\n",
        b"Base = declarative_base()\n",
        b"@as_declarative()\nclass Base: pass\n",
        b"Base = automap_base()\n",
        b"class A(MappedAsDataclass): pass\n",
        b"reg.map_imperatively(A, t)\n",
        b"db = SQLAlchemy()\n",
        b"class A(SQLModel, table=True): pass\n",
        b"class Base(DeclarativeBase): pass\n",
        b"class A(db.Model): pass\n",
        b"class A(x):\n    __table__ = t\n",
        b"t.to_metadata(m)\n",
        b"mapper(A, t)\n",
        b"db = a.b.SQLAlchemy(app)\n",
    ],
)
def test_what_defines_something_is_not_passed_over(tmp_path: Path, source: bytes) -> None:
    """With `x`, `t` and the like defined nowhere, what is found is the same as without the prefilter."""
    (tmp_path / "a.py").write_bytes(
        b"from sqlalchemy import *\nfrom sqlalchemy.orm import *\n" + source
    )
    config = Config(project=tmp_path)
    found = discover([tmp_path], config=config)
    assert found == discover([tmp_path], config=config, prefilter=False)


@pytest.mark.parametrize(
    "source",
    [b"", b"x = 1\n", b"class A: pass\n", b"class A(B): pass\n", b"\xff\xfe\x00", b"import os\n"],
)
def test_what_defines_nothing_is_none(source: bytes) -> None:
    found = sketch("a.py", source)
    assert not found.has_evidence
    assert not found.is_set_aside


REVISION = b'"""Add."""\nfrom alembic import op\nrevision = "1"\ndown_revision = None\nt = sa.Table("t", m)\n'
ENVIRONMENT = b"from alembic import context\nx = __tablename__\ncontext.run_migrations()\n"
TEST = b"import pytest\nclass A(Base): __tablename__ = 'a'\ndef test_a(): pass\n"


@pytest.mark.parametrize(
    ("path", "source", "is_set_aside"),
    [
        ("versions/1.py", REVISION, True),
        ("versions/1.py", REVISION.replace(b"revision =", b"revision: str ="), True),
        ("versions/1.py", REVISION.replace(b"revision =", b"revision: Union[str, None] ="), True),
        ("versions/1.py", REVISION.replace(b"\n", b"\r\n"), True),
        ("versions/1.py", REVISION.replace(b"down_revision", b"#"), False),
        (
            "model.py",
            b"class A(Base):\n    __tablename__ = 'a'\n    down_revision = revision = Column()\n",
            False,
        ),
        ("env.py", ENVIRONMENT, True),
        ("env.py", ENVIRONMENT.replace(b"run_migrations", b"x"), False),
        ("test_a.py", TEST, True),
        ("tests/a_test.py", TEST, True),
        ("conftest.py", TEST, True),
        ("a.py", TEST, False),
        ("connection_test.py", b"class A(Base): __tablename__ = 'a'\n", False),
        ("latest.py", TEST, False),
    ],
)
def test_migrations_and_tests_are_set_aside(path: str, source: bytes, is_set_aside: bool) -> None:
    assert sketch(path, source).is_set_aside is is_set_aside


@pytest.mark.parametrize(
    "source",
    [
        b"class " + b"a" * 25000 + b"\n",
        b"class x " + b"a " * 25000 + b"\n",
        b"class a( \n" * 50000,
        b"x =" + b" " * 25000 + b"1\n",
        b"x = (" + b"\n" * 25000 + b"1)\n",
        (b"x =" + b" " * 500 + b"1\n") * 500,
        b"class" + b" " * 125000 + b"(\n",
        b"@" + b"a." * 50000,
        b"\n" * 125000,
        b"\n" + b" " * 125000,
        b"return " * 50000,
        b" as " * 50000,
        b"import x as " * 25000,
        b"from " * 25000,
        b"from x import (" * 12500,
        b"from x import a, " + b"\\\n" * 25000,
        b"revision\n\n" * 12500 + b"down_revision",
        b"revision" + b"\n" * 75000 + b"down_revision",
        b"from alembic import " + b"x" * 125000 + b" run_migrations",
        b"= a" * 50000,
        b"Table(" * 25000,
    ],
    ids=lambda source: repr(source[:20]),
)
def test_looking_takes_linear_time(source: bytes) -> None:
    start = time.perf_counter()
    sketch("test_a.py", source)
    sketch("a.py", source)
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    ("source", "suspicious"),
    [
        (b"", False),
        (b"x = [(1, 2), {3: [4]}]\n" * 100, False),
        (b"(" * 100 + b")" * 100, True),
        (b"([{" * 20 + b"}])" * 20, True),
        (b"(" * 31, True),
        (b"x" * 2001, True),
        (b"(\n" * 1000 + b")\n" * 1000, True),
        (b"'('\n" * 31, True),
        (b"()" * 500, False),
    ],
)
def test_nesting_is_suspected(source: bytes, suspicious: bool) -> None:
    assert is_suspicious(source) is suspicious
