"""One call while it is answered: what it is given, and where it stands."""

from __future__ import annotations

from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.values import Site, Value


class Call:
    """One call: what is called, its arguments, and where it stands."""

    def __init__(
        self,
        interpreter: Interpreter,
        args: tuple[Value, ...],
        keywords: dict[str, Value],
        site: Site | None,
    ) -> None:
        self.interpreter = interpreter
        self.args = args
        self.keywords = keywords
        self.scope = site.scope if site else None
        self.line = site.line if site else 0
        self.site = site
        self.is_strict = True

    def arg(self, position: int, keyword: str = "") -> Value:
        """The argument, or None if it is not given."""
        return self.value(
            self.args[position] if position < len(self.args) else self.keywords.get(keyword)
        )

    def value(self, value: Value) -> Value:
        """The value behind an argument.

        Raises:
            NotReadyError: it is not to be had, and the call is not strict.
        """
        return self.interpreter.force(value) if self.is_strict else self.interpreter.resolve(value)

    def behind_first(self) -> Call:
        """The call without its first argument, which becomes the object of the method: `str.lower(x)`."""
        call = Call(self.interpreter, self.args[1:], self.keywords, self.site)
        call.is_strict = self.is_strict
        return call

    @property
    def module(self) -> str:
        """The module in which the call stands."""
        return self.scope.module.module if self.scope else ""
