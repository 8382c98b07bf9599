"""What setup.py, setup.cfg, pytest.ini and tox.ini say about folders; setup.py is read, not run. Pure."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator, Mapping

from xcore_tools.discovery.roots.evidence import Evidence, Weight, joined, parent_of_package

_FINDERS = frozenset({"find_packages", "find_namespace_packages", "find"})


def read_setup_script(file: str, data: bytes) -> tuple[Evidence, ...]:
    """Return what `package_dir` and `find_packages` of a setup.py say; names are followed to literals."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    values = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    directory = file.rpartition("/")[0]
    return tuple(
        Evidence(joined(directory, root), Weight.STATED, file, reason)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for root, reason in _said_by_call(call, values)
    )


def _said_by_call(call: ast.Call, values: Mapping[str, ast.expr]) -> Iterator[tuple[str, str]]:
    name = _last_name(call.func)
    keywords = {each.arg: each.value for each in call.keywords if each.arg}
    if name == "setup" and "package_dir" in keywords:
        for package, folder in _literal_items(keywords["package_dir"], values):
            root = folder if package == "" else parent_of_package(folder, package)
            if root is not None:
                yield root, "setuptools: package_dir"
    if name in _FINDERS:
        where = keywords.get("where", call.args[0] if call.args else None)
        if where is not None and (path := _literal(where, values)):
            yield path, f"setuptools: {name}"


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _literal(value: ast.expr, values: Mapping[str, ast.expr]) -> str | None:
    if isinstance(value, ast.Name):
        value = values.get(value.id, value)
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    return None


def _literal_items(value: ast.expr, values: Mapping[str, ast.expr]) -> Iterator[tuple[str, str]]:
    """The items of a dict of texts, written as `{…}` or `dict(…)`."""
    if isinstance(value, ast.Name):
        value = values.get(value.id, value)
    if isinstance(value, ast.Call) and _last_name(value.func) == "dict":
        pairs: list[tuple[ast.expr, ast.expr]] = [
            (ast.Constant(each.arg), each.value) for each in value.keywords if each.arg
        ]
    elif isinstance(value, ast.Dict):
        pairs = [(key, each) for key, each in zip(value.keys, value.values, strict=True) if key]
    else:
        return
    for key, each in pairs:
        name, path = _literal(key, values), _literal(each, values)
        if name is not None and path is not None:
            yield name, path


def read_ini_file(file: str, data: bytes) -> tuple[Evidence, ...]:
    """Return what a setup.cfg, pytest.ini or tox.ini says to setuptools and pytest."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(data.decode("utf-8-sig", "replace"))
    except configparser.Error:
        return ()
    directory = file.rpartition("/")[0]
    sections = {name: dict(parser.items(name)) for name in parser.sections()}
    return tuple(
        Evidence(joined(directory, root), Weight.STATED, file, reason)
        for root, reason in _said_by_sections(sections)
    )


def _said_by_sections(sections: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    for line in sections.get("options", {}).get("package_dir", "").splitlines():
        package, equals, path = (part.strip() for part in line.partition("="))
        root = path if package == "" else parent_of_package(path, package)
        if equals and path and root is not None:
            yield root, "setuptools: package_dir"
    where = sections.get("options.packages.find", {}).get("where", "")
    for path in re.split(r"[,\n]", where):
        if path.strip():
            yield path.strip(), "setuptools: packages.find where"
    for name in ("pytest", "tool:pytest"):
        for path in sections.get(name, {}).get("pythonpath", "").split():
            yield path, "pytest: pythonpath"
