"""Pictures that are laid out: where tables and lines are, and what the SVG file says of them."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import warnings
import zipfile
from html.parser import HTMLParser
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest

from xcore_tools import Config, XcoreToolsError, discover
from xcore_tools.cli import main
from xcore_tools.database import schema as data
from xcore_tools.database.declared import declared_schema
from xcore_tools.database.schema import DatabaseSchema
from xcore_tools.report.diagram import geometry, page, svg
from xcore_tools.report.diagram.details import details_of, grouped, groupings
from xcore_tools.report.diagram.geometry import Drawing, arranged
from xcore_tools.report.diagram.marks import is_association
from xcore_tools.report.diagram.selection import around, place_of

Output = pytest.CaptureFixture[str]

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "fixtures"
HOSTILE = (
    "</script><b>",
    "\"quoted\" 'x' &amp;",
    "<img src=x onerror=pwned()>",
    "größe 表 \x00\ud800",
    "__proto__",
)


def table(name: str, *referred: str, schema: str | None = None, own: int = 3) -> data.Table:
    """A table with a key, columns of its own, and one that may be null for each table it refers to."""
    keys = tuple(
        data.ForeignKey(columns=(f"ref{number}",), table=other, referred=("id",))
        for number, other in enumerate(referred)
    )
    names = ["id", *(f"own{number}" for number in range(own)), *(key.columns[0] for key in keys)]
    return data.Table(
        schema=schema,
        name=name,
        columns=tuple(
            data.Column(name=each, type="integer", nullable=each != "id") for each in names
        ),
        primary_key=data.PrimaryKey(columns=("id",)),
        foreign_keys=keys,
    )


def schema_of(*tables: data.Table) -> DatabaseSchema:
    return DatabaseSchema(engine="postgresql", tables=tables)


def random_schema(seed: int) -> DatabaseSchema:
    """Forty tables that refer to any, themselves among them; and to a few more often."""
    chance = random.Random(seed)
    names = [f"t{number}" for number in range(40)]
    return schema_of(
        *(
            table(
                name,
                *chance.choices(names[:4] + names, k=chance.choice((0, 1, 1, 2, 3))),
                own=chance.choice((0, 2, 5, 60)),
            )
            for name in names
        )
    )


def of_source(name: str) -> DatabaseSchema:
    root = FIXTURES / name
    found = discover([root], config=Config(project=root), columns=True)
    schema = declared_schema(found, DatabaseSchema(engine="source"))
    return around(schema, map(place_of, schema.tables), 0)


def crossings(drawing: Drawing) -> list[tuple[str, str]]:
    """Lines that run through a table, also through one of their own."""
    return [
        (drawing.boxes[line.source].table.name, box.table.name)
        for line in drawing.lines
        for (x0, y0), (x1, y1) in pairwise(line.points)
        for box in drawing.boxes
        if max(x0, x1) > box.x + 0.5
        and min(x0, x1) < box.x + box.width - 0.5
        and max(y0, y1) > box.y + 0.5
        and min(y0, y1) < box.y + box.height - 0.5
    ]


@pytest.mark.parametrize("columns", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_over_anything(seed: int, *, columns: bool) -> None:
    drawing = arranged(random_schema(seed), columns=columns)
    for one, other in combinations(drawing.boxes, 2):
        assert (
            one.x + one.width < other.x
            or other.x + other.width < one.x
            or one.y + one.height < other.y
            or other.y + other.height < one.y
        ), (one, other)
    assert crossings(drawing) == []
    for box in drawing.boxes:
        assert 0 <= box.x <= box.x + box.width <= drawing.width
        assert 0 <= box.y <= box.y + box.height <= drawing.height


@pytest.mark.parametrize("seed", range(4))
def test_a_line_goes_from_row_to_row(seed: int) -> None:
    drawing = arranged(random_schema(seed))
    assert len(drawing.lines) == sum(len(box.table.foreign_keys) for box in drawing.boxes)
    for line in drawing.lines:
        source, target = drawing.boxes[line.source], drawing.boxes[line.target]
        assert line.key in source.table.foreign_keys
        assert target.table.name == line.key.table
        for box, column, (x, y) in (
            (source, line.key.columns[0], line.points[0]),
            (target, line.key.referred[0], line.points[-1]),
        ):
            names = [each.name for each in box.table.columns]
            assert abs(x - box.x) < 0.2 or abs(x - box.x - box.width) < 0.2
            top = box.y + geometry.HEAD + geometry.ROW * names.index(column)
            assert top < y < top + geometry.ROW


def test_the_same_bytes_in_every_process() -> None:
    """A page holds the shapes of the SVG file, too."""
    command = [sys.executable, "-m", "xcore_tools", "diagram", "--format", "html"]
    pages = [
        subprocess.run(
            command,
            cwd=FIXTURES / "drift",
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    ]
    assert b'class="edge"' in pages[0]
    assert pages[0] == pages[1]


SVG = "{http://www.w3.org/2000/svg}"


def test_a_file_is_read_by_any_reader_of_xml() -> None:
    tables = [
        table(name, HOSTILE[0], schema="<s>" if number % 2 else None)
        for number, name in enumerate(HOSTILE)
    ]
    drawing = arranged(schema_of(*tables))
    tree = ET.fromstring(
        svg.render(drawing, {box.place: 'a"<b>' for box in drawing.boxes}, title="<t>")
    )
    assert tree.attrib["aria-label"] == "<t>"
    titles = [
        "".join(each.itertext()) for each in tree.iter(f"{SVG}text") if each.get("class") == "title"
    ]
    written = [name.replace("\x00", "�").replace("\ud800", "�") for name in HOSTILE]
    assert titles == [f"<s>.{name}" if number % 2 else name for number, name in enumerate(written)]
    assert [each.text for each in tree.iter(f"{SVG}text") if each.get("class") == "legend"] == [
        'a"<b>'
    ]
    assert {each.tag.removeprefix(SVG) for each in tree.iter()} <= {
        *("svg", "title", "style", "rect", "path", "circle", "g", "text", "tspan")
    }


def test_what_a_picture_says() -> None:
    pairs = msgspec.structs.replace(table("pairs", "one", "other", own=0), name="pairs")
    single = table("single", "one")
    single = msgspec.structs.replace(single, uniques=(data.Unique(columns=("ref0",)),))
    long = data.Column(name="n" * 50, type="numeric(10, 2)", nullable=False)
    wide = msgspec.structs.replace(table("one"), columns=(*table("one").columns, long))
    drawing = arranged(schema_of(pairs, single, wide, table("other")))
    assert [(box.table.name, box.association) for box in drawing.boxes if box.association] == [
        ("pairs", True)
    ]
    assert not is_association(msgspec.structs.replace(pairs, foreign_keys=pairs.foreign_keys[:1]))
    assert not is_association(table("more", "one", "other"))
    assert sorted((line.key.table, line.single, line.optional) for line in drawing.lines) == [
        ("one", False, True),
        ("one", True, True),
        ("other", False, True),
    ]
    tree = ET.fromstring(svg.render(drawing, {}, title="x"))
    assert sum(each.get("class") == "line optional" for each in tree.iter(f"{SVG}path")) == 3
    texts = ["".join(each.itertext()) for each in tree.iter(f"{SVG}text")]
    assert "PKidinteger" in texts
    assert "FKUKref0integer?" in texts
    assert "pairsn:m" in texts
    assert (
        f"{'n' * 50}  numeric(10, 2){'n' * 35}…numeric(10, 2)" in texts
    )  # the whole of it on hover


def test_groups(tmp_path: Path) -> None:
    schema = schema_of(table("a"), table("b", schema="crm"))
    assert groupings(schema, {}) == {"schema": {(None, "a"): "default schema", ("crm", "b"): "crm"}}
    model = """
class {0}Base(DeclarativeBase): pass
class {0}({0}Base):
    __tablename__ = "{0}"
    id = mapped_column(Integer, primary_key=True)
"""
    start = "from sqlalchemy import *\nfrom sqlalchemy.orm import *\n"
    (tmp_path / "m.py").write_text(start + model.format("a") + model.format("b"))
    found = discover([tmp_path], config=Config(project=tmp_path), columns=True)
    schema = declared_schema(found, DatabaseSchema(engine="source"))
    assert grouped(schema, details_of(found)) == {
        (None, "a"): "m.aBase.metadata",
        (None, "b"): "m.bBase.metadata",
    }
    assert groupings(schema, {}) == {}
    assert grouped(schema, {}) == {}


class Page(HTMLParser):
    """What a page loads, and what it says of what it may load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.policy = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.addresses += [
            f"{tag} {named[name]}" for name in ("src", "href", "style", "onload") if name in named
        ]
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(named["content"])


def test_a_page_needs_nothing_else() -> None:
    text = page.render(arranged(schema_of(*map(table, HOSTILE))), {}, title="<b>")
    found = Page(text)
    assert found.addresses == []
    assert found.policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in found.policy
    assert text.count("</script>") == 2
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert page.render(arranged(schema_of()), {}, title="none").count('class="table') == 0


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "XCORE_TOOLS_DATABASE_URL", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "models.py").write_text((FIXTURES / "drift/shop.py").read_text("utf-8"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_svg_and_html_on_the_command_line(shop: Path, capsys: Output) -> None:
    assert main(["diagram", "--format", "svg", "--select", "customers", "--exclude", "lines"]) == 0
    texts = [
        "".join(each.itertext())
        for each in ET.fromstring(capsys.readouterr().out).iter(f"{SVG}text")
    ]
    assert {"customers", "orders"} <= {*texts}
    assert "lines" not in texts
    assert main(["diagram", "--format", "svg", "--no-columns", "-o", "x.svg"]) == 0
    assert "String(120)" not in (shop / "x.svg").read_text("utf-8")
    assert main(["diagram", "--format", "html", "-o", "x.html"]) == 0
    assert '"at":"models.py:' in (shop / "x.html").read_text("utf-8")


def test_every_source_can_be_drawn(shop: Path, capsys: Output) -> None:
    connection = sqlite3.connect("app.db")
    connection.executescript(
        "CREATE TABLE lone (id INTEGER PRIMARY KEY);"
        "CREATE TABLE node (id INTEGER PRIMARY KEY, up INTEGER REFERENCES node (id))"
    )
    connection.close()
    (shop / "config.json").write_text('{"migration": {"url": "sqlite:///app.db"}}')
    assert main(["db", "export", "app.json"]) == 0
    pictures = []
    for source in ("@", "sqlite:///app.db", "app.json", "app.db"):
        for form in ("svg", "html"):
            assert main(["diagram", source, "--format", form, "--exclude", "lone"]) == 0
            pictures.append(capsys.readouterr().out)
    assert len({*pictures}) == 2
    assert "node" in pictures[0]
    assert "lone" not in pictures[0]


def parsed(text: str) -> Any:
    """By PyDBML, whose own dependency warns of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("pydbml").PyDBML(text)


def test_keys_alone_in_dbml(shop: Path, capsys: Output) -> None:
    assert main(["diagram", "--format", "dbml"]) == 0
    whole = parsed(capsys.readouterr().out)
    assert main(["diagram", "--format", "dbml", "--no-columns"]) == 0
    bare = parsed(capsys.readouterr().out)
    keys = {
        (each.name, column.name)
        for each in whole.tables
        for column in each.columns
        if column.pk or any(column in ref.col1 or column in ref.col2 for ref in whole.refs)
    }
    assert {(each.name, column.name) for each in bare.tables for column in each.columns} == keys
    assert len(bare.refs) == len(whole.refs) > 0
    assert sum(len(each.columns) for each in whole.tables) > len(keys)


def test_the_library_may_be_missing(
    shop: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "graphlay", None)
    assert main(["diagram", "--format", "svg"]) == 2
    assert "pip install 'xcore-tools[diagram]'" in capsys.readouterr().err
    assert main(["diagram", "--format", "mermaid"]) == 0
    with pytest.raises(XcoreToolsError):
        arranged(schema_of(table("a")))


@pytest.mark.slow
def test_a_wheel_has_what_the_page_is_made_of(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        os.fspath(tmp_path),
        os.fspath(ROOT),
    ]
    subprocess.run(command, check=True, timeout=300, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = {
        name.rpartition("/assets/")[2]
        for name in zipfile.ZipFile(wheel).namelist()
        if "/assets/" in name
    }
    assert names == {path.name for path in (ROOT / "xcore_tools/report/diagram/assets").iterdir()}
