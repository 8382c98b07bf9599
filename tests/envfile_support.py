"""What the tests of env.py share: a small application as discovery sees it, and as files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from xcore_tools.discovery.results import Discovery, Model, Table
from xcore_tools.envfile.block import bound_names, replace_block
from xcore_tools.envfile.render import Style, render_block

CASES = Path(__file__).resolve().parents[1] / "fixtures" / "env"
START, END = b"# AUTO-GENERATED IMPORTS START", b"# AUTO-GENERATED IMPORTS END"


def discovery_of(*models: str, tables: Iterable[str] = ()) -> Discovery:
    """The models given as `module:Class`, and Core tables in the modules of `tables`."""
    pairs = [name.split(":", 1) for name in models]
    return Discovery(
        models=tuple(
            Model(name, module, None, None, "declarative", None, None, "core", "m.py", 1)
            for module, name in pairs
        ),
        tables=tuple(Table("t", None, module, None, "core", "m.py", 1) for module in tables),
        metadatas=(),
        problems=(),
    )


# Two modules define a User, one only Core tables, one no class that an import could name.
APPLICATION = discovery_of(
    "admin.models:Role",
    "admin.models:Permission",
    "auth.models:User",
    "auth.models:LoginSession",
    "auth.models:OneTimeCode",
    "auth.models:PasswordHistory",
    "billing.models:Invoice",
    "billing.models:User",
    "reports.made:make.<locals>.Report",
    tables=("billing.tables",),
)


def write_application(root: Path) -> None:
    """Write modules that have the classes of `APPLICATION`, for tools that follow imports."""
    names: dict[str, list[str]] = {
        "database": ["Base"],
        "accounts": ["Role"],
        "gone.models": ["Gone"],
    }
    for model in APPLICATION.models:
        names.setdefault(model.module, []).append(model.name)
    for table in APPLICATION.tables:
        names.setdefault(table.module, [])
    for module, classes in names.items():
        path = root.joinpath(*module.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        lines = [
            f"class {name}:\n    metadata: object = None\n" for name in classes if "." not in name
        ]
        path.write_text("\n\n".join(lines), encoding="utf-8")
        if path.parent != root:
            (path.parent / "__init__.py").touch()


def case_names() -> list[str]:
    return sorted(path.name for path in CASES.iterdir())


def style_of(case: str) -> Style:
    """The style is part of the name: `style_modules`; without it, it is the default."""
    return Style(case.removeprefix("style_")) if case.startswith("style_") else Style.MODELS


def rewritten(source: bytes, style: Style = Style.MODELS) -> bytes:
    """The file with the block that `APPLICATION` asks for."""
    return replace_block(source, render_block(APPLICATION, style=style, taken=bound_names(source)))
