"""Module names of whole projects: each is the name by which Python imports the file, as Python itself says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from xcore_tools import Config, discover
from xcore_tools.config import Migration, ModelDiscovery
from xcore_tools.discovery import import_roots

Project = Callable[[Mapping[str, str]], Path]

BASE = "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n"
ENV = "from alembic import context\n\n{0}\n\n\ndef run_migrations_online():\n    pass\n"

IMPORTED = """
import importlib, json, sys
found = {}
for name in json.load(sys.stdin):
    found[name] = importlib.import_module(name).__file__
print(json.dumps(found))
"""


def model(name: str, base: str) -> str:
    return (
        "from sqlalchemy.orm import Mapped, mapped_column\n\n"
        f"from {base} import Base\n\n\n"
        f"class {name}(Base):\n"
        f'    __tablename__ = "{name.lower()}s"\n\n'
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    def write(files: Mapping[str, str]) -> Path:
        root = tmp_path.resolve() / "repository"
        for path, text in files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        return root

    return write


def names_in(project: Path, *paths: str, **options: object) -> dict[str, str]:
    """The name of each module with models, by path; its models were found without a problem."""
    config = Config(project=project, **options)  # type: ignore[arg-type]
    found = discover([project / path for path in paths], config=config)
    assert [problem for problem in found.problems if problem.code == "XT124"] == []
    return {each.path: each.module for each in found.models}


def assert_python_agrees(project: Path, names: Mapping[str, str], *roots: str) -> None:
    """Each name leads Python to the file that has it, with these directories on `sys.path`."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", IMPORTED],
        input=json.dumps(sorted(names.values())),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(project / root) for root in roots)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    files = {name: Path(place) for name, place in json.loads(done.stdout).items()}
    assert files == {name: project / path for path, name in names.items()}


def package(folder: str, name: str) -> dict[str, str]:
    """A package with a base and a model, whose imports begin with its own name."""
    return {
        f"{folder}/{name}/__init__.py": "",
        f"{folder}/{name}/base.py": BASE,
        f"{folder}/{name}/things.py": model("Thing", f"{name}.base"),
    }


# What a file states, while no import tells: the model takes its base by a relative import.
STATED = {
    "hatch packages": '[tool.hatch.build.targets.wheel]\npackages = ["deep/er/store"]\n',
    "hatch sources": '[tool.hatch.build]\nsources = ["deep/er"]\n',
    "hatch sources renamed": '[tool.hatch.build.sources]\n"deep/er/store" = "store"\n',
    "hatch only-include": '[tool.hatch.build.targets.wheel]\nonly-include = ["deep/er/store"]\n',
    "hatch force-include": '[tool.hatch.build.force-include]\n"deep/er/store" = "store"\n',
    "setuptools package-dir": '[tool.setuptools.package-dir]\n"" = "deep/er"\n',
    "setuptools package-dir of one": '[tool.setuptools.package-dir]\nstore = "deep/er/store"\n',
    "setuptools where": '[tool.setuptools.packages.find]\nwhere = ["deep/er"]\n',
    "poetry": '[tool.poetry]\npackages = [{ include = "store", from = "deep/er" }]\n',
    "pdm": '[tool.pdm.build]\npackage-dir = "deep/er"\n',
    "uv": '[tool.uv.build-backend]\nmodule-root = "deep/er"\n',
    "maturin": '[tool.maturin]\npython-source = "deep/er"\n',
    "scikit-build": '[tool.scikit-build.wheel]\npackages = ["deep/er/store"]\n',
    "pytest": '[tool.pytest.ini_options]\npythonpath = ["deep/er"]\n',
    "pytest as text": '[tool.pytest.ini_options]\npythonpath = "deep/er other"\n',
    "alembic": '[tool.alembic]\nprepend_sys_path = ["%(here)s/deep/er"]\n',
}
FILES = {
    "setup.cfg": "[options]\npackage_dir =\n    = deep/er\n",
    "setup.cfg of one": "[options]\npackage_dir =\n    store = deep/er/store\n",
    "setup.cfg where": "[options.packages.find]\nwhere = deep/er\n",
    "setup.cfg pytest": "[tool:pytest]\npythonpath = deep/er\n",
    "pytest.ini": "[pytest]\npythonpath = deep/er\n",
    "tox.ini": "[pytest]\npythonpath = other deep/er\n",
    "setup.py": "from setuptools import setup\nsetup(name='s', package_dir={'': 'deep/er'})\n",
    "setup.py named": "import setuptools\nD = {'': 'deep/er'}\nsetuptools.setup(package_dir=D)\n",
    "setup.py dict": "from setuptools import *\nsetup(package_dir=dict(store='deep/er/store'))\n",
    "setup.py find": "from setuptools import *\nsetup(packages=find_packages('deep/er'))\n",
    "setup.py where": "from setuptools import *\nsetup(packages=find_packages(where='deep/er'))\n",
    "alembic.ini": "[alembic]\nscript_location = m\nprepend_sys_path = %(here)s/deep/er\n",
    "alembic.ini of lines": (
        "[alembic]\nscript_location = m\npath_separator = newline\n"
        "prepend_sys_path = .\n    deep/er\n"
    ),
}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        *(pytest.param("pyproject.toml", text, id=name) for name, text in STATED.items()),
        *(pytest.param(name.partition(" ")[0], text, id=name) for name, text in FILES.items()),
    ],
)
def test_what_a_file_states_counts_where_no_import_tells(
    project: Project, file: str, text: str
) -> None:
    root = project(
        {
            file: text,
            "deep/er/store/__init__.py": "",
            "deep/er/store/base.py": BASE,
            "deep/er/store/things.py": model("Thing", ".base"),
        }
    )
    assert names_in(root) == {"deep/er/store/things.py": "store.things"}


@pytest.mark.parametrize(
    "lines",
    [
        "sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'deep/er'))",
        "sys.path.append(str(Path(__file__).resolve().parents[1] / 'deep' / 'er'))",
        "sys.path.extend([str(Path(__file__).parent.parent.joinpath('deep', 'er'))])",
        "sys.path[0:0] = [os.path.abspath(os.path.dirname(os.path.dirname(__file__))) + '/deep/er']",
        "sys.path += [f'{Path(__file__).parents[1]}/deep/er']",
        "sys.path = [os.path.realpath(__file__ + '/../../deep/er'), *sys.path]",
        "import site\nsite.addsitedir(os.path.join(os.path.split(__file__)[0], os.pardir, 'deep/er'))",
        "HERE = Path(__file__).parent\nif str(HERE) not in sys.path:\n"
        "    sys.path.insert(0, os.fspath(HERE.parent / 'deep' / 'er'))",
        "for each in ('deep/er',):\n    sys.path.insert(0, each)",
        "sys.path.insert(0, os.path.join(os.getcwd(), 'deep/er'))",
        "def start():\n    sys.path.insert(1, 'deep/er')\nstart()",
    ],
)
def test_what_env_py_does_to_sys_path_is_what_python_does(project: Project, lines: str) -> None:
    script = ENV.format(f"import os\nimport sys\nfrom pathlib import Path\n\n{lines}\n")
    root = project({"migrations/env.py": script, **package("deep/er", "store")})
    names = names_in(root)
    # the oracle: the same lines, run, put the directory on sys.path
    told = "import os, sys\nfrom pathlib import Path\n__file__ = sys.argv[1]\n"
    told += f"before = set(sys.path)\n{lines}\n"
    told += "print(*{os.path.realpath(each) for each in set(sys.path) - before}, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-P", "-c", told, str(root / "migrations" / "env.py")],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(root / "deep" / "er") in done.stdout.splitlines()
    assert names == {"deep/er/store/things.py": "store.things"}


@pytest.mark.parametrize(
    ("files", "roots"),
    [
        pytest.param(package("backend", "store"), ("backend",), id="imports alone"),
        pytest.param(
            {**package("a/b/c", "store"), "a/b/c/manage.py": "import store.things\n"},
            ("a/b/c",),
            id="three folders down",
        ),
        pytest.param(
            {**package("src", "store"), "tests/test_it.py": "import pytest\nimport store.things\n"},
            ("src",),
            id="src",
        ),
        pytest.param(
            {
                "src/__init__.py": "",
                "src/base.py": BASE,
                "src/things.py": model("Thing", "src.base"),
                "pyproject.toml": "",
            },
            ("",),
            id="src that is a package",
        ),
        pytest.param(
            {
                "src/base.py": BASE,
                "src/things.py": model("Thing", "src.base"),
                "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
            },
            ("",),
            id="imports decide over what is stated",
        ),
        pytest.param(
            {
                **package("backend", "store"),
                "backend/pyproject.toml": "",
                "backend/__init__.py": "",
            },
            ("backend",),
            id="a stray init file",
        ),
        pytest.param(
            {
                "flat/db.py": BASE,
                "flat/things.py": model("Thing", "db"),
                "flat/main.py": "import things\n",
            },
            ("flat",),
            id="flat modules of a started script",
        ),
        pytest.param(
            {
                "billing/alembic.ini": "[alembic]\nscript_location = billing/migrations\n",
                "billing/migrations/env.py": ENV.format("import billing.things"),
                "billing/base.py": BASE,
                "billing/things.py": model("Thing", "billing.base"),
            },
            ("",),
            id="an ini file that is told from the parent",
        ),
        pytest.param(
            {
                "api/app/celery.py": "from celery import Celery\n",
                "api/app/base.py": BASE,
                "api/app/__init__.py": "",
                "api/app/things.py": model("Thing", "app.base"),
            },
            ("api",),
            id="a module called as a library",
        ),
        pytest.param(
            {
                **package("server", "store"),
                "server/pyproject.toml": "",
                "sdk/store/__init__.py": "",
                "sdk/store/base.py": "",
                "sdk/pyproject.toml": "",
            },
            ("server",),
            id="two distributions, one name",
        ),
        pytest.param(
            {
                **package("libs/common", "common"),
                "services/web/web/__init__.py": "",
                "services/web/web/pages.py": model("Page", "common.base"),
                "services/web/run.py": "from web.pages import Page\n",
            },
            ("libs/common", "services/web"),
            id="a service and a library beside it",
        ),
    ],
)
def test_names_are_those_that_python_imports_by(
    project: Project, files: Mapping[str, str], roots: tuple[str, ...]
) -> None:
    root = project(files)
    names = names_in(root)
    assert names
    assert_python_agrees(root, names, *roots)


def test_services_that_call_their_package_alike_keep_its_name(project: Project) -> None:
    root = project({**package("users", "app"), **package("orders", "app")})
    names = names_in(root)
    for service in ("users", "orders"):
        own = {path: name for path, name in names.items() if path.startswith(service)}
        assert list(own) == [f"{service}/app/things.py"]
        assert_python_agrees(root, own, service)
    found = discover([root], config=Config(project=root))
    assert {each.base for each in found.models} == {"app.base.Base"}
    assert [each.code for each in found.problems] == []  # their tables never meet


def test_a_project_that_is_a_package_has_the_name_that_it_uses(project: Project) -> None:
    root = project({**package("src", "store"), "src/store/config.json": "{}"}) / "src" / "store"
    names = names_in(root)
    assert names == {"things.py": "store.things"}
    assert_python_agrees(root, names, "..")


def test_a_base_that_lies_above_in_the_same_repository(project: Project) -> None:
    root = project(
        {
            **package("", "lending"),
            ".git/HEAD": "ref: refs/heads/main\n",
            "extra/vault/keys.py": model("Key", "lending.base"),
        }
    )
    found = discover([root / "extra"], config=Config(project=root / "extra"))
    assert [(each.module, each.base) for each in found.models] == [
        ("vault.keys", "lending.base.Base")
    ]
    (root / ".git" / "HEAD").unlink()
    (root / ".git").rmdir()
    found = discover([root / "extra"], config=Config(project=root / "extra"))
    assert [each.code for each in found.problems] == ["XT124"]  # nothing outside is read


def test_every_path_of_a_scan_has_the_same_names(project: Project) -> None:
    root = project({**package("backend", "store"), "backend/manage.py": "import store.things\n"})
    expected = {"backend/store/things.py": "store.things"}
    for path in (".", "backend", "backend/store", "backend/store/things.py"):
        assert names_in(root, path) == expected


# -- contradictions -------------------------------------------------------------------------------

TWO_NAMES = {
    "backend/app/__init__.py": "",
    "backend/app/base.py": BASE,
    "backend/app/things.py": model("Thing", "app.base"),
    "backend/app/views.py": "from backend.app.things import Thing\n",
}


def test_two_names_of_one_file_are_told_with_the_setting_that_decides(project: Project) -> None:
    root = project(TWO_NAMES)
    found = discover([root], config=Config(project=root))
    (problem,) = [each for each in found.problems if each.code == "XT112"]
    assert (problem.severity, problem.path) == ("warning", "backend")
    for word in ("app.base", "backend.app.things", "import_roots"):
        assert word in problem.message


@pytest.mark.parametrize(("setting", "name"), [("backend", "app.things")])
def test_the_setting_decides(project: Project, setting: str, name: str) -> None:
    root = project(TWO_NAMES)
    discovery = ModelDiscovery(import_roots=(setting,))
    config = Config(project=root, migration=Migration(model_discovery=discovery))
    found = discover([root], config=config)
    assert [each.module for each in found.models] == [name]
    assert [each.code for each in found.problems] == []


def test_a_fallback_import_is_no_contradiction(project: Project) -> None:
    fallback = (
        "try:\n    from shop.base import Base\nexcept ImportError:\n    from base import Base\n"
    )
    text = model("Thing", "shop.base").replace("from shop.base import Base\n", fallback)
    root = project({"shop/__init__.py": "", "shop/base.py": BASE, "shop/things.py": text})
    found = discover([root], config=Config(project=root))
    assert [each.module for each in found.models] == ["shop.things"]
    assert found.problems == ()


def test_reasons_name_files_and_imports(project: Project) -> None:
    root = project(
        {
            **package("backend", "store"),
            "pyproject.toml": STATED["pytest"].replace("deep/er", "backend"),
        }
    )
    roots = {each.path: each.reasons for each in import_roots(Config(project=root))}
    assert list(roots) == ["", "backend"]
    assert roots["backend"] == (
        "1 import counts from it, such as store.base",
        "pyproject.toml: pytest: pythonpath",
    )
    assert discover([root], config=Config(project=root)).import_roots == import_roots(
        Config(project=root)
    )


def test_a_changed_file_changes_the_names_that_are_remembered(project: Project) -> None:
    files = {
        "deep/store/__init__.py": "",
        "deep/store/base.py": BASE,
        "deep/store/things.py": model("Thing", ".base"),
    }
    root = project(files)
    config, cache = Config(project=root), root / "cache"

    def names() -> list[str]:
        return [each.module for each in discover([root], config=config, cache=cache).models]

    assert names() == names() == ["deep.store.things"]
    project({"pyproject.toml": '[tool.hatch.build]\nsources = ["deep"]\n'})
    assert names() == names() == ["store.things"]
    project({"pyproject.toml": "[project]\n"})
    assert names() == ["deep.store.things"]
