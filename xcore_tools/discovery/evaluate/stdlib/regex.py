"""Regular expressions of the scanned code: applied only where they cannot backtrack for long.

What a pattern may cost is told from its parse, not from its text: each repetition and each choice
multiplies the ways to match, and what is repeated and has several ways itself has exponentially many.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from xcore_tools.discovery.evaluate.host import bounded
from xcore_tools.discovery.evaluate.plain import exact
from xcore_tools.discovery.evaluate.values import MatchValue, PatternValue, Unknown, Value

_parser: Any = vars(re)["_parser"]
"""What `re` itself reads patterns with, since 3.11; type checkers do not know of it."""

_MAX_PATTERN = 200
_MAX_SUBJECT = 255
_MAX_STEPS = 3_000_000
"""Of the matcher: some hundredths of a second."""

_STEPS_OF_FUEL = 200
"""Steps of the matcher that count as one step of the interpreter."""

_MAX_RESULT = 1000
_MAX_FOLDED = 2_000
"""Characters in the sets of a pattern that ignores case: `re` looks at each of them when it compiles."""

_KNOWN_FLAGS = re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE | re.ASCII | re.UNICODE
FLAGS = {f"re.{name}": int(flag) for name, flag in re.RegexFlag.__members__.items()}
"""What the flags of `re` stand for, under their dotted names."""

_FLAGS_AT = {"sub": 4, "subn": 4, "split": 3, "match": 2, "search": 2, "fullmatch": 2, "findall": 2}
"""Where a function of `re` takes flags; a method of a compiled pattern takes none."""

_FUNCTIONS: dict[str, Callable[..., Any]] = {name: getattr(re.Pattern, name) for name in _FLAGS_AT}
_ARGUMENT_TYPES = frozenset({str, int, bool})
_ARGUMENTS = frozenset({"count", "maxsplit", "string", "repl", "pos", "endpos"})


def split_flags(
    name: str, args: Sequence[Value], keywords: dict[str, Value]
) -> tuple[list[Value], dict[str, Value], Value]:
    """The arguments of a function of `re` without the flags, and the flags."""
    at = _FLAGS_AT.get(name, len(args))
    flags = args[at] if len(args) > at else keywords.get("flags", 0)
    return list(args[:at]), {k: v for k, v in keywords.items() if k != "flags"}, flags


def compile_pattern(pattern: Value, flags: Value = 0) -> PatternValue | Unknown:
    """A compiled regular expression, or the reason why it is refused."""
    if isinstance(pattern, PatternValue):
        return pattern
    if not isinstance(pattern, str) or len(pattern) > _MAX_PATTERN:
        return Unknown("a regular expression that is not plain text")
    if not isinstance(flags, int) or flags & ~int(_KNOWN_FLAGS):
        return Unknown("a regular expression with flags that are not known")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sets that may mean something else one day
            if _folded(pattern, flags) > _MAX_FOLDED:
                return Unknown("a regular expression with sets of too many characters")
            return PatternValue(re.compile(pattern, flags))
    except (re.error, RecursionError, OverflowError, ValueError):
        return Unknown("a regular expression that does not compile")


@lru_cache(maxsize=500)
def _folded(pattern: str, flags: int) -> int:
    """How many characters `re` looks at to compile a pattern that ignores case; 0 for others."""
    may_ignore = flags & re.IGNORECASE or "(?" in pattern
    return _width_of(_parser.parse(pattern, flags)) if may_ignore else 0


def _width_of(item: Any) -> int:
    """The characters in all ranges of a parsed pattern."""
    if isinstance(item, tuple) and len(item) == 2 and str(item[0]) == "RANGE":
        return int(item[1][1]) - int(item[1][0]) + 1
    if isinstance(item, tuple | list | _parser.SubPattern):
        return sum(map(_width_of, item))
    return 0


def pattern_of(
    name: str, args: Sequence[Value], keywords: dict[str, Value]
) -> PatternValue | Unknown:
    """The pattern that a function of `re` is given, compiled."""
    if name not in _FLAGS_AT or not args:
        return Unknown(f"re.{name}() is not followed")
    rest, _, flags = split_flags(name, args, keywords)
    return compile_pattern(rest[0], flags)


def cost_of(pattern: PatternValue | Unknown, subjects: Sequence[Value]) -> int:
    """How many steps of the interpreter it takes, at most, to apply a pattern to the texts among some values."""
    if isinstance(pattern, Unknown):
        return 1
    texts = [value for value in subjects if isinstance(value, str) and len(value) <= _MAX_SUBJECT]
    size = max(map(len, texts), default=0) + 1
    compiled = pattern.pattern
    steps = _ways(compiled.pattern, compiled.flags, size) * size
    return len(compiled.pattern) + min(steps, _MAX_STEPS) // _STEPS_OF_FUEL


def refusal(pattern: PatternValue, subject: Value) -> Unknown | None:
    """Why a pattern is not applied to a text; None where it finds its matches before anybody notices."""
    if not isinstance(subject, str):
        return Unknown("a text that is not known")
    if len(subject) > _MAX_SUBJECT:
        return Unknown("a text too long for a regular expression")
    size = len(subject) + 1
    compiled = pattern.pattern
    if _ways(compiled.pattern, compiled.flags, size) * size > _MAX_STEPS:
        return Unknown("a regular expression that might take long")
    return None


@lru_cache(maxsize=500)
def _ways(pattern: str, flags: int, size: int) -> int:
    """In how many ways a pattern can try to match from one place of a text of that size, at most."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _ways_of(_parser.parse(pattern, flags & ~re.DEBUG), size)


def _ways_of(items: Any, size: int) -> int:
    """The ways of a sequence: the product of those of its items."""
    ways = 1
    for operator, argument in items:
        ways *= _ways_of_one(str(operator), argument, size)
        if ways > _MAX_STEPS:
            return ways
    return ways


def _ways_of_one(operator: str, argument: Any, size: int) -> int:
    if operator in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        least, most, inside = argument
        return _ways_of_repeat(least, min(most, size), _ways_of(inside, size))
    if operator == "BRANCH":
        return sum(_ways_of(branch, size) for branch in argument[1])
    if operator == "GROUPREF_EXISTS":
        return sum(_ways_of(branch, size) for branch in argument[1:] if branch is not None)
    if operator == "SUBPATTERN":
        return _ways_of(argument[3], size)
    if operator in {"ASSERT", "ASSERT_NOT"}:
        return _ways_of(argument[1], size)
    return _ways_of(argument, size) if operator == "ATOMIC_GROUP" else 1


def _ways_of_repeat(least: int, most: int, inside: int) -> int:
    """The ways to repeat something that has `inside` ways: for each number of rounds, all of each round."""
    if inside == 1:
        return max(most - least, 0) + 1
    ways, of_rounds = 0, inside ** min(least, 30)
    for _ in range(least, most + 1):
        ways += of_rounds
        of_rounds *= inside
        if ways > _MAX_STEPS:
            break
    return ways


def call_re(name: str, args: Sequence[Value], keywords: dict[str, Value]) -> Value:
    """A function of `re` (or, with the pattern first, a method of a compiled one)."""
    if name == "compile":
        flags = args[1] if len(args) > 1 else keywords.get("flags", 0)
        return compile_pattern(args[0] if args else None, flags)
    if name == "escape" and args and isinstance(args[0], str) and len(args[0]) <= _MAX_SUBJECT:
        return re.escape(args[0])
    if name not in _FLAGS_AT or not args or not keywords.keys() <= {*_ARGUMENTS, "flags"}:
        return Unknown(f"re.{name}() is not followed")
    rest, named, flags = split_flags(name, args, keywords)
    compiled = compile_pattern(rest[0], flags)
    if isinstance(compiled, Unknown):
        return compiled
    given = [*rest[1:], *named.values()]
    if not all(type(item) in _ARGUMENT_TYPES for item in given):
        return Unknown(f"re.{name}() of values that are not known")
    refused = [why for item in given if type(item) is str and (why := refusal(compiled, item))]
    return refused[0] if refused else _applied(compiled, name, rest[1:], named)


def _applied(
    compiled: PatternValue, name: str, args: list[Value], named: dict[str, Value]
) -> Value:
    try:
        result = _FUNCTIONS[name](compiled.pattern, *args, **named)
    except (TypeError, ValueError, IndexError, OverflowError, re.error, RecursionError):
        return Unknown(f"re.{name}() fails on these values")
    if isinstance(result, re.Match):
        return MatchValue(result)
    is_long = result is not None and len(result) > _MAX_RESULT
    return Unknown("a value too long to follow") if is_long else result


_GROUP_TYPES = frozenset({str, int, bool, type(None)})
_OF_MATCHES: dict[str, Callable[..., Any]] = {
    name: getattr(re.Match, name)
    for name in ("group", "groups", "groupdict", "start", "end", "span", "expand")
}


def call_match(match: MatchValue, name: str, args: Sequence[Value]) -> Value:
    """A method of a match: `group`, `groups`, `groupdict`, `start`, `end`, `span`."""
    function = _OF_MATCHES.get(name)
    given = [exact(arg) for arg in args]
    if function is None or not all(type(arg) in _GROUP_TYPES for arg in given):
        return Unknown(f"match.{name}() is not followed")
    if name == "expand" and not all(
        isinstance(arg, str) and len(arg) <= _MAX_SUBJECT for arg in given
    ):
        return Unknown("a text too long for a regular expression")
    try:
        return bounded(function(match.match, *given))
    except (IndexError, TypeError, re.error):
        return Unknown("a group that does not exist")
