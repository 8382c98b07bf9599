"""Expressions of a parsed file, as facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any, Literal, cast

import libcst as cst

from xcore_tools.discovery import ir
from xcore_tools.discovery.parse import cst_literals
from xcore_tools.discovery.parse.ast_expressions import MAX_ITEMS

_MAX_NESTING = 60
"""Expressions nested deeper are not read; nobody names a table with one."""

LineOf = Callable[[cst.CSTNode], int]


class ExpressionReader:
    """Turns expressions into facts. `line_of` tells the lines of calls; where it is None, a call has the

    `line` of its statement, which whoever reads the statement sets.
    """

    def __init__(self, line_of: LineOf | None) -> None:
        self.line = 0
        self._line_of = line_of

    def read(self, node: cst.CSTNode, depth: int = 0) -> ir.Expr:
        """The facts of one expression; Opaque for what discovery has no use for."""
        rule = RULES.get(type(node))
        if rule is None or depth > _MAX_NESTING:
            return ir.Opaque(type(node).__name__)
        return rule(self, node, depth + 1)

    def argument(self, arg: cst.Arg, depth: int = 0) -> ir.Expr:
        """A positional argument of a call, or a base of a class."""
        value = self.read(arg.value, depth)
        return ir.Starred(value) if arg.star == "*" else value

    def keyword(self, arg: cst.Arg, depth: int = 0) -> ir.Keyword:
        """A keyword argument, or `**value`."""
        return ir.Keyword(arg.keyword.value if arg.keyword else None, self.read(arg.value, depth))

    def params(self, node: cst.Parameters) -> Iterator[ir.Param]:
        """The parameters of a function or a lambda."""
        for param in (*node.posonly_params, *node.params):
            yield self._param(param, "plain")
        if isinstance(node.star_arg, cst.Param):
            yield self._param(node.star_arg, "star")
        for param in node.kwonly_params:
            yield self._param(param, "keyword")
        if node.star_kwarg:
            yield self._param(node.star_kwarg, "double")

    def _param(
        self, node: cst.Param, kind: Literal["plain", "star", "keyword", "double"]
    ) -> ir.Param:
        default = self.read(node.default) if node.default else None
        return ir.Param(node.name.value, default, kind)

    # -- names, calls, operators ------------------------------------------------------------------

    def _attribute(self, node: cst.Attribute, depth: int) -> ir.Expr:
        return ir.Attribute(self.read(node.value, depth), node.attr.value)

    def _call(self, node: cst.Call, depth: int) -> ir.Expr:
        plain = [a for a in node.args if a.keyword is None and a.star != "**"]
        named = [a for a in node.args if a.keyword is not None or a.star == "**"]
        line = self._line_of(node) if self._line_of else self.line
        return ir.Call(
            self.read(node.func, depth),
            tuple(self.argument(a, depth) for a in plain),
            tuple(self.keyword(a, depth) for a in named),
            line,
        )

    def _lambda(self, node: cst.Lambda, depth: int) -> ir.Expr:
        return ir.Lambda(tuple(self.params(node.params)), self.read(node.body, depth))

    def _binary(self, node: cst.BinaryOperation, depth: int) -> ir.Expr:
        operator = cst_literals.operator_text(node.operator)
        return ir.Binary(operator, self.read(node.left, depth), self.read(node.right, depth))

    def _boolean(self, node: cst.BooleanOperation, depth: int) -> ir.Expr:
        operator: Literal["and", "or"] = "and" if isinstance(node.operator, cst.And) else "or"
        return ir.Boolean(operator, self.read(node.left, depth), self.read(node.right, depth))

    def _unary(self, node: cst.UnaryOperation, depth: int) -> ir.Expr:
        return ir.Unary(
            cst_literals.operator_text(node.operator), self.read(node.expression, depth)
        )

    def _comparison(self, node: cst.Comparison, depth: int) -> ir.Expr:
        return ir.Compare(
            self.read(node.left, depth),
            tuple(cst_literals.operator_text(part.operator) for part in node.comparisons),
            tuple(self.read(part.comparator, depth) for part in node.comparisons),
        )

    def _conditional(self, node: cst.IfExp, depth: int) -> ir.Expr:
        test, then = self.read(node.test, depth), self.read(node.body, depth)
        return ir.Conditional(test, then, self.read(node.orelse, depth))

    def _yield(self, node: cst.Yield, depth: int) -> ir.Expr:
        is_from = isinstance(node.value, cst.From)
        value = node.value.item if isinstance(node.value, cst.From) else node.value
        return ir.Yield(self.read(value, depth) if value else ir.Const(None), is_from)

    def _named(self, node: cst.NamedExpr, depth: int) -> ir.Expr:
        return ir.Named(cast(cst.Name, node.target).value, self.read(node.value, depth))

    def _await(self, node: cst.Await, depth: int) -> ir.Expr:
        return self.read(node.expression, depth)  # a call is followed to what it returns

    # -- displays, subscripts, comprehensions -----------------------------------------------------

    def _tuple(self, node: cst.Tuple, depth: int) -> ir.Expr:
        return self._display("tuple", node.elements, depth)

    def _list(self, node: cst.List, depth: int) -> ir.Expr:
        return self._display("list", node.elements, depth)

    def _set(self, node: cst.Set, depth: int) -> ir.Expr:
        return self._display("set", node.elements, depth)

    def _display(
        self,
        kind: Literal["tuple", "list", "set"],
        elements: Sequence[cst.BaseElement],
        depth: int,
    ) -> ir.Expr:
        if len(elements) > MAX_ITEMS:
            return ir.Opaque(f"large {kind}")
        return ir.Sequence(kind, tuple(self._element(element, depth) for element in elements))

    def _element(self, node: cst.BaseElement, depth: int) -> ir.Expr:
        value = self.read(node.value, depth)
        return ir.Starred(value) if isinstance(node, cst.StarredElement) else value

    def _dict(self, node: cst.Dict, depth: int) -> ir.Expr:
        if len(node.elements) > MAX_ITEMS:
            return ir.Opaque("large dict")
        return ir.Dict(tuple(self._item(element, depth) for element in node.elements))

    def _item(self, node: cst.BaseDictElement, depth: int) -> tuple[ir.Expr | None, ir.Expr]:
        key = self.read(node.key, depth) if isinstance(node, cst.DictElement) else None
        return key, self.read(node.value, depth)

    def _subscript(self, node: cst.Subscript, depth: int) -> ir.Expr:
        parts = tuple(self._index(element.slice, depth) for element in node.slice)
        index = parts[0] if len(parts) == 1 else ir.Sequence("tuple", parts)
        return ir.Subscript(self.read(node.value, depth), index)

    def _index(self, node: cst.BaseSlice, depth: int) -> ir.Expr:
        if isinstance(node, cst.Slice):
            parts = (node.lower, node.upper, node.step)
            return ir.Slice(*(self.read(part, depth) if part else None for part in parts))
        index = cast(cst.Index, node)
        value = self.read(index.value, depth)
        return ir.Starred(value) if index.star else value

    def _starred_dict(self, node: cst.StarredDictComp, depth: int) -> ir.Expr:
        return ir.Opaque("a dict of dicts")

    def _comprehension(self, node: cst.BaseComp, depth: int) -> ir.Expr:
        clauses: list[ir.Clause] = []
        part: cst.CompFor | None = node.for_in
        while part is not None:
            target, iterable = self.read(part.target, depth), self.read(part.iter, depth)
            conditions = tuple(self.read(condition.test, depth) for condition in part.ifs)
            clauses.append(ir.Clause(target, iterable, conditions))
            part = part.inner_for_in
        if isinstance(node, cst.DictComp):
            key, element = self.read(node.key, depth), self.read(node.value, depth)
            return ir.Comprehension("dict", key, element, tuple(clauses))
        simple = cast(cst.BaseSimpleComp, node)
        kind = _KINDS[type(simple)]
        return ir.Comprehension(kind, None, self.read(simple.elt, depth), tuple(clauses))

    # -- strings ----------------------------------------------------------------------------------

    def _concatenated(self, node: cst.ConcatenatedString, depth: int) -> ir.Expr:
        parts = [self.read(part, depth) for part in cst_literals.flat_strings(node)]
        texts = [part.value for part in parts if isinstance(part, ir.Const)]
        if len(texts) == len(parts):
            return ir.Const("".join(map(str, texts)))
        return reduce(lambda left, right: ir.Binary("+", left, right), parts)

    def _formatted(self, node: cst.FormattedString, depth: int) -> ir.Expr:
        prefix = node.prefix.lower()
        if "b" in prefix:
            return ir.Opaque("bytes")
        return self._format_parts(node.parts, node.end, "r" in prefix, depth)

    def _template(self, node: cst.TemplatedString, depth: int) -> ir.Expr:
        """A template is no text; what its fields do is done where it stands."""
        fields = (
            self.read(part.expression, depth)
            for part in node.parts
            if isinstance(part, cst.TemplatedStringExpression)
        )
        line = self._line_of(node) if self._line_of else self.line
        return ir.Call(ir.Opaque("a template"), tuple(fields), (), line)

    def _format_parts(
        self,
        parts: Sequence[cst.BaseFormattedStringContent],
        quote: str,
        is_raw: bool,
        depth: int,
    ) -> ir.FormattedString:
        """The parts of a formatted string that ends with `quote`."""
        found: list[ir.Expr] = []
        for part in parts:
            if isinstance(part, cst.FormattedStringText):
                text = part.value.replace("{{", "{").replace("}}", "}")
                is_plain = is_raw or "\\" not in text
                found.append(
                    ir.Const(text) if is_plain else cst_literals.text(f"{quote}{text}{quote}")
                )
                continue
            node = cast(cst.FormattedStringExpression, part)
            spec = node.format_spec and self._format_parts(node.format_spec, quote, is_raw, depth)
            value = self.read(node.expression, depth)
            conversion = node.conversion
            if node.equal:  # {value = } shows its own source
                found.append(ir.Const(cst_literals.source_before(node)))
                conversion = conversion or (None if spec else "r")
            found.append(ir.FormatPart(value, conversion, spec or None))
        return ir.FormattedString(tuple(found))


_KINDS: dict[type[cst.BaseSimpleComp], Literal["list", "set", "generator"]] = {
    cst.ListComp: "list",
    cst.SetComp: "set",
    cst.GeneratorExp: "generator",
}

RULES: dict[type[cst.CSTNode], Callable[[ExpressionReader, Any, int], ir.Expr]] = {
    cst.Name: lambda _, node, __: cst_literals.name(node),
    cst.Integer: lambda _, node, __: cst_literals.integer(node),
    cst.Float: lambda _, node, __: ir.Const(node.evaluated_value),
    cst.Imaginary: lambda _, __, ___: ir.Opaque("a complex number"),
    cst.Ellipsis: lambda _, __, ___: ir.Opaque("..."),
    cst.SimpleString: lambda _, node, __: cst_literals.text(node.value),
    cst.ConcatenatedString: ExpressionReader._concatenated,
    cst.TemplatedString: ExpressionReader._template,
    cst.FormattedString: ExpressionReader._formatted,
    cst.Attribute: ExpressionReader._attribute,
    cst.Call: ExpressionReader._call,
    cst.Lambda: ExpressionReader._lambda,
    cst.BinaryOperation: ExpressionReader._binary,
    cst.BooleanOperation: ExpressionReader._boolean,
    cst.UnaryOperation: ExpressionReader._unary,
    cst.Comparison: ExpressionReader._comparison,
    cst.IfExp: ExpressionReader._conditional,
    cst.NamedExpr: ExpressionReader._named,
    cst.Await: ExpressionReader._await,
    cst.Yield: ExpressionReader._yield,
    cst.Tuple: ExpressionReader._tuple,
    cst.List: ExpressionReader._list,
    cst.Set: ExpressionReader._set,
    cst.StarredElement: ExpressionReader._element,
    cst.Dict: ExpressionReader._dict,
    cst.Subscript: ExpressionReader._subscript,
    cst.ListComp: ExpressionReader._comprehension,
    cst.SetComp: ExpressionReader._comprehension,
    cst.StarredDictComp: ExpressionReader._starred_dict,
    cst.DictComp: ExpressionReader._comprehension,
    cst.GeneratorExp: ExpressionReader._comprehension,
}
