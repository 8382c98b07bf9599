"""Built-in functions that make or go through collections, as far as they are followed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from xcore_tools.discovery.evaluate import computing
from xcore_tools.discovery.evaluate.call import Call
from xcore_tools.discovery.evaluate.cost import charge
from xcore_tools.discovery.evaluate.operators import (
    MAX_ITEMS,
    each,
    first_unknown,
    iterate,
    truth_of,
)
from xcore_tools.discovery.evaluate.plain import SEQUENCES, is_key, set_of
from xcore_tools.discovery.evaluate.values import (
    OPEN,
    Lost,
    Unknown,
    Value,
)


def call_dict(this: Call) -> Value:
    """`dict(…)` of a dict, of pairs, and of keywords."""
    first = this.arg(0)
    charge(this.interpreter, first)
    keywords = {OPEN if key == "**" else key: value for key, value in this.keywords.items()}
    if not this.args or isinstance(first, dict):
        return {**(first if this.args else {}), **keywords}
    pairs = [iterate(this.value(item)) for item in iterate(first) or [None]]
    known = [pair for pair in pairs if pair is not None and len(pair) == 2 and is_key(pair[0])]
    if len(known) < len(pairs) and iterate(first) != []:
        return {OPEN: first_unknown(first), **keywords}
    return {**dict(map(tuple, known)), **keywords}


def collection_of(kind: Callable[[list[Value]], Value]) -> Callable[[Call], Value]:
    """`list(…)` and `tuple(…)`: the answer for one of them."""

    def make(this: Call) -> Value:
        if not this.args:
            return kind([])
        items = iterate(this.arg(0))
        if items is None:
            return Unknown("a collection that is not known")
        charge(this.interpreter, items)
        return kind(items)

    return make


def call_len(this: Call) -> Value:
    """`len(…)`"""
    value = this.arg(0)
    is_known = isinstance(value, _SIZED) and (isinstance(value, str) or OPEN not in value)
    if type(value) in SEQUENCES and any(isinstance(item, Lost) for item in value):
        is_known = False
    return len(value) if is_known else Unknown("len() of a value that is not known")


_SIZED = (tuple, list, dict, set, frozenset, str)


def call_sorted(this: Call) -> Value:
    """`sorted(items, key=…, reverse=…)`"""
    items = each(this.arg(0))
    key, reverse = this.value(this.keywords.get("key")), this.value(this.keywords.get("reverse"))
    if items is None or not isinstance(reverse, bool | int | None):
        return Unknown("sorted() of values that are not known")
    keys = [this.value(this.interpreter.call(key, (item,), {})) for item in items] if key else items
    charge(this.interpreter, keys)
    order = computing.sorted_by(keys, reverse=bool(reverse))
    if order is None:
        return Unknown("sorted() by values that are not known")
    return [items[number] for number in order]


def call_enumerate(this: Call) -> Value:
    """`enumerate(items, start)`"""
    items, start = iterate(this.arg(0)), this.arg(1, "start") or 0
    if items is None or not isinstance(start, int):
        return Unknown("enumerate() of values that are not known")
    return list(enumerate(items, start))


def call_set(this: Call) -> Value:
    """`set(…)`, `frozenset(…)`: as Python has it where all items are plain, else in the order given."""
    items = each(this.arg(0)) if this.args else []
    if items is None:
        return Unknown("a set of values that are not known")
    values = [this.value(item) for item in items]
    unknown = next((value for value in values if isinstance(value, Unknown)), None)
    if unknown is not None:
        return unknown
    return set_of(values)


def call_map(this: Call) -> Value:
    """`map(function, items)`"""
    items = iterate(this.arg(1)) if len(this.args) == 2 else None
    if items is None:
        return Unknown("map() over values that are not known")
    function = this.arg(0)
    return [this.value(this.interpreter.call(function, (item,), {}, this.site)) for item in items]


def call_filter(this: Call) -> Value:
    """`filter(function, items)`"""
    function, items = this.arg(0), iterate(this.arg(1))
    if items is None:
        return Unknown("filter() of values that are not known")
    kept: list[Value] = []
    for item in items:
        answer = this.interpreter.call(function, (item,), {}, this.site) if function else item
        truth = truth_of(this.value(answer))
        if truth is None:
            return Unknown("filter() by a condition that is not known")
        kept += [item] if truth else []
    return kept


def call_next(this: Call) -> Value:
    """`next(items, default)` of an iterator that nobody has begun."""
    items = iterate(this.arg(0))
    if items is None or not (items or len(this.args) > 1):
        return Unknown("next() of values that are not known")
    return this.value(items[0]) if items else this.arg(1)


def call_zip(this: Call, items: list[Value]) -> Value:
    """`zip(…)`, as long as the shortest."""
    others = [iterate(this.arg(position)) for position in range(1, len(this.args))]
    known = [other for other in others if other is not None]
    if len(known) < len(others):
        return Unknown("zip() of values that are not known")
    return list(zip(items, *known, strict=False))


def call_range(this: Call) -> Value:
    """`range(…)`, at most one number more than is looped over."""
    numbers = [this.arg(position) for position in range(len(this.args))]
    if not all(type(n) in {int, bool} for n in numbers) or not numbers:
        return Unknown("a range that is not known")
    try:
        items = list(islice(range(*numbers), MAX_ITEMS + 1))  # one too many says: too many
        charge(this.interpreter, items)
        return items
    except (TypeError, ValueError):
        return Unknown("a range that does not work")
