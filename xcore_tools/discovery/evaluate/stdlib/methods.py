"""Methods of texts, lists, dicts, and regular expressions."""

from __future__ import annotations

from itertools import islice

from xcore_tools.discovery.evaluate import strings
from xcore_tools.discovery.evaluate.assignment import is_key
from xcore_tools.discovery.evaluate.call import Call
from xcore_tools.discovery.evaluate.classes import shown
from xcore_tools.discovery.evaluate.operators import first_unknown, iterate
from xcore_tools.discovery.evaluate.stdlib import regex
from xcore_tools.discovery.evaluate.values import (
    OPEN,
    FunctionValue,
    Generated,
    LambdaValue,
    MatchValue,
    Member,
    MemberText,
    PatternValue,
    Unknown,
    Value,
    options_of,
)

_MAX_ITEMS = 5000


Collection = list[Value] | dict[Value, Value] | set[Value]


def mutate(this: Call, receiver: Collection, name: str) -> Value:
    """Changes a known list, dict or set; with values that are not known where it may not happen."""
    if not hasattr(receiver, name) or len(receiver) > _MAX_ITEMS:
        return Unknown(f"method {name}() is not followed")
    if this.scope is not None and this.scope.uncertain:
        return _mutate_perhaps(this, receiver, name)
    args = list(this.args) if name in _KEEPING else [this.value(arg) for arg in this.args]
    keywords = dict(this.keywords)
    if name in {"extend", "update"} and args:
        given = args[0] if isinstance(receiver, dict) else iterate(args[0])
        if given is None or isinstance(given, Unknown):
            return _blur(receiver)
        args = [given]
    if name == "sort" and (keywords.keys() - {"reverse"} or not strings.is_plain(receiver)):
        return _blur(receiver)
    if isinstance(receiver, set) and not all(is_key(arg) for arg in args):
        return _blur(receiver)
    try:
        return getattr(receiver, name)(*args, **keywords)
    except (LookupError, TypeError, ValueError):
        return _blur(receiver)


_KEEPING = frozenset({"append", "insert", "setdefault"})
"""What puts its argument into the collection as it is, known or not."""


def _mutate_perhaps(this: Call, receiver: Collection, name: str) -> Value:
    """A change that may not happen: what is there may be gone, and what comes may be missing."""
    missing = Unknown("an item that may be missing")
    first = this.arg(0)
    if isinstance(receiver, list) and name == "append":
        receiver.append(missing)
        return None
    if isinstance(receiver, list) and name == "extend":
        receiver.extend([missing] * len(iterate(first) or [missing]))
        return None
    if isinstance(receiver, dict) and name in {"setdefault", "update"}:
        added = [first] if name == "setdefault" else [*(iterate(first) or ()), *this.keywords]
        receiver.update({key: missing for key in added if is_key(key)})
        if not added or not all(is_key(key) for key in added):
            receiver[OPEN] = missing
        return missing
    return _blur(receiver)


def _blur(receiver: Collection) -> Unknown:
    """After a change that is not known, neither the items nor their number are."""
    unknown = Unknown("an item that may have been changed")
    if isinstance(receiver, dict):
        receiver.update(dict.fromkeys(receiver, unknown))
        receiver[OPEN] = unknown
    elif isinstance(receiver, set):
        receiver.add(OPEN)
    else:
        receiver[:] = [unknown] * max(len(receiver), 1)
    return unknown


def call_plain(this: Call, receiver: Value, name: str) -> Value:
    """A method of plain data; Unknown if a part of it is not known."""
    if isinstance(receiver, dict) and OPEN in receiver:
        key = this.arg(0)
        is_there = name == "get" and is_key(key) and key in receiver
        return this.value(receiver[key if is_there else OPEN])
    args = [this.value(arg) for arg in this.args]
    if name == "join" and len(args) == 1 and isinstance(args[0], list | tuple):
        args = [[this.value(item) for item in args[0]]]
    keywords = {key: this.value(value) for key, value in this.keywords.items()}
    for value in (*args, *keywords.values()):
        for option in options_of(value):
            if isinstance(option, Unknown):
                return option
    if name == "format":
        if strings.reads_attributes(receiver) and any(
            isinstance(value, Member | MemberText) for value in (*args, *keywords.values())
        ):
            return Unknown("an attribute of a member of an enumeration")
        args = [shown(this.interpreter, arg) for arg in args]
        keywords = {key: shown(this.interpreter, value) for key, value in keywords.items()}
    if name == "join" and len(args) == 1 and isinstance(args[0], Generated):
        args = [[this.value(item) for item in args[0].items]]
    if isinstance(receiver, str) and not (strings.is_plain(args) and strings.is_plain(keywords)):
        return Unknown("a text built from values that are not known")
    result = strings.call_method(receiver, name, args, keywords)
    return this.value(result)


def substitute(this: Call, pattern: Value, first: int) -> Value:
    """`re.sub(pattern, replacement, text)`, where the replacement may be a function of the project."""
    args = [pattern, *(this.value(arg) for arg in this.args[first:])]
    keywords = {key: this.value(value) for key, value in this.keywords.items()}
    replacement = args[1] if len(args) > 1 else keywords.get("repl")
    if not isinstance(replacement, FunctionValue | LambdaValue):
        return regex.call_re("sub", args, keywords)
    rest, named, flags = regex.split_flags("sub", args, keywords)
    compiled = regex.compile_pattern(pattern, flags)
    if isinstance(compiled, Unknown):
        return compiled
    subject = rest[2] if len(rest) > 2 else named.get("string")
    count = rest[3] if len(rest) > 3 else named.get("count", 0)
    refused = regex.refusal(compiled, subject)
    if refused is not None or not isinstance(subject, str) or not isinstance(count, int):
        return refused or Unknown("a count that is not known")
    return _substituted(this, compiled, replacement, subject, count)


def _substituted(
    this: Call, compiled: PatternValue, replacement: Value, subject: str, count: int
) -> Value:
    pieces: list[Value] = []
    end = 0
    for match in islice(compiled.pattern.finditer(subject), count or None):
        result = this.value(this.interpreter.call(replacement, (MatchValue(match),), {}))
        pieces += [subject[end : match.start()], result]
        end = match.end()
    pieces.append(subject[end:])
    unknown = next((piece for piece in pieces if not isinstance(piece, str)), None)
    return "".join(pieces) if unknown is None else first_unknown(unknown)
