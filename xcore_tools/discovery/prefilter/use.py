"""One use of a name, and what the module gets from it."""

from __future__ import annotations

from typing import Literal

import msgspec

How = Literal["class", "call", "part"]

ANYTHING = ""
"""Stands for a callee whose name cannot be told."""


class Use(msgspec.Struct, frozen=True, gc=False):
    """One use of a name. `binds` are the names that the module gets from it.

    `how` is "class" in the header of a class, "call" where the name is called (`calls` times in a row; to
    decorate something is a call), "part" of any other statement. `awaited` says how many calls the use
    waits for: none when it happens while the module is imported, one inside a function, two inside a
    function that this one returns; `depth` counts the functions around, a lambda among them, which may be
    called at once. `binds` is then the function; in a class it is the class, and `member` the method.
    `passed_to` are the callees among whose arguments the name may stand, with `@` in front where the call
    decorates something. `is_direct` tells that the targets are bound to just what the call returns,
    `is_receiver` that a method is called, of it or of that.
    """

    how: How
    binds: tuple[str, ...]
    awaited: int = 0
    depth: int = 0
    member: str = ""
    calls: int = 1
    passed_to: tuple[str, ...] = ()
    is_direct: bool = False
    is_receiver: bool = False
