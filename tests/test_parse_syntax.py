"""New syntax, and what parsers make of hostile text: read, or one problem of one file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
from following import MODELS, followed
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from typing_extensions import TypeAliasType, TypeVar

from xcore_tools.config import Config
from xcore_tools.discovery import discover
from xcore_tools.discovery.ir import ModuleFacts
from xcore_tools.discovery.parse import check, collect
from xcore_tools.discovery.parse.formatted import opened
from xcore_tools.discovery.parse.lazy import without_lazy
from xcore_tools.discovery.results import Problem
from xcore_tools.envfile.block import find_block, replace_block
from xcore_tools.envfile.held import held_by
from xcore_tools.envfile.metadata import Import
from xcore_tools.envfile.target import read_target, with_target

# -- lazy imports (PEP 810) -------------------------------------------------------------------------

LAZY = {
    "lazy import a": "import a",
    "x = 1; lazy from a import b": "x = 1; from a import b",
    "if x: lazy import a": "if x: import a",
    "lazy\\\n import a": "pass;\\\n import a",
    "lazy  from . import a\nlazy\timport b": "from . import a\nimport b",
    # an ordinary name, a text, a comment
    "lazy = 1": "lazy = 1",
    "lazy(x)\nlazy.x\nlazy: int": "lazy(x)\nlazy.x\nlazy: int",
    "'''\nlazy import a\n'''": "'''\nlazy import a\n'''",
    "# lazy import a": "# lazy import a",
    "f(lazy)\nimport a": "f(lazy)\nimport a",
}


@pytest.mark.parametrize("source", LAZY)
def test_lazy_imports_become_plain_ones_in_their_lines(source: str) -> None:
    assert without_lazy(source) == LAZY[source]


def test_an_env_py_may_import_lazily() -> None:
    """Every byte outside the block stays; what the imports bind is known as without the word."""
    source = (
        b"lazy from alembic import context\r\nlazy import sys\n"
        b"# AUTO-GENERATED IMPORTS START\nlazy from app.models import User\n# AUTO-GENERATED IMPORTS END\n"
        b"lazy from app.base import (\n    Base as B,\n)\nlazy = 1\ntarget_metadata = B.metadata\n"
    )
    block = find_block(source)
    assert block is not None
    assert held_by(block.lines).imports == {Import("app.models", "User", "User")}
    target = read_target(source)
    assert target.imported == {
        "context": "alembic.context",
        "sys": "sys",
        "User": "app.models.User",
        "B": "app.base.Base",
    }
    assert (target.parts, target.line) == (("B.metadata",), 10)
    new = replace_block(source, ["from app.models import Car, User"])
    assert new == source.replace(
        b"lazy from app.models import User", b"from app.models import Car, User"
    )
    assert with_target(source, ["None"]) == source.replace(b"B.metadata", b"None")


# -- type aliases (PEP 695) -------------------------------------------------------------------------

ALIASES = """
from typing import Any, Annotated, Optional
type Text = str
type Pk = Annotated[Number, mapped_column(primary_key=True)]
type Key[T] = Annotated[T, mapped_column(primary_key=True)]
type Name = Annotated[str, mapped_column(String(60))]
type Maybe = Annotated[Optional[str], mapped_column(String(7))]
type Opt = Optional[str]
Number = int
class Base(DeclarativeBase):
    type_annotation_map = {Text: String(33)}
class A[T](Base):
    __tablename__ = "a"
    pk: Mapped[Pk]
    text: Mapped[Text]
    plain: Mapped[str]
    name: Mapped[Name]
    maybe_name: Mapped[Optional[Name]]
    maybe: Mapped[Maybe]
    opt: Mapped[Opt]
class B(Base):
    __tablename__ = "b"
    key: Mapped[Key[str]]
"""


def test_type_aliases_are_columns_as_sqlalchemy_makes_them() -> None:
    """The oracle is the same in the spelling that Python 3.11 has: `TypeAliasType` of typing_extensions."""
    t = TypeVar("t")
    text = TypeAliasType("text", str)
    pk = TypeAliasType("pk", Annotated[int, mapped_column(primary_key=True)])
    key = TypeAliasType("key", Annotated[t, mapped_column(primary_key=True)], type_params=(t,))
    name = TypeAliasType("name", Annotated[str, mapped_column(String(60))])
    maybe = TypeAliasType("maybe", Annotated[str | None, mapped_column(String(7))])
    opt = TypeAliasType("opt", str | None)

    base = type("Base", (DeclarativeBase,), {"type_annotation_map": {text: String(33)}})
    hints: dict[str, dict[str, Any]] = {
        "a": {
            "pk": pk,
            "text": text,
            "plain": str,
            "name": name,
            "maybe_name": name | None,
            "maybe": maybe,
            "opt": opt,
        },
        "b": {"key": key[str]},
    }
    expected = {}
    for table, columns in hints.items():
        annotations = {column: Mapped[hint] for column, hint in columns.items()}  # type: ignore[valid-type]
        made = type(
            table.upper(),
            (base,),
            {"__tablename__": table, "__annotations__": annotations, "__module__": __name__},
        )
        for column in made.__table__.columns:  # type: ignore[attr-defined]
            length = getattr(column.type, "length", None)
            expected[table, column.name] = (
                type(column.type).__name__,
                str(length or ""),
                column.nullable,
                column.primary_key,
            )
    found = columns_of({"m.py": MODELS.split("class Base")[0] + ALIASES})
    assert found == expected


def columns_of(
    files: dict[str, str],
) -> dict[tuple[str, str], tuple[str, str, bool | None, bool | None]]:
    import tempfile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as name:
        project = Path(name).resolve()
        for path, source in files.items():
            (project / path).write_text(source)
        seen = discover([project], config=Config(project=project), columns=True)
    return {
        (str(table.name), str(column.name)): (
            column.type.name if column.type else "",
            "".join(column.type.arguments) if column.type else "",
            column.nullable,
            column.primary_key,
        )
        for table in seen.tables
        for column in (table.structure.columns if table.structure else ())
    }


def test_other_new_syntax_is_read() -> None:
    source = f"""{MODELS}
text = t"a {{Base}}"
try:
    pass
except ValueError, TypeError:
    pass
class Dog[T: int = str](Base):
    __tablename__ = f"{{"do" + f"{{"gs"}}"}}"
    id = mapped_column(Integer, primary_key=True)
def make[T](name: T):
    return Table(name, Base.metadata)
make("made")
assert (Told := Table("told", Base.metadata)) is not None
"""
    found = followed({"m.py": source})
    assert sorted(str(table.name) for table in found.tables) == ["dogs", "made", "told"]
    assert found.problems == ()


# -- whatever the parser raises ----------------------------------------------------------------------

HOSTILE = {
    "an f-string beside a t-string": 'x = 1\nf"a{1}" t"b"\n',
    "quotes in a field, and brackets": 'x = f"{"" + ' + "(" * 5000 + ")" * 5000 + '}"\n',
    "single quotes": "x = f'{'' + " + "[" * 5000 + "]" * 5000 + "}'\n",
    "a template": 't"{"" + ' + "(" * 5000 + ")" * 5000 + '}"\n',
    "three quotes": "f'''{\n'''a''' + " + "(" * 5000 + ")" * 5000 + "}'''\n",
    "a chain in a field": 'f"{"" + ' + "a + " * 20000 + 'a}"\n',
    "a specification": 'f"{1:{"" + ' + "(" * 5000 + ")" * 5000 + '}}"\n',
    "a null byte": "x = 1\n\0",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_a_problem_of_its_file(kind: str) -> None:
    """In a process of its own: the parser ends it where it overflows the stack."""
    program = (
        "import sys\nfrom xcore_tools.discovery.parse import check, collect\n"
        "data = sys.stdin.buffer.read()\nfound = collect('m', 'm.py', False, data)\n"
        "print(check('m.py', data) == found, found.code, found.severity)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=HOSTILE[kind].encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.decode().split() in (["True", "XT101", "error"], ["True", "XT104", "error"])


def test_the_line_of_a_fault_is_told() -> None:
    found = collect("m", "m.py", False, HOSTILE["an f-string beside a t-string"].encode())
    assert isinstance(found, Problem)
    assert found.line in (0, 2)


class PanicException(BaseException):
    """As PyO3 names what its native code raises when it gives up."""


@pytest.mark.parametrize(
    "error", [RecursionError, MemoryError, SystemError, KeyError, PanicException]
)
def test_no_error_of_the_parser_escapes(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def fails(_: str) -> None:
        raise error

    monkeypatch.setattr("libcst.parse_module", fails)
    found = collect("m", "m.py", False, b"x = not 1\n")
    assert isinstance(found, Problem)
    assert (found.code, error.__name__ in found.message) == ("XT101", True)


def test_who_ends_the_process_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("libcst.parse_module", fails)
    with pytest.raises(KeyboardInterrupt):
        collect("m", "m.py", False, b"x = not 1\n")


OPENED = {
    'f"abc{a + f"{b}"!r:>{w}}" + c': "''+(a + ''+(b)!r++(w)) + c",
    'f"{{" + f"}}" + "{"': "'' + '' + \"{\"",
    'f"{x!r:\'>10}" + y': "''+(x!r+) + y",
    "f'''{\n a['''x''']\n}''' + b": "''+(\n a['''x''']\n) + b",
    "{1: f'{a}', 2: [b]}": "{1: ''+(a), 2: [b]}",
}


@pytest.mark.parametrize("source", OPENED)
def test_formatted_strings_are_opened(source: str) -> None:
    assert opened(source) == OPENED[source]


def test_names_are_compared_in_compatible_letters() -> None:
    """PEP 3131: Python takes the ligature for two letters, in a name and not in a text."""
    scope: dict[str, object] = {}
    source = "\ufb01nal = '\ufb01nal' + str(not 1)\n"
    exec(source, scope)
    found = collect("m", "m.py", False, source.encode())
    assert isinstance(found, ModuleFacts)
    assert "final" in scope
    assert "'final'" in str(found.body[0].targets)  # type: ignore[union-attr]
    assert "\ufb01nal" in str(found.body[0].value)  # type: ignore[union-attr]
    assert check("m.py", source.encode()) is None
