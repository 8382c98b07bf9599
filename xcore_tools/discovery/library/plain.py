"""Methods of texts, lists, dicts, and regular expressions."""

from __future__ import annotations

from itertools import islice

from xcore_tools.discovery.follow import patterns, text
from xcore_tools.discovery.follow.operators import first_unknown, iterate
from xcore_tools.discovery.follow.values import (
    FunctionValue,
    LambdaValue,
    MatchValue,
    PatternValue,
    Unknown,
    Value,
    options_of,
)
from xcore_tools.discovery.library.call import Call

__all__ = ["MUTATORS", "call_plain", "mutate", "substitute"]

MUTATORS = frozenset({"append", "extend", "update", "setdefault", "pop", "insert", "add"})


def mutate(this: Call, receiver: list[Value] | dict[Value, Value], name: str) -> Value:
    """Changes a known list or dict; with values that are not known where it may not happen."""
    value = this.arg(0)
    uncertain = this.frame is not None and this.frame.uncertain
    if uncertain:
        value = Unknown("an item that may be missing")
    if isinstance(receiver, list):
        if name == "append":
            receiver.append(value)
        elif name in {"extend", "update"}:
            receiver.extend(iterate(value) or [])
        return None
    if name == "pop":
        key = value if isinstance(value, str) else None
        return receiver.pop(key, this.arg(1))
    if name == "setdefault" and isinstance(value, str):
        return receiver.setdefault(value, this.arg(1))
    if name == "update":
        added = {**(value if isinstance(value, dict) else {}), **this.keywords}
        receiver.update(
            {k: Unknown("an item that may be missing") for k in added} if uncertain else added
        )
    return None


def call_plain(this: Call, receiver: Value, name: str) -> Value:
    """A method of plain data; Unknown if a part of it is not known."""
    args = [this.value(arg) for arg in this.args]
    if name == "join" and len(args) == 1 and isinstance(args[0], list | tuple):
        args = [[this.value(item) for item in args[0]]]
    keywords = {key: this.value(value) for key, value in this.keywords.items()}
    for value in (*args, *keywords.values()):
        for option in options_of(value):
            if isinstance(option, Unknown):
                return option
    if isinstance(receiver, str) and not (text.is_plain(args) and text.is_plain(keywords)):
        return Unknown("a text built from values that are not known")
    result = text.call_method(receiver, name, args, keywords)
    return this.value(result)


def substitute(this: Call, pattern: Value, first: int) -> Value:
    """`re.sub(pattern, replacement, text)`, where the replacement may be a function of the project."""
    args = [pattern, *(this.value(arg) for arg in this.args[first:])]
    keywords = {key: this.value(value) for key, value in this.keywords.items()}
    replacement = args[1] if len(args) > 1 else keywords.get("repl")
    if not isinstance(replacement, FunctionValue | LambdaValue):
        return patterns.call_re("sub", args, keywords)
    rest, named, flags = patterns.split_flags("sub", args, keywords)
    compiled = patterns.compile_pattern(pattern, flags)
    if isinstance(compiled, Unknown):
        return compiled
    subject = rest[2] if len(rest) > 2 else named.get("string")
    count = rest[3] if len(rest) > 3 else named.get("count", 0)
    if not (isinstance(subject, str) and isinstance(count, int)) or not patterns.is_affordable(
        compiled, subject
    ):
        return Unknown("a regular expression that might take long")
    return _substituted(this, compiled, replacement, subject, count)


def _substituted(
    this: Call, compiled: PatternValue, replacement: Value, subject: str, count: int
) -> Value:
    pieces: list[Value] = []
    end = 0
    for match in islice(compiled.pattern.finditer(subject), count or None):
        result = this.value(this.machine.call(replacement, (MatchValue(match),), {}))
        pieces += [subject[end : match.start()], result]
        end = match.end()
    pieces.append(subject[end:])
    unknown = next((piece for piece in pieces if not isinstance(piece, str)), None)
    return "".join(pieces) if unknown is None else first_unknown(unknown)
