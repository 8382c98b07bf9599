"""The source files below the roots of a scan, each once."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from xcore_tools.discovery.results import Problem, Severity
from xcore_tools.discovery.walk.disk import exists, is_file, real
from xcore_tools.discovery.walk.filters import Filter, is_virtual_environment
from xcore_tools.discovery.walk.gitignore import Ignores
from xcore_tools.discovery.walk.layout import LayoutReader, shown_import_roots
from xcore_tools.discovery.walk.module_names import is_package_file, module_names
from xcore_tools.discovery.walk.paths import is_text, printable, relative
from xcore_tools.discovery.walk.reading import unreadable, without_text_name
from xcore_tools.discovery.walk.repository import Repository
from xcore_tools.discovery.walk.sources import Root, Rules, SourceFile, Walk


def find_sources(project: Path, roots: Iterable[Root], rules: Rules) -> Walk:
    """Return the source files below `roots`: regular files only, and none of them is opened.

    A file that several roots contain has the origin of the innermost. What git ignores is left out
    entirely unless it is named as a root. Virtual environments, caches and hidden names are not
    entered. A symbolic link is followed if it stays inside the project; what it leads to keeps the
    path without links if the scan covers that, else it has the path through the link. A link not
    followed is XT111, what cannot be read is XT102. Every directory is read once: loops of links
    end.

    Raises:
        ConfigError: patterns of `rules` are malformed.
    """
    roots = list(roots)
    scan = _Scan(real(project), rules, roots)
    # The innermost root first: what it has seen, the others skip.
    for root in sorted(roots, key=lambda each: -len(each.path.parts)):
        scan.read_root(root)
    scan.follow_links()
    return scan.result(rules.import_roots)


def idle_patterns(
    project: Path, roots: Iterable[Root], rules: Rules, walk: Walk, patterns: Container[str]
) -> list[str]:
    """Return those of the include and exclude `patterns` that match nothing that the walk met, sorted."""
    place = real(project)
    named = (relative(real(root.path), place) for root in roots)
    chosen = Filter(rules, [each for each in named if each])
    return chosen.idle((source.path for source in walk.sources), patterns)


class _Place(NamedTuple):
    """A directory to read: where it is, what it is shown as, and what holds in it.

    The two paths are absolute; they differ below a symbolic link only.
    """

    real: str
    shown: str
    origin: str
    ignores: Ignores


class _Link(NamedTuple):
    shown: str
    name: str
    parent: _Place


class _Found(NamedTuple):
    path: str
    origin: str
    selected: bool


class _Scan:
    """The state of one scan. What is called a path is relative to the project."""

    def __init__(self, project: str, rules: Rules, roots: Iterable[Root]) -> None:
        self._project = project
        named = (relative(real(root.path), project) for root in roots)
        self._start = len(project.rstrip("/")) + 1
        self._filter = Filter(rules, [each for each in named if each])
        self._problems: list[Problem] = []
        self._repository = Repository(project, enabled=rules.gitignore, problems=self._problems)
        self._layout = LayoutReader(project, rules.inis)
        self._found: dict[str, _Found] = {}  # by real path
        self._seen: set[str] = set()  # real paths of directories
        self._links: list[_Link] = []
        self._is_whole = False

    def read_root(self, root: Root) -> None:
        place = real(root.path)
        path = relative(place, self._project)
        if path is None:
            shown = printable(str(root.path))
            message = f"path {shown!r} lies outside the project"
            self._problems.append(Problem(shown, 0, "XT110", "error", message))
            return
        self._layout.look_around(path)
        self._is_whole |= not path
        if is_file(place):
            self._take(place, path, root.origin, named=root.named)
        else:
            ignores = self._repository.rules_above(place)
            self._read_below(_Place(place, place, root.origin, ignores), is_root=True)

    def follow_links(self) -> None:
        while self._links:
            links, self._links = sorted(self._links, key=lambda link: link.shown), []
            for link in links:
                self._follow(link)

    def result(self, import_roots: Sequence[str]) -> Walk:
        places = (real(Path(self._project, each)) for each in import_roots)
        configured = (relative(place, self._project) for place in places)
        shown = shown_import_roots(self._layout.contents)
        inside = [each for each in configured if each is not None]
        all_roots = tuple(dict.fromkeys([*inside, "", *shown]))
        top = self._repository.steps_up
        is_package = "__init__.py" in self._layout.contents.get("", ())
        found = list(self._found.values())
        self._found.clear()  # its keys take as much memory as all that is made now
        sources = tuple(sorted(_named(found, all_roots)))
        return Walk(
            sources,
            tuple(sorted(set(self._problems))),
            all_roots,
            settings=tuple(inside),
            telling=self._layout.telling(["/".join([".."] * (n + 1)) for n in range(top)]),
            above=tuple(part for part in self._project.split("/") if part) if is_package else (),
            top="/".join([".."] * top),
            is_whole=self._is_whole,
        )

    def _read_below(self, start: _Place, *, is_root: bool = False) -> None:
        places = [start]
        while places:
            place = places.pop()
            if place.real in self._seen:
                continue
            self._seen.add(place.real)
            entries = self._entries(place)
            names = [entry.name for entry in entries]
            # A root may be one: `python -m venv .` in the project.
            if is_virtual_environment(names) and not (is_root and place is start):
                continue
            self._layout.note(place.shown[self._start :], names)
            ignores = self._repository.rules_in(place.shown, names, place.ignores)
            places += self._sort_out(entries, place._replace(ignores=ignores))

    def _entries(self, place: _Place) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(place.real) as entries:
                return list(entries)
        except OSError as error:
            self._problems.append(unreadable(place.shown[self._start :] or ".", error))
            return []

    def _sort_out(self, entries: list[os.DirEntry[str]], place: _Place) -> Iterator[_Place]:
        """Yield the directories to read next; take the files, keep the links for later."""
        for entry in entries:
            name = entry.name
            shown = f"{place.shown.rstrip('/')}/{name}"
            path = shown[self._start :]
            kind = _kind(entry)
            if kind == "link":
                self._links.append(_Link(shown, name, place))
            elif kind == "directory":
                if not self._filter.enters(path, name):
                    continue
                if _TEMPLATE.search(name):
                    message = "a folder of templates, by its name: not scanned"
                    self._problems.append(Problem(printable(path), 0, "XT114", "note", message))
                elif self._keeps(shown, place, is_directory=True):
                    yield place._replace(real=f"{place.real.rstrip('/')}/{name}", shown=shown)
            elif (
                kind == "file" and self._filter.considers(path, name) and self._keeps(shown, place)
            ):
                self._take(f"{place.real.rstrip('/')}/{name}", path, place.origin)

    def _keeps(self, shown: str, place: _Place, *, is_directory: bool = False) -> bool:
        # To git a symbolic link is a file, whatever it leads to.
        if place.ignores.ignores(shown, is_directory=is_directory):
            return False
        if is_text(shown):
            return True
        self._problems.append(without_text_name(shown[self._start :]))
        return False

    def _take(self, place: str, path: str, origin: str, *, named: bool = False) -> None:
        if place not in self._found:
            selected = named or self._filter.selects(path)
            self._found[place] = _Found(path, origin, selected)

    def _follow(self, link: _Link) -> None:
        path = link.shown[self._start :]
        try:
            mode = Path(link.shown).stat().st_mode
        except OSError:
            # Broken: a link of another kind of name is no loss, importing it would fail anyway.
            if self._filter.considers(path, link.name) and self._keeps(link.shown, link.parent):
                self._note_link(path, "leads nowhere", "warning")
            return
        target = real(link.shown)
        if stat.S_ISDIR(mode):
            wanted = self._filter.enters(path, link.name) and not _holds_environment(target)
        else:
            wanted = stat.S_ISREG(mode) and self._filter.considers(path, link.name)
        if not wanted or not self._keeps(link.shown, link.parent):
            return
        if relative(target, self._project) is None:
            self._note_link(path, "leads outside the project")
        elif not stat.S_ISDIR(mode):
            self._take(target, path, link.parent.origin)
        elif relative(link.parent.real, target) is not None:
            self._note_link(path, "leads back to a directory above it")
        else:
            self._read_below(link.parent._replace(real=target, shown=link.shown))

    def _note_link(self, path: str, reason: str, severity: Severity = "note") -> None:
        message = f"symbolic link {reason}: not followed"
        self._problems.append(Problem(printable(path), 0, "XT111", severity, message))


_TEMPLATE = re.compile(r"\{\{.*\}\}|\{%.*%\}|\[\[.*\]\]")
"""The name of a folder that cookiecutter or copier fills in: what lies below it is not Python yet."""


def with_import_roots(walk: Walk, import_roots: Sequence[str], package: str = "") -> Walk:
    """Return the same files with the names that they have by these import roots."""
    roots = frozenset(each for each in import_roots if not each.startswith(".."))
    names = module_names((source.path for source in walk.sources), roots, package)
    sources = tuple(
        source
        if source.module == names[source.path]
        else msgspec.structs.replace(source, module=names[source.path])
        for source in walk.sources
    )
    return msgspec.structs.replace(
        walk, sources=sources, import_roots=tuple(import_roots), package=package
    )


def without(walk: Walk, paths: Container[str]) -> Walk:
    """Return the same walk, in which the files at these paths are not selected."""
    sources = tuple(
        msgspec.structs.replace(source, selected=False) if source.path in paths else source
        for source in walk.sources
    )
    return msgspec.structs.replace(walk, sources=sources)


def _named(files: Sequence[_Found], import_roots: Sequence[str]) -> Iterator[SourceFile]:
    names = module_names((file.path for file in files), import_roots)
    for file in files:
        # a.py beside a/__init__.py: no import reaches it
        is_shadowed = file.path.removesuffix(".py") + "/__init__.py" in names
        yield SourceFile(
            path=file.path,
            module=names[file.path],
            is_package=is_package_file(file.path),
            origin=file.origin,
            selected=file.selected and not is_shadowed,
        )


def _kind(entry: os.DirEntry[str]) -> Literal["link", "directory", "file", "other"]:
    try:
        if entry.is_symlink():
            return "link"
        if entry.is_dir(follow_symlinks=False):
            return "directory"
        return "file" if entry.is_file(follow_symlinks=False) else "other"
    except OSError:  # where a file system does not tell kinds in its listing: gone by now
        return "other"


def _holds_environment(directory: str) -> bool:
    return exists(f"{directory}/pyvenv.cfg") or exists(f"{directory}/conda-meta")
