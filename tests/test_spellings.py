"""The prefilter may find too much and never too little: however a program is spelt, it changes nothing."""

# ruff: noqa: E501 - a project is a row
from __future__ import annotations

import io
import random
import tempfile
import tokenize
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from xcore_tools import Config, discover

BASE = """\
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.orm import DeclarativeBase, mapped_column
class Base(DeclarativeBase): pass
class Good(Base):
    __tablename__ = "good"
    id = mapped_column(Integer, primary_key=True)
"""

Answer = tuple[list[tuple[str, str, str]], list[tuple[str, str]], list[tuple[str, str]]]


def found(files: Mapping[str, str | bytes], *, prefilter: bool) -> Answer:
    """The models, tables and problems of a project of these files and the base."""
    with tempfile.TemporaryDirectory() as name:
        project = Path(name).resolve()
        for path, source in {"good.py": BASE, **files}.items():
            target = project / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.encode() if isinstance(source, str) else source)
        seen = discover([project], config=Config(project=project), prefilter=prefilter)
    return (
        sorted((model.name, model.table or "", model.module) for model in seen.models),
        sorted((table.name or "", table.module) for table in seen.tables),
        sorted((problem.path, problem.code) for problem in seen.problems),
    )


LAST = "from b import B\nclass Last(B): pass\n"
MAKE = "def make(*options):\n    def named(it):\n        return type(it.__name__, (Good,), {})\n    return named\n"
MAKER = f"from good import Good\n{MAKE}"
GIVEN = "def make(base):\n    return lambda it: type(it.__name__, (base,), {})\n"
MID = "from a import Mid\nclass Last(Mid): pass\n"

# Each holds a model or a table beside Good, which a look that misses the spelling does not lead to.
SPELLINGS: dict[str, dict[str, str | bytes]] = {
    # how imports are written
    "behind a semicolon": {"b.py": "x = 1; from good import Good as B\n", "a.py": LAST},
    "behind a condition": {"a.py": "if 1: from good import Good\nclass Last(Good): pass\n"},
    "no blank before dots": {"p/__init__.py": "", "p/good.py": BASE, "p/a.py": "from.good import Good\nclass Last(Good): pass\n"},
    "blanks around dots": {"p/__init__.py": "", "p/good.py": BASE, "p/a.py": "from . good import(Good)\nclass Last(Good): pass\n"},
    "blanks in a dotted import": {"p/__init__.py": "", "p/good.py": BASE, "a.py": "import p . good as g\nclass Last(g . Good): pass\n"},
    "brackets in comments": {"a.py": "from good import (  # a (b)\n    Good,  # )\n)\nclass Last(Good): pass\n"},
    "continued from-import": {"a.py": "from \\\n good \\\n import \\\n Good\nclass Last(Good): pass\n"},
    "continued import": {"a.py": "import \\\n good\nclass Last(good.Good): pass\n"},
    "carriage returns": {"a.py": b"from good import \\\r\n Good\r\nclass \\\r\n Last(Good): pass\r\n"},
    "star": {"a.py": "x=1;from good import*\nclass Last(Good): pass\n"},
    "lazy import": {"a.py": "lazy import good\nclass Last(good.Good): pass\n"},
    "lazy from-import": {"a.py": "lazy from good import Good\nclass Last(Good): pass\n"},
    "lazy, continued": {"a.py": "lazy\\\n import good\nclass Last(good.Good): pass\n"},
    "lazy behind a semicolon": {"a.py": "x = 1; lazy import good as g\nclass Last(g.Good): pass\n"},
    "a module of other letters": {"élan.py": BASE.replace('"good"', '"fin"'), "a.py": "from élan import Good as G\nclass Last(G): pass\n"},
    "a module of compatible letters": {"final.py": BASE.replace('"good"', '"fin"'), "a.py": "from \ufb01nal import Good as G\nclass Last(G): pass\n"},
    # encodings and blanks
    "a name of compatible letters": {"b.py": BASE.replace("Good", "final").replace('"good"', '"b"'), "a.py": "from b import final\nclass Last(\ufb01nal): pass\n"},
    "another encoding": {"b.py": BASE.replace("Good", "Дом").replace('"good"', '"b"'), "a.py": "#!x\n# -*- coding: cp1251 -*-\nfrom b import Дом\nclass Last(Дом): pass\n".encode("cp1251")},
    "an encoding without other bytes": {"a.py": "# coding: utf-7\nfrom good import Good\n+AGM-lass Last(Good): pass\n"},
    "a byte order mark": {"a.py": b"\xef\xbb\xbffrom good import Good\nclass \xc3\x89(Good): pass\n"},
    "form feeds": {"a.py": "\fimport good\n\f\nclass\fLast(good.Good): pass\n"},
    "tabs": {"a.py": "from\tgood\timport\tGood\nclass\tLast\t(\tGood\t)\t:\tpass\n"},
    "a comment with a backslash": {"a.py": "from good import Good\n# a path C:\\\nclass Last(Good): pass\n"},
    # heads of classes
    "a comment before a dot": {"a.py": "import good\nclass Last(\n    good  # the one.\n    .Good\n): pass\n"},
    "a comment behind a dot": {"a.py": "import good\nclass Last(\n    good.  # the one\n    Good\n): pass\n"},
    "a continued base": {"a.py": "import good\nclass Last(good. \\\n Good): pass\n"},
    "brackets and signs in texts": {"a.py": "from good import Good\ndef f(*a): return Good\nclass Last(f(')', '#', \"):\")): pass\n"},
    "type parameters": {"a.py": "from good import Good\nclass Last[\n  T: (int, str),  # )]\n  *Ts = *tuple[int],\n](Good): pass\n"},
    "many comments": {"a.py": "from good import Good\nclass Last(\n" + "    # x\n" * 3000 + "    Good): pass\n"},
    "a long text": {"a.py": f"from good import Good\nclass Last(\n    Good, a='{'x' * 9000}'): pass\n"},
    "prose before it": {"a.py": '"""The class Foo (it\'s nothing.\n"""\nfrom good import Good\nclass Mid(Good): pass\n', "b.py": MID},
    "its name in prose": {"a.py": '"""Use class Mid(see: below"""\nfrom good import Good\nclass Mid(Good, x=(1)): pass\n', "b.py": MID},
    # other names of a base
    "a tuple in brackets": {"b.py": "from good import Good\n(A, B) = (1, Good)\n", "a.py": LAST},
    "a tuple over lines": {"b.py": "from good import Good\n(\n A,\n B,\n) = (1,\n Good)\n", "a.py": LAST},
    "a name in brackets": {"b.py": "from good import Good\n(B) = Good\n", "a.py": LAST},
    "a list": {"b.py": "from good import Good\n[A, B] = (1, Good)\n", "a.py": LAST},
    "a loop in one line": {"b.py": "from good import Good\nfor B in (Good,): pass\n", "a.py": LAST},
    "a condition in one line": {"b.py": "from good import Good\nif len('a'): B = Good\n", "a.py": LAST},
    "a try in one line": {"b.py": "from good import Good\ntry: B = Good\nexcept: pass\n", "a.py": LAST},
    "asserted": {"b.py": "from good import Good\nassert (B := Good)\n", "a.py": LAST},
    "getattr in a head": {"a.py": "import good\nclass Last(getattr(good, 'Good')): pass\n"},
    "getattr": {"b.py": "import good\nB = getattr(good, 'Good')\n", "a.py": LAST},
    "in a dict": {"b.py": "from good import Good\nB = {'x': Good}\n", "a.py": "from b import B\nclass Last(B['x']): pass\n"},
    "in a list later": {"b.py": "from good import Good\nB = []\nB.append(Good)\n", "a.py": "from b import B\nclass Last(*B): pass\n"},
    "set on a class": {"b.py": "from good import Good\nclass N: pass\nsetattr(N, 'base', Good)\n", "a.py": "from b import N\nclass Last(N.base): pass\n"},
    # what makes tables and classes
    "another name of Table": {"a.py": "import sqlalchemy as sa\nT = sa.Table\nT('last', sa.MetaData())\n"},
    "two other names": {"a.py": "import sqlalchemy as sa\nT, M = sa.Table, sa.MetaData\nT('last', M())\n"},
    "blanks in a call": {"a.py": "import sqlalchemy as sa\nsa . Table ('last', sa . MetaData ())\n"},
    "getattr of Table": {"a.py": "import sqlalchemy as sa\ngetattr(sa, 'Table')('last', getattr(sa, 'MetaData')())\n"},
    "a partial of Table": {"a.py": "import sqlalchemy as sa\nfrom functools import partial\nT = partial(sa.Table, 'last')\nT(sa.MetaData())\n"},
    "a lambda": {"b.py": "from good import Good\nmake = lambda: type('Last', (Good,), {})\n", "a.py": "from b import make\nX = make()\n"},
    "a default": {"b.py": "from good import Good\ndef make(name, base=Good):\n    return type(name, (base,), {})\n", "a.py": "from b import make\nX = make('Last')\n"},
    "a base that is given": {"b.py": GIVEN.replace("lambda it: ", "").replace("it.__name__", "'Last'"), "a.py": "from b import make\nfrom good import Good\nmake(Good)\n"},
    "a base given to a decorator": {"b.py": GIVEN, "a.py": "from b import make\nfrom good import Good\n@make(Good)\nclass Last: pass\n"},
    "a base given over lines": {"b.py": GIVEN, "a.py": "import b\nfrom good import Good\n@b.make(\n    Good\n)\nclass Last: pass\n"},
    "texts at the margin": {"b.py": "from good import Good\ndef make():\n    q = '''\nselect\nfrom x\n'''\n    class Last(Good): pass\n    return Last\n", "a.py": "from b import make\nmake()\n"},
    "continued call": {"b.py": "from good import Good\ndef make():\n    class Last(Good): pass\n    return Last\n", "a.py": "from b import make\nx = \\\n make \\\n ()\n"},
    "a comprehension alone": {"b.py": "from good import Good\ndef make(n):\n    return type(n, (Good,), {})\n", "a.py": "from b import make\n[make(n) for n in ('Last', 'Other')]\n"},
    # decorators far above
    "a long decorator": {"b.py": MAKER, "a.py": f"from b import make\n@make('x', {'1,' * 4000})\nclass Mid: pass\n", "c.py": MID},
    "a decorator of many lines": {"b.py": MAKER, "a.py": "from b import make\n@make(\n" + "    'x',\n" * 2000 + ")\nclass Mid: pass\n", "c.py": MID},
    "many decorators": {"b.py": MAKER + "def same(*a): return lambda f: f\n", "a.py": "from b import make, same\n@make()\n" + "@same('an option')\n" * 400 + "class Mid: pass\n", "c.py": MID},
    "definitions in its texts": {"b.py": MAKER, "a.py": "from b import make\n@make('''\ndef other(): pass\nclass Other: pass\n''')\nclass Mid: pass\n", "c.py": MID},
}  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_prefilter_changes_nothing(spelling: str) -> None:
    files = SPELLINGS[spelling]
    whole = found(files, prefilter=False)
    assert found(files, prefilter=True) == whole
    assert len(whole[0]) + len(whole[1]) > 2 + 2 * any("p/good.py" in path for path in files)


PROGRAMS: dict[str, dict[str, str]] = {
    "inherited": {"a.py": "from good import Good\nimport os\n\nclass Last(Good):\n    pass\n"},
    "a module": {"a.py": "import good\nimport os\n\nclass Last(good.Good):\n    x = 1\n"},
    "other names": {
        "b.py": "from good import Good as G, Base\nB = G\nx = 1\n",
        "a.py": "import b as c\n\nclass Last(c.B):\n    pass\n",
    },
    "a table": {"a.py": "import sqlalchemy as sa\nT = sa.Table\nlast = T('last', sa.MetaData())\n"},
    "a decorator": {
        "b.py": f"from good import Good\n\n{MAKE}",
        "a.py": "from b import make\n\n@make('an option', 'another')\nclass Last:\n    pass\n",
    },
    "a factory": {
        "b.py": "from good import Good\n\ndef make(name):\n    class Last(Good):\n        pass\n    return Last\n",
        "a.py": "from b import make\nx = make('Last')\n",
    },
    "two steps": {
        "b.py": "from good import Good\n\nclass Mid(Good):\n    pass\n",
        "a.py": "from b import Mid\n\nclass Last(Mid):\n    pass\n",
    },
}


class Spelling(NamedTuple):
    """How a program is written; the same for all of its files but for what `seed` decides."""

    seed: int
    name: str
    newline: str
    encoding: str
    tab: bool


SPELLING = st.builds(
    Spelling,
    seed=st.integers(0, 2**32),
    name=st.sampled_from(["Good", "Élan", "\ufb01nal", "Goodé"]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "cp1252"]),
    tab=st.booleans(),
)
_OUTSIDE = [" "] * 8 + ["\t", "  ", " \\\n    ", "\\\n"]
_INSIDE = [
    *_OUTSIDE,
    "\n",
    "  # no (bracket: ]\n",
    "\n# at the margin):\n",
    "  # " + "long " * 1000 + "\n",
]


def respelt(source: str, spelling: Spelling) -> bytes:
    """The same program in another spelling."""
    chance = random.Random(spelling.seed)
    text = "".join(_pieces(source.replace("Good", spelling.name), chance))
    if spelling.tab:
        text = text.replace("        ", "\t\t").replace("\n    ", "\n\t")
    encoding = spelling.encoding
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        encoding = "utf-8"
    if not encoding.startswith("utf-8"):
        text = f"# -*- coding: {encoding} -*-\n{text}"
    return text.replace("\n", spelling.newline).encode(encoding)


def _pieces(source: str, chance: random.Random) -> Iterator[str]:
    depth = 0
    last = ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind, word = token.type, token.string
        if kind in {tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.NL}:
            continue
        if kind == tokenize.NEWLINE:
            yield chance.choice(["\n", "\n", "  # a comment (with: signs\n", "\n\n"])
            last = ""
            continue
        if not last:
            indent = token.line[: len(token.line) - len(token.line.lstrip())]
            yield indent
            if word in {"import", "from"} and not indent and chance.random() < 0.3:
                yield "lazy "
        elif last != "@" or chance.random() < 0.5:
            yield chance.choice(_INSIDE if depth else _OUTSIDE)
        yield word
        if last == "class" and chance.random() < 0.3:
            yield chance.choice(["[T]", "[T: int]", "[T: (int, str) = int]", "[*Ts, **P]"])
        depth += (word in "([{") - (word in ")]}")
        last = word


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.generate],
)
@given(program=st.sampled_from(sorted(PROGRAMS)), spelling=SPELLING)
def test_the_same_program_gives_the_same_answer(program: str, spelling: Spelling) -> None:
    _compare(program, spelling)


@pytest.mark.slow
@settings(
    max_examples=3000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.generate],
)
@given(program=st.sampled_from(sorted(PROGRAMS)), spelling=SPELLING)
def test_many_spellings_of_the_same_program(program: str, spelling: Spelling) -> None:
    _compare(program, spelling)


def _compare(program: str, spelling: Spelling) -> None:
    plain = found(PROGRAMS[program], prefilter=False)
    files = {
        name: respelt(text, spelling)
        for name, text in {"good.py": BASE, **PROGRAMS[program]}.items()
    }
    whole = found(files, prefilter=False)
    assert found(files, prefilter=True) == whole, files
    name = unicodedata.normalize("NFKC", spelling.name)
    models = sorted((name if x[0] == "Good" else x[0], *x[1:]) for x in plain[0])
    assert whole == (models, plain[1], []), files
    assert len(whole[0]) + len(whole[1]) > 2


@pytest.mark.parametrize(
    "broken",
    [
        "type(it.\n__name__, (Good,), {})",
        "type(it.__name__, (\n# at the margin:\nGood,), {})",
        "type(*\n# at the margin:\n(it.__name__, (Good,), {}))",
        "type(it.__name__ or\nit.name, (Good,), {})",
    ],
)
def test_a_line_in_brackets_may_begin_at_the_margin(broken: str) -> None:
    """No statement begins there, whatever the line above ends with: all of them stand in the factory."""
    maker = f"from good import Good\n\ndef make(it):\n    return {broken}\n"
    files = {
        "good.py": BASE.encode(),
        "b.py": maker.encode(),
        "a.py": b"from b import make\n\n@make\nclass Last:\n    pass\n",
    }
    whole = found(files, prefilter=False)
    assert found(files, prefilter=True) == whole
    assert len(whole[0]) + len(whole[1]) > 1
