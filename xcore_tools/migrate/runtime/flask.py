"""The Flask application that an env.py of Flask-Migrate takes its models and its URL from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from xcore_tools.errors import MigrationError
from xcore_tools.files import read_regular

_SIGN = b"current_app"
_ALTERNATIVE = "run `flask db` instead; everything but `migrate` works without the application"


@contextmanager
def application_of(env: Path | None, project: Path) -> Iterator[None]:
    """Inside, the application is the current one, found as the program `flask` finds it.

    Nothing happens for an env.py that does not ask for one, where one is current already, or where
    Flask is not installed: then env.py says so itself.

    Raises:
        MigrationError: Flask finds no application.
    """
    if env is None or _SIGN not in read_regular(env):
        yield
        return
    try:
        from flask import has_app_context  # noqa: PLC0415 (no dependency: the project's)
        from flask.cli import NoAppException, ScriptInfo  # noqa: PLC0415
    except ImportError:
        yield
        return
    if has_app_context():
        yield
        return
    sys.path.insert(0, str(project))
    try:
        with chdir(project):
            found = ScriptInfo(app_import_path=os.environ.get("FLASK_APP")).load_app()
    except NoAppException as error:
        raise MigrationError(
            "env.py is Flask-Migrate's and needs the application: set FLASK_APP as for `flask`, or "
            f"{_ALTERNATIVE} (it says: {' '.join(str(error).split()).partition('. ')[0]})"
        ) from None
    with found.app_context():
        yield
