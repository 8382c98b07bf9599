"""Methods that change a list, a dict or a set: only what is understood, and not beyond what a value may hold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from xcore_tools.discovery.evaluate import computing, host
from xcore_tools.discovery.evaluate.call import Call
from xcore_tools.discovery.evaluate.cost import charge
from xcore_tools.discovery.evaluate.operators import iterate
from xcore_tools.discovery.evaluate.plain import MAX_ITEMS, is_key, is_plain
from xcore_tools.discovery.evaluate.values import OPEN, ClassValue, Display, Lost, Unknown, Value

Collection = list[Value] | dict[Value, Value] | set[Value]


def mutate(this: Call, receiver: Collection, name: str) -> Value:
    """Changes a known list, dict or set; with values that are not known where it may not happen."""
    change = _CHANGES.get((type(receiver), name))
    if change is None or len(receiver) > MAX_ITEMS:
        return Unknown(f"method {name}() is not followed")
    if this.scope is not None and this.scope.uncertain:
        return _mutate_perhaps(this, receiver, name)
    kept = _KEEPING.get(name, len(this.args))
    args = [*(this.value(arg) for arg in this.args[:kept]), *this.args[kept:]]
    is_plain_call = name == "sort"
    keywords = {k: this.value(v) if is_plain_call else v for k, v in this.keywords.items()}
    charge(this.interpreter, *args[:kept])
    try:
        return change(receiver, *args, **keywords)
    except (LookupError, TypeError, ValueError):
        return _blur(receiver)


_KEEPING = {"append": 0, "insert": 1, "setdefault": 1}
"""What puts its arguments from this one on into the collection as they are, known or not."""


class _NotKnownError(TypeError):
    """Indicates that nobody knows what a change makes of a collection."""


def _known(is_known: bool) -> None:
    if not is_known:
        raise _NotKnownError


def _append(items: list[Value], item: Value) -> None:
    _known(len(items) < MAX_ITEMS)
    items.append(item)


def _insert(items: list[Value], place: Value, item: Value) -> None:
    _known(type(place) is int and len(items) < MAX_ITEMS)
    items.insert(place, item)


def _extend(items: list[Value], given: Value) -> None:
    added = iterate(given)
    if added is None or len(items) + len(added) > MAX_ITEMS:
        raise _NotKnownError
    items.extend(added)


def _remove(items: list[Value], item: Value) -> None:
    known = [each for each in items if is_plain(each) or isinstance(each, ClassValue)]
    _known(host.is_searched(item, items) and len(known) == len(items))
    items.remove(item)


def _sort(items: list[Value], *, reverse: Value = False) -> None:
    order = computing.sorted_by(items, reverse=bool(reverse)) if type(reverse) is bool else None
    if order is None:
        raise _NotKnownError
    items[:] = [items[place] for place in order]


def _pop(items: list[Value] | dict[Value, Value], *args: Value) -> Value:
    _known(all(map(is_key, args[:1])) and (isinstance(items, list) or OPEN not in items))
    return items.pop(*args)


def _popitem(items: dict[Value, Value]) -> Value:
    _known(OPEN not in items)
    return items.popitem()


def _setdefault(items: dict[Value, Value], key: Value, default: Value = None) -> Value:
    _known(is_key(key) and (key in items or (OPEN not in items and len(items) < MAX_ITEMS)))
    return items.setdefault(key, default)


def _update(items: dict[Value, Value], *given: Value, **keywords: Value) -> None:
    added: dict[Value, Value] = {}
    for value in given:
        pairs = value if isinstance(value, dict) else _pairs(value)
        added |= pairs
    added |= {OPEN if key == "**" else key: value for key, value in keywords.items()}
    _known(len(given) <= 1 and len(items) + len(added) <= MAX_ITEMS)
    if OPEN in added:
        items |= dict.fromkeys(items, added[OPEN])
    items |= added


def _pairs(value: Value) -> dict[Value, Value]:
    """The dict that pairs of keys and values make."""
    pairs = [iterate(pair) for pair in iterate(value) or [None]]
    known = [pair for pair in pairs if pair is not None and len(pair) == 2 and is_key(pair[0])]
    _known(len(known) == len(pairs) or iterate(value) == [])
    return dict(map(tuple, known))


def _add(items: set[Value], item: Value) -> None:
    _known(is_key(item) and len(items) < MAX_ITEMS)
    items.add(item)


def _take_out(items: set[Value], item: Value, *, is_there: bool) -> None:
    _known(is_key(item) and OPEN not in items)
    if is_there:
        items.remove(item)
    else:
        items.discard(item)


def _set_update(items: set[Value], *others: Value) -> None:
    _known(all(host.are_keys(other) for other in others))
    _known(len(items) + sum(map(len, others)) <= MAX_ITEMS)
    items.update(*others)


def _set_pop(items: set[Value]) -> Value:
    """The only item; of several, nobody knows which."""
    _known(len(items) == 1 and OPEN not in items)
    return items.pop()


_OF_DICTS: dict[str, Callable[..., Value]] = {
    "clear": lambda items: items.clear(),
    "pop": _pop,
    "popitem": _popitem,
    "setdefault": _setdefault,
    "update": _update,
}
_OF_LISTS: dict[str, Callable[..., Value]] = {
    "append": _append,
    "clear": lambda items: items.clear(),
    "extend": _extend,
    "insert": _insert,
    "pop": _pop,
    "remove": _remove,
    "reverse": lambda items: items.reverse(),
    "sort": _sort,
}
_OF_SETS: dict[str, Callable[..., Value]] = {
    "add": _add,
    "clear": lambda items: items.clear(),
    "discard": partial(_take_out, is_there=False),
    "pop": _set_pop,
    "remove": partial(_take_out, is_there=True),
    "update": _set_update,
}
_CHANGES: dict[tuple[type, str], Callable[..., Value]] = {
    (kind, name): change
    for kind, changes in (
        (list, _OF_LISTS),
        (dict, _OF_DICTS),
        (Display, _OF_DICTS),
        (set, _OF_SETS),
    )
    for name, change in changes.items()
}
"""How a collection is changed: only by what is understood, and never beyond what a value may hold."""


def _mutate_perhaps(this: Call, receiver: Collection, name: str) -> Value:
    """A change that may not happen: what is there may be gone, and what comes may be missing."""
    missing = Unknown("an item that may be missing")
    first = this.arg(0)
    if isinstance(receiver, list) and name == "append":
        receiver[len(receiver) :] = [missing] if len(receiver) < MAX_ITEMS else []
        return None
    if isinstance(receiver, list) and name == "extend":
        room = MAX_ITEMS - len(receiver)
        receiver.extend([missing] * min(len(iterate(first) or [missing]), room))
        return None
    if isinstance(receiver, dict) and name in {"setdefault", "update"}:
        added = [first] if name == "setdefault" else [*(iterate(first) or ()), *this.keywords]
        room = MAX_ITEMS - len(receiver)
        receiver.update({key: missing for key in added[:room] if is_key(key)})
        if not added or len(added) > room or not all(is_key(key) for key in added):
            receiver[OPEN] = missing
        return missing
    return _blur(receiver)


def _blur(receiver: Collection) -> Unknown:
    """After a change that is not known, neither the items nor their number are."""
    unknown = Lost("an item that may have been changed")
    if isinstance(receiver, dict):
        receiver.update(dict.fromkeys(receiver, unknown))
        receiver[OPEN] = unknown
    elif isinstance(receiver, set):
        receiver.add(OPEN)
    else:
        receiver[:] = [unknown] * max(len(receiver), 1)
    return unknown
