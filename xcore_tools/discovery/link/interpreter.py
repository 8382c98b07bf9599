"""The interpreter with the rules of Python and of SQLAlchemy in their places."""

from __future__ import annotations

from xcore_tools.discovery.evaluate.core import Interpreter, Project
from xcore_tools.discovery.evaluate.python import PYTHON
from xcore_tools.discovery.orm.foreign import Outside
from xcore_tools.discovery.orm.library import library


def interpreter_of(
    project: Project, leads: frozenset[str] = frozenset(), bases: tuple[str, ...] = ()
) -> Interpreter:
    """An interpreter that has followed nothing yet.

    `leads` are names worth loading a module for although the interpreter is not strict, `bases` are
    dotted names of declarative bases outside the project.
    """
    outside = Outside(bases)
    return Interpreter(project, PYTHON, library(outside), leads, outside)
