"""Real files with random damage: whatever is left of them is read, or is a problem of the file; nothing is raised."""

from __future__ import annotations

import contextlib
import random
from importlib.util import find_spec
from pathlib import Path

import pytest

from xcore_tools.discovery.ir import Call, FunctionDef, ModuleFacts, walk
from xcore_tools.discovery.parse import check, collect, read
from xcore_tools.discovery.prefilter.sketch import sketch
from xcore_tools.discovery.prefilter.usages import Surroundings
from xcore_tools.discovery.results import Problem
from xcore_tools.envfile.block import find_block, replace_block
from xcore_tools.envfile.target import read_target
from xcore_tools.errors import EnvFileError

_LIBRARIES = ("sqlalchemy", "alembic", "msgspec")
_SIGNS = [
    *"()[]{}:=,.;@*#\\'\"\n\r\t\f\0é\ufeff",
    *('"""', "f'{", 't"', "lazy ", "type X = ", "\n    "),
]


def real_files() -> list[Path]:
    """The sources of libraries that the tests need anyway, those of ordinary size."""
    homes = [Path(str(find_spec(name).origin)).parent for name in _LIBRARIES]  # type: ignore[union-attr]
    found = sorted(path for home in homes for path in home.rglob("*.py"))
    return [path for path in found if 200 < path.stat().st_size < 30_000]


def damaged(data: bytes, chance: random.Random) -> bytes:
    """`data` with one to four random changes of bytes or lines."""
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        size = chance.choice([1, 1, 2, 10, 80])
        lines = data.splitlines(keepends=True) or [b""]
        match chance.randrange(6):
            case 0:
                data = data[:place] + data[place + size :]
            case 1:
                data = data[:place] + chance.choice(_SIGNS).encode() + data[place:]
            case 2:
                data = data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
            case 3:
                chance.shuffle(lines)
                data = b"".join(lines[:60])
            case 4:
                line = chance.randrange(len(lines))
                data = b"".join(
                    [*lines[:line], chance.choice(lines) * chance.choice([1, 3]), *lines[line:]]
                )
            case _:
                data = data[:place]
    return data


def survives(data: bytes) -> None:
    """Reads `data` in every way that a scan and a sync of env.py read files."""
    found = collect("m", "m.py", False, data)
    problem = check("m.py", data)
    assert isinstance(found, ModuleFacts | Problem)
    if isinstance(found, Problem):
        assert found.code in {"XT101", "XT103", "XT104", "XT105"}
        assert 0 <= found.line <= data.count(b"\n") + data.count(b"\r") + data.count(b"\f") + 1
    else:
        assert problem is None or problem.code == "XT101"
        for node in walk(found.body):
            if isinstance(node, FunctionDef | Call):
                read(node)  # type: ignore[type-var]
    look = sketch("m.py", data)
    text = Surroundings(data)
    for name in sorted({item.here for item in look.imports})[:5]:
        list(text.uses_of(name))
        list(text.uses_of_attribute(name))
    list(text.makers())
    list(text.classes())
    with contextlib.suppress(EnvFileError):
        find_block(data)
        read_target(data)
        replace_block(data, ["import app.models"])


@pytest.mark.parametrize(
    "count", [120, pytest.param(20_000, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_damaged_files_raise_nothing(count: int) -> None:
    files = real_files()
    assert len(files) > 100
    for seed in range(count):
        chance = random.Random(seed)
        path = chance.choice(files)
        data = damaged(path.read_bytes(), chance)
        try:
            survives(data)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {path}") from error
