"""What target_metadata is made of, what it lacks, and what it becomes."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from test_envfile_golden import TEMPLATES, template

from xcore_tools import Config, discover, load_config
from xcore_tools.discovery.results import Discovery, MetaData, Model, Table
from xcore_tools.envfile.follow import meanings_of
from xcore_tools.envfile.metadata import Import, Meanings, Plan, plan_target, spelled_out
from xcore_tools.envfile.target import Kind, Target, read_target, with_target
from xcore_tools.errors import EnvFileError

ROOT = Path(__file__).resolve().parents[1]


def discovery_of(*names: str, tables: dict[str, list[str]] | None = None) -> Discovery:
    """A discovery with these collections, each `module:expression`, and a table in each."""
    metadatas, found = [], []
    for number, name in enumerate(names):
        module, _, expression = name.partition(":")
        dotted = f"{module}.{expression}"
        metadatas.append(MetaData(dotted, module, 1, 1))
        for table in (tables or {}).get(name, [f"table_{number}"]):
            schema, _, short = table.rpartition(".")
            path = f"{module.replace('.', '/')}.py"
            found.append(Table(short, schema or None, module, dotted, "core", path, number + 1))
    return Discovery((), tuple(found), tuple(metadatas), ())


def plan(
    source: str,
    discovery: Discovery,
    *,
    fix: bool = False,
    taken: tuple[str, ...] = (),
    meanings: dict[str, str] | None = None,
    at_hand: dict[str, str] | None = None,
) -> Plan:
    target = read_target(textwrap.dedent(source).encode())
    parts = spelled_out(target, discovery) if meanings is None else meanings
    return plan_target(
        target, discovery, Meanings(parts, at_hand or {}), path="env.py", taken=taken, fix=fix
    )


def codes(outcome: Plan) -> list[tuple[str, str]]:
    return [(problem.code, problem.severity) for problem in outcome.problems]


@pytest.mark.parametrize(
    ("source", "kind", "parts"),
    [
        ("", Kind.ABSENT, ()),
        ("x.target_metadata = None", Kind.ABSENT, ()),
        ("def f():\n    target_metadata = None", Kind.ABSENT, ()),
        ("class C:\n    target_metadata = None", Kind.ABSENT, ()),
        ("target_metadata: MetaData", Kind.ABSENT, ()),
        ("f(target_metadata=target_metadata)", Kind.ABSENT, ()),
        ("target_metadata = None", Kind.NOTHING, ()),
        ("target_metadata: MetaData | None = None", Kind.NOTHING, ()),
        ("nothing = None\ntarget_metadata = nothing", Kind.NOTHING, ()),
        ("target_metadata = Base.metadata", Kind.LISTED, ("Base.metadata",)),
        ("target_metadata = a.b.Base.metadata", Kind.LISTED, ("a.b.Base.metadata",)),
        ("target_metadata = metadata", Kind.LISTED, ("metadata",)),
        ("target_metadata = db.metadatas['x']", Kind.LISTED, ("db.metadatas['x']",)),
        ("target_metadata = [a, b.c]", Kind.LISTED, ("a", "b.c")),
        ("target_metadata = (a, b.c)", Kind.LISTED, ("a", "b.c")),
        ("target_metadata = []", Kind.LISTED, ()),
        ("target_metadata = [a, a]", Kind.LISTED, ("a",)),
        ("m = A.metadata\ntarget_metadata = m", Kind.LISTED, ("A.metadata",)),
        ("b = a.Base\ntarget_metadata = [b.metadata]", Kind.LISTED, ("a.Base.metadata",)),
        ("m = [a, b]\ntarget_metadata = m + [c]", Kind.LISTED, ("a", "b", "c")),
        ("m = [a, b]\ntarget_metadata = [*m, c]", Kind.LISTED, ("a", "b", "c")),
        ("target_metadata = {'x': a, 'y': [b, c]}", Kind.BY_NAME, ("a", "b", "c")),
        ("target_metadata = {}", Kind.BY_NAME, ()),
        ("f(target_metadata=Base.metadata)", Kind.LISTED, ("Base.metadata",)),
        ("f(target_metadata=a)\nf(target_metadata=a)", Kind.LISTED, ("a",)),
        ("f(target_metadata=a)\nf(target_metadata=b)", Kind.UNKNOWN, ()),
        ("target_metadata = combine(a, b)", Kind.UNKNOWN, ()),
        ("target_metadata = [a, f()]", Kind.UNKNOWN, ("a",)),
        ("target_metadata = f().metadata", Kind.UNKNOWN, ()),
        ("target_metadata = ms[0]", Kind.UNKNOWN, ()),
        ("target_metadata = [m for m in ms]", Kind.UNKNOWN, ()),
        ("target_metadata = a - b", Kind.UNKNOWN, ()),
        ("target_metadata = f()['x']", Kind.UNKNOWN, ()),
        ("target_metadata = [None]", Kind.UNKNOWN, ()),
        ("target_metadata = a\ntarget_metadata = b", Kind.UNKNOWN, ()),
        ("target_metadata = a\ntarget_metadata += [b]", Kind.UNKNOWN, ()),
        ("target_metadata = other = a", Kind.UNKNOWN, ()),
        ("if x:\n    target_metadata = a", Kind.UNKNOWN, ()),
        ("m = a\nm = b\ntarget_metadata = m", Kind.UNKNOWN, ()),
        ("m = n\nn = m\ntarget_metadata = m", Kind.LISTED, ("m",)),
        ("target_metadata = x.extensions['migrate'].db.metadata", Kind.FLASK_MIGRATE, ()),
        ("d = x.extensions['migrate'].db\ntarget_metadata = d.metadata", Kind.FLASK_MIGRATE, ()),
        ("x.extensions['migrate']\nf(target_metadata=get_metadata())", Kind.FLASK_MIGRATE, ()),
        (
            "x.extensions['migrate']\nf(target_metadata=get_metadata(n))\n"
            "f(target_metadata=get_metadata(b))",
            Kind.FLASK_MIGRATE,
            (),
        ),
        ("f(target_metadata=get_metadata())", Kind.UNKNOWN, ()),
        ("from app import target_metadata", Kind.LISTED, ("target_metadata",)),
        ("from app import m as target_metadata", Kind.LISTED, ("target_metadata",)),
        ("import target_metadata\ntarget_metadata += [a]", Kind.UNKNOWN, ()),
        ("target_metadata = []\ntarget_metadata.append(a)", Kind.UNKNOWN, ()),
        ("def f():\n    ms.extend([a])\nms = []\ntarget_metadata = ms", Kind.UNKNOWN, ()),
        ("target_metadata = {}\ntarget_metadata['x'] = a", Kind.UNKNOWN, ()),
        ("target_metadata = None\nx[target_metadata] = a", Kind.NOTHING, ()),
        ("target_metadata = None\nx.target_metadata[0] = a", Kind.NOTHING, ()),
        ("target_metadata = None\ndef f():\n    global target_metadata", Kind.UNKNOWN, ()),
        ("(target_metadata := None)", Kind.UNKNOWN, ()),
        ("target_metadata = db.metadata\ndb.clear()", Kind.LISTED, ("db.metadata",)),
        ("target_metadata = db.metadata\ndb.x.clear()", Kind.LISTED, ("db.metadata",)),
    ],
)
def test_the_shape_is_read(source: str, kind: Kind, parts: tuple[str, ...]) -> None:
    target = read_target(source.encode())
    assert (target.kind, target.parts) == (kind, parts)


@pytest.mark.parametrize(("package", "name"), TEMPLATES)
def test_the_templates_of_others_are_understood(package: str, name: str) -> None:
    target = read_target(template(package, name))
    if package == "flask_migrate":
        assert target.kind is Kind.FLASK_MIGRATE
        assert target.text == ("get_metadata(name)" if "multidb" in name else "get_metadata()")
    elif name == "multidb":
        assert target.kind is Kind.BY_NAME
    else:
        assert target.kind is Kind.NOTHING
        assert target.is_replaceable


def test_the_place_and_the_imports_are_read() -> None:
    source = textwrap.dedent("""
        import a.b, c as d; import e
        from f.g import (
            H,
            I as J,
        )
        from . import k
        from l import *

        target_metadata = [
            H.metadata,
            *J,
        ]
    """)
    target = read_target(source.encode())
    assert target.line == 10
    assert target.items == ("H.metadata", "*J")
    assert target.is_replaceable
    assert target.imported == {"a": "a", "d": "c", "e": "e", "H": "f.g.H", "J": "f.g.I"}
    assert [text.split()[:2] for text in target.imports] == [
        *(["import", "a.b,"], ["import", "e"], ["from", "f.g"], ["from", "."], ["from", "l"]),
    ]


def test_a_list_with_comments_is_not_written_anew() -> None:
    assert not read_target(b"target_metadata = [\n    a,  # the core\n]\n").is_replaceable


@pytest.mark.parametrize("source", [b"x = (\n", b"# coding: nonsense\n", b"x = '\xff'\n"])
def test_a_file_that_is_no_python_is_an_error(source: bytes) -> None:
    with pytest.raises(EnvFileError):
        read_target(source)


def test_only_the_value_is_replaced() -> None:
    before = "# coding: latin-1\r\nx = 'é'\r\ntarget_metadata=None  # été\r\ny\t= 1".encode(
        "latin-1"
    )
    after = with_target(before, ["[", "    a,", "]"])
    assert after == before.replace(b"None", b"[\r\n    a,\r\n]")
    assert with_target(after, ["None"]) == before


def test_nothing_is_set_to_the_one_collection() -> None:
    outcome = plan("target_metadata = None", discovery_of("app.db:Base.metadata"))
    assert outcome == Plan(("Base.metadata",), (Import("app.db", "Base", "Base"),))


def test_nothing_is_set_to_a_list_of_several() -> None:
    outcome = plan("target_metadata = None", discovery_of("app.db:Base.metadata", "log:metadata"))
    assert outcome.expression == ("[Base.metadata, metadata]",)
    assert outcome.imports == (
        Import("app.db", "Base", "Base"),
        Import("log", "metadata", "metadata"),
    )


def test_a_long_list_has_an_entry_a_line() -> None:
    names = [f"application.part_{n}.models:Base.metadata" for n in range(4)]
    outcome = plan("target_metadata = None", discovery_of(*names))
    assert outcome.expression == (
        "[",
        "    Base.metadata,",
        "    Part1Base.metadata,",
        "    Part2Base.metadata,",
        "    Part3Base.metadata,",
        "]",
    )


def test_names_that_the_file_has_are_not_bound_again() -> None:
    found = discovery_of("app.db:Base.metadata", "log.tables:metadata", "app.orm:Base.metadata")
    source = "Base = metadata = 1\ntarget_metadata = None"
    outcome = plan(
        source, found, taken=("Base", "metadata", "AppBase", "log_metadata", "AppDbBase")
    )
    assert [each.alias for each in outcome.imports] == [
        *("Base_2", "log_tables_metadata", "AppOrmBase"),
    ]


def test_an_import_that_the_file_has_is_used() -> None:
    source = "from app.db import Base as Root\ntarget_metadata = None"
    for taken, imports in (((), (Import("app.db", "Base", "Root"),)), (("Root",), ())):
        outcome = plan(source, discovery_of("app.db:Base.metadata"), taken=taken)
        assert (outcome.expression, outcome.imports) == (("Root.metadata",), imports)
    outcome = plan(
        source, discovery_of("app.orm:B.metadata"), at_hand={"app.orm.B.metadata": "Root.metadata"}
    )
    assert (outcome.expression, outcome.imports) == (("Root.metadata",), ())


def test_one_import_serves_two_collections() -> None:
    outcome = plan(
        "target_metadata = None", discovery_of("app:db.metadata", "app:db.metadatas['x']")
    )
    assert outcome.expression == ("[db.metadata, db.metadatas['x']]",)
    assert outcome.imports == (Import("app", "db", "db"),)


def test_nothing_stays_where_there_is_no_model() -> None:
    assert plan("target_metadata = None", discovery_of()) == Plan()


@pytest.mark.parametrize(
    "source", ["target_metadata = B.metadata", "target_metadata = [B.metadata]"]
)
def test_what_covers_everything_is_left_alone(source: str) -> None:
    found = discovery_of("app.db:Base.metadata")
    assert plan(f"from app.db import Base as B\n{source}", found, fix=True) == Plan()


PARTIAL = "from a import Base\ntarget_metadata = Base.metadata"
TWO = discovery_of("a:Base.metadata", "b:Base.metadata")


def test_what_is_lacking_is_a_warning() -> None:
    outcome = plan(PARTIAL, TWO)
    assert outcome.expression is None
    (problem,) = outcome.problems
    assert (problem.code, problem.severity, problem.line) == ("XT201", "warning", 2)
    assert problem.message == (
        "target_metadata lacks b.Base.metadata (1 table: table_1); --fix-metadata adds it"
    )


def test_many_tables_are_counted_and_some_named() -> None:
    found = discovery_of(
        "b:Base.metadata",
        "c:Base.metadata",
        tables={"b:Base.metadata": ["t", "u", "v", "w"], "c:Base.metadata": []},
    )
    first, second = plan("target_metadata = []", found).problems
    assert "(4 tables: t, u, v, …)" in first.message
    assert "(no table)" in second.message


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        ("Base.metadata", "[Base.metadata, BBase.metadata]"),
        ("[Base.metadata]", "[Base.metadata, BBase.metadata]"),
        ("(Base.metadata,)", "[Base.metadata, BBase.metadata]"),
        ("one", "[one, BBase.metadata]"),
        ("several", "[*several, BBase.metadata]"),
        ("several + [one]", "[*(several + [one]), BBase.metadata]"),
    ],
)
def test_what_is_lacking_is_added_when_asked_for(value: str, expression: str) -> None:
    source = (
        "from a import Base\none = Base.metadata\nseveral = [Base.metadata]\n"
        f"target_metadata = {value}"
    )
    outcome = plan(source, TWO, fix=True)
    assert outcome.expression == (expression,)
    assert outcome.imports == (Import("b", "Base", "BBase"),)
    assert outcome.problems == ()


def test_an_empty_list_gets_a_list() -> None:
    assert plan("target_metadata = []", TWO, fix=True).expression == (
        "[Base.metadata, BBase.metadata]",
    )


@pytest.mark.parametrize(
    "source",
    [
        "from a import Base\ntarget_metadata = {'x': Base.metadata}",
        "from a import Base\nf(target_metadata=Base.metadata)",
    ],
)
def test_other_forms_are_reported_and_left_alone(source: str) -> None:
    outcome = plan(source, TWO, fix=True)
    assert outcome.expression is None
    assert codes(outcome) == [("XT201", "warning")]
    assert outcome.problems[0].message.endswith("this form is left alone, add it by hand")


@pytest.mark.parametrize(
    "source",
    [
        "target_metadata = combine(\n  x)",
        "target_metadata = other",
        "x = 1",
        "if x:\n  target_metadata = x",
    ],
)
def test_what_is_not_understood_is_a_note(source: str) -> None:
    outcome = plan(source, TWO, fix=True)
    assert outcome.expression is None
    assert codes(outcome) == [("XT202", "note")]
    assert outcome.problems[0].message.endswith("it should hold a.Base.metadata, b.Base.metadata")


def test_what_is_not_understood_is_not_mentioned_when_nothing_is_lacking() -> None:
    assert plan("target_metadata = combine(x)", discovery_of()) == Plan()


def test_tables_of_one_name_are_not_combined() -> None:
    both = {"a:Base.metadata": ["s.t", "u"], "b:Base.metadata": ["s.t", "v"]}
    found = discovery_of("a:Base.metadata", "b:Base.metadata", tables=both)
    message = (
        "table s.t is in a.Base.metadata (a.py:1) and in b.Base.metadata (b.py:2): "
        "they cannot be combined"
    )
    for source, fix in (
        ("target_metadata = None", False),
        (PARTIAL, True),
        ("import a, b\ntarget_metadata = [a.Base.metadata, b.Base.metadata]", False),
    ):
        outcome = plan(source, found, fix=fix)
        assert outcome.expression is None
        assert codes(outcome) == [("XT203", "error")]
        assert outcome.problems[0].message == message
    assert codes(plan(PARTIAL, found)) == [("XT201", "warning")]
    assert (
        plan("import a, b\ntarget_metadata = {1: a.Base.metadata, 2: b.Base.metadata}", found)
        == Plan()
    )


def test_tables_without_a_name_are_no_rivals() -> None:
    table = Table(None, None, "a", "a.Base.metadata", "core", "a.py", 1)
    found = Discovery((), (table, table), TWO.metadatas, ())
    assert plan("target_metadata = None", found).problems == ()


def test_what_no_statement_can_import_is_a_warning() -> None:
    found = Discovery(
        (), (), (MetaData("a.f.<locals>.Base.metadata", "a", 1, 1), MetaData("x.y", "", 1, 1)), ()
    )
    outcome = plan("target_metadata = None", found)
    assert outcome.expression is None
    assert codes(outcome) == [("XT204", "warning")] * 2
    outcome = plan("target_metadata = []", found)
    assert codes(outcome) == [("XT201", "warning")] * 2
    assert all(p.message.endswith("; no statement can import it") for p in outcome.problems)


def test_a_base_in_a_module_that_no_statement_can_name_is_a_warning() -> None:
    found = discovery_of("plugins.news-feed:Base.metadata", "a:Base.metadata")
    outcome = plan("target_metadata = None", found)
    assert outcome.expression == ("Base.metadata",)
    assert outcome.imports == (Import("a", "Base", "Base"),)
    assert codes(outcome) == [("XT204", "warning")]
    at_hand = {"plugins.news-feed.Base.metadata": "feed.metadata"}
    assert plan("target_metadata = None", found, at_hand=at_hand).expression == (
        "[feed.metadata, Base.metadata]",
    )


def flask_discovery() -> Discovery:
    models = [
        Model(
            "User",
            "app.models",
            "users",
            None,
            "declarative",
            "app.ext.Model",
            metadata,
            "core",
            "app/models.py",
            1,
        )
        for metadata in ("app.ext.metadata", "app.ext.metadatas['audit']")
    ]
    models.append(Model("Plain", "m", "t", None, "declarative", "m.Base", "m.x", "core", "m.py", 1))
    metadatas = [
        MetaData(name, "app.ext", 1, 1)
        for name in ("app.ext.metadata", "app.ext.metadatas['audit']", "app.db.metadata")
    ]
    return Discovery(tuple(models), (), tuple(metadatas), ())


@pytest.mark.parametrize(
    ("call", "lacking"),
    [("get_metadata()", ["app.ext.metadatas['audit']"]), ("get_metadata(bind)", [])],
)
def test_flask_migrate_covers_the_default_bind_or_all(call: str, lacking: list[str]) -> None:
    source = f"x.extensions['migrate']\nf(target_metadata={call})"
    outcome = plan(source, flask_discovery(), fix=True)
    assert outcome.expression is None
    assert [problem.message.split()[2] for problem in outcome.problems] == lacking


def test_names_are_followed_through_the_project() -> None:
    """The env.py of this repository imports its bases from packages that only re-export them."""
    config = load_config(start=ROOT)
    found = discover(config=config)
    env = ROOT / "alembic" / "env.py"
    target = read_target(env.read_bytes())
    meanings = meanings_of(target, found, env, config, outside=["BlogModel", "pool"])
    assert sorted(meanings.parts.values()) == [metadata.name for metadata in found.metadatas]
    assert meanings.at_hand == {"plugins.Blog.core.db.metadata": "BlogModel.metadata"}


def test_names_are_followed_from_outside_of_the_project(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "src" / "app").mkdir(parents=True)
    (project / "src" / "app" / "__init__.py").write_text("from .db import Root as Base\n")
    (project / "src" / "app" / "db.py").write_text(
        "from sqlalchemy.orm import DeclarativeBase\nclass Root(DeclarativeBase): pass\n"
        "class T(Root):\n    __tablename__ = 't'\n"
    )
    config = Config(project=project)
    found = discover([project], config=config)
    target = Target(
        Kind.LISTED,
        ("Base.metadata", "gone"),
        imports=("from app import Base", "from app.no import x"),
    )
    meanings = meanings_of(target, found, tmp_path / "env.py", config)
    assert meanings == Meanings({"Base.metadata": "app.db.Root.metadata"})


def test_paths_that_are_too_much_to_parse_are_not_followed(tmp_path: Path) -> None:
    """The file is within the limits; what it says without its shorthand is not."""
    items = ", ".join(f"a{'.y' * 120}{number}" for number in range(250))
    target = read_target(f"a = r{'.x' * 120}\ntarget_metadata = [{items}]\n".encode())
    assert {part.count(".") for part in target.parts} == {240}
    assert meanings_of(target, discovery_of(), tmp_path / "env.py", Config(project=tmp_path)) == (
        Meanings({})
    )


def test_what_cannot_be_read_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("x = (\n")
    (tmp_path / "gone.py").symlink_to("nowhere.py")
    config = Config(project=tmp_path)
    target = Target(
        Kind.LISTED,
        ("a.metadata", "b.metadata"),
        imports=("from broken import a", "from gone import b"),
    )
    assert meanings_of(target, discovery_of(), tmp_path / "env.py", config) == Meanings({})
