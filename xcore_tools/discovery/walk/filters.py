"""Which directories a scan enters and which files it takes, decided by their names alone."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from xcore_tools.discovery.walk.paths import ancestors
from xcore_tools.discovery.walk.patterns import Pattern
from xcore_tools.discovery.walk.sources import Rules
from xcore_tools.errors import ConfigError

# No import statement leads into these, and none of them is a name that a user gives to a package
# of models. What may be one (build, dist, env, venv) is not here.
_NEVER_ENTERED = frozenset(
    {"__pycache__", "__pypackages__", "dist-packages", "node_modules", "site-packages"}
)


def is_virtual_environment(names: Container[str]) -> bool:
    """Tell a virtual environment by the names that it holds: its own name says nothing."""
    return "pyvenv.cfg" in names or "conda-meta" in names


class Filter:
    """The patterns of a scan. Paths are POSIX and relative to the project.

    A pattern with a slash counts from the project, and from each of the paths `named` for the scan. One
    that names a directory stands for all that lies in it.

    Raises:
        ConfigError: patterns are malformed; it names all of them.
    """

    def __init__(self, rules: Rules, named: Iterable[str] = ()) -> None:
        faults: list[str] = []
        starts = ("", *sorted({each for each in named if each}))
        self._directories = _Patterns(rules.exclude_directories, starts, faults)
        self._include = _Patterns(rules.include, starts, faults)
        self._exclude = _Patterns(rules.exclude, starts, faults)
        if faults:
            raise ConfigError(faults)

    def enters(self, path: str, name: str) -> bool:
        """Tell whether a directory is to be entered; caches and hidden ones never are."""
        if name[0] == "." or name in _NEVER_ENTERED:
            return False
        return not self._directories.takes_directory(path)

    def considers(self, path: str, name: str) -> bool:
        """Tell whether a file may be source: any *.py that is not hidden, and what is included."""
        return name[0] != "." and (name.endswith(".py") or self._include.takes(path))

    def selects(self, path: str) -> bool:
        """Tell whether a file is to be reported."""
        return self._include.takes(path) and not self._exclude.takes(path, with_any=True)

    def idle(self, paths: Iterable[str], patterns: Container[str]) -> list[str]:
        """Return those of the `patterns` that match none of the paths."""
        asked = [each for each in (*self._include.all, *self._exclude.all) if each.text in patterns]
        listed = list(paths)
        return sorted(
            {
                each.text
                for each in asked
                if not each.is_negated
                and not any(self._include.reaches(each, path) for path in listed)
            }
        )


class _Patterns:
    """Patterns of one option or setting; the last one that matches decides."""

    def __init__(self, texts: Iterable[str], starts: Sequence[str], faults: list[str]) -> None:
        self.all: list[Pattern] = []
        self._starts = starts
        self._known: dict[str, bool] = {}
        for text in texts:
            pattern = Pattern(_without_dot(text))
            if pattern.is_malformed:
                faults.append(f"pattern {text!r}: malformed; close the bracket or quote it with \\")
            else:
                self.all.append(pattern)
        self._is_any_python = [each.text for each in self.all] == ["*.py"]

    def takes(self, path: str, *, with_any: bool = False) -> bool:
        """Tell whether a file matches, or lies in a directory that does.

        Only a pattern that names a directory stands for what is in it: `auth/*` means files in auth.
        That is so unless `with_any`, where directories that match `auth/*` are meant as well.
        """
        if not self.all:
            return False
        if self._is_any_python:
            return path.endswith(".py")
        if (found := self._last(path, is_directory=False)) is not None:
            return not found.is_negated
        directory = path.rpartition("/")[0]
        return bool(directory) and self._takes_below(directory, with_any=with_any)

    def takes_directory(self, path: str) -> bool:
        """Tell whether a directory matches, or all that is in it does."""
        found = self._last(path, is_directory=True) or self._last(f"{path}/.", is_directory=False)
        return found is not None and not found.is_negated

    def reaches(self, pattern: Pattern, path: str) -> bool:
        """Tell whether a pattern matches a file or a directory that it lies in."""
        above = [each for each in ancestors(path) if each]
        return self._matches(pattern, path, is_directory=False) or any(
            self._matches(pattern, each, is_directory=True) for each in above
        )

    def _takes_below(self, directory: str, *, with_any: bool) -> bool:
        if directory not in self._known:
            found = self._last(directory, is_directory=True, with_any=with_any)
            if found is not None:
                answer = not found.is_negated
            else:
                above = directory.rpartition("/")[0]
                answer = bool(above) and self._takes_below(above, with_any=with_any)
            self._known[directory] = answer
        return self._known[directory]

    def _last(self, path: str, *, is_directory: bool, with_any: bool = True) -> Pattern | None:
        for pattern in reversed(self.all):
            is_meant = with_any or pattern.names_directory
            if is_meant and self._matches(pattern, path, is_directory=is_directory):
                return pattern
        return None

    def _matches(self, pattern: Pattern, path: str, *, is_directory: bool) -> bool:
        for start in self._starts:
            inside = path if not start else path[len(start) + 1 :]
            is_inside = not start or path.startswith(f"{start}/")
            if is_inside and pattern.matches(inside, is_directory=is_directory):
                return True
        return False


def _without_dot(text: str) -> str:
    """`./plugins` is `/plugins`."""
    return text[1:] if text.startswith("./") else text
