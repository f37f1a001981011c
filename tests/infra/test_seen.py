"""What was mirrored of each product, with keyword counts that always add up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from infra.database import Database
from infra.seen import Seen, SeenProducts

A, B = "a.myshopify.com", "b.myshopify.com"


@pytest.fixture
def seen(database_url: str) -> Iterator[SeenProducts]:
    with closing(Database(database_url)) as database:
        yield SeenProducts(database)


def one(product_id: str, *terms: int, sales: int = 0, category: str = "Dresses") -> Seen:
    return Seen(product_id, f"print-{terms}", category, sales, frozenset(terms))


def test_keyword_counts_follow_every_change(seen: SeenProducts) -> None:
    seen.put(A, [one("p1", 1, 2), one("p2", 2, 3)])
    assert seen.frequencies(A, {1, 2, 3, 4}) == (2, {1: 1, 2: 2, 3: 1})
    seen.put(A, [one("p1", 3)])
    assert seen.frequencies(A, {1, 2, 3}) == (2, {1: 0, 2: 1, 3: 2})
    seen.forget(A, ["p2", "unknown"])
    assert seen.frequencies(A, {1, 2, 3}) == (1, {1: 0, 2: 0, 3: 1})


def test_shops_are_apart(seen: SeenProducts) -> None:
    seen.put(A, [one("p1", 1, sales=5)])
    seen.put(B, [one("p1", 1, 2)])
    seen.forget(B, ["p1"])
    assert seen.frequencies(A, {1, 2}) == (1, {1: 1})
    assert seen.fingerprints(A) == {"p1": ("print-(1,)", 5)}
    assert seen.fingerprints(B) == {}


def test_sales_are_read_by_category(seen: SeenProducts) -> None:
    seen.put(A, [one("p1", sales=5), one("p2", sales=7, category="Hats")])
    seen.put_sales(A, {"p1": 9, "unknown": 1})
    assert sorted(seen.sales(A)) == [7, 9]
    assert list(seen.sales(A, "Hats")) == [7]
