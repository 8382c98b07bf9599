"""Tables of one name in the MetaData of a library clash only where both modules can be loaded together."""

from __future__ import annotations

from pathlib import Path

import pytest

from xcore_tools import Config, discover

MODEL = (
    "from sqlmodel import Field, SQLModel\n"
    "class User(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n"
)
SHOP, FORUM = "shop/shop_app/models.py", "forum/forum_app/models.py"
PACKAGES = {
    "shop/pyproject.toml": "[project]\nname = 'shop'\n",
    "forum/pyproject.toml": "[project]\nname = 'forum'\n",
    "shop/shop_app/__init__.py": "",
    "forum/forum_app/__init__.py": "",
    SHOP: MODEL,
    FORUM: MODEL,
}


def clashes(root: Path, files: dict[str, str]) -> list[str]:
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    found = discover([root], config=Config(project=root))
    assert len(found.tables) == 2
    return [problem.path for problem in found.problems if problem.code == "XT123"]


def test_two_distributions_that_nothing_imports_together_never_meet(tmp_path: Path) -> None:
    assert clashes(tmp_path, PACKAGES) == []


@pytest.mark.parametrize(
    "more",
    [
        {"run.py": "import shop_app.models\nimport forum_app.models\n"},
        {"run.py": "import shop_app\nfrom forum_app import models\n"},
        {
            "run.py": "import a\nimport b\n",
            "a.py": "import shop_app.models\n",
            "b.py": "import forum_app\n",
        },
        {SHOP: f"import forum_app.models\n{MODEL}"},
        {"forum/forum_app/start.py": "from . import models\nfrom shop_app.models import User\n"},
    ],
    ids=["one module", "packages", "by way of others", "one the other", "a sibling"],
)
def test_what_one_module_imports_meets(tmp_path: Path, more: dict[str, str]) -> None:
    assert len(clashes(tmp_path, {**PACKAGES, **more})) == 1


def test_what_each_imports_does_not_make_them_meet(tmp_path: Path) -> None:
    shared = {
        "libs/common/pyproject.toml": "[project]\nname = 'common'\n",
        "libs/common/common/__init__.py": "VALUE = 1\n",
        SHOP: f"import common\n{MODEL}",
        FORUM: f"import common\n{MODEL}",
    }
    assert clashes(tmp_path, {**PACKAGES, **shared}) == []


def test_modules_of_one_distribution_meet(tmp_path: Path) -> None:
    """What loads them, a plugin system for example, need not be an import."""
    files = {"pyproject.toml": "[project]\nname = 'x'\n", "app/a.py": MODEL, "app/b.py": MODEL}
    assert len(clashes(tmp_path, files)) == 1
