"""The lines between the markers: Python that loads every model, in a form that linters leave alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import count

from xcore_tools.discovery.results import Discovery
from xcore_tools.envfile.bindings import (
    bindings_of,
    classes_by_module,
    import_statement,
    is_importable,
)

# flake8's limit; black, ruff and isort allow more unless told otherwise
_LINE_LENGTH = 79
_INDENT = "    "
# Names that env.py has itself belong to no module of ours; "models" would distinguish nothing.
_ENV_FILE = "models"
# Measured on ruff, isort, autoflake, pycln and black. At the top level, ruff moves imports to others
# above and adds missing ones to the last it finds, which may be ours; flake8 rejects imports below
# code. None of them looks into an `if` for that. `True`, as type checkers take any other condition
# for one that may fail.
_OPENING = ("# isort: off", "if True:  # in here no tool sorts, moves, drops or adds imports")
_CLOSING = ("# isort: on",)


class Style(StrEnum):
    """How the block loads a module.

    MODELS imports classes by name (`from admin.models import Role`), MODULES the modules as a whole,
    STRINGS calls `__import__` with their names and binds none of them.
    """

    MODELS = "models"
    MODULES = "modules"
    STRINGS = "strings"


def render_block(
    discovery: Discovery,
    *,
    style: Style = Style.MODELS,
    taken: frozenset[str] = frozenset(),
    kept: Iterable[tuple[str, str, str]] = (),
) -> tuple[str, ...]:
    """Lines that load every module with a model or a table, sorted; none if there is nothing to load.

    What is imported is used at once, in a tuple, so it is not unused to any linter. No name of
    `taken` is bound, nor is a name bound twice: an alias stands in. Classes inside classes or
    functions come with their module; so do the tables of Core code. `kept` are further imports as
    (module, name, alias), which env.py itself uses: they are bound as they are, in every style.
    """
    classes = classes_by_module(discovery)
    pairs: dict[str, dict[str, str]] = {}
    for module, name, alias in sorted(kept):
        pairs.setdefault(module, {})[name] = alias
    owners = dict.fromkeys(taken, _ENV_FILE)
    owners |= {alias: module for module in pairs for alias in pairs[module].values()}
    if style is not Style.STRINGS:
        return tuple(_branch(_Imports(classes, pairs, owners, by_name=style is Style.MODELS)))
    loop = _loop(classes, _free("_module", owners)) if classes else ()
    return (*_branch(_Imports({}, pairs, owners, by_name=True)), *loop)


def _loop(modules: Iterable[str], name: str) -> Iterator[str]:
    yield f"for {name} in ("
    yield from (f"{_INDENT}{_quoted(module)}," for module in modules)
    yield "):"
    yield f"{_INDENT}__import__({name})"


class _Imports:
    """Import statements, and the expressions that use what they bind.

    `kept` has names with their aliases for each module; `owners` says which module binds a name.
    """

    def __init__(
        self,
        classes: dict[str, list[str]],
        kept: dict[str, dict[str, str]],
        owners: dict[str, str],
        *,
        by_name: bool,
    ) -> None:
        self.holder = _free("__models__", owners)
        self.statements: list[str] = []
        self.used: list[str] = []
        self._owners = owners | {self.holder: _ENV_FILE}
        for module in sorted({*classes, *kept}, key=lambda module: (module.lower(), module)):
            names = classes.get(module)
            wanted = [] if names is None or not by_name else names
            if names is not None and not is_importable(module):
                self.used.append(f"__import__({_quoted(module)})")
            elif wanted or module in kept:
                self._add_names(module, wanted, kept.get(module, {}))
            else:
                self._add_module(module)

    def _add_names(self, module: str, names: list[str], kept: dict[str, str]) -> None:
        new = [name for name in names if name not in kept]
        pairs = {**kept, **dict(bindings_of(module, new, self._owners))}
        width = _LINE_LENGTH - len(_INDENT)
        self.statements += import_statement(module, sorted(pairs.items()), width)
        self.used += [pairs[name] for name in names]

    def _add_module(self, module: str) -> None:
        alias = _module_alias(module, self._owners)
        self._owners[alias] = module
        self.statements.append(f"import {module}" + (f" as {alias}" if alias != module else ""))
        self.used.append(alias)


def _branch(imports: _Imports) -> Iterator[str]:
    """The statements and the tuple, in the `if` that keeps tools away; nothing if there are none."""
    body = list(imports.statements)
    if imports.used:
        body += [""] if body else []
        body += [f"{imports.holder} = (", *(f"{_INDENT}{item}," for item in imports.used), ")"]
    if body:
        yield from _OPENING
        yield from (_INDENT + line if line else "" for line in body)
        yield from _CLOSING


def _module_alias(module: str, owners: dict[str, str]) -> str:
    """`app_tables` for `app.tables`, or `_tables` or `_m` where the line would get too long.

    Without an alias, `import app.tables` would bind `app`, which hides what env.py calls so.
    """
    forms = (module.replace(".", "_"), f"_{module.rpartition('.')[2]}", "_m")
    room = _LINE_LENGTH - len(f"{_INDENT}import {module} as ")
    alias = _free(next((form for form in forms if len(form) <= room), forms[-1]), owners)
    owners[alias] = module
    return alias


def _free(name: str, owners: dict[str, str]) -> str:
    """`name`, or with the first number that makes it free; `__models__` becomes `__models_2__`."""
    stem = name.rstrip("_") or name
    tail = name[len(stem) :]
    numbered = (f"{stem}_{number}{tail}" for number in count(2))
    return name if name not in owners else next(form for form in numbered if form not in owners)


def _quoted(text: str) -> str:
    """The string literal that formatters leave alone: in double quotes where that needs no escape."""
    literal = ascii(text)
    return literal if '"' in literal else f'"{literal[1:-1]}"'
