"""Keeping an env.py in step with the models: Discovery + env.py → Rewrite, written if need be."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from xcore_tools.config import Config, load_config
from xcore_tools.config.files import shown
from xcore_tools.discovery.results import Discovery, Problem
from xcore_tools.envfile.block import (
    borrowed_names,
    bound_names,
    find_block,
    lost_names,
    notices,
    replace_block,
)
from xcore_tools.envfile.follow import meanings_of
from xcore_tools.envfile.held import Held, held_by, hiding, lost, with_lost
from xcore_tools.envfile.importable import reachable, unreachable, with_certain_names
from xcore_tools.envfile.metadata import Import, Meanings, Plan, plan_target, spelled_out
from xcore_tools.envfile.render import Style, render_block
from xcore_tools.envfile.rewrite import Rewrite
from xcore_tools.envfile.scope import shared_out, visible
from xcore_tools.envfile.source import read
from xcore_tools.envfile.target import read_target, with_target
from xcore_tools.envfile.write import locked, replace_file
from xcore_tools.errors import EnvFileError
from xcore_tools.files import read_regular

# files with problems that one message names
_SHOWN = 3
_NO_IMPORT = "no import leads to the models in this file, for a dot in its path; rename what has it"


def sync_env(  # noqa: PLR0913 (one for each option)
    discovery: Discovery,
    env_path: str | Path,
    *,
    config: Config | None = None,
    style: Style | str = Style.MODELS,
    fix_metadata: bool = False,
    force: bool = False,
    write: bool = True,
) -> Rewrite:
    """Make the env.py import exactly the models and tables of `discovery`; return what changed.

    Only the marked block is rewritten, and the value of `target_metadata` where it is None or, with
    `fix_metadata`, where it lacks a collection that has a model. Every other byte stays. A second
    call changes nothing. While files with errors may hide models, no import is removed from the
    block, unless with `force`. The file is replaced in one step, and only if it changes; with
    `write=False` it never is.

    Raises:
        ConfigError: the configuration cannot be used.
        EnvFileError: the file cannot be read, understood or replaced; it is left as it was.
    """
    path = Path(env_path)
    config = load_config(start=path.resolve().parent) if config is None else config
    sync = _sync(discovery, path, config, Style(style), fix_metadata=fix_metadata, force=force)
    if not write:
        return sync.rewrite()
    with locked(path):
        rewrite = sync.rewrite()
        if not rewrite.changed:
            return rewrite
        replace_file(path, rewrite.after, expected=rewrite.before)
    return msgspec.structs.replace(rewrite, is_written=True)


def sync_text(discovery: Discovery, env_path: Path, before: bytes, *, config: Config) -> Rewrite:
    """Return what becomes of an env.py that holds `before`; the file need not be there yet.

    Raises:
        EnvFileError: the text cannot be understood.
    """
    return _sync(discovery, env_path, config, Style.MODELS).rewrite_of(before)


def _sync(
    discovery: Discovery,
    path: Path,
    config: Config,
    style: Style,
    *,
    fix_metadata: bool = False,
    force: bool = False,
) -> _Sync:
    lost = unreachable(discovery)
    discovery = with_certain_names(reachable(discovery), config.project)
    return _Sync(discovery, lost, path, config, style, fix_metadata, force)


@dataclass(frozen=True)
class _Sync:
    """One env.py and what is known of the models. No import leads to the files `unreachable`."""

    discovery: Discovery
    unreachable: tuple[str, ...]
    path: Path
    config: Config
    style: Style
    fix_metadata: bool
    force: bool

    @property
    def name(self) -> str:
        """The path as messages show it."""
        return shown(self.path.absolute())

    def rewrite(self) -> Rewrite:
        """What becomes of the file as it stands now."""
        try:
            before = read_regular(self.path)
        except OSError as error:
            raise EnvFileError(f"{self.name}: cannot be read: {error.strerror}") from error
        return self.rewrite_of(before)

    def rewrite_of(self, before: bytes) -> Rewrite:
        """What becomes of the file if it holds `before`."""
        try:
            after, problems = self._narrowed(before)._rewritten(before)
        except EnvFileError as error:
            raise EnvFileError(f"{self.name}: {error}") from error
        except RecursionError as error:
            message = "nested too deeply to be rewritten; shorten its longest expression"
            raise EnvFileError(f"{self.name}: {message}") from error
        return Rewrite(self.path, self.name, before, after, tuple(sorted(problems)))

    def _narrowed(self, before: bytes) -> _Sync:
        """The same for the part of the models that is this env.py's."""
        seen = visible(self.discovery, self.path, self.config)
        own = shared_out(seen, self.path, before, self.config)
        return self if own is self.discovery else dataclasses.replace(self, discovery=own)

    def _rewritten(self, before: bytes) -> tuple[bytes, list[Problem]]:
        block = find_block(before)
        held = held_by(block.lines) if block else Held()
        problems = [
            *(Problem(self.name, line, "XT206", "note", text) for line, text in notices(before)),
            *(Problem(path, 0, "XT207", "warning", _NO_IMPORT) for path in self.unreachable),
        ]
        is_indented = block is not None and read(before).lines[block.first_line - 1][:1].isspace()
        plan = self._plan(before, held, is_indented=is_indented)
        source = with_target(before, plan.expression) if plan.expression else before
        # whatever they mean today: without them the file would not run
        borrowed = borrowed_names(source)
        imports = {*plan.imports, *(each for each in held.imports if each.alias in borrowed)}
        lines, refusals = self._lines(before, held, imports)
        if block and (names := lost_names(source, lines)):
            where = f"lines {block.first_line} to {block.last_line}"
            raise EnvFileError(
                f"{where}: {', '.join(sorted(names))} used outside of the block would be lost with "
                "what it holds now; move the statement that makes it above the markers"
            )
        return replace_block(source, lines), [*problems, *plan.problems, *refusals]

    def _plan(self, source: bytes, held: Held, *, is_indented: bool) -> Plan:
        """What to do about `target_metadata`."""
        target = read_target(source)
        if is_indented:
            # what it imports may be unknown outside of a function
            target = msgspec.structs.replace(target, is_replaceable=False)
        inside = {each.alias for each in held.imports}
        meanings = meanings_of(
            target,
            self.discovery,
            self.path,
            self.config,
            outside=target.imported.keys() - inside,
        )
        parts = {**spelled_out(target, self.discovery), **meanings.parts}
        return plan_target(
            target,
            self.discovery,
            Meanings(parts, meanings.at_hand),
            path=self.name,
            taken=bound_names(source),
            fix=self.fix_metadata,
        )

    def _lines(
        self, source: bytes, held: Held, imports: set[Import]
    ) -> tuple[tuple[str, ...], list[Problem]]:
        """The block, with what must not be removed from it while some files cannot be read."""
        problems = hiding(self.discovery)
        lines = self._rendered(self.discovery, source, imports)
        gone = lost(held, held_by(lines), self.discovery)
        if not gone or not problems or self.force:
            return lines, []
        kept = self._rendered(with_lost(self.discovery, gone), source, imports)
        return kept, [self._refusal(module, name, problems) for module, name in gone]

    def _rendered(
        self, discovery: Discovery, source: bytes, imports: set[Import]
    ) -> tuple[str, ...]:
        kept = [(each.module, each.name, each.alias) for each in imports]
        return render_block(discovery, style=self.style, taken=bound_names(source), kept=kept)

    def _refusal(self, module: str, name: str, problems: Sequence[Problem]) -> Problem:
        named = [f"{each.path}:{each.line}".removesuffix(":0") for each in problems]
        rest = [f"{len(named) - _SHOWN} more"] if len(named) > _SHOWN else []
        places = ", ".join(named[:_SHOWN] + rest)
        what = f"{module}.{name}" if name else module
        message = f"{what} was not found and is kept: {places} may hide it (--force removes it)"
        return Problem(self.name, 0, "XT205", "error", message)
