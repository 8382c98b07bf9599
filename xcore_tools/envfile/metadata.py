"""Which MetaData collections `target_metadata` lacks, and what it should be. Pure.

Alembic compares the database with `target_metadata` and with nothing else: a model of a collection
that it lacks is imported for nothing. https://alembic.sqlalchemy.org/en/latest/autogenerate.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

import msgspec

from xcore_tools.discovery.catalog.paths import MODEL
from xcore_tools.discovery.results import Discovery, MetaData, Problem, Severity, Table
from xcore_tools.envfile.bindings import is_importable
from xcore_tools.envfile.target import Kind, Target

# flake8's limit: a file that kept it still does
LINE_LENGTH = 79
_ASSIGNMENT = "target_metadata = "
_EXPRESSION = re.compile(r"""([^\W\d]\w*)((?:\.[^\W\d]\w*|\[(['"])[\w .-]+\3\])*)""")
_SHOWN = 3
# parts of module names that say nothing of what the collection is for
_PLAIN = ("base", "bases", "core", "database", "db", "model", "models", "orm", "tables")


class Import(msgspec.Struct, frozen=True, order=True):
    """`from module import name as alias`; the alias is the name itself in most cases."""

    module: str
    name: str
    alias: str


class Meanings(msgspec.Struct, frozen=True):
    """What expressions of the file mean.

    `parts` holds the collection of each part of the target that is known, `at_hand` for collections
    an expression that the file can already use.
    """

    parts: dict[str, str]
    at_hand: dict[str, str] = {}


class Plan(msgspec.Struct, frozen=True):
    """What to do: the new value in lines (None: leave it), and the names that the file then needs."""

    expression: tuple[str, ...] | None = None
    imports: tuple[Import, ...] = ()
    problems: tuple[Problem, ...] = ()


def spelled_out(target: Target, discovery: Discovery) -> dict[str, str]:
    """Return the collection that each part names, for those that the imports of the file tell."""
    known = {metadata.name for metadata in discovery.metadatas}
    found = {}
    for part in target.parts:
        root = _root(part)
        dotted = target.imported.get(root, root) + part.removeprefix(root)
        if dotted in known:
            found[part] = dotted
    return found


def plan_target(
    target: Target,
    discovery: Discovery,
    meanings: Meanings,
    *,
    path: str,
    taken: Iterable[str] = (),
    fix: bool = False,
) -> Plan:
    """Return what is to be done so that every collection with a model or a table is covered.

    `taken` are names that a new import must not bind. A target that is None is set; one that lacks
    something is only changed with `fix`. What is not understood is left alone, and said so.
    """
    planner = _Planner(target, discovery, meanings, path, taken)
    missing = planner.missing()
    if target.kind is Kind.NOTHING and target.is_replaceable:
        return planner.extend((), missing) if missing else Plan()
    if planner.is_unclear():
        return Plan(problems=planner.unclear(missing))
    if fix and missing and target.kind is Kind.LISTED and target.is_replaceable:
        return planner.extend(target.items, missing)
    is_fixable = target.kind is Kind.LISTED and target.is_replaceable
    return Plan(problems=(*planner.lacking(missing, is_fixable), *planner.rivals(())))


class _Planner:
    def __init__(
        self,
        target: Target,
        discovery: Discovery,
        meanings: Meanings,
        path: str,
        taken: Iterable[str],
    ) -> None:
        self._target = target
        self._discovery = discovery
        self._path = path
        self._covered = set(meanings.parts.values()) | set(_of_flask(target, discovery))
        self._is_known = all(part in meanings.parts for part in target.parts)
        self._at_hand = meanings.at_hand
        self._imported = dict(target.imported)
        self._outside = frozenset(taken)
        self._taken = {*taken, *target.imported}

    def missing(self) -> list[MetaData]:
        """The collections that hold something and are not covered."""
        return [m for m in self._discovery.metadatas if m.name not in self._covered]

    def is_unclear(self) -> bool:
        """Whether the target may hold more than is known of it."""
        if self._target.kind is Kind.FLASK_MIGRATE:
            return False
        has_shape = self._target.kind in (Kind.LISTED, Kind.BY_NAME)
        return not (has_shape and self._is_known)

    def unclear(self, missing: Sequence[MetaData]) -> tuple[Problem, ...]:
        """One note, if there is anything that the target may lack."""
        if not missing:
            return ()
        names = ", ".join(metadata.name for metadata in missing)
        if self._target.kind is Kind.ABSENT:
            return (
                self._problem("XT202", "note", f"has no target_metadata; it should hold {names}"),
            )
        shown = f" ({' '.join(self._target.text.split())})" if self._target.text else ""
        message = f"target_metadata{shown} is not understood and left alone; it should hold {names}"
        return (self._problem("XT202", "note", message),)

    def lacking(self, missing: Iterable[MetaData], is_fixable: bool) -> Iterator[Problem]:
        """One warning for each collection that is not covered."""
        for metadata in missing:
            if not is_fixable:
                remedy = "this form is left alone, add it by hand"
            elif metadata.name in self._at_hand or _in_its_module(metadata):
                remedy = "--fix-metadata adds it"
            else:
                remedy = "no statement can import it"
            message = (
                f"target_metadata lacks {metadata.name} ({self._contents(metadata)}); {remedy}"
            )
            yield self._problem("XT201", "warning", message)

    def rivals(self, added: Iterable[MetaData]) -> tuple[Problem, ...]:
        """An error for each table name that two of the combined collections have."""
        if self._target.kind in (Kind.BY_NAME, Kind.FLASK_MIGRATE):
            return ()
        combined = self._covered | {metadata.name for metadata in added}
        first: dict[tuple[str | None, str], Table] = {}
        problems = []
        for table in self._discovery.tables:
            if table.name is None or table.metadata not in combined:
                continue
            other = first.setdefault((table.schema, table.name), table)
            if other.metadata != table.metadata:
                name = f"{table.schema}.{table.name}" if table.schema else table.name
                message = (
                    f"table {name} is in {other.metadata} ({other.path}:{other.line}) and in "
                    f"{table.metadata} ({table.path}:{table.line}): they cannot be combined"
                )
                problems.append(self._problem("XT203", "error", message))
        return tuple(problems)

    def extend(self, items: Sequence[str], missing: Sequence[MetaData]) -> Plan:
        """The list of what is there and what is missing; nothing if Alembic would refuse it."""
        if rivals := self.rivals(missing):
            return Plan(problems=rivals)
        expressions, imports, problems = list(items), [], []
        for metadata in missing:
            if metadata.name in self._at_hand:
                expressions.append(self._at_hand[metadata.name])
                continue
            found = _in_its_module(metadata)
            if found is None:
                message = f"{metadata.name} ({self._contents(metadata)}) cannot be imported by name"
                problems.append(self._problem("XT204", "warning", message))
                continue
            wanted = self._import(metadata.module, found[1])
            expressions.append(wanted.alias + found[2])
            imports += [wanted] if wanted.alias not in self._outside else []
        if len(expressions) == len(items):
            return Plan(problems=tuple(problems))
        return Plan(_listed(expressions), tuple(dict.fromkeys(imports)), tuple(problems))

    def _import(self, module: str, name: str) -> Import:
        bound = (alias for alias, dotted in self._imported.items() if dotted == f"{module}.{name}")
        alias = next(bound, None)
        if alias is None:
            alias = next(form for form in _aliases(module, name) if form not in self._taken)
        self._taken.add(alias)
        self._imported[alias] = f"{module}.{name}"
        return Import(module, name, alias)

    def _contents(self, metadata: MetaData) -> str:
        tables = [t.name or "?" for t in self._discovery.tables if t.metadata == metadata.name]
        shown = ", ".join([*tables[:_SHOWN], *(["…"] if len(tables) > _SHOWN else [])])
        return f"{len(tables)} table{'s' * (len(tables) != 1)}: {shown}" if tables else "no table"

    def _problem(self, code: str, severity: Severity, message: str) -> Problem:
        return Problem(self._path, self._target.line, code, severity, message)


def _in_its_module(metadata: MetaData) -> re.Match[str] | None:
    """The name to import from its module, and what follows it; None if no statement can import it."""
    home = f"{metadata.module}."
    if not metadata.name.startswith(home) or not is_importable(metadata.module):
        return None
    return _EXPRESSION.fullmatch(metadata.name.removeprefix(home))


def _root(part: str) -> str:
    return re.split(r"[.\[]", part, maxsplit=1)[0]


def _of_flask(target: Target, discovery: Discovery) -> Iterator[str]:
    """The collections of Flask-SQLAlchemy's `db`: the default one, or those of all binds."""
    if target.kind is not Kind.FLASK_MIGRATE:
        return
    # get_metadata(bind) of the templates for several databases, get_metadata() of the others
    has_binds = re.search(r"get_metadata\((?!\))", target.text) is not None
    for model in discovery.models:
        if model.base and model.metadata and model.base.endswith(f".{MODEL}"):
            database = model.base.removesuffix(f".{MODEL}")
            if has_binds or model.metadata == f"{database}.metadata":
                yield model.metadata
    shape = r"\bdb\.metadata$|\.metadatas\[" if has_binds else r"\bdb\.metadata$"
    yield from (each.name for each in discovery.metadatas if re.search(shape, each.name))


def _aliases(module: str, name: str) -> Iterator[str]:
    """`Base`, then `ManagerBase`, `ManagerModelsBase`; `metadata`, then `reports_metadata`, …"""
    yield name
    parts = module.split(".")
    telling = [part for part in parts if part.lower() not in {*_PLAIN, name.lower()}] or parts
    for chosen in (telling[-1:], telling, parts):
        words = [word for part in chosen for word in part.split("_") if word]
        if name[:1].isupper():
            yield "".join(word[:1].upper() + word[1:] for word in words) + name
        else:
            yield "_".join([*words, name])
    yield from (f"{name}_{number}" for number in count(2))


def _listed(expressions: Sequence[str]) -> tuple[str, ...]:
    """One expression as it is, several as a list: in one line where they fit."""
    if len(expressions) == 1 and not expressions[0].startswith("*"):
        return (expressions[0],)
    line = f"[{', '.join(expressions)}]"
    if len(_ASSIGNMENT + line) <= LINE_LENGTH:
        return (line,)
    return ("[", *(f"    {expression}," for expression in expressions), "]")
