"""Dotted names → files of the project, looked up on disk when somebody asks."""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Iterable, Sequence
from pathlib import Path

from xcore_tools.discovery.walk.disk import is_directory, is_file, names_in, real
from xcore_tools.discovery.walk.module_names import (
    import_root_of,
    is_below,
    is_package_file,
    module_name,
)
from xcore_tools.discovery.walk.paths import relative
from xcore_tools.discovery.walk.sources import CORE, Root, SourceFile, Walk

_PACKAGE = "__init__.py"


def listing_of(names: Iterable[str]) -> bytes:
    """Return 16 bytes that stand for those of `names` in a directory that an import could mean."""
    telling = sorted(n for n in names if n.endswith(".py") or ("." not in n and n != "__pycache__"))
    told = "\0".join(telling).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(told, digest_size=16).digest()


class ModuleIndex:
    """Answers which file an import means, for any file of the project, scanned or not.

    Nothing outside the project is ever an answer, and no file is opened. Answers are kept: the
    project is taken to stand still.
    """

    def __init__(self, project: Path, roots: Sequence[Root], walk: Walk) -> None:
        self._project = real(project)
        self._import_roots = walk.import_roots
        self._root_set = frozenset(walk.import_roots)
        self._package = walk.package
        self._top = real(f"{self._project}/{walk.top}") if walk.top else self._project
        self._scanned = {source.path: source for source in walk.sources}
        self._taken = {source.module for source in walk.sources}
        self._roots = [
            (path, root.origin)
            for root in roots
            if (path := relative(root.path.as_posix(), self._project)) is not None
        ]
        self._located: dict[tuple[str, str], SourceFile | None] = {}
        self._starts: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._homes: dict[str, list[str]] | None = None
        self._names: dict[str, frozenset[str]] = {}
        self._files: dict[tuple[str, str], str | None] = {}
        self.asked: set[str] = set()
        """The directories that answers since `begin` depended on, relative to the project."""

    @property
    def project(self) -> Path:
        """The directory that paths are relative to."""
        return Path(self._project)

    def begin(self) -> None:
        """Start to note in `asked` what answers depend on."""
        self._located.clear()
        self._starts.clear()
        self._files.clear()
        self.asked.clear()
        self.asked.update(self._import_roots)

    def listing(self, directory: str) -> bytes:
        """Return 16 bytes that stand for the names in a directory that an import could mean."""
        return listing_of(self.names_in(directory))

    def locate(self, module: str, importer: str = "") -> SourceFile | None:
        """Return the file that `import module` reads in the file `importer`; None if it has none.

        A package comes before a module of the same name. The import root of `importer` is looked
        into first, then the others, then where Python would start it as a script (the directory
        that holds its outermost package), then the directory of its plugin. "" is the import root
        itself, whose `__init__.py` is returned. The file has the name and path that the scan gives
        it; one that was not scanned is not selected.
        """
        directory = posixpath.dirname(importer)
        key = (module, directory)
        if key not in self._located:
            path = self._path(module, directory)
            self._located[key] = None if path is None else self._source(path)
        return self._located[key]

    def _path(self, module: str, directory: str) -> str | None:
        own, others = self._starts_of(directory)
        if not module:
            return self._package_file(own)
        parts = module.split(".")
        starts = dict.fromkeys([own, *self._homes_of(parts[0]), *others])
        found = (self._known_file(start, module, parts) for start in starts)
        return next((path for path in found if path is not None), self._within_itself(parts))

    def _homes_of(self, name: str) -> Sequence[str]:
        """Return the import roots that hold something of that name."""
        if self._homes is None:
            self._homes = {}
            for root in self._import_roots:
                for entry in {each.removesuffix(".py") for each in self.names_in(root)}:
                    self._homes.setdefault(entry, []).append(root)
        return self._homes.get(name, ())

    def _within_itself(self, parts: list[str]) -> str | None:
        """Find `project.a.b` where the project's own directory is the package `project`."""
        own = (self._package or posixpath.basename(self._project)).split(".")
        if parts[: len(own)] != own or self._package_file("") is None:
            return None
        return self._file("", parts[len(own) :]) if parts[len(own) :] else _PACKAGE

    def _known_file(self, start: str, module: str, parts: Sequence[str]) -> str | None:
        """Look once for a module below `start`: most directories count from the same few places."""
        key = (start, module)
        if key not in self._files:
            self._files[key] = self._file(start, parts)
        return self._files[key]

    def _file(self, start: str, parts: Sequence[str]) -> str | None:
        directory = self._directory(start, parts[:-1])
        if directory is None:
            return None
        if parts[-1] in self.names_in(directory):
            package = self._package_file(posixpath.join(directory, parts[-1]))
            if package is not None:
                return package
        return self._existing(directory, f"{parts[-1]}.py")

    def _directory(self, start: str, parts: Sequence[str]) -> str | None:
        """Return the directory that the parts lead to; upper and lower case differ everywhere."""
        directory = start
        for part in parts:
            if part not in self.names_in(directory):
                return None
            directory = posixpath.join(directory, part)
        return directory if not parts or is_directory(f"{self._project}/{directory}") else None

    def _package_file(self, directory: str) -> str | None:
        return self._existing(directory, _PACKAGE)

    def _existing(self, directory: str, name: str) -> str | None:
        if name not in self.names_in(directory):
            return None
        path = posixpath.join(directory, name)
        return path if is_file(f"{self._project}/{path}") else None

    def _source(self, path: str) -> SourceFile | None:
        if path not in self._scanned:
            # Reached through a link, perhaps: the scan knows it by its real path.
            inside = self._inside(real(f"{self._project}/{path}"), is_above=path.startswith("../"))
            if inside is None:
                return None
            path = inside
        if path not in self._scanned:
            module = module_name(path, self._root_set, self._package)
            if module in self._taken:
                if path.startswith("../"):
                    return None  # the project has a module of that name
                module = module_name(path, (), self._package)
            self._scanned[path] = SourceFile(
                path=path,
                module=module,
                is_package=is_package_file(path),
                origin=self._origin(path),
                selected=False,
            )
        return self._scanned[path]

    def _inside(self, place: str, *, is_above: bool) -> str | None:
        """The path of a file in the project, or of one in its repository for an import root above."""
        inside = relative(place, self._project)
        if inside is None and is_above and relative(place, self._top) is not None:
            return os.path.relpath(place, self._project).replace(os.sep, "/")
        return inside

    def _origin(self, path: str) -> str:
        containing = [each for each in self._roots if path == each[0] or is_below(path, each[0])]
        return max(containing, key=lambda each: len(each[0]), default=("", CORE))[1]

    def _starts_of(self, directory: str) -> tuple[str, tuple[str, ...]]:
        """Return the directories that an absolute name counts from, in a file of `directory`: its own

        import root, which comes first, and those that come after all import roots.
        """
        if directory not in self._starts:
            inside = posixpath.join(directory, "_")
            plugins = (path for path, origin in self._roots if origin != CORE)
            self._starts[directory] = (
                import_root_of(inside, self._root_set),
                (
                    self._script_directory(directory),
                    *(path for path in plugins if is_below(inside, path)),
                ),
            )
        return self._starts[directory]

    def _script_directory(self, directory: str) -> str:
        while directory and self._package_file(directory) is not None:
            directory = posixpath.dirname(directory)
        return directory

    def names_in(self, directory: str) -> frozenset[str]:
        """Return the names in a directory, which is relative to the project."""
        self.asked.add(directory)
        if directory not in self._names:
            self._names[directory] = frozenset(names_in(f"{self._project}/{directory}"))
        return self._names[directory]
