"""The statements of an env.py that decide about `target_metadata`: imports, assignments, calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import libcst as cst
import libcst.matchers as m

NAME = "target_metadata"

# what changes a list or a dict after it was made
_CHANGES = ("append", "clear", "extend", "insert", "pop", "remove", "setdefault", "update")
_CHANGE = m.Call(m.Attribute(m.Name(), m.OneOf(*map(m.Name, _CHANGES))))


_Import = cst.Import | cst.ImportFrom | cst.LazyImport | cst.LazyImportFrom


@dataclass
class Statements:
    """What the module itself says; of the bodies of its functions, only which calls they make.

    `assigned` holds names with one top-level assignment, `unclear` those with others or several, and
    those whose value is changed in place.
    `passed` are the values of `target_metadata=` in calls, `imports` the import statements, and
    `imported` what each name that they bind stands for.
    """

    assigned: dict[str, cst.BaseExpression] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)
    passed: list[cst.BaseExpression] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    imported: dict[str, str] = field(default_factory=dict)


def statements_of(module: cst.Module) -> Statements:
    """Return the statements of the module that matter here."""
    visitor = _Visitor(module)
    module.visit(visitor)
    for name in visitor.changed & visitor.found.assigned.keys():
        del visitor.found.assigned[name]
        visitor.found.unclear.add(name)
    return visitor.found


class _Visitor(cst.CSTVisitor):
    def __init__(self, module: cst.Module) -> None:
        self.found = Statements()
        self.changed: set[str] = set()
        self._module = module
        self._top = set(map(id, module.body))
        self._is_top = False
        self._depth = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._depth += 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        self._depth -= 1

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._depth += 1

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
        self._depth -= 1

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        self._is_top = id(node) in self._top

    def visit_Assign(self, node: cst.Assign) -> None:
        for target in node.targets:
            if isinstance(target.target, cst.Subscript):
                self._change(target.target.value)
            self._bind(target.target, node.value, is_plain=len(node.targets) == 1)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if node.value is not None:
            self._bind(node.target, node.value, is_plain=True)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._bind(node.target, node.value, is_plain=False)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._bind(node.target, node.value, is_plain=False)

    def visit_Global(self, node: cst.Global) -> None:
        for item in node.names:
            self._change(item.name)

    def visit_Call(self, node: cst.Call) -> None:
        if m.matches(node, _CHANGE):
            self._change(cst.ensure_type(node.func, cst.Attribute).value)
        for argument in node.args:
            is_same = isinstance(argument.value, cst.Name) and argument.value.value == NAME
            if argument.keyword and argument.keyword.value == NAME and not is_same:
                self.found.passed.append(argument.value)

    def visit_LazyImportFrom(self, node: cst.LazyImportFrom) -> None:
        self.visit_ImportFrom(node)

    def visit_LazyImport(self, node: cst.LazyImport) -> None:
        self.visit_Import(node)

    def visit_ImportFrom(self, node: cst.ImportFrom | cst.LazyImportFrom) -> None:
        self._keep(node)
        if not isinstance(node.names, cst.ImportStar) and node.module and not node.relative:
            home = self._module.code_for_node(node.module)
            self.found.imported.update(_bindings(node.names, f"{home}."))

    def visit_Import(self, node: cst.Import | cst.LazyImport) -> None:
        self._keep(node)
        self.found.imported.update(_bindings(node.names, ""))

    def _keep(self, node: _Import) -> None:
        alone = node.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        self.found.imports.append(self._module.code_for_node(alone))

    def _change(self, place: cst.BaseExpression) -> None:
        if isinstance(place, cst.Name):
            self.changed.add(place.value)

    def _bind(
        self, target: cst.BaseExpression, value: cst.BaseExpression, *, is_plain: bool
    ) -> None:
        if self._depth or not isinstance(target, cst.Name):
            return
        name, found = target.value, self.found
        if name in found.unclear or name in found.assigned or not (is_plain and self._is_top):
            found.assigned.pop(name, None)
            found.unclear.add(name)
        else:
            found.assigned[name] = value


def _bindings(names: Iterable[cst.ImportAlias], prefix: str) -> Iterator[tuple[str, str]]:
    """What each name of an import statement stands for: `import a.b` binds `a`, which is `a`."""
    for alias in names:
        name = alias.evaluated_name
        if alias.evaluated_alias:
            yield alias.evaluated_alias, prefix + name
        else:
            top = name.partition(".")[0]
            yield top, prefix + top
