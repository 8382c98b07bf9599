"""Small modules whose work or whose values would grow without end: each makes NAME, a table name.

The oracle of what is right is Python where it can say it at all; nearly all of them ask for more memory or time than
there is, and their name may be unknown. What counts is that the scan ends, soon and in little memory, and that the
other class of the module is found.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

from xcore_tools import Config, discover

HEAD = """
import re, string, enum, copy
from sqlalchemy import Integer
from sqlalchemy.orm import DeclarativeBase, mapped_column
class Base(DeclarativeBase): ...
class Plain(Base):
    __tablename__ = "plain"
    id = mapped_column(Integer, primary_key=True)
"""
TAIL = """
class Bomb(Base):
    __tablename__ = NAME
    id = mapped_column(Integer, primary_key=True)
"""

TUPLE = "t = (1,)\n" + "t = (t, t)\n" * 45
OTHER = TUPLE + "s = (1,)\n" + "s = (s, s)\n" * 45
LIST = "t = [1]\n" + "t = [t, t]\n" * 45
DICT = "t = {'a': 1}\n" + "t = {'a': t, 'b': t}\n" * 45
BIG = "x = 'a' * 60000\n"

SOURCES: dict[str, str] = {
    # hashing, comparing and showing what holds one thing many times
    "a key": TUPLE + "NAME = {t: 'x'}[t]\n",
    "a key that is set": TUPLE + "d = {}\nd[t] = 'x'\nNAME = d[t]\n",
    "a key that is got": TUPLE + "NAME = {1: 'x'}.get(t, 'y')\n",
    "a key that is updated": TUPLE + "d = {}\nd.update({t: 'x'})\nNAME = d.get(t)\n",
    "a key that is a default": TUPLE + "d = {}\nNAME = d.setdefault(t, 'x')\n",
    "a key that is popped": TUPLE + "d = {1: 'x'}\nNAME = d.pop(t, 'x')\n",
    "a key among pairs": TUPLE + "NAME = dict([(t, 'x')])[t]\n",
    "a key of a comprehension": TUPLE + "NAME = {k: 'x' for k in [t]}[t]\n",
    "a key that is deleted": TUPLE + "d = {1: 2}\ndel d[t]\nNAME = str(len(d))\n",
    "an item of a set": TUPLE + "NAME = str(len({t}))\n",
    "an item of set()": TUPLE + "NAME = str(len(set([t, t])))\n",
    "an item that is added": TUPLE + "s = set()\ns.add(t)\nNAME = str(len(s))\n",
    "an item of a union of sets": TUPLE + "NAME = str(len({1}.union([t])))\n",
    "a frozenset": TUPLE + "NAME = str(len(frozenset([t])))\n",
    "equal": OTHER + "NAME = 'x' + str(t == s)\n",
    "not equal": OTHER + "NAME = 'x' + str(t != s)\n",
    "less": OTHER + "NAME = 'x' + str(t < s)\n",
    "the same": OTHER + "NAME = 'x' + str(t is s)\n",
    "in": OTHER + "NAME = 'x' + str(t in [s])\n",
    "in a dict": OTHER + "NAME = 'x' + str(t in {1: 2})\n",
    "counted": LIST + "NAME = 'n' + str(['x'].count(t))\n",
    "counted in itself": OTHER + "NAME = 'n' + str([t, t].count(s))\n",
    "found": OTHER + "NAME = 'n' + str([t].index(s))\n",
    "removed": OTHER + "x = [t]\nx.remove(s)\nNAME = 'n' + str(len(x))\n",
    "sorted": OTHER + "NAME = 'n' + str(len(sorted([t, s])))\n",
    "sorted in place": OTHER + "x = [t, s]\nx.sort()\nNAME = 'n' + str(len(x))\n",
    "sorted by a key": OTHER + "NAME = 'n' + str(len(sorted([1, 2], key=lambda n: t)))\n",
    "the largest": OTHER + "NAME = 'n' + str(max([t, s]))\n",
    "one of two": OTHER + "import u\nif u.x:\n    y = t\nelse:\n    y = s\nNAME = 'n' + str(y)\n",
    "one of two lists": LIST
    + "s = [1]\n"
    + "s = [s, s]\n" * 45
    + "import u\nif u.x:\n    y = t\nelse:\n    y = s\nNAME = 'n' + str(y)\n",
    "one of two dicts": DICT
    + DICT.replace("t", "s")
    + "import u\nif u.x:\n    y = t\nelse:\n    y = s\nNAME = 'n' + str(y)\n",
    "str()": TUPLE + "NAME = str(t)\n",
    "repr()": LIST + "NAME = repr(t)\n",
    "formatted": DICT + "NAME = f'{t}'\n",
    "format()": DICT + "NAME = format(t, '')\n",
    "str.format": LIST + "NAME = '{}'.format(t)\n",
    "percent": TUPLE + "NAME = '%s' % (t,)\n",
    "percent of a dict": DICT + "NAME = '%(a)s' % t\n",
    "joined": TUPLE + "NAME = ''.join(t)\n",
    "template": DICT + "NAME = string.Template('$a').substitute(t)\n",
    "isinstance": TUPLE + "NAME = 'x' + str(isinstance('a', t))\n",
    "startswith": TUPLE + "NAME = 'x' + str('a'.startswith(t))\n",
    "a member's value": TUPLE + "class E(enum.Enum): A = t\nNAME = {E.A: 'x'}[E.A]\n",
    "members compared": TUPLE + "class E(enum.Enum): A = t\nNAME = 'x' + str(E.A == E.A)\n",
    "all": TUPLE + "NAME = 'x' + str(all(t))\n",
    "sum": LIST + "NAME = 'x' + str(sum([t, t], []))\n",
    "copied": LIST + "NAME = 'x' + str(copy.deepcopy(t))\n",
    "deep": "t = []\nfor n in range(1500):\n    t = [t]\nNAME = str(t)\n",
    "deep and compared": "t = []\nfor n in range(1500):\n    t = [t]\nNAME = 'x' + str(t == [t])\n",
    "holds itself": "t = []\nt.append(t)\nNAME = str(t)\n",
    "holds itself, compared": "t = []\nt.append(t)\ns = []\ns.append(s)\nNAME = 'x' + str(t == s)\n",
    # numbers
    "rounded": "NAME = 'n' + str(round(1, -100000000))\n",
    "rounded float": "NAME = 'n' + str(round(1.5, 100000000))\n",
    "power": "NAME = str(2 ** 10 ** 9)\n",
    "pow()": "NAME = str(pow(3, 10 ** 9, 10 ** 100))\n",
    "shifted": "NAME = str(1 << 10 ** 9)\n",
    "squared": "n = 9\n" + "n *= n\n" * 60 + "NAME = str(n)\n",
    "digits": "NAME = 'n' + str(int('9' * 60000))\n",
    "digits in a loop": BIG.replace("a", "9")
    + "for n in range(1500):\n    y = int(x)\nNAME = 'n' + str(y)\n",
    "float digits": BIG.replace("a", "9")
    + "for n in range(1500):\n    y = float(x)\nNAME = 'n' + str(y)\n",
    "binary digits": "NAME = 'n' + str(int('1' * 60000, 2))\n",
    "a long literal": f"NAME = 'n%d' % 0x{'f' * 60_000}\n",
    "a long literal, written": f"NAME = f'{{0x{'f' * 60_000}}}'\n",
    "a long literal, added": f"x = 0x{'f' * 60_000}\nNAME = 'n' + str(x * x * x // x)\n",
    "a range": "NAME = 'n' + str(len(range(10 ** 12)))\n",
    "a list of a range": "NAME = 'n' + str(list(range(10 ** 9)))\n",
    "bytes()": "NAME = str(bytes(10 ** 10))\n",
    # widths
    "a width that is given": "NAME = '{0:{1}}'.format('x', '>900000000')\n",
    "a width": "NAME = '{:900000000}'.format('x')\n",
    "a precision": "NAME = '{:.900000000f}'.format(1.0)\n",
    "a width of a formatted string": "NAME = f'{1:{10 ** 8}}'\n",
    "a width of percent": "NAME = '%*d' % (900000000, 1)\n",
    "a precision of percent": "NAME = '%.*f' % (900000000, 1.0)\n",
    "many widths": "NAME = ('{:1000}' * 8000).format(*'a' * 8000)\n",
    "ljust": "NAME = 'x'.ljust(10 ** 9)\n",
    "center": "NAME = 'x'.center(10 ** 9)\n",
    "zfill": "NAME = 'x'.zfill(10 ** 9)\n",
    "expandtabs": "NAME = '\\t'.expandtabs(10 ** 9)\n",
    # growth
    "a text times": "NAME = 'x' * 10 ** 9\n",
    "a list times": "NAME = str(len([0] * 10 ** 9))\n",
    "a text doubled": "x = 'a'\n" + "x += x\n" * 60 + "NAME = x\n",
    "a list doubled": "x = ['a']\n" + "x += x\n" * 60 + "NAME = x[0] + str(len(x))\n",
    "a tuple doubled": "x = (1,)\n" + "x = x + x\n" * 60 + "NAME = str(len(x))\n",
    "a starred list": "x = [1]\n" + "x = [*x, *x]\n" * 60 + "NAME = str(len(x))\n",
    "a list extended": "x = [1]\n" + "x.extend(x)\n" * 60 + "NAME = str(len(x))\n",
    "a slice": "x = [1]\n" + "x[:0] = x\n" * 60 + "NAME = str(len(x))\n",
    "a dict merged": "x = {'a': 1}\n" + "x = {**x, **x}\n" * 60 + "NAME = 'n' + str(len(x))\n",
    "a dict of other keys": "x = {'a': 1}\n"
    + "x = {**x, **{k + str(len(x)): 1 for k in x}}\n" * 60
    + "NAME = 'n' + str(len(x))\n",
    "a dict united": "x = {'a': 1}\n"
    + "x |= {k + str(len(x)): 1 for k in x}\n" * 60
    + "NAME = 'n' + str(len(x))\n",
    "a set united": "x = {'a'}\n"
    + "x = x | {k + str(len(x)) for k in x}\n" * 60
    + "NAME = 'n' + str(len(x))\n",
    "joined texts": "NAME = ('x' * 60000).join(['y'] * 9000)\n",
    "replaced": "x = 'a' * 900\n" + "x = x.replace('a', 'aa' * 400)\n" * 6 + "NAME = x\n",
    "replaced by nothing's place": BIG + "NAME = x.replace('', x)\n",
    "a format that repeats": BIG + "NAME = ('{0}' * 20000).format(x)\n",
    "a percent that repeats": BIG + "NAME = ('%(a)s' * 9000) % {'a': x}\n",
    "a template that repeats": BIG + "NAME = string.Template('$a' * 20000).substitute(a=x)\n",
    "a formatted string that repeats": BIG + f'NAME = f"{"{x}" * 150}"\n',
    "translated": "NAME = 'a'.translate({97: 'x' * 60000})\n",
    "zipped": "x = list(range(2000))\nNAME = str(len(list(zip(x, x, x, x, x))))\n",
    "a product": "x = list(range(2000))\nNAME = str(len([1 for a in x for b in x]))\n",
    "options": "".join(
        f"import u{n}\nif u{n}.x:\n    a = 'a{n}' * 9000\nelse:\n    a = a if {n} else 'z'\n"
        for n in range(30)
    )
    + "NAME = a + a\n",
    "a name": BIG + "NAME = x\n",
    "a name that may be several": BIG
    + "import u\nif u.x:\n    y = x\nelse:\n    y = x + 'b'\nNAME = y\n",
    "a written list": "NAME = str([1] * 9000)\n",
    # much of what is allowed
    "long texts in a list": BIG
    + "y = []\nfor n in range(1900):\n    y.append(x + str(n))\nNAME = y[0][:3]\n",
    "long texts in lists": (BIG + "y = []\nfor n in range(1900):\n    y.append(x + str(n))\n") * 20
    + "NAME = y[0][:3]\n",
    "lists in a list": "x = list(range(1900))\ny = []\nfor n in range(1900):\n    y.append([*x])\n"
    "NAME = 'n' + str(len(y))\n",
    "lists in lists": ("x = list(range(1900))\ny = []\nfor n in range(1900):\n    y.append(x[:])\n")
    * 20
    + "NAME = 'n' + str(len(y))\n",
    "stripped": BIG + "for n in range(1900):\n    y = x.strip('b' * 60000 + 'a')\nNAME = 'n' + y\n",
    "searched": "x = 'ab' * 30000\nfor n in range(1900):\n    y = x.find('ab' * 15000 + 'c')\nNAME = 'n' + str(y)\n",
    "compared": "x = list(range(1900))\nfor n in range(1900):\n    y = x == x[:]\nNAME = 'n' + str(y)\n",
    "counted often": "x = list(range(1900))\nfor n in range(1900):\n    y = x.count(n)\nNAME = 'n' + str(y)\n",
    "sorted often": "x = list(range(1900))\nfor n in range(1900):\n    y = sorted(x)\nNAME = 'n' + str(y[0])\n",
    "written often": "x = list(range(1900))\nfor n in range(1900):\n    y = f'{x}'\nNAME = 'n' + y[:2]\n",
    "equal often": OTHER + "for n in range(1900):\n    y = t == s\nNAME = 'n' + str(y)\n",
    "a key often": TUPLE + "for n in range(1900):\n    y = {t: 1}\nNAME = 'n' + str(y)\n",
    "a set often": TUPLE + "for n in range(1900):\n    y = {t, 1}\nNAME = 'n' + str(y)\n",
    "written often, nested": DICT + "for n in range(1900):\n    y = f'{t}'\nNAME = 'n' + str(y)\n",
    "percent often": DICT + "for n in range(1900):\n    y = '%s' % (t,)\nNAME = 'n' + str(y)\n",
    "format often": DICT + "for n in range(1900):\n    y = '{}'.format(t)\nNAME = 'n' + str(y)\n",
    "repr often": LIST + "for n in range(1900):\n    y = repr(t)\nNAME = 'n' + str(y)\n",
    "in often": LIST + "for n in range(1900):\n    y = t in [t]\nNAME = 'n' + str(y)\n",
    "count often": LIST + "for n in range(1900):\n    y = [t].count(t)\nNAME = 'n' + str(y)\n",
    "isinstance often": TUPLE
    + "for n in range(1900):\n    y = isinstance(1, t)\nNAME = 'n' + str(y)\n",
    "sorted nested often": LIST
    + "for n in range(1900):\n    y = sorted([t])\nNAME = 'n' + str(y)\n",
    "options often": OTHER
    + "import u\nfor n in range(1900):\n    if u.x:\n        y = t\n    else:\n        y = s\n"
    "NAME = 'n' + str(y)\n",
    "dicts of one key often": "d = {'k%d' % n: n for n in range(1900)}\nfor n in range(1900):\n    y = {**d}\n"
    "NAME = 'n' + str(y)\n",
    "plain often": "x = list(range(1900))\nclass A: pass\nx.append(A)\nfor n in range(1900):\n    y = x == x\n"
    "NAME = 'n' + str(y)\n",
    # regular expressions
    "catastrophic": "NAME = re.sub('(a|aa)+$', 'b', 'a' * 60 + 'b')\n",
    "large sets that ignore case": "".join(
        f"NAME = re.sub('(?i)' + '[\\0-\\U0010ffff]' * 30 + '{n}', 'b', 'a')\n" for n in range(10)
    ),
    "many patterns": "for n in range(1900):\n    x = re.sub('a?' * 90 + str(n), 'b', 'a')\nNAME = x\n",
    "slow patterns": "for n in range(1900):\n    x = re.sub('(.*)(.*)b', 'c', 'a' * 110)\nNAME = 'n' + x[:3]\n",
    "groups that grow": "NAME = re.sub('(?=(.*))', '\\\\1' * 60, 'a' * 250)\n",
    "an expanded match": "NAME = re.match('(a*)', 'a' * 250).expand('\\\\1' * 60)\n",
    "a function that grows": BIG + "NAME = re.sub('a', lambda m: x, 'a' * 200)\n",
    "a large count": "NAME = re.sub('a', 'b', 'a', 10 ** 30)\n",
    "a repeat of repeats": "NAME = re.sub('((a{0,1000}){0,1000}){0,1000}', 'b', 'a' * 99)\n",
}


ANSWERS = {
    "an item of a set": "1",
    "an item of set()": "1",
    "a frozenset": "1",
    "a member's value": "x",
    "members compared": "xTrue",
    "a dict merged": "n1",
    "zipped": "2000",
    "an expanded match": "a" * 50,
}
"""What Python says of those that it can work out, at most fifty characters; all others are unknown."""


def measured(paths: list[str]) -> list[tuple[list[tuple[str, str | None]], float, float]]:
    """Scans each directory in a process of its own: models, CPU seconds, megabytes at the most."""
    warm = Path(paths[0])
    discover([warm], config=Config(project=warm))
    results = []
    for path in paths:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (5, 6))
            resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
            found = discover([Path(path)], config=Config(project=Path(path)))
            os.write(
                writing,
                json.dumps([(m.name, m.table and m.table[:50]) for m in found.models]).encode(),
            )
            os._exit(0)
        os.close(writing)
        answer = os.read(reading, 2**16)
        os.close(reading)
        _, _, usage = os.wait4(child, 0)
        results.append(
            (json.loads(answer or "[]"), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
        )
    return results


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured(sys.argv[1:])))
