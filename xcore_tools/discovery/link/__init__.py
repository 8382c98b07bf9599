"""The facts of all modules → models, tables, collections, problems, and the reason for each decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from xcore_tools.discovery.ir import ModuleFacts
from xcore_tools.discovery.link.columns import add_columns
from xcore_tools.discovery.link.interpreter import Load, Locate, Machine, Read
from xcore_tools.discovery.link.leads import leads_of
from xcore_tools.discovery.link.models import add_models
from xcore_tools.discovery.link.results import Results
from xcore_tools.discovery.link.tables import add_tables
from xcore_tools.discovery.prefilter.seeds import Leads
from xcore_tools.discovery.results import Discovery

__all__ = ["Linked", "link"]


class Linked(msgspec.Struct, frozen=True):
    """`leads` are names whose mention makes a file matter; `described` gives tables their columns too."""

    discovery: Discovery
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
) -> Linked:
    """What the modules define together.

    `origins` names the origin of each module that is reported; the others only help to resolve names.
    `locate`, `load` and `read` find and read what is not at hand yet (see Machine).
    `bases` are dotted names of further declarative bases outside the project.
    """
    machine = Machine(modules, locate, load, read, leads, bases)
    machine.run()
    results = Results(machine, origins)
    add_models(machine, results)
    add_tables(machine, results)
    results.add_losses()
    return Linked(results.discovery(), leads_of(machine), partial(_described, machine, results))


def _described(machine: Machine, results: Results) -> Discovery:
    add_columns(machine, results)
    return results.discovery()
