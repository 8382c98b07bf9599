"""Several environments of Alembic in one repository: which is meant, and which models are whose."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from xcore_tools import Config, discover
from xcore_tools.cli import main
from xcore_tools.config import Migration, ModelDiscovery
from xcore_tools.discovery.results import Discovery
from xcore_tools.envfile.environments import environments
from xcore_tools.envfile.locate import find_env
from xcore_tools.errors import ConfigError

Output = pytest.CaptureFixture[str]
Write = Callable[[Mapping[str, str]], Path]

BASE = "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n"
INI = "[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = .\n"


def env(imports: str = "", target: str = "None") -> str:
    return (
        f"from alembic import context\n{imports}\n\ntarget_metadata = {target}\n\n\n"
        "def run_migrations_online():\n    pass\n"
    )


def model(name: str, base: str) -> str:
    return (
        f"from sqlalchemy.orm import Mapped, mapped_column\nfrom {base} import Base\n\n\n"
        f'class {name}(Base):\n    __tablename__ = "{name.lower()}s"\n'
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )


def service(name: str, package: str, thing: str, *, target: bool = True) -> dict[str, str]:
    known = (f"from {package}.db import Base", "Base.metadata") if target else ()
    return {
        f"{name}/alembic.ini": INI,
        f"{name}/migrations/env.py": env(*known),
        f"{name}/{package}/__init__.py": "",
        f"{name}/{package}/db.py": BASE,
        f"{name}/{package}/things.py": model(thing, f"{package}.db"),
    }


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    for name in ("NO_COLOR", "FORCE_COLOR", "XCORE_TOOLS_CONFIG", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XCORE_TOOLS_NO_CACHE", "1")
    monkeypatch.chdir(tmp_path)

    def write(files: Mapping[str, str]) -> Path:
        for path, text in files.items():
            place = tmp_path / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def block(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    inside = text.partition("IMPORTS START")[2].partition("IMPORTS END")[0]
    return [line.strip() for line in inside.splitlines() if " import " in line]


def test_the_only_environment_below_is_the_one(write: Write, capsys: Output) -> None:
    root = write(service("services/api", "app", "Room"))
    assert find_env(Config(project=root)) == root / "services/api/migrations/env.py"
    assert main(["sync-env"]) == 0
    assert "services/api/migrations/env.py: updated" in capsys.readouterr().err
    assert block(root / "services/api/migrations/env.py") == ["from app.things import Room"]
    main(["doctor"])
    assert "XT415" not in capsys.readouterr().out


def test_of_several_all_are_named(write: Write, capsys: Output) -> None:
    root = write({**service("a", "one", "First"), **service("b/c", "two", "Second")})
    before = {path: path.read_bytes() for path in root.rglob("env.py")}
    for arguments, code in ((["sync-env"], 2), (["doctor"], 1), (["migrate", "status"], 2)):
        assert main(arguments) == code
        captured = capsys.readouterr()
        told = captured.out + captured.err
        assert "a/alembic.ini" in told
        assert "b/c/alembic.ini" in told
    assert before == {path: path.read_bytes() for path in root.rglob("env.py")}


def test_all_goes_through_each_with_what_is_its_own(write: Write, capsys: Output) -> None:
    root = write({**service("a", "one", "First"), **service("b/c", "two", "Second")})
    assert main(["sync-env", "--all", "--check"]) == 1
    assert main(["sync-env", "--all"]) == 0
    assert block(root / "a/migrations/env.py") == ["from one.things import First"]
    assert block(root / "b/c/migrations/env.py") == ["from two.things import Second"]
    capsys.readouterr()
    assert main(["sync-env", "--all", "--check"]) == 0
    assert "XT201" not in capsys.readouterr().err
    main(["doctor", "--all"])
    told = capsys.readouterr().out
    assert "XT401" not in told
    assert "XT415" not in told
    assert main(["sync-env", "--all", "--env", "a/migrations/env.py"]) == 2


def test_environments_that_are_new_share_models_out_by_application(write: Write) -> None:
    root = write(
        {
            **service("a", "one", "First", target=False),
            **service("b", "two", "Second", target=False),
        }
    )
    assert main(["sync-env", "--all"]) == 0
    assert "from one.things import First" in block(root / "a/migrations/env.py")
    assert "from two.things import Second" not in block(root / "a/migrations/env.py")
    assert "from two.things import Second" in block(root / "b/migrations/env.py")


def test_services_with_a_package_of_one_name_have_their_own(write: Write) -> None:
    root = write({**service("a", "app", "First"), **service("b", "app", "Second")})
    assert main(["sync-env", "--all"]) == 0
    assert block(root / "a/migrations/env.py") == ["from app.things import First"]
    assert block(root / "b/migrations/env.py") == ["from app.things import Second"]


def test_two_environments_of_one_application_share_its_collections_out(write: Write) -> None:
    root = write(
        {
            "shop/__init__.py": "",
            "shop/core.py": BASE,
            "shop/lake.py": BASE,
            "shop/users.py": model("User", "shop.core"),
            "shop/events.py": model("Event", "shop.lake"),
            "alembic.ini": INI,
            "migrations/env.py": env("from shop.core import Base", "Base.metadata"),
            "lake/alembic.ini": INI,
            "lake/migrations/env.py": env("from shop.lake import Base", "Base.metadata"),
        }
    )
    assert main(["sync-env"]) == 0  # no XT201 for the collection of the other one
    assert block(root / "migrations/env.py") == ["from shop.users import User"]
    assert main(["sync-env", "--env", "lake/migrations/env.py"]) == 0
    assert block(root / "lake/migrations/env.py") == ["from shop.events import Event"]


def test_environments_of_tests_and_examples_do_not_count(write: Write) -> None:
    root = write(
        {**service("api", "app", "Room"), **service("tests/project", "inner", "Inner")}
        | service("examples/first", "sample", "Sample")
    )
    assert [str(each) for each in environments(Config(project=root))] == ["api/alembic.ini"]


def test_sections_of_one_file_are_environments_of_their_own(write: Write) -> None:
    ini = "".join(
        f"[{name}]\nscript_location = store:revisions/{name}\n\n" for name in ("core", "tenant")
    )
    root = write(
        {
            "store/__init__.py": "",
            "store/alembic.ini": ini,
            "store/revisions/core/env.py": env(),
            "store/revisions/tenant/env.py": env(),
        }
    )
    found = environments(Config(project=root))
    assert [str(each) for each in found] == [
        "store/alembic.ini [core]",
        "store/alembic.ini [tenant]",
    ]
    assert [each.env for each in found] == [
        "store/revisions/core/env.py",
        "store/revisions/tenant/env.py",
    ]
    with pytest.raises(ConfigError, match=r"\[core\].*\[tenant\]"):
        find_env(Config(project=root))


@pytest.mark.parametrize("place", ["deep/er/store", "src/store", "store"])
def test_a_package_location_leads_to_wherever_the_package_lies(write: Write, place: str) -> None:
    root = write(
        {
            "alembic.ini": "[alembic]\nscript_location = store:db/migrations\n",
            f"{place}/__init__.py": "",
            f"{place}/db/migrations/env.py": env(),
        }
    )
    assert find_env(Config(project=root)) == root / place / "db/migrations/env.py"


# -- collections of another environment --------------------------------------------------------------

TWO = {
    "shop/__init__.py": "",
    "shop/core.py": BASE,
    "shop/lake.py": BASE,
    "shop/users.py": model("User", "shop.core"),
    "shop/events.py": model("Event", "shop.lake"),
    "alembic.ini": INI,
    "migrations/env.py": env("from shop.core import Base", "Base.metadata"),
}


def excluding(*names: str) -> str:
    return json.dumps({"migration": {"model_discovery": {"exclude_metadata": names}}})


def found_with(root: Path, *names: str) -> Discovery:
    discovery = ModelDiscovery(exclude_metadata=names)
    return discover(config=Config(project=root, migration=Migration(model_discovery=discovery)))


def test_excluded_collections_are_left_out_everywhere(write: Write, capsys: Output) -> None:
    root = write({**TWO, "config.json": excluding("shop.lake.Base.metadata")})
    found = found_with(root, "shop.lake.Base.metadata")
    assert [each.name for each in found.models] == ["User"]
    assert [each.name for each in found.tables] == ["users"]
    assert [each.name for each in found.metadatas] == ["shop.core.Base.metadata"]
    assert main(["sync-env"]) == 0
    assert block(root / "migrations/env.py") == ["from shop.users import User"]
    main(["doctor"])
    captured = capsys.readouterr()
    assert "XT201" not in captured.out + captured.err
    assert main(["discover", "--explain", "Event"]) == 0
    assert "left out: exclude_metadata names shop.lake.Base.metadata" in capsys.readouterr().out


def test_without_the_setting_the_other_collection_is_lacking(write: Write, capsys: Output) -> None:
    write(TWO)
    assert main(["sync-env"]) == 1
    assert "XT201" in capsys.readouterr().err


def test_a_name_that_no_collection_has_is_told(write: Write) -> None:
    root = write(TWO)
    (problem,) = found_with(root, "shop.lak.Base.metadata").problems
    assert (problem.code, problem.severity) == ("XT113", "note")
    assert "shop.lake.Base.metadata" in problem.message


# -- tests and migrations ----------------------------------------------------------------------------


def tables(root: Path, *paths: str) -> set[str | None]:
    found = discover([root / path for path in paths], config=Config(project=root))
    return {each.name for each in found.tables}


SHOP = {
    "shop/__init__.py": "",
    "shop/core.py": BASE,
    "shop/users.py": model("User", "shop.core"),
}


@pytest.mark.parametrize(
    "path",
    [
        "tests/support/tables.py",
        "shop/tests/models.py",
        "test/helpers.py",
        "shop/testing/fakes.py",
        "a/b/tests/c/d.py",
    ],
)
def test_what_lies_in_tests_is_not_the_applications(write: Write, path: str) -> None:
    root = write({**SHOP, path: model("Probe", "shop.core")})
    assert tables(root) == {"users"}
    assert tables(root, path) == {"probes"}  # it was asked for
    assert "probes" in tables(root, str(Path(path).parent))


@pytest.mark.parametrize(
    "text",
    [
        "from shop.tests.models import Probe\n",
        "from shop.tests import models\n",
        "from .tests.models import Probe\n",
        "from .tests import models\n",
        "from . import tests\n",
        "import shop.tests.models\n",
        "from shop import tests\n",
        "def load():\n    from shop.tests import models\n",
    ],
)
def test_tests_that_the_application_imports_are_its_own(write: Write, text: str) -> None:
    probe = model("Probe", "shop.core")
    root = write(
        {**SHOP, "shop/tests/__init__.py": "", "shop/tests/models.py": probe, "shop/app.py": text}
    )
    assert tables(root) == {"users", "probes"}


def test_what_only_other_tests_import_is_not(write: Write) -> None:
    root = write(
        {
            **SHOP,
            "tests/models.py": model("Probe", "shop.core"),
            "tests/test_it.py": "import pytest\nfrom tests.models import Probe\n",
            "tests/more.py": "from tests.models import Probe\n",
        }
    )
    assert tables(root) == {"users"}


def test_stand_ins_that_only_tests_import_are_not(write: Write) -> None:
    files = {**SHOP, "factories/things.py": model("Probe", "shop.core")}
    root = write(files)
    assert tables(root) == {"users", "probes"}  # nothing tells that it is for tests
    write({"tests/test_it.py": "import pytest\nfrom factories.things import Probe\n"})
    assert tables(root) == {"users"}
    write({"shop/app.py": "from factories.things import Probe\n"})
    assert tables(root) == {"users", "probes"}


def test_what_lies_in_migrations_is_not(write: Write) -> None:
    root = write(
        {
            **SHOP,
            "migrations/env.py": env(),
            "migrations/frozen.py": model("Old", "shop.core"),
            "migrations/versions/data.py": model("Older", "shop.core"),
        }
    )
    assert tables(root) == {"users"}
    write({"migrations/env.py": env("import migrations.frozen")})
    assert tables(root) == {"users", "olds"}  # env.py gives it to Alembic


def test_a_project_that_lies_in_a_directory_of_tests_is_one(write: Write) -> None:
    root = write({f"tests/project/{path}": text for path, text in SHOP.items()})
    assert tables(root / "tests" / "project") == {"users"}
