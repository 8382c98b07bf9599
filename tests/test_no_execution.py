"""Nothing of the scanned code runs: modules that would leave a trace leave none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

TRACE = """\
import os, sys
def leave(name):
    with open(os.path.join(os.environ["TRACES"], name), "w") as file:
        file.write("ran")
    os.environ["RAN_" + name] = "1"
    print("ran", name)
    return name
"""
SPITEFUL = (
    TRACE
    + """\
leave("module")
assert leave("assert")
from sqlalchemy import Column, Integer, Table, MetaData
from sqlalchemy.orm import declarative_base, declared_attr, registry

leave("expression")
NAME = leave("assignment")
ANNOTATED: leave("annotation") = leave("annotated")
f"{leave('fstring')}"
"%s" % leave("percent")
[leave("comprehension") for _ in range(1)]
(lambda: leave("lambda"))()
if leave("condition"):
    pass
with open(os.path.join(os.environ["TRACES"], "with"), "w") as file:
    file.write("ran")
for _ in (leave("loop"),):
    pass


class Text(str):
    def lower(self):
        leave("lower")
        return "x"
    def __str__(self):
        return leave("str")
    def __format__(self, spec):
        return leave("format")
    def __mod__(self, other):
        return leave("mod")
    def __add__(self, other):
        return leave("add")
    def __hash__(self):
        leave("hash")
        return 1
    def __eq__(self, other):
        leave("eq")
        return True
    def __bool__(self):
        leave("bool")
        return True
    def __iter__(self):
        leave("iter")
        return iter(())
    def __getattr__(self, name):
        return leave("getattr")
    def __call__(self):
        return leave("call")
    def __set_name__(self, owner, name):
        leave("set_name")
    def __get__(self, instance, owner):
        return leave("get")
    def __init_subclass__(cls):
        leave("init_subclass")
    def __enter__(self):
        return leave("enter")
    def __exit__(self, *args):
        leave("exit")
    def __del__(self):
        leave("del")


class Meta(type):
    def __new__(meta, name, bases, namespace):
        leave("meta_new")
        return super().__new__(meta, name, bases, namespace)
    def __init__(cls, name, bases, namespace):
        leave("meta_init")
    def __call__(cls, *args):
        leave("meta_call")
        return super().__call__(*args)
    @classmethod
    def __prepare__(meta, name, bases):
        leave("prepare")
        return {}


def decorate(thing):
    leave("decorator")
    return thing


Base = declarative_base(cls=Text)
text = Text("text")


@decorate
class User(Base):
    leave("body")
    __tablename__ = text.lower() + f"{text}" + str(text) + "%s" % text
    id = Column(Integer, primary_key=True, default=leave("default"))

    @declared_attr
    def __table_args__(cls):
        leave("declared_attr")
        return {"schema": leave("schema")}


class Other(Base, metaclass=Meta):
    @declared_attr
    def __tablename__(cls):
        leave("tablename")
        return __import__("subprocess").getoutput("touch $TRACES/shell") or "other"


@decorate
def make(name=leave("argument")):
    leave("function")
    class Made(Base):
        __tablename__ = name
    return Made


make("made")
Table(leave("table"), Base.metadata, Column("id"))
__all__ = [leave("all")]
eval("leave('eval')")
exec("leave('exec')")
type("Dynamic", (Base,), {"__tablename__": leave("dynamic")})
import re
re.sub("a", lambda match: leave("replacement"), "a")
"{0.lower}".format(text)


def __getattr__(name):
    return leave("module_getattr")
"""
)
FILES = {
    "spiteful.py": SPITEFUL,
    "package/__init__.py": TRACE + "leave('package')\nfrom .inner import Base\n",
    "package/inner.py": TRACE + "leave('inner')\nfrom spiteful import Base, NAME\n",
    "package/__main__.py": TRACE + "leave('main')\nfrom sqlalchemy import Table\n",
    "user.py": "from package import Base\nimport spiteful\nclass Last(Base):\n"
    "    __tablename__ = spiteful.leave('elsewhere') + 'last'\n",
    "conftest.py": TRACE + "leave('conftest')\n",
    "setup.py": TRACE + "leave('setup')\n",
    "sitecustomize.py": TRACE + "leave('sitecustomize')\n",
    "sqlalchemy_stub.pth": "import os; open(os.environ['TRACES'] + '/pth', 'w')\n",
    # names that the tool itself, or Python, might look for
    "encodings/klingon.py": TRACE + "leave('encodings')\n",
    "libcst.py": TRACE + "leave('libcst')\n",
    "sqlalchemy/__init__.py": TRACE + "leave('sqlalchemy')\n",
    "coded.py": "# coding: klingon\nfrom sqlalchemy import Table\n",
}
SCAN = """\
import json, os, sys
before = dict(os.environ)
from pathlib import Path
from xcore_tools import Config, discover
project = Path(sys.argv[1])
found = discover([project], config=Config(project=project), columns=True)
print(json.dumps({
    "models": [m.name for m in found.models],
    "environment": sorted(set(os.environ.items()) ^ set(before.items())),
    "modules": sorted(sys.modules),
    "inside": [n for n, m in sys.modules.items()
               if str(getattr(m, "__file__", None) or "").startswith(str(project))],
    "path": [p for p in sys.path if p.startswith(str(project))],
}))
"""


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    place = tmp_path_factory.mktemp("spite").resolve()
    project, traces = place / "project", place / "traces"
    traces.mkdir()
    for path, source in FILES.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(source)
    files = sorted(project.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", SCAN, str(project)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "TRACES": str(traces)},
    )
    answer: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    answer["traces"] = sorted(path.name for path in traces.iterdir())
    answer["noise"] = [*done.stdout.splitlines()[:-1], *done.stderr.splitlines()]
    answer["written"] = [str(path) for path in project.rglob("*") if path not in files]
    return answer


def test_the_spiteful_module_would_leave_traces(tmp_path: Path) -> None:
    """Otherwise the other tests would show nothing."""
    source = TRACE + 'leave("module")\n'
    environment = {**os.environ, "TRACES": str(tmp_path)}
    subprocess.run([sys.executable, "-c", source], check=True, env=environment, capture_output=True)
    assert [path.name for path in tmp_path.iterdir()] == ["module"]


def test_models_are_found(scan: dict[str, list[str]]) -> None:
    assert {"User", "Other", "Last", "make.<locals>.Made"} <= set(scan["models"])


@pytest.mark.parametrize("trace", ["traces", "environment", "inside", "path", "noise", "written"])
def test_nothing_ran(scan: dict[str, list[str]], trace: str) -> None:
    assert scan[trace] == []


@pytest.mark.parametrize(
    "module",
    ["spiteful", "package", "package.inner", "user", "conftest", "setup", "encodings.klingon"],
)
def test_no_scanned_module_is_imported(scan: dict[str, list[str]], module: str) -> None:
    assert module not in scan["modules"]


@pytest.mark.parametrize("library", ["sqlalchemy", "alembic", "rich", "click", "pydantic", "flask"])
def test_libraries_that_discovery_does_not_need_are_not_imported(
    scan: dict[str, list[str]], library: str
) -> None:
    assert library not in scan["modules"]


def test_the_file_system_is_only_read(tmp_path: Path) -> None:
    """Python's own audit of a scan: no process, no import from the project, nothing opened to write."""
    script = """\
import os, sys
from pathlib import Path
from xcore_tools import Config, discover
import xcore_tools.discovery.parse
project = Path(sys.argv[1])
discover([project], config=Config(project=project), columns=True)  # loads what is loaded late

def audit(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)):
        mode = args[1] or "r"
        if set("wax+") & set(mode) or (isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)):
            print(event, args)
    elif event in {"exec", "import"} or event.split(".")[0] in {"subprocess", "socket", "shutil"}:
        print(event, args)
    elif event in {"os.system", "os.exec", "os.posix_spawn", "os.remove", "os.rename", "os.mkdir"}:
        print(event, args)

sys.addaudithook(audit)
discover([project], config=Config(project=project), columns=True)
"""
    for path, source in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(source)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "TRACES": str(tmp_path)},
    )
    assert done.stdout == ""
