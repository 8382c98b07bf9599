"""The step that gives a project an env.py with every model in it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from xcore_tools.config.files import shown
from xcore_tools.discovery.results import Problem
from xcore_tools.envfile.sync import sync_text
from xcore_tools.errors import EnvFileError
from xcore_tools.files import read_regular
from xcore_tools.setup.facts import Change, Step
from xcore_tools.setup.plan import with_roots
from xcore_tools.setup.survey import Survey

DIRECTORY = "alembic"
INI = "alembic.ini"


def environment_step(found: Survey) -> tuple[Step | None, tuple[Problem, ...]]:
    """Return the step that brings env.py up to date, or makes Alembic's environment.

    There is none if all is well. The problems are what env.py lacks all the same.

    Raises:
        EnvFileError: there is an env.py that cannot be understood.
    """
    if found.facts.environment is None:
        return (_created(found) if found.discovery.tables else None), ()
    environment = found.facts.environment
    env = found.config.project / environment.env
    rewrite = sync_text(found.discovery, env, _content(env), config=found.config)
    changes = [Change(PurePosixPath(environment.env), rewrite.before, rewrite.after)]
    changes *= rewrite.changed
    why = "env.py imports every model, and nothing else"
    if not environment.is_led_to and not (found.config.project / INI).exists():
        why = f"Alembic's settings lead to env.py; {why}"
        template = _template("generic", str(PurePosixPath(environment.env).parent))[INI]
        content = with_roots(template, found.facts.layout.roots)
        changes.insert(0, Change(PurePosixPath(INI), None, content, template))
    step = Step("Alembic's env.py", why, tuple(changes)) if changes else None
    return step, rewrite.problems


def _content(env: Path) -> bytes:
    try:
        return read_regular(env)
    except OSError as error:
        raise EnvFileError(f"{shown(env)}: cannot be read: {error.strerror}") from error


def _template(name: str, directory: str) -> dict[str, bytes]:
    # Alembic takes longer to import than all the rest, and most projects have an environment
    from xcore_tools.migrate.runtime.template import template_files  # noqa: PLC0415

    return template_files(name, directory)


def _created(found: Survey) -> Step:
    template = _template("async" if found.facts.is_async else "generic", DIRECTORY)
    name = f"{DIRECTORY}/env.py"
    env = found.config.project / name
    written = {
        name: sync_text(found.discovery, env, template[name], config=found.config).after,
        INI: with_roots(template[INI], found.facts.layout.roots),
    }
    changes = tuple(
        Change(PurePosixPath(path), None, written.get(path, content), content)
        for path, content in sorted(template.items())
    )
    why = "as `alembic init` makes it, with every model in its env.py"
    directories = (PurePosixPath(DIRECTORY, "versions"),)
    return Step("Alembic's environment", why, changes, directories)
