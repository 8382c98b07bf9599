"""Nothing of the process that scans can be reached from the text that is scanned."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import escapes
import pytest
from escapes import MODULES, PLAIN, SECRET, UNKNOWN

ROOT = Path(__file__).resolve().parents[1]
SCAN = [sys.executable, "-m", "xcore_tools", "discover", "--no-cache", "--format", "json", "."]


def scanned(project: Path, token: str, seed: str) -> str:
    done = subprocess.run(
        SCAN,
        cwd=project,
        env={**os.environ, "XT_TOKEN": token, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout + "\n" + done.stderr


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    project = tmp_path_factory.mktemp("escapes")
    escapes.write(project)
    return [scanned(project, SECRET, "1"), scanned(project, "another", "2")]


@pytest.fixture(scope="module")
def found(runs: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(runs[0].partition("\n}\n")[0] + "\n}")
    return result


@pytest.fixture(scope="module")
def tables(found: dict[str, Any]) -> dict[str, str | None]:
    return {model["name"]: model["table"] for model in found["models"]}


def test_there_are_enough_of_them() -> None:
    assert len(UNKNOWN) + len(MODULES) > 60
    assert len(set(UNKNOWN)) == len(UNKNOWN)


@pytest.mark.parametrize("number", range(len(UNKNOWN)), ids=UNKNOWN)
def test_what_leads_out_is_unknown(number: int, tables: dict[str, str | None]) -> None:
    assert tables[f"Way{number}"] is None


@pytest.mark.parametrize("number", range(len(MODULES)), ids=MODULES)
def test_a_module_that_leads_out_is_unknown(number: int, tables: dict[str, str | None]) -> None:
    assert tables[f"Way{len(UNKNOWN) + len(PLAIN) + number}"] is None


@pytest.mark.parametrize("number", range(len(PLAIN)), ids=PLAIN)
def test_what_is_plain_is_that_of_python(number: int, tables: dict[str, str | None]) -> None:
    table = tables[f"Way{len(UNKNOWN) + number}"]
    assert table in {None, escapes.plain_value(PLAIN[number])}


def test_most_of_what_is_plain_is_followed(tables: dict[str, str | None]) -> None:
    """Otherwise an evaluator that knows nothing would pass."""
    known = [tables[f"Way{len(UNKNOWN) + number}"] is not None for number in range(len(PLAIN))]
    assert sum(known) > 0.7 * len(known)


def test_each_unknown_name_is_reported_with_a_reason(found: dict[str, Any]) -> None:
    told = {problem["path"] for problem in found["problems"] if problem["code"] == "XT120"}
    unknown = {model["path"] for model in found["models"] if model["table"] is None}
    assert unknown <= told


def test_nothing_of_the_process_is_in_the_answer(runs: list[str]) -> None:
    for text in runs:
        assert SECRET not in text
        assert not re.search(
            r"0x[0-9a-f]{6,}|<(function|class|module|built-in)|site-packages", text
        )
        assert str(ROOT) not in text
        assert sys.prefix not in text


def test_two_processes_say_the_same(runs: list[str]) -> None:
    assert runs[0] == runs[1]


AUDIT = """\
import json, os, sys
from pathlib import Path
from xcore_tools import Config, discover
projects = [Path(name) for name in sys.argv[1:]]
os.sched_getaffinity = lambda pid: {0}  # one core: no worker, all of the scan is seen here
os.cpu_count = lambda: 1
def scan(project):
    return discover([project], config=Config(project=project), columns=True)
for project in projects:
    scan(project)  # loads what is loaded late
allowed = tuple(str(project) for project in projects)
met = []
def is_inside(path):
    if path == "<unknown>":  # where Python looks for the line of an error in a text that ast.parse is given
        return True
    return os.path.abspath(os.fsdecode(path)).startswith(allowed)
def audit(event, args):
    if event == "open" and isinstance(args[0], (str, bytes, os.PathLike)) and not is_inside(args[0]):
        met.append([event, str(args[0])])
    elif event == "compile":
        frame = sys._getframe(1)  # parsing is all that may be done with a text: ast.parse, and nothing after it
        if (frame.f_code.co_name, Path(frame.f_code.co_filename).name) != ("parse", "ast.py"):
            met.append([event, str(args)])
    elif event in {"exec", "import", "marshal.loads", "code.__new__", "function.__new__"}:
        met.append([event, str(args)])
    elif event.partition(".")[0] in {"ctypes", "subprocess", "socket", "pickle", "webbrowser", "pty"}:
        met.append([event, str(args)])
    elif event in {"os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.putenv"}:
        met.append([event, str(args)])
    elif event in {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.truncate"}:
        met.append([event, str(args)])
sys.addaudithook(audit)
models = [len(scan(project).models) for project in projects]
if os.environ.get("XT_CONTROL"):
    exec(compile("x = 1", "scanned.py", "exec"))
    open("/etc/hostname").close()
    import colorsys
print(json.dumps([models, met]))
"""


def audited(*projects: Path, control: str = "") -> tuple[list[int], list[list[str]]]:
    done = subprocess.run(
        [sys.executable, "-c", AUDIT, *map(str, projects)],
        cwd=ROOT,
        env={**os.environ, "XT_CONTROL": control},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    models, met = json.loads(done.stdout.splitlines()[-1])
    return models, met


def test_a_scan_only_reads_and_parses(tmp_path: Path) -> None:
    """Python's own audit of a scan of all fixtures and of every way out."""
    (tmp_path / "escapes").mkdir()
    escapes.write(tmp_path / "escapes")
    for place in (ROOT / "fixtures").iterdir():  # elsewhere: above them is what git ignores
        if place.is_dir() and any(place.rglob("*.py")):
            shutil.copytree(place, tmp_path / place.name)
    models, met = audited(*sorted(tmp_path.iterdir()))
    assert sum(models) > len(UNKNOWN)
    assert met == []


def test_the_audit_notices_what_it_is_for(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("x = 1\n")
    _, met = audited(tmp_path, control="yes")
    assert {event for event, _ in met} >= {"compile", "exec", "open", "import"}
