"""One catalogue: every list of SQLAlchemy's names is made of it, and it says what SQLAlchemy says."""

from __future__ import annotations

import ast
import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest
import sqlalchemy
import sqlalchemy.ext.asyncio
import sqlalchemy.ext.automap
import sqlalchemy.ext.declarative
import sqlalchemy.orm
import sqlalchemy.schema
import sqlalchemy.types
from sqlalchemy.schema import FetchedValue, SchemaItem
from sqlalchemy.sql import sqltypes
from sqlalchemy.types import TypeEngine

import xcore_tools
from xcore_tools.discovery.catalog import derived, directives, libraries, types
from xcore_tools.discovery.catalog.symbols import RULES, Kind, Role, Symbol
from xcore_tools.discovery.orm import decorators, handlers, mapper
from xcore_tools.discovery.orm.library import WORDS
from xcore_tools.discovery.prefilter.seeds import LIBRARY_LEADS
from xcore_tools.discovery.prefilter.sketch import sketch
from xcore_tools.discovery.prefilter.usages import Surroundings

PACKAGE = Path(xcore_tools.__file__).parent
MADE = sorted(
    (row for row in derived.ROWS if row.kind in {Kind.MAKER, Kind.COLLECTION}), key=lambda r: r.name
)
EXPORTING = (sqlalchemy, sqlalchemy.orm, sqlalchemy.types, sqlalchemy.schema)


def identify(row: Symbol) -> str:
    return row.name


def public(*modules: ModuleType) -> dict[str, object]:
    """What star imports of these modules give."""
    return {
        name: getattr(module, name)
        for module in modules
        for name in getattr(module, "__all__", dir(module))
        if not name.startswith("_") and hasattr(module, name)
    }


# -- rows ----------------------------------------------------------------------------------------


def test_a_name_has_one_row() -> None:
    names = [row.name for row in derived.ROWS]
    homes = [home for row in derived.ROWS for home in row.homes]
    assert sorted(names) == sorted(set(names))
    assert sorted(homes) == sorted(set(homes))
    assert all(home.rpartition(".")[2] == row.name for row in derived.ROWS for home in row.homes)


def test_a_role_has_a_handler_or_a_rule_that_asks_for_it_and_some_name_has_it() -> None:
    methods = {role for owner in Role for role in derived.methods_of(owner).values()}
    handled = handlers._HANDLERS.keys() | decorators._METHODS.keys() | {Role.COPY_TABLE}
    assert handled.isdisjoint(RULES)
    assert handled | RULES == set(Role), "a role without a handler says nothing"
    assert {row.role for row in derived.ROWS} - {None} == set(Role), "a handler nobody calls"
    assert methods <= handled


@pytest.mark.parametrize("role", sorted(RULES))
def test_a_role_without_a_handler_is_asked_for_by_a_rule(role: Role) -> None:
    sources = [*PACKAGE.rglob("discovery/**/*.py")]
    asked = f"Role.{role.name}"
    found = [p for p in sources if p.name != "symbols.py" and asked in p.read_text("utf-8")]
    is_listed = role in {Role.MAPPED, Role.FIELD}  # derived.py asks for those, as for their names
    assert found or is_listed


def test_methods_of_a_registry_are_all_handled() -> None:
    assert set(derived.methods_of(Role.REGISTRY).values()) == set(decorators._METHODS)


def test_a_kind_of_mapping_has_a_reason() -> None:
    kinds = {
        getattr(mapper, name) for name in dir(mapper) if isinstance(getattr(mapper, name), str)
    }
    kinds = {kind for kind in kinds if kind in vars(directives).values()} - {directives.TABLE_ARGS}
    kinds |= {foreign.kind for foreign in libraries.FOREIGN.values() if foreign.kind}
    assert kinds == directives.REASONS.keys()


def test_types_that_annotations_mean_are_types_of_the_catalogue() -> None:
    known = derived.names_of(Kind.TYPE)
    assert set(types.PYTHON_TYPES.values()) <= known
    assert set(types.SQLMODEL_TYPES.values()) - {types.AUTO_STRING} <= known
    assert set(derived.SAME_TYPES.values()) <= known


# -- derived lists agree -------------------------------------------------------------------------


@pytest.mark.parametrize("row", MADE, ids=identify)
def test_what_makes_something_is_known_to_the_analysis_of_effects(row: Symbol) -> None:
    assert row.name in WORDS.makers


@pytest.mark.parametrize("row", MADE, ids=identify)
def test_a_function_that_calls_a_maker_is_seen_by_the_prefilter(row: Symbol) -> None:
    text = Surroundings(f"def make(x):\n    return x.{row.name}(x)\n".encode())
    plain = Surroundings(f"def make(x):\n    return {row.name}(x)\n".encode())
    assert {name for use in text.makers() for name in use.binds} == {"make"}
    assert {name for use in plain.makers() for name in use.binds} == {"make"}


@pytest.mark.parametrize("name", sorted(derived.DECORATORS))
def test_a_function_that_decorates_with_a_maker_is_seen_by_the_prefilter(name: str) -> None:
    text = Surroundings(f"def make(x):\n    @x.{name}\n    class A: pass\n    return A\n".encode())
    assert {n for use in text.makers() for n in use.binds} == {"make"}


@pytest.mark.parametrize("name", sorted(derived.MAPPERS))
def test_a_class_that_is_mapped_by_a_call_is_a_lead(name: str) -> None:
    assert list(Surroundings(f"reg.{name}(Person, table)\n".encode()).classes()) == ["Person"]


@pytest.mark.parametrize("row", [row for row in derived.ROWS if row.is_needle], ids=identify)
def test_a_needle_is_evidence_by_itself(row: Symbol) -> None:
    assert sketch("a.py", f"x = y.{row.name}\n".encode()).has_evidence


@pytest.mark.parametrize(
    "row", [row for row in derived.ROWS if not (row.is_needle or row.is_internal)], ids=identify
)
def test_a_name_that_is_no_needle_is_no_evidence_alone(row: Symbol) -> None:
    assert not sketch("a.py", f"x = y.{row.name}\n".encode()).has_evidence


@pytest.mark.parametrize("row", [r for r in MADE if r.kind is Kind.MAKER], ids=identify)
def test_a_maker_is_found_in_a_file_as_a_needle_or_as_a_seed(row: Symbol) -> None:
    assert row.is_needle or row.name in LIBRARY_LEADS.makers
    assert row.name in LIBRARY_LEADS.makers or not row.is_function


@pytest.mark.parametrize(
    "row", [row for row in derived.ROWS if row.kind is Kind.BASE], ids=identify
)
def test_a_base_is_a_seed_for_every_room(row: Symbol) -> None:
    assert row.name in LIBRARY_LEADS.classes
    assert row.name in WORDS.leads


@pytest.mark.parametrize("path", sorted(libraries.FOREIGN))
def test_a_class_of_another_library_is_a_seed_unless_it_stands_beside_a_base(path: str) -> None:
    foreign = libraries.FOREIGN[path]
    name = path.rpartition(".")[2]
    assert (name in LIBRARY_LEADS.classes and name in WORDS.leads) or not foreign.is_lead
    assert foreign.is_lead or not foreign.is_base
    assert libraries.is_library(path.partition(".")[0]) or not foreign.is_lead


@pytest.mark.parametrize("name", directives.TABLE_DIRECTIVES)
def test_a_directive_about_tables_is_seen_by_the_prefilter_and_by_effects(name: str) -> None:
    assert name.startswith(WORDS.prefix)
    assert sketch("a.py", f"class A:\n    {name} = x\n".encode()).has_evidence


def test_an_internal_name_stands_in_no_list() -> None:
    lists = derived.SEEDS | derived.NEEDLES | derived.MAKERS | derived.ATTRIBUTES
    internal = [row for row in derived.ROWS if row.is_internal]
    assert internal
    assert all(row.name not in lists for row in internal)
    assert not any(derived.is_exported(row.homes[0]) for row in internal)


# -- what SQLAlchemy says ------------------------------------------------------------------------

OLD = {
    "Binary": "SQLAlchemy 1.3",
    "BOOLEANTYPE": "a private constant of SQLAlchemy",
    "DEC": "SQLAlchemy 1.2",
    "ExternalType": "a private mixin of types, which libraries inherit",
    "INTEGERTYPE": "a private constant of SQLAlchemy",
    "ThreadLocalMetaData": "SQLAlchemy 1.3",
    "relation": "SQLAlchemy 1.3",
}
"""Names that no module of this SQLAlchemy exports, and where they come from."""


def exported(kind: type | tuple[type, ...]) -> set[str]:
    return {
        name
        for name, value in public(*EXPORTING).items()
        if isinstance(value, kind) or (inspect.isclass(value) and issubclass(value, kind))
    }


def test_types_are_those_of_sqlalchemy() -> None:
    found, known = exported(TypeEngine), derived.names_of(Kind.TYPE)
    assert found <= known
    assert known - found <= OLD.keys()


def test_items_are_those_of_sqlalchemy() -> None:
    others = {"Column", "MetaData", "Table"}
    assert exported((SchemaItem, FetchedValue)) - others == derived.ITEMS


def test_a_star_import_gives_what_the_catalogue_says() -> None:
    for module in EXPORTING:
        for name in public(module).keys() & {row.name for row in derived.ROWS if not row.homes}:
            assert derived.is_exported(f"{module.__name__}.{name}"), name
    for name in ("select", "and_", "Session", "no_such_name"):
        assert not derived.is_exported(f"sqlalchemy.{name}")
    assert not derived.is_exported("other.Column")


def test_every_name_is_one_of_sqlalchemy() -> None:
    modules = (
        *EXPORTING,
        sqlalchemy.ext.asyncio,
        sqlalchemy.ext.automap,
        sqlalchemy.ext.declarative,
    )
    owners = {Role.REGISTRY: sqlalchemy.orm.registry, Role.TABLE: sqlalchemy.Table}
    sqlmodel = {"Relationship"}
    gone = {
        row.name
        for row in derived.ROWS
        if not row.homes
        and not any(hasattr(module, row.name) for module in modules)
        and not (row.owner is not None and hasattr(owners[row.owner], row.name))
    }
    assert gone - sqlmodel <= OLD.keys()


def test_attributes_of_models_are_what_returns_one() -> None:
    made = ("Mapped", "Relationship", "Property")
    sentinel = {"orm_insert_sentinel"}  # a column without a meaning of its own
    found = set()
    for name, value in public(sqlalchemy.orm).items():
        if inspect.isfunction(value):
            returned = str(inspect.signature(value).return_annotation)
            if any(word in returned for word in made):
                found.add(name)
    assert found - sentinel <= derived.ATTRIBUTES


def test_methods_of_a_registry_that_map_or_make_a_base_are_known() -> None:
    words = ("map", "base", "declarative")
    listing = {"mappers", "update_type_annotation_map"}
    methods = {n for n in dir(sqlalchemy.orm.registry) if not n.startswith("_")}
    making = {n for n in methods if any(word in n for word in words)} - listing
    assert making == derived.methods_of(Role.REGISTRY).keys()


def test_other_names_of_types_are_what_sqlalchemy_has_under_them() -> None:
    for name, same in derived.SAME_TYPES.items():
        value = getattr(sqltypes, name, None)
        if value is not None:
            cls = value if inspect.isclass(value) else type(value)
            assert cls.__name__ == same, name
        else:
            assert name in OLD


def test_python_types_mean_what_sqlalchemy_makes_of_them() -> None:
    told = {f"{key.__module__}.{key.__qualname__}": value for key, value in _type_map()}
    for path, name in types.PYTHON_TYPES.items():
        if path in told and name != "Float":  # Double from 2.1 on, which TYPE_HOMES leaves open
            assert told[path] == name, path
    assert {"builtins.int", "uuid.UUID", "decimal.Decimal"} <= told.keys()


def _type_map() -> Iterator[tuple[type, str]]:
    for key, value in sqltypes._type_map.items():
        yield key, type(value).__name__


# -- written once --------------------------------------------------------------------------------

ROOMS = ("discovery", "envfile", "doctor", "setup")
WORDS_OF_OTHERS = {
    "registry": "a keyword of bases and an attribute of theirs",
    "declarative_base": "a keyword of automap_base",
    "backref": "a keyword of relationship",
    "Enum": "Python's own, as `enum.Enum`",
    "copy": "a method of lists, dicts, columns and types",
    "cast": "typing's, in a pattern about functions",
    "Sequence": "typing's, in an annotation",
    "text": "a key of formatting or of a message",
    "Base": "the usual name of a base",
}
"""Names of the catalogue that mean something else as a literal elsewhere."""


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """The names in the literals of a source: whole texts without blanks, and every word of bytes."""
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            if isinstance(node.value, bytes):
                for word in re.findall(rb"\w+", node.value):
                    yield node.lineno, word.decode("latin-1")
            elif isinstance(node.value, str) and re.fullmatch(r"[\w.]+", node.value):
                yield node.lineno, node.value.rpartition(".")[2]


def test_a_name_of_the_catalogue_is_written_nowhere_else() -> None:
    names = {row.name for row in derived.ROWS} | libraries.LEAD_CLASSES | derived.PACKAGES
    names |= {*directives.TABLE_DIRECTIVES, directives.ABSTRACT, directives.BIND_KEY}
    catalogue = PACKAGE / "discovery" / "catalog"
    written = [
        (name, f"{path.relative_to(PACKAGE)}:{line}: {name}")
        for room in ROOMS
        for path in sorted((PACKAGE / room).rglob("*.py"))
        if catalogue not in path.parents
        for line, name in literals(path)
        if name in names
    ]
    found = [place for name, place in written if name not in WORDS_OF_OTHERS]
    assert not found, "import it from the catalogue"
    assert WORDS_OF_OTHERS.keys() == {name for name, _ in written} & WORDS_OF_OTHERS.keys()


# -- two files and a fixture ---------------------------------------------------------------------

ROW = """
    Symbol("special_base", Kind.MAKER, Role.SPECIAL, is_needle=True),
"""
HANDLER = """

def special_base(this: Call) -> Value:
    return make_base(this)


HANDLERS[Role.SPECIAL] = special_base
"""
PROJECT = {
    "base.py": """
        from sqlalchemy.ext.special import special_base
        Base = special_base()
        """,
    "factory.py": """
        from sqlalchemy.ext.special import *
        def make():
            return special_base()
        """,
    "plain.py": """
        import base
        class Plain(base.Base):
            __tablename__ = "plain"
        """,
    "made.py": """
        from factory import make
        Made = make()
        """,
    "child.py": """
        from made import Made
        class Child(Made):
            __tablename__ = "child"
        """,
}


def test_a_new_construct_takes_a_row_and_a_handler(tmp_path: Path) -> None:
    """The prefilter, star imports and the analysis of effects know it without being told."""
    shutil.copytree(PACKAGE, tmp_path / "xcore_tools", ignore=shutil.ignore_patterns("__pycache__"))
    discovery = tmp_path / "xcore_tools" / "discovery"
    symbols, bases = discovery / "catalog" / "symbols.py", discovery / "orm" / "bases.py"
    text = symbols.read_text("utf-8")
    text = text.replace("class Role(StrEnum):", 'class Role(StrEnum):\n    SPECIAL = "special"', 1)
    text = text.replace("_MAKERS = (", f"_MAKERS = ({ROW}", 1)
    symbols.write_text(text, "utf-8")
    bases.write_text(bases.read_text("utf-8") + HANDLER, "utf-8")
    project = tmp_path / "project"
    project.mkdir()
    for name, source in PROJECT.items():
        (project / name).write_text(dedent(source), "utf-8")
    code = (
        "from pathlib import Path; from xcore_tools import Config, discover; "
        "p = Path('project').resolve(); "
        "print([m.name for m in discover([p], config=Config(project=p)).models])"
    )
    for place, models in ((tmp_path, "['Child', 'Plain']"), (PACKAGE.parent, "[]")):
        done = subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(place)!r}); {code}"],
            cwd=tmp_path,
            env={"PYTHONPATH": str(place)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == models, done.stderr
