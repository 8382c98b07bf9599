"""Compare what `discover` finds in real packages with what SQLAlchemy knew after importing them.

python benchmarks/accuracy.py --min 0.99
"""

from __future__ import annotations

import argparse
import ast
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

import msgspec
from archives import ArchiveError, cache_directory, unpacked
from columns import BOUNDS, ColumnScore, TrueColumns, score_columns, total_columns
from scoring import FIGURES, Ratio, Score, Truth, score, total

from xcore_tools import Config, discover
from xcore_tools.discovery.results import Discovery

__all__ = ["main"]

CORPUS = Path(__file__).parent / "corpus"
PACKAGE_MINIMUM = 0.95
HEADINGS = ("models", "recall", "precision", "tables", "recall", "precision", "names", "schemas")
COLUMN_HEADINGS = (
    *("columns", "recall", "precision", "keys", "recall", "precision"),
    *("nullable", "primary", "types", "claimed"),
)


class Package(NamedTuple):
    """One package to score: what is true of it, and where its files are."""

    truth: Truth
    columns: TrueColumns
    root: Path

    def scan(self, *, prefilter: bool = True, columns: bool = False) -> Discovery:
        paths = [self.root.joinpath(*name.split(".")) for name in self.truth.packages]
        config = Config(project=self.root)
        return discover(paths, config=config, prefilter=prefilter, columns=columns)

    def sources(self) -> list[Path]:
        folders = (self.root.joinpath(*name.split(".")) for name in self.truth.packages)
        return sorted(path for folder in folders for path in folder.rglob("*.py") if path.is_file())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when every bound holds, 1 when one does not, 2 when it cannot be run."""
    options = _parser().parse_args(arguments)
    try:
        packages = list(_packages(options))
    except (ArchiveError, OSError, msgspec.DecodeError) as error:
        print(f"accuracy: {error}", file=sys.stderr)
        return 2
    if options.time:
        return _print_times(packages)
    if options.prefilter_off:
        return _print_prefilter_differences(packages)
    if options.columns:
        return _print_columns(packages, show=options.show)
    scores = [_scored(package) for package in packages]
    everything = [*scores, total(scores)]
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(_as_data(everything)), indent=2).decode())
    else:
        _print_table(everything)
    if options.show:
        _print_differences(scores, to=sys.stderr if options.json else sys.stdout)
    return _verdict(everything, options.min)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="accuracy.py", description="Score discovery on real packages."
    )
    parser.add_argument(
        "--corpus", type=Path, default=CORPUS, metavar="DIR", help="directory of truth files"
    )
    parser.add_argument(
        "--tree", type=Path, metavar="DIR", help="unpacked distributions, one directory each"
    )
    parser.add_argument(
        "--package", action="append", metavar="NAME", help="only this one; may be repeated"
    )
    parser.add_argument(
        "--min", type=float, metavar="SHARE", help="exit 1 when a total is below it"
    )
    parser.add_argument(
        "--columns",
        action="store_true",
        help="score columns; exit 1 when a total is below its bound",
    )
    parser.add_argument("--show", action="store_true", help="list every miss and every false find")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument(
        "--prefilter-off", action="store_true", help="compare with a scan without the prefilter"
    )
    parser.add_argument("--time", action="store_true", help="compare the wall time with ast.parse")
    return parser


def _packages(options: argparse.Namespace) -> Iterator[Package]:
    truths = [
        (msgspec.json.decode(data, type=Truth), msgspec.json.decode(data, type=TrueColumns))
        for data in (path.read_bytes() for path in sorted(options.corpus.glob("*.json")))
    ]
    wanted = set(options.package or (truth.distribution for truth, _ in truths))
    unknown = wanted - {truth.distribution for truth, _ in truths}
    if unknown or not truths:
        raise ArchiveError(
            f"not in {options.corpus}: {', '.join(sorted(unknown)) or 'any truth file'}"
        )
    for truth, columns in truths:
        if truth.distribution in wanted:
            yield Package(truth, columns, _tree_of(truth, options.tree) / truth.import_root)


def _tree_of(truth: Truth, tree: Path | None) -> Path:
    if tree is None:
        return unpacked(truth.distribution, truth.version, cache_directory())
    if not (tree / truth.distribution).is_dir():
        raise ArchiveError(f"no directory {truth.distribution} in {tree}")
    return tree.resolve() / truth.distribution


def _scored(package: Package) -> Score:
    found = package.scan()
    return score(package.truth, found.models, found.tables)


def _print_table(scores: Iterable[Score]) -> None:
    _print_rows([("package", *HEADINGS), *(_row(each) for each in scores)])


def _print_rows(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rule = "  ".join("-" * width for width in widths)
    lines = [_aligned(row, widths) for row in rows]
    print("\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]]))


def _print_columns(packages: Iterable[Package], *, show: bool) -> int:
    scores: list[ColumnScore] = []
    for package in packages:
        tables = package.scan(columns=True).tables
        scores.append(score_columns(package.truth, package.columns.tables, tables))
    everything = total_columns(scores)
    _print_rows([("package", *COLUMN_HEADINGS), *map(_column_row, [*scores, everything])])
    if show:
        for each in scores:
            for item in each.differences:
                place = f"{each.package}: {item.what}: {item.module} {item.table}.{item.column}"
                print(f"{place}: {item.detail}")
    for name in everything.below():
        print(f"accuracy: {name.replace('_', ' ')} is below {BOUNDS[name]}", file=sys.stderr)
    return 1 if everything.below() else 0


def _column_row(each: ColumnScore) -> tuple[str, ...]:
    figures = (each.figure(name) for name in (*BOUNDS, "types_claimed"))
    keys = each.foreign_keys_recall.of
    cells = [_percent(ratio) for ratio in figures]
    return (each.package, str(each.recall.of), *cells[:2], str(keys), *cells[2:])


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    first, *rest = zip(row, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)])


def _row(each: Score) -> tuple[str, ...]:
    return (
        each.package,
        str(each.models_recall.of),
        _percent(each.models_recall),
        _percent(each.models_precision),
        str(each.tables_recall.of),
        _percent(each.tables_recall),
        _percent(each.tables_precision),
        _percent(each.table_names),
        _percent(each.schemas),
    )


def _percent(ratio: Ratio) -> str:
    """Rounded down, so that 100.0 always means all of them; a dash where nothing is to be judged."""
    return "-" if not ratio.of else f"{ratio.right * 1000 // ratio.of / 10:.1f}"


def _as_data(scores: Iterable[Score]) -> dict[str, dict[str, dict[str, float | None]]]:
    return {
        each.package: {name: _figure_data(each.figure(name)) for name in FIGURES} for each in scores
    }


def _figure_data(ratio: Ratio) -> dict[str, float | None]:
    return {"right": ratio.right, "of": ratio.of, "value": ratio.value}


def _print_differences(scores: Iterable[Score], to: TextIO) -> None:
    for each in scores:
        for item in each.differences:
            print(
                f"{each.package}: {item.what} {item.how}: {item.module} {item.name}: {item.detail}",
                file=to,
            )


def _verdict(scores: Sequence[Score], bound: float | None) -> int:
    if bound is None:
        return 0
    *packages, everything = scores
    short = [(everything.package, name, bound) for name in everything.below(bound)]
    short += [
        (each.package, name, PACKAGE_MINIMUM)
        for each in packages
        for name in each.below(PACKAGE_MINIMUM)
    ]
    for package, name, missed in short:
        print(f"accuracy: {package}: {name.replace('_', ' ')} is below {missed}", file=sys.stderr)
    return 1 if short else 0


def _print_prefilter_differences(packages: Iterable[Package]) -> int:
    differs = 0
    for package in packages:
        with_it, without_it = package.scan(), package.scan(prefilter=False)
        for kind in ("models", "tables", "metadatas"):
            kept, every = set(getattr(with_it, kind)), set(getattr(without_it, kind))
            for item in sorted(kept ^ every, key=repr):
                print(
                    f"{package.truth.distribution}: {'lost' if item in every else 'added'} by the prefilter: {item}"
                )
            differs += len(kept ^ every)
    print(f"{differs} differences between a scan with the prefilter and one without")
    return 1 if differs else 0


def _print_times(packages: Sequence[Package]) -> int:
    sources = [path for package in packages for path in package.sources()]
    started = time.perf_counter()
    for package in packages:
        package.scan()
    scanned = time.perf_counter()
    for path in sources:
        _parse(path)
    parsed = time.perf_counter()
    size = sum(path.stat().st_size for path in sources) / 1e6
    print(f"{len(sources)} files, {size:.1f} MB")
    print(f"discover   {scanned - started:7.2f} s")
    print(f"ast.parse  {parsed - scanned:7.2f} s")
    return 0


def _parse(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(path.read_bytes())
        except (SyntaxError, ValueError, RecursionError):
            return


if __name__ == "__main__":
    sys.exit(main())
