"""Methods of texts, lists, dicts, and regular expressions."""

from __future__ import annotations

from xcore_tools.discovery.follow import text
from xcore_tools.discovery.follow.operators import iterate
from xcore_tools.discovery.follow.values import (
    FunctionValue,
    LambdaValue,
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
    if len(args) < 3 or not isinstance(args[1], FunctionValue | LambdaValue):
        return text.call_re("sub", args, {k: this.value(v) for k, v in this.keywords.items()})
    compiled = text.compile_pattern(pattern)
    if isinstance(compiled, Unknown) or not isinstance(args[2], str):
        return compiled if isinstance(compiled, Unknown) else Unknown("a text that is not known")
    pieces: list[Value] = []
    end = 0
    for match in text.matches(compiled, args[2]):
        pieces += [
            args[2][end : match.match.start()],
            this.machine.known(this.machine.call(args[1], (match,), {})),
        ]
        end = match.match.end()
    pieces.append(args[2][end:])
    return next((p for p in pieces if not isinstance(p, str)), None) or "".join(pieces)
