"""Methods of texts, lists, dicts, and regular expressions."""

from __future__ import annotations

from itertools import islice

from xcore_tools.discovery.evaluate import formatting, host
from xcore_tools.discovery.evaluate.call import Call
from xcore_tools.discovery.evaluate.classes import formatted, shown
from xcore_tools.discovery.evaluate.cost import charge
from xcore_tools.discovery.evaluate.operators import first_unknown
from xcore_tools.discovery.evaluate.plain import MAX_TEXT, exact, is_key
from xcore_tools.discovery.evaluate.stdlib import regex
from xcore_tools.discovery.evaluate.values import (
    OPEN,
    FunctionValue,
    Generated,
    LambdaValue,
    LibraryObject,
    MatchValue,
    PatternValue,
    Unknown,
    Value,
    options_of,
)


def call_plain(this: Call, receiver: Value, name: str) -> Value:
    """A method of plain data; Unknown if a part of it is not known."""
    if isinstance(receiver, LibraryObject):
        return fill_template(this, receiver, name)
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
    if name == "join" and len(args) == 1 and isinstance(args[0], Generated):
        args = [[this.value(item) for item in args[0].items]]
    if name == "join" and len(args) == 1 and isinstance(args[0], list):
        args = [[exact(item) for item in args[0]]]
    charge(this.interpreter, receiver, *args, *keywords.values())

    def show(value: Value) -> Value:
        return formatted(this.interpreter, this.value(value))

    result = host.call_method(receiver, name, args, keywords, show)
    charge(this.interpreter, result)
    return this.value(result)


def fill_template(this: Call, template: LibraryObject, name: str) -> Value:
    """`string.Template(text).substitute(mapping, **keywords)`, and `safe_substitute`."""
    given = this.interpreter.with_arguments(template)
    text = exact(this.value(given.args[0])) if given.args else None
    mapping = this.arg(0) if this.args else {}
    if type(text) is not str or not isinstance(mapping, dict) or len(this.args) > 1:
        return Unknown("a template that is not known")
    named = {OPEN if key == "**" else key: value for key, value in this.keywords.items()}

    def show(value: Value) -> Value:
        return shown(this.interpreter, this.value(value))

    is_safe = name == "safe_substitute"
    result = formatting.substitute(text, {**mapping, **named}, show, is_safe=is_safe)
    charge(this.interpreter, text, result)
    return result


def substitute(this: Call, pattern: Value, first: int) -> Value:
    """`re.sub(pattern, replacement, text)`, where the replacement may be a function of the project."""
    args = [pattern, *(this.value(arg) for arg in this.args[first:])]
    keywords = {key: this.value(value) for key, value in this.keywords.items()}
    replacement = args[1] if len(args) > 1 else keywords.get("repl")
    if not isinstance(replacement, FunctionValue | LambdaValue):
        return apply_pattern(this, "sub", args, keywords)
    rest, named, flags = regex.split_flags("sub", args, keywords)
    compiled = regex.compile_pattern(pattern, flags)
    if isinstance(compiled, Unknown):
        return compiled
    subject = rest[2] if len(rest) > 2 else named.get("string")
    count = rest[3] if len(rest) > 3 else named.get("count", 0)
    subject = exact(subject)
    refused = regex.refusal(compiled, subject)
    if refused is not None or not isinstance(subject, str) or not isinstance(count, int):
        return refused or Unknown("a count that is not known")
    _use_fuel(this, regex.cost_of(compiled, [subject]))
    return _substituted(this, compiled, replacement, subject, count)


def apply_pattern(this: Call, name: str, args: list[Value], keywords: dict[str, Value]) -> Value:
    """A function of `re`, or a method of a compiled pattern, which is the first argument then.

    Raises:
        LimitReachedError: the matcher might take more work than the statement has left.
    """
    given = [exact(arg) for arg in args]
    named = {key: exact(value) for key, value in keywords.items()}
    _use_fuel(
        this, regex.cost_of(regex.pattern_of(name, given, named), [*given[1:], *named.values()])
    )
    return regex.call_re(name, given, named)


def _use_fuel(this: Call, steps: int) -> None:
    for _ in range(steps):
        this.interpreter.use_fuel()


def _substituted(
    this: Call, compiled: PatternValue, replacement: Value, subject: str, count: int
) -> Value:
    pieces: list[str] = []
    end = size = 0
    for match in islice(compiled.pattern.finditer(subject), count or None):
        result = this.value(this.interpreter.call(replacement, (MatchValue(match),), {}))
        if not isinstance(result, str):
            return first_unknown(result)
        pieces += [subject[end : match.start()], exact(result)]
        end = match.end()
        size += len(result)
        if size > MAX_TEXT:
            return Unknown("a text too long to follow")
    return "".join([*pieces, subject[end:]])
