"""The facts of all modules → models, tables, collections, problems, and the reason for each decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from xcore_tools.discovery.evaluate.core import Interpreter, Load, Locate, Project, Read
from xcore_tools.discovery.ir import ModuleFacts
from xcore_tools.discovery.link.columns import add_columns
from xcore_tools.discovery.link.interpreter import interpreter_of
from xcore_tools.discovery.link.leads import leads_of
from xcore_tools.discovery.link.models import add_models
from xcore_tools.discovery.link.results import Results
from xcore_tools.discovery.link.tables import add_tables
from xcore_tools.discovery.link.uncalled import add_uncalled
from xcore_tools.discovery.link.unresolved import unresolved_bases
from xcore_tools.discovery.prefilter.seeds import Leads
from xcore_tools.discovery.results import Discovery, UnresolvedBase

__all__ = ["Linked", "link"]


class Linked(msgspec.Struct, frozen=True):
    """`leads` are names whose mention makes a file matter; `described` gives tables their columns too.

    `unresolved` are bases that no file defines.
    """

    discovery: Discovery
    unresolved: tuple[UnresolvedBase, ...]
    leads: Leads
    described: Callable[[], Discovery]


def link(  # noqa: PLR0913 - what it asks for, and what it is told
    modules: Mapping[str, ModuleFacts],
    origins: Mapping[str, str],
    locate: Locate,
    load: Load,
    read: Read,
    *,
    leads: frozenset[str] = frozenset(),
    bases: tuple[str, ...] = (),
    may_meet: Callable[[str, str], bool] = lambda _one, _other: True,
) -> Linked:
    """What the modules define together.

    `origins` names the origin of each module that is reported; the others only help to resolve names.
    `locate`, `load` and `read` find and read what is not at hand yet (see Interpreter).
    `bases` are dotted names of further declarative bases outside the project. `may_meet` says whether
    two modules can be loaded into one process, where tables of one name would clash.
    """
    interpreter = interpreter_of(Project(modules, locate, load, read), leads, bases)
    interpreter.run()
    results = Results(interpreter, origins, may_meet)
    add_models(interpreter, results)
    add_tables(interpreter, results)
    add_uncalled(interpreter, results)
    results.add_losses()
    return Linked(
        results.discovery(),
        unresolved_bases(interpreter, results),
        leads_of(interpreter),
        partial(_described, interpreter, results),
    )


def _described(interpreter: Interpreter, results: Results) -> Discovery:
    add_columns(interpreter, results)
    return results.discovery()
