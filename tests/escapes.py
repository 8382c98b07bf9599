"""Ways out of the evaluator: expressions and modules that would reach the process that scans them.

Each is the table name of a model. `UNKNOWN` are those that have to be unknown: what Python makes of them is made of
objects, of the process, or of code that runs. `PLAIN` are those of which Python makes a plain text that depends on
nothing else: that text, or unknown.
"""

from __future__ import annotations

from pathlib import Path

SECRET = "tok_4f9a_secret"
"""The value of the environment variable XT_TOKEN of the process that scans."""

_HEAD = """
import {imports}
from sqlalchemy import Integer
from sqlalchemy.orm import DeclarativeBase, mapped_column
D = {{"prefix": "shop"}}
L = ["a", "b"]
class Plain:
    x = "attr"
class Base(DeclarativeBase): ...
"""
_IMPORTS = (
    "builtins, codecs, copy, ctypes, dataclasses, enum, functools, importlib, inspect, io, json, operator, os, "
    "pathlib, pickle, re, string, subprocess, sys, types, typing"
)
_TAIL = """
class Way{number}(Base):
    __tablename__ = {name}
    id = mapped_column(Integer, primary_key=True)
"""

UNKNOWN = [
    # str.format and what it asks for
    '"{0.__init__.__globals__[re].enum.sys.modules[os].environ[XT_TOKEN]}".format(D)',
    '"{0.__class__.__mro__}".format(D)',
    '"{p.copy}".format(p=D)',
    '"{0.__str__}".format("x")',
    '"{0[prefix].__class__}".format(D)',
    '"{0.keys}".format(D)',
    '"{.__doc__}".format(L)',
    '"{0[0].upper}".format(L)',
    '"{0.__class__.__base__.__subclasses__}".format("")',
    '"{0.x.__class__}".format(Plain)',
    '"{0}".format(Plain)',
    '"{0!r}".format(Plain())',
    '"{0!s}".format(len)',
    '"{0!a}".format(os)',
    '"{}".format(lambda: 1)',
    '"{}".format(os.environ)',
    '"{0[XT_TOKEN]}".format(os.environ)',
    '"{0.environ[XT_TOKEN]}".format(os)',
    '"{x.__class__}".format_map({"x": 1})',
    '"{0.pairs}".format(D)',
    '"{0.attrs}".format(Plain)',
    '"{0.reason}".format(undefined)',
    'str.format("{0.__class__}", D)',
    'str.format("{0.__init__.__globals__}", Plain)',
    '"{0.__getitem__}".format("x".join)',
    '"{:{}}".format(D, "x")',
    '"{0:>900000000}".format("x")',
    'format(Plain(), "")',
    'format("x", "}{0.__class__}")',
    'format("x", ">900000000")',
    # % and formatted strings
    '"%s" % Plain',
    '"%r" % (Plain(),)',
    '"%s" % os.environ',
    '"%(XT_TOKEN)s" % os.environ',
    '"%s" % (len,)',
    '"%a" % [Plain]',
    '"%*d" % (900000000, 1)',
    'f"{Plain}"',
    'f"{Plain()!r}"',
    'f"{D.copy}"',
    'f"{os.environ}"',
    "f\"{os.environ['XT_TOKEN']}\"",
    'f"{len}"',
    'f"{[Plain]}"',
    'f"{Plain=}"',
    'f"{os=}"',
    'f"{D.__class__.__mro__}"',
    'f"{1:{900000000}}"',
    'f"{(lambda: 1)}"',
    # classes of string
    'string.Formatter().format("{0.__class__}", D)',
    'string.Formatter().vformat("{0.environ}", (os,), {})',
    'string.Formatter().get_field("0.environ", (os,), {})[0]',
    'string.Template("$x").substitute(x=Plain)',
    'string.Template("$XT_TOKEN").substitute(os.environ)',
    'string.Template("$XT_TOKEN").safe_substitute(os.environ)',
    # dunder chains and types
    "''.__class__.__name__.__class__.__mro__",
    "str(().__class__.__base__.__subclasses__())",
    "str(type(D))",
    "repr(type('x'))",
    "str(Plain)",
    "repr(Plain)",
    "str(Plain())",
    "str(Plain.__dict__)",
    "str(Plain.__init__)",
    "str(len.__self__)",
    "str(D.__class__.__dict__)",
    "D.__doc__",
    "len.__doc__",
    "(lambda: 0).__code__.co_filename",
    "(lambda: 0).__globals__['__file__']",
    "(lambda: 0).__class__.__name__ + str(hash('a'))",
    "str(id(D))",
    "str(hash('a'))",
    "str(object())",
    # names of a module and what they lead to
    "str(vars())",
    "str(globals())",
    "str(locals())",
    "globals()['os'].environ['XT_TOKEN']",
    "vars(os)['environ']['XT_TOKEN']",
    "str(__builtins__)",
    "__builtins__['__import__']('os').environ['XT_TOKEN']",
    "__file__",
    "__spec__.origin",
    "str(__loader__)",
    "sys.modules['os'].environ['XT_TOKEN']",
    "sys.executable",
    "sys.argv[0]",
    "os.getcwd()",
    "os.environ['XT_TOKEN']",
    "os.environ.get('XT_TOKEN')",
    "os.getenv('XT_TOKEN')",
    "os.path.expandvars('$XT_TOKEN')",
    "os.path.abspath('x')",
    "str(pathlib.Path.cwd())",
    "pathlib.Path('/etc/hostname').read_text()",
    "open('/etc/hostname').read()",
    "io.open('/etc/hostname').read()",
    "codecs.open('/etc/hostname').read()",
    "subprocess.getoutput('echo ran')",
    "os.popen('echo ran').read()",
    "str(inspect.currentframe())",
    "inspect.getsource(os)",
    "input()",
    # getattr and its kin
    "str(getattr(D, '__cl' + 'ass__'))",
    "getattr(os, 'env' + 'iron')['XT_TOKEN']",
    "getattr(getattr(Plain, '__init__'), '__glob' + 'als__')['os'].environ['XT_TOKEN']",
    "str(getattr('', 'format_' + 'map'))",
    "getattr('{0.__class__}', 'format')(D)",
    "str(getattr(D, 'pairs'))",
    "str(getattr(Plain, 'attrs'))",
    "str(getattr(L, '__len__'))",
    "operator.attrgetter('environ')(os)['XT_TOKEN']",
    "str(operator.attrgetter('__class__')(D))",
    "operator.methodcaller('format', D)('{0.__class__}')",
    "operator.itemgetter('XT_TOKEN')(os.environ)",
    "str(functools.reduce(getattr, ['__class__', '__mro__'], D))",
    "functools.partial('{0.__class__}'.format, D)()",
    "str(functools.cached_property(lambda self: 1))",
    "next(map('{0.__class__}'.format, [D]))",
    "list(map(str, [Plain]))[0]",
    "''.join(map(repr, [Plain]))",
    "''.join(filter(None, [Plain.__name__.__class__]))",
    "str(sorted([Plain, Base], key=id)[0])",
    "min([Plain, Base], key=str).__doc__",
    "str(dict(a=Plain))",
    "str([Plain, 1])",
    "repr({1: Plain})",
    "str({Plain})",
    # code that would run
    "eval('1')",
    "str(eval(\"__import__('os')\"))",
    "exec('x = 1')",
    "str(compile('1', 'x', 'eval'))",
    "eval(compile('\"a\"', 'x', 'eval'))",
    "__import__('os').environ['XT_TOKEN']",
    "importlib.import_module('os').environ['XT_TOKEN']",
    "builtins.__import__('os').getcwd()",
    "builtins.eval('\"a\"')",
    "pickle.loads(b'cos\\ngetcwd\\n(tR.')",
    "ctypes.string_at(0)",
    "str(ctypes.cdll)",
    "types.FunctionType((lambda: 'a').__code__, {})()",
    "typing.get_type_hints(Plain)",
    "json.loads('\"a\"', cls=Plain)",
    "codecs.decode('nopqr', 'rot13')",
    "'a'.encode('idna').decode()",
    "'YQ=='.encode().decode('base64')",
    "str(memoryview(b'a'))",
    "str(b'a'.__class__)",
    "copy.copy(os.environ)['XT_TOKEN']",
    "copy.deepcopy(Plain).__dict__",
    "re.compile('a').__class__.__name__",
    "str(re.compile('a'))",
    "str(re.match('a', 'a'))",
    "re.sub('a', str, 'a')",
    "'{0.string}'.format(re.match('a', 'a'))",
    "'{0.re.pattern}'.format(re.match('a', 'a'))",
    "str(re.match('a', 'a').__class__)",
    "re.match('a', 'a').re.__doc__",
    "super().__init__",
    "str(Base.metadata)",
    "str(Base.registry)",
    "'{0.tables}'.format(Base.metadata)",
    "f'{Base.metadata}'",
    "'%s' % Base",
    "str(Base.__subclasses__())",
    "str(NotImplemented)",
    "str(...)",
    "str(range(3).__class__)",
]

PLAIN = [
    '"{0[prefix]}_a".format(D)',
    '"{prefix}_b".format(**D)',
    '"{0[1]}".format(L)',
    '"{0!r}".format("x")',
    '"{x}".format_map({"x": "y"})',
    '"%(prefix)s" % D',
    '"%s-%r" % ("a", "b")',
    "f\"{D['prefix']:>8}\"",
    'f"{1:{5}}"',
    "f\"{D['prefix']=}\"",
    "f\"{'a':{'>'}{4}}\"",
    'string.Template("${prefix}_t").substitute(D)',
    'string.Template("$nothing").safe_substitute(D)',
    "getattr(Plain, 'x')",
    "getattr('abc', 'upper')()",
    "operator.attrgetter('x')(Plain)",
    "operator.itemgetter('prefix')(D)",
    "functools.reduce(lambda a, b: a + b, L)",
    "functools.partial('{}{}'.format, 'a')('b')",
    "''.join(map(str.upper, L))",
    "str([1, 'a'])",
    "'a'.encode().decode()",
    "str(True) + str(None) + str(1.5)",
    "repr('a')",
    "max(L)",
    "sorted({'b', 'a', 'c'})[0]",
    "min({'b', 'a', 'c'})",
    "','.join(sorted({3: 1, 2: 1}, key=str)) if False else 'z'",
    "Plain.__name__",
    "vars(Plain)['x']",
]

MODULES = {
    "a subclass of Formatter": """
class F(string.Formatter):
    def get_field(self, name, args, kwargs): return os.environ["XT_TOKEN"], name
NAME = F().format("{0}", 1)
""",
    "a subclass of Template": """
class T(string.Template):
    delimiter = "%"
    def substitute(self, *args, **kwargs): return os.environ["XT_TOKEN"]
NAME = T("%x").substitute(x=1)
""",
    "a subclass of str": """
class S(str):
    def __format__(self, spec): return os.environ["XT_TOKEN"]
    def __str__(self): return os.environ["XT_TOKEN"]
NAME = f"{S('a')}" + "{}".format(S("b")) + "%s" % S("c")
""",
    "a subclass of int with __index__": """
class I(int):
    def __index__(self): return 10 ** 9
NAME = "%*d" % (I(3), 1)
""",
    "__missing__": """
class M(dict):
    def __missing__(self, key): return os.environ["XT_TOKEN"]
NAME = "{a}".format_map(M())
""",
    "__getitem__ of a class": """
class G:
    def __class_getitem__(cls, key): return os.environ["XT_TOKEN"]
NAME = "{0[a]}".format(G)
""",
    "__getattr__ of a metaclass": """
class Meta(type):
    def __getattr__(cls, name): return os.environ["XT_TOKEN"]
class C(metaclass=Meta): pass
NAME = C.anything + "{0.anything}".format(C)
""",
    "a descriptor": """
class Descriptor:
    def __get__(self, instance, owner): return os.environ["XT_TOKEN"]
class C: x = Descriptor()
NAME = f"{C.x}"
""",
    "a property": """
class C:
    @property
    def x(self): return os.environ["XT_TOKEN"]
NAME = "{0.x}".format(C())
""",
    "a cached property": """
class C:
    @functools.cached_property
    def x(self): return os.environ["XT_TOKEN"]
NAME = C().x
""",
    "setattr": """
class C: pass
setattr(C, "x", os)
NAME = "{0.x.environ[XT_TOKEN]}".format(C)
""",
    "vars that are written": """
class C: x = "a"
vars(C)["x"] = len
NAME = f"{C.x}"
""",
    "an enumeration with a format of its own": """
class E(enum.Enum):
    A = "a"
    def __format__(self, spec): return os.environ["XT_TOKEN"]
NAME = f"{E.A}"
""",
    "a member of an enumeration": """
class E(enum.Enum): A = os.environ
NAME = f"{E.A.value}"
""",
    "repr of a member": """
class E(str, enum.Enum): A = "a"
NAME = f"{E.A!r:.8}" + f"{[E.A]}"[5:]
NAME = f"{[E.A]}" if NAME else len
NAME = NAME + str(len)
""",
    "a member of texts that is an object": """
class E(enum.StrEnum): A = len
NAME = f"{E.A}" + "%s" % E.A
""",
    "a member of numbers that is an object": """
class E(enum.IntEnum): A = Plain
NAME = f"{E.A}" + str(E.A)
""",
    "an own text of a member that is an object": """
class E(enum.Enum):
    A = "a"
    def __str__(self): return len
NAME = f"{E.A}" + str(E.A)
""",
    "the class of a member": """
class E(str, enum.Enum): A = "a"
NAME = "{0.__class__.__dict__}".format(E.A)
""",
    "a factory of a data class": """
@dataclasses.dataclass
class C:
    x: str = dataclasses.field(default_factory=lambda: os.environ["XT_TOKEN"])
NAME = C().x
""",
    "an exception": """
try:
    NAME = 1 / 0
except Exception as error:
    NAME = str(error.__traceback__)
""",
    "a star import": """
from os import *
NAME = environ["XT_TOKEN"]
""",
    "a decorator": """
def decorate(f): return lambda: "{0.__globals__[os].environ[XT_TOKEN]}".format(f)
@decorate
def name(): return "x"
NAME = name()
""",
    "a loop over attributes": """
x = D
for name in ("__init__", "__globals__"):
    x = getattr(x, name)
NAME = f"{x}"
""",
    "a template made of parts": """
parts = ["{0.", "__cla", "ss__}"]
NAME = "".join(parts).format(D)
""",
    "a spec made of parts": """
width = int("9" * 8)
NAME = f"{'x':{width}}"
""",
    "a generator": """
def g(): yield len
NAME = "".join(f"{x}" for x in g())
""",
    "a module's __getattr__": """
def __getattr__(name): return os.environ["XT_TOKEN"]
import sys
NAME = getattr(sys.modules[__name__], "anything")
""",
    "a walrus": """
NAME = f"{(x := len)}" + f"{x}"
""",
    "a pattern that replaces by an object": """
NAME = re.sub("a", lambda m: m, "a")
""",
    "the scope of a function": """
def f(x=D): return f.__defaults__
NAME = str(f())
""",
    "a class made by type": """
C = type("C", (), {"x": os})
NAME = "{0.x.environ}".format(C)
""",
    "slots": """
class C: __slots__ = ("x",)
NAME = str(C.x)
""",
}
"""Modules that make NAME, which has to be unknown."""


def _module(number: int, body: str, name: str) -> str:
    return _HEAD.format(imports=_IMPORTS) + body + _TAIL.format(number=number, name=name)


def write(project: Path) -> None:
    """Writes every way out as a module of its own: `Way0`, `Way1`, … in the order of the lists."""
    bodies = [("", name) for name in (*UNKNOWN, *PLAIN)]
    bodies += [(body, "NAME") for body in MODULES.values()]
    for number, (body, name) in enumerate(bodies):
        (project / f"way{number}.py").write_text(_module(number, body, name))


def plain_value(expression: str) -> object:
    """What Python makes of one of `PLAIN`: none of these depends on the process."""
    names: dict[str, object] = {}
    exec(
        f"import {_IMPORTS}\nD = {{'prefix': 'shop'}}\nL = ['a', 'b']\nclass Plain:\n    x = 'attr'",
        names,
    )
    return eval(expression, names)
