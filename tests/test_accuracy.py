"""The arithmetic of the accuracy benchmark, and that its archives stay where they are put."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from archives import ArchiveError, cache_directory, unpack
from scoring import BOUNDED, Ratio, TrueModel, TrueTable, Truth, score, total

from xcore_tools.discovery.results import Model, Table


def truth(
    models: tuple[TrueModel, ...] = (),
    tables: tuple[TrueTable, ...] = (),
    not_judged: tuple[str, ...] = (),
) -> Truth:
    return Truth("shop", "1.0", "", ("shop",), frozenset(not_judged), models, tables)


def model(name: str, table: str | None, module: str = "shop.models") -> Model:
    return Model(
        name=name,
        module=module,
        table=table,
        schema=None,
        kind="declarative",
        base=None,
        metadata=None,
        origin="core",
        path=module.replace(".", "/") + ".py",
        line=1,
    )


def table(name: str | None, schema: str | None = None, module: str = "shop.models") -> Table:
    return Table(
        name=name,
        schema=schema,
        module=module,
        metadata=None,
        origin="core",
        path=module.replace(".", "/") + ".py",
        line=1,
    )


def true_model(name: str, table_name: str, *, dynamic: bool = False) -> TrueModel:
    return TrueModel("shop.models", name, table_name, dynamic=dynamic)


def true_table(name: str, schema: str | None = None, *, dynamic: bool = False) -> TrueTable:
    return TrueTable("shop.models", name, schema, dynamic=dynamic)


def test_model_recall_and_precision() -> None:
    known = (true_model("User", "users"), true_model("Order", "orders"))
    got = score(truth(known), [model("User", "users"), model("Ghost", "ghosts")], [])
    assert got.models_recall == Ratio(1, 2)
    assert got.models_precision == Ratio(1, 2)
    assert [(d.how, d.name) for d in got.differences] == [("missed", "Order"), ("false", "Ghost")]


def test_the_same_class_name_in_another_module_is_another_model() -> None:
    got = score(truth((true_model("User", "users"),)), [model("User", "users", "shop.other")], [])
    assert got.models_recall == Ratio(0, 1)
    assert got.models_precision == Ratio(0, 1)


def test_table_names_are_judged_over_found_models_only() -> None:
    known = (
        true_model("User", "users"),
        true_model("Order", "orders"),
        true_model("Item", "items"),
    )
    got = score(truth(known), [model("User", "users"), model("Order", None)], [])
    assert got.table_names == Ratio(1, 2)


def test_dynamic_models_may_be_missed_and_may_be_found() -> None:
    known = (true_model("User", "users"), true_model("Made", "made", dynamic=True))
    missed = score(truth(known), [model("User", "users")], [])
    found = score(truth(known), [model("User", "users"), model("Made", "guess")], [])
    assert missed.models_recall == found.models_recall == Ratio(1, 1)
    assert found.models_precision == Ratio(2, 2)
    assert found.table_names == Ratio(1, 1)
    assert missed.differences == found.differences == ()


def test_finds_in_files_that_were_not_imported_do_not_count() -> None:
    got = score(truth(not_judged=("shop/models.py",)), [model("User", "users")], [table("users")])
    assert got.models_precision == got.tables_precision == Ratio(0, 0)


def test_finds_outside_the_packages_do_not_count() -> None:
    finds = [model("A", "a", "shopping.models"), model("B", "b", "docs.conf")]
    assert score(truth(), finds, []).models_precision == Ratio(0, 0)
    assert score(truth(), [model("A", "a", "shop")], []).models_precision == Ratio(0, 1)


def test_tables_are_a_multiset() -> None:
    known = (true_table("logs", "app"), true_table("logs", "core"), true_table("users"))
    got = score(truth(tables=known), [], [table("logs", "app"), table("users"), table("users")])
    assert got.tables_recall == Ratio(2, 3)
    assert got.tables_precision == Ratio(2, 3)


def test_a_table_without_a_name_matches_nothing() -> None:
    got = score(truth(tables=(true_table("users"),)), [], [table(None)])
    assert got.tables_recall == Ratio(0, 1)
    assert got.tables_precision == Ratio(0, 1)


def test_dynamic_tables_count_as_right_but_not_as_missing() -> None:
    known = (true_table("made", dynamic=True),)
    assert score(truth(tables=known), [], [table("made")]).tables_precision == Ratio(1, 1)
    assert score(truth(tables=known), [], []).tables_recall == Ratio(0, 0)


def test_schemas_are_judged_over_matched_tables() -> None:
    known = (true_table("users", "auth"), true_table("orders", "shop"), true_table("items"))
    got = score(truth(tables=known), [], [table("users", "auth"), table("orders")])
    assert got.schemas == Ratio(1, 2)
    assert [(d.what, d.name) for d in got.differences] == [("table", "items"), ("schema", "orders")]


def test_totals_add_counts_and_bounds_skip_what_is_empty() -> None:
    first = score(truth((true_model("User", "users"),)), [model("User", "users")], [])
    second = score(truth((true_model("User", "users"),)), [], [])
    both = total([first, second])
    assert both.models_recall == Ratio(1, 2)
    assert both.below(0.99) == ["models_recall"]
    assert total([]).below(0.99) == []
    assert "schemas" not in BOUNDED


def test_unpack_keeps_files_below_the_target(tmp_path: Path) -> None:
    archive = tmp_path / "shop.whl"
    with zipfile.ZipFile(archive, "w") as wheel:
        wheel.writestr("shop/models.py", "x = 1\n")
    unpack(archive, tmp_path / "out")
    assert (tmp_path / "out/shop/models.py").read_text() == "x = 1\n"


@pytest.mark.parametrize("name", ["../escaped.py", "/escaped.py", "a/../../escaped.py"])
def test_unpack_refuses_zip_entries_that_escape(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "shop.whl"
    with zipfile.ZipFile(archive, "w") as wheel:
        wheel.writestr(name, "x = 1\n")
    with pytest.raises(ArchiveError, match="outside"):
        unpack(archive, tmp_path / "out")
    assert not list(tmp_path.rglob("escaped.py"))


def test_unpack_refuses_tar_entries_that_escape(tmp_path: Path) -> None:
    archive = tmp_path / "shop.tar.gz"
    with tarfile.open(archive, "w:gz") as sdist:
        entry = tarfile.TarInfo("../escaped.py")
        entry.size = 1
        sdist.addfile(entry, io.BytesIO(b"1"))
    with pytest.raises(ArchiveError):
        unpack(archive, tmp_path / "out")
    assert not list(tmp_path.rglob("escaped.py"))


def test_the_cache_lies_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XCORE_TOOLS_CORPUS_CACHE", str(tmp_path))
    assert cache_directory() == tmp_path
