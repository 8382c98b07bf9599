"""How a static answer is scored against what SQLAlchemy knew. Pure; the definitions stand in corpus/README.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from xcore_tools.discovery.results import Model, Table

__all__ = [
    "BOUNDED",
    "FIGURES",
    "Difference",
    "Ratio",
    "Score",
    "TrueModel",
    "TrueTable",
    "Truth",
    "judge_of",
    "score",
    "total",
]

FIGURES = (
    "models_recall",
    "models_precision",
    "tables_recall",
    "tables_precision",
    "table_names",
    "schemas",
)
BOUNDED = FIGURES[:-1]
"""The figures that `--min` bounds; schemas are only reported."""


class TrueModel(msgspec.Struct, frozen=True):
    """A class that SQLAlchemy had mapped after the import."""

    module: str
    name: str
    table: str | None
    schema: str | None = None
    line: int | None = None
    dynamic: bool = False


class TrueTable(msgspec.Struct, frozen=True):
    """A Table that existed after the import."""

    module: str
    name: str
    schema: str | None = None
    line: int | None = None
    dynamic: bool = False


class Truth(msgspec.Struct, frozen=True):
    """One file of the corpus; keys that are not needed here are ignored."""

    distribution: str
    version: str
    import_root: str
    packages: tuple[str, ...]
    not_judged: frozenset[str]
    models: tuple[TrueModel, ...]
    tables: tuple[TrueTable, ...]


class Ratio(msgspec.Struct, frozen=True):
    """`right` out of `of`; adding two adds their counts."""

    right: int
    of: int

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio(self.right + other.right, self.of + other.of)

    @property
    def value(self) -> float | None:
        """A share between 0 and 1, None where there is nothing to judge."""
        return self.right / self.of if self.of else None

    def is_below(self, bound: float) -> bool:
        """Whether there is something to judge and its share falls short."""
        return self.value is not None and self.value < bound


class Difference(msgspec.Struct, frozen=True):
    """One place where the static answer and the truth disagree."""

    what: Literal["model", "table", "table name", "schema"]
    how: Literal["missed", "false", "differs"]
    module: str
    name: str
    detail: str


class Score(msgspec.Struct, frozen=True):
    """The figures of one package, or of all, and every difference behind them."""

    package: str
    models_recall: Ratio
    models_precision: Ratio
    tables_recall: Ratio
    tables_precision: Ratio
    table_names: Ratio
    schemas: Ratio
    differences: tuple[Difference, ...] = ()

    def figure(self, name: str) -> Ratio:
        """The figure called `name`, one of FIGURES."""
        ratio: Ratio = getattr(self, name)
        return ratio

    def below(self, bound: float) -> list[str]:
        """The bounded figures that fall short of `bound`."""
        return [name for name in BOUNDED if self.figure(name).is_below(bound)]


_NOTHING = Score(
    "total", Ratio(0, 0), Ratio(0, 0), Ratio(0, 0), Ratio(0, 0), Ratio(0, 0), Ratio(0, 0)
)


def score(truth: Truth, models: Iterable[Model], tables: Iterable[Table]) -> Score:
    """The figures of one package. Finds outside the judged files count neither for nor against."""
    judged = judge_of(truth)
    found_models = {(m.module, m.name): m for m in models if judged(m.module, m.path)}
    found_tables = [t for t in tables if judged(t.module, t.path)]
    known = {(m.module, m.name): m for m in truth.models}
    expected = {key for key, model in known.items() if not model.dynamic}
    matched = sorted(found_models.keys() & expected)
    right_names = sum(found_models[key].table == known[key].table for key in matched)
    tables_recall, tables_precision = _table_ratios(truth.tables, found_tables)
    return Score(
        package=truth.distribution,
        models_recall=Ratio(len(matched), len(expected)),
        models_precision=Ratio(len(found_models.keys() & known.keys()), len(found_models)),
        tables_recall=tables_recall,
        tables_precision=tables_precision,
        table_names=Ratio(right_names, len(matched)),
        schemas=_schema_ratio(truth.tables, found_tables, tables_recall.right),
        differences=(
            *_model_differences(known, found_models),
            *_table_differences(truth.tables, found_tables),
        ),
    )


def total(scores: Iterable[Score]) -> Score:
    """The figures of all packages together: counts are added, so a large package weighs more."""
    return reduce(_added, scores, _NOTHING)


def _added(left: Score, right: Score) -> Score:
    return Score(
        package=left.package,
        models_recall=left.models_recall + right.models_recall,
        models_precision=left.models_precision + right.models_precision,
        tables_recall=left.tables_recall + right.tables_recall,
        tables_precision=left.tables_precision + right.tables_precision,
        table_names=left.table_names + right.table_names,
        schemas=left.schemas + right.schemas,
    )


def judge_of(truth: Truth) -> Callable[[str, str], bool]:
    """Whether finds in a module and its file count, for or against."""
    prefixes = tuple(package + "." for package in truth.packages)

    def judged(module: str, path: str) -> bool:
        inside = module in truth.packages or module.startswith(prefixes)
        return inside and path not in truth.not_judged

    return judged


def _table_counts(
    known: Iterable[TrueTable],
) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    listed = list(known)
    expected = Counter((t.module, t.name) for t in listed if not t.dynamic)
    return expected, Counter((t.module, t.name) for t in listed)


def _table_ratios(known: Iterable[TrueTable], found: list[Table]) -> tuple[Ratio, Ratio]:
    expected, allowed = _table_counts(known)
    finds = Counter((t.module, t.name) for t in found if t.name is not None)
    recall = Ratio((finds & expected).total(), expected.total())
    return recall, Ratio((finds & allowed).total(), len(found))


def _schema_ratio(known: Iterable[TrueTable], found: list[Table], matched: int) -> Ratio:
    expected = Counter((t.module, t.name, t.schema) for t in known if not t.dynamic)
    finds = Counter((t.module, t.name, t.schema) for t in found if t.name is not None)
    return Ratio((finds & expected).total(), matched)


def _model_differences(
    known: dict[tuple[str, str], TrueModel], found: dict[tuple[str, str], Model]
) -> Iterator[Difference]:
    for key, model in sorted(known.items(), key=lambda item: item[0]):
        if key in found:
            find = found[key]
            if find.table != model.table and not model.dynamic:
                detail = f"found {find.table!r}, is {model.table!r} ({find.path}:{find.line})"
                yield Difference("table name", "differs", *key, detail)
        elif not model.dynamic:
            yield Difference("model", "missed", *key, f"table {model.table!r}, line {model.line}")
    for key in sorted(found.keys() - known.keys()):
        find = found[key]
        yield Difference("model", "false", *key, f"table {find.table!r} ({find.path}:{find.line})")


def _table_differences(known: tuple[TrueTable, ...], found: list[Table]) -> Iterator[Difference]:
    expected, allowed = _table_counts(known)
    finds = Counter((t.module, t.name or "") for t in found)
    lines = {(t.module, t.name): t.line for t in known}
    places = {(t.module, t.name or ""): f"{t.path}:{t.line}" for t in found}
    for key, count in sorted((expected - finds).items()):
        yield Difference("table", "missed", *key, f"line {lines[key]}" + _times(count))
    for key, count in sorted((finds - allowed).items()):
        yield Difference(
            "table", "false", key[0], key[1] or "(no name)", places[key] + _times(count)
        )
    yield from _schema_differences(known, found, expected)


def _schema_differences(
    known: tuple[TrueTable, ...], found: list[Table], expected: Counter[tuple[str, str]]
) -> Iterator[Difference]:
    schemas = Counter((t.module, t.name, t.schema) for t in known)
    finds = Counter((t.module, t.name, t.schema) for t in found if t.name is not None)
    for (module, name, schema), count in sorted((finds - schemas).items(), key=repr):
        if (module, name) in expected:
            true = sorted(
                {t.schema or "none" for t in known if (t.module, t.name) == (module, name)}
            )
            detail = f"found {schema!r}, is {' or '.join(true)}" + _times(count)
            yield Difference("schema", "differs", module, name, detail)


def _times(count: int) -> str:
    return f", {count} times" if count > 1 else ""
