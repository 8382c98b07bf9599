"""The spool gives back what was put into it, from memory and from its file."""

from __future__ import annotations

import multiprocessing
import os
import random
import tempfile

import pytest

from xcore_tools.discovery.cache import spool
from xcore_tools.discovery.cache.spool import Place, Spool


def test_memory_first_then_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_HELD", 1000)
    dice = random.Random(1)
    texts = [dice.randbytes(dice.choice([0, 1, 50, 400, 3000])) for _ in range(60)]
    here = Spool()
    places = [here.put(text) for text in texts]
    assert {start < 0 for start, _ in places} == {True, False}
    assert [here.get(place) for place in places] == texts
    monkeypatch.delattr(os, "pread", raising=False)  # as on Windows
    assert [here.get(place) for place in places] == texts
    places.append(here.put(b"more" * 1000))
    assert here.get(places[-1]) == b"more" * 1000
    here.close()
    here.close()


def _read(pair: tuple[int, Place]) -> bytes:
    return _SHARED[pair[0]].get(pair[1])


_SHARED: list[Spool] = []


def test_forked_processes_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_HELD", 10)
    _SHARED.append(Spool())
    texts = [str(number).encode() * 100 for number in range(50)]
    places = [_SHARED[0].put(text) for text in texts]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(_read, [(0, place) for place in places]) == texts
    _SHARED.pop().close()


def test_where_no_file_can_be_made_memory_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(spool, "_HELD", 0)
    here = Spool()
    assert here.get(here.put(b"text")) == b"text"
