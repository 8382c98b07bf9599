"""The names of a piece of code: which of them it binds, and which it only uses."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m
import msgspec

_PLACE = m.Attribute() | m.Subscript()


class Names(msgspec.Struct, frozen=True):
    """All names that code mentions, and those of them that it binds.

    `has_star` says that `from module import *` may bind others.
    """

    mentioned: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()
    has_star: bool = False


def names_of(tree: cst.Module) -> Names:
    """The names of a tree, in whatever scope. Attributes and keywords of calls are no names."""
    found = _Finder()
    tree.visit(found)
    return Names(frozenset(found.mentioned), frozenset(found.bound), found.has_star)


class _Finder(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.mentioned: set[str] = set()
        self.bound: set[str] = set()
        self.has_star = False

    def visit_Name(self, node: cst.Name) -> None:
        self.mentioned.add(node.value)

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

    def visit_LazyImportFrom(self, node: cst.LazyImportFrom) -> bool:
        return self.visit_ImportFrom(node)

    def visit_ImportFrom(self, node: cst.ImportFrom | cst.LazyImportFrom) -> bool:
        if isinstance(node.names, cst.ImportStar):
            self.has_star = True
        else:
            for alias in node.names:
                alias.visit(self)
        return False

    def visit_ImportAlias(self, node: cst.ImportAlias) -> bool:
        # `import a.b` binds `a`
        self._bind(node.evaluated_alias or node.evaluated_name.partition(".")[0])
        return False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._bind(node.name.value)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._bind(node.name.value)

    def visit_Param(self, node: cst.Param) -> None:
        self._bind(node.name.value)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._bind_target(node.target)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._bind_target(node.target)

    def visit_For(self, node: cst.For) -> None:
        self._bind_target(node.target)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self._bind_target(node.target)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._bind_target(node.target)

    def visit_AsName(self, node: cst.AsName) -> None:
        self._bind_target(node.name)

    def _bind(self, name: str) -> None:
        self.mentioned.add(name)
        self.bound.add(name)

    def _bind_target(self, target: cst.BaseExpression) -> None:
        # the object of `x.y = …` and `x[y] = …` is only used
        for found in m.findall(target, m.Name()) if not m.matches(target, _PLACE) else ():
            self.bound.add(cst.ensure_type(found, cst.Name).value)
