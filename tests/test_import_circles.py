"""No module needs itself, not even for a type checker: imports at module level form no circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import xcore_tools

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def _module_level(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports outside of functions, those under `if TYPE_CHECKING` among them."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not isinstance(node, _FUNCTIONS):
            yield from _module_level(node)


def _modules(package: Path) -> dict[str, ast.Module]:
    names = {}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        names[name] = ast.parse(path.read_text())
    return names


def _imported(node: ast.Import | ast.ImportFrom, known: set[str]) -> Iterator[str]:
    """What an absolute import names: a module itself where there is one, else the module that has the name."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    assert node.level == 0, "imports are absolute"
    for alias in node.names:
        submodule = f"{node.module}.{alias.name}"
        yield submodule if submodule in known else node.module or ""


def circle_of(package: Path) -> list[str]:
    """The modules of one circle of imports; none where there is no circle."""
    trees = _modules(package)
    graph = {
        name: {
            other
            for node in _module_level(tree)
            for other in _imported(node, set(trees))
            if other in trees and other != name
        }
        for name, tree in trees.items()
    }
    assert sum(map(len, graph.values())) > 0
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_needs_itself() -> None:
    assert circle_of(Path(xcore_tools.__file__).parent) == []


@pytest.mark.parametrize(
    "back", ["from app import a", "from app.a import A", "import app.a", "if T:\n    import app.a"]
)
def test_a_circle_is_seen(tmp_path: Path, back: str) -> None:
    package = tmp_path / "app"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("from app.b import B\n")
    (package / "b.py").write_text(f"{back}\n")
    assert set(circle_of(package)) == {"app.a", "app.b"}


def test_an_import_in_a_function_is_no_circle(tmp_path: Path) -> None:
    package = tmp_path / "app"
    package.mkdir()
    (package / "a.py").write_text("from app.b import B\n")
    (package / "b.py").write_text("def later():\n    import app.a\n")
    assert circle_of(package) == []
