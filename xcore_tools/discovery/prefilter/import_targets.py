"""Which modules of the project the imports of its files mean."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from xcore_tools.discovery.catalog.libraries import is_library
from xcore_tools.discovery.prefilter.sketch import Imported
from xcore_tools.discovery.walk import SourceFile
from xcore_tools.discovery.walk.module_names import absolute_name

Locate = Callable[[str, str], SourceFile | None]


class Origins:
    """Answers for the files of one scan; `locate` finds the file that a name means in another file.

    `bases` are dotted names of declarative bases outside the project. Answers are kept: files of one
    directory mean the same by the same words.
    """

    def __init__(
        self, sources: Iterable[SourceFile], locate: Locate, bases: Iterable[str] = ()
    ) -> None:
        self._locate = locate
        self._with_bases = frozenset(base.partition(".")[0] for base in bases)
        self._known = {source.module for source in sources}
        self._found: dict[tuple[str, str], str | None] = {}

    def module(self, source: SourceFile, written: str) -> str | None:
        """The module that `written`, dots in front included, means in a file; None: a library's."""
        key = (written, source.path.rpartition("/")[0])
        if key not in self._found:
            plain = written.lstrip(".")
            level = len(written) - len(plain)
            name = absolute_name(source.module, source.is_package, level, plain or None)
            self._found[key] = None if name is None else self._find(name, source, level)
        return self._found[key]

    def modules_along(self, source: SourceFile, written: str) -> set[str]:
        """The modules that `import a.b.c` makes reachable: `a`, `a.b` and `a.b.c`."""
        parts = written.split(".")
        names = (".".join(parts[:size]) for size in range(1, len(parts) + 1))
        found = (self.module(source, name) for name in names)
        return {module for module in found if module is not None}

    def submodule(self, source: SourceFile, item: Imported) -> str | None:
        """The module that `from package import name` means if `name` is a module."""
        if not item.name:
            return self.module(source, item.module)
        dot = "" if item.module.endswith(".") else "."
        return self.module(source, f"{item.module}{dot}{item.name}")

    def is_known(self, module: str | None) -> bool:
        """Whether the imports of a module are known; a library imports nothing of ours."""
        return module is None or module in self._known

    def is_plain_library(self, source: SourceFile, item: Imported) -> bool:
        """Whether an import takes something from a library that has no bases and makers of models."""
        written = item.module.lstrip(".") or item.module
        top = written.partition(".")[0]
        has_bases = is_library(top) or top in self._with_bases
        return not has_bases and (
            self.module(source, item.module) is None and self.submodule(source, item) is None
        )

    def _find(self, name: str, source: SourceFile, level: int) -> str | None:
        found = self._locate(name, source.path)
        top = name.partition(".")[0]
        if found is not None or level or is_library(top) or top in sys.stdlib_module_names:
            return found.module if found is not None else None
        parts = source.module.split(".")  # a package above may be on the path itself
        for size in range(len(parts) - 1, 0, -1):
            candidate = ".".join((*parts[:size], name))
            found = self._locate(candidate, "")
            if found is not None and found.module == candidate:
                return candidate
        return None
