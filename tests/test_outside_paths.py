"""Models whose base comes from a file that is not scanned itself: excluded, or below none of the paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from xcore_tools import Config, discover
from xcore_tools.config import Migration
from xcore_tools.config.schema import ModelDiscovery

# No file that is scanned says more than that a class inherits a name.
FILES = {
    "app/db.py": """\
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

class Model(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return cls.__name__.lower()
""",
    "app/core/__init__.py": "from app.db import Model as Entity\n",
    "app/direct/models.py": "from app.db import Model\n\n\nclass Direct(Model): ...\n",
    "app/renamed/models.py": "from app.db import Model as Base\n\n\nclass Renamed(Base): ...\n",
    "app/starred/models.py": "from app.db import *\n\n\nclass Starred(Model): ...\n",
    "app/dotted/models.py": "import app.db\n\n\nclass Dotted(app.db.Model): ...\n",
    "app/module/models.py": "from app import db\n\n\nclass Module(db.Model): ...\n",
    "app/led/models.py": "from app.core import Entity\n\n\nclass Led(Entity): ...\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def found(config: Config, *paths: str) -> dict[str, str | None]:
    models = discover([config.project / path for path in paths], config=config).models
    return {model.name: model.table for model in models}


@pytest.mark.parametrize(
    ("path", "models"),
    [
        ("app/direct", {"Direct": "direct"}),
        ("app/renamed", {"Renamed": "renamed"}),
        ("app/starred", {"Starred": "starred"}),
        ("app/dotted", {"Dotted": "dotted"}),
        ("app/module", {"Module": "module"}),
        ("app/led", {"Led": "led"}),
        ("app/led/models.py", {"Led": "led"}),
    ],
)
def test_a_base_may_lie_below_none_of_the_paths(
    project: Path, path: str, models: dict[str, str]
) -> None:
    assert found(Config(project=project), path) == models


def test_a_base_may_lead_through_an_excluded_file(project: Path) -> None:
    rules = ModelDiscovery(exclude_file_patterns=("__init__.py", "db.py"))
    config = Config(project=project, migration=Migration(model_discovery=rules))
    assert found(config, "app") == {
        "Direct": "direct",
        "Dotted": "dotted",
        "Led": "led",
        "Module": "module",
        "Renamed": "renamed",
        "Starred": "starred",
    }
