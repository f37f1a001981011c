"""Kept vectors: what was written is read, and there are never too many of them, nor old ones."""

from __future__ import annotations

from collections.abc import Iterator
from time import time

import numpy as np
import pytest

from infra.database import Database
from infra.embedding import cache
from infra.embedding.cache import DAYS, Vector, VectorCache


@pytest.fixture
def kept(database_url: str) -> Iterator[VectorCache]:
    database = Database(database_url)
    VectorCache(database)
    yield VectorCache(database)
    database.close()


def vector(seed: int) -> Vector:
    return np.random.default_rng(seed).normal(size=2048).astype(np.float32)


def test_vectors_are_kept_while_they_are_new_and_few(
    kept: VectorCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {str(number): vector(number) for number in range(5)}
    kept.write({})
    kept.write(written)
    kept.write({"0": vector(9)})  # two processes bought the same: the first one counts
    read = kept.read(["3", "0", "0", "unknown"])
    assert read.keys() == {"0", "3"}
    assert all(np.array_equal(read[key], written[key]) for key in read)
    assert read["0"].flags.writeable
    assert kept.read([]) == {}

    monkeypatch.setattr(cache, "MOST", 3)
    monkeypatch.setattr(cache, "time", lambda: time() + 60)
    kept.write({"new": vector(6)})
    assert kept.read([*written, "new"]).keys() == {"new", "0", "1"}

    monkeypatch.setattr(cache, "time", lambda: time() + 90 + DAYS * 86_400)
    kept.write({"newest": vector(7)})
    assert kept.read([*written, "new", "newest"]).keys() == {"newest"}
