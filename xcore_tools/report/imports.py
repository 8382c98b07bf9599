"""Import statements that load every model and every table: one module a line, sorted."""

from __future__ import annotations

from xcore_tools.discovery.results import Discovery
from xcore_tools.envfile.bindings import (
    bindings_of,
    classes_by_module,
    import_statement,
    is_importable,
)
from xcore_tools.report.style import visible

LINE_LENGTH = 88


def render(discovery: Discovery) -> str:
    """Python source that imports classes by name, and as a whole the modules that offer none.

    Classes inside classes or functions come with their module. Of several classes of one name the
    first by module keeps it, the others get an alias. A module that no statement can name, such as
    `old-models`, is left to a comment.
    """
    classes = classes_by_module(discovery)
    whole = [module for module, names in classes.items() if is_importable(module) and not names]
    owners = {module.partition(".")[0]: module for module in whole}
    lines = [
        f"# cannot be imported by name: {visible(module)}"
        for module in classes
        if not is_importable(module)
    ]
    lines += [f"import {module}" for module in whole]
    for module, names in classes.items():
        if is_importable(module) and names:
            lines += import_statement(module, bindings_of(module, names, owners), LINE_LENGTH)
    return "".join(line + "\n" for line in lines)
