"""What was mirrored of each product, with keyword counts that always add up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from infra.database import Database
from infra.seen import NEVER_AGAIN, NOWHERE, Seen, SeenProducts

A, B = "a.myshopify.com", "b.myshopify.com"


@pytest.fixture
def seen(database_url: str) -> Iterator[SeenProducts]:
    with closing(Database(database_url)) as database:
        yield SeenProducts(database)


def one(product_id: str, *terms: int, sales: int = 0, category: str = "Dresses") -> Seen:
    return Seen(product_id, 100, "here", f"print-{terms}", category, sales, frozenset(terms))


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


def test_a_product_without_a_place_is_remembered_but_never_counted(seen: SeenProducts) -> None:
    seen.put(A, [one("p1", 1, sales=5), Seen("p2", 7, NOWHERE, "", "", 0)])
    assert (list(seen.sales(A)), seen.sold(A), seen.frequencies(A, {1})) == (
        [5],
        {"p1": (5, "here")},
        (1, {1: 1}),
    )
    assert set(seen.fingerprints(A)) == {"p1"}
    assert seen.stamps(A) == {"p1": 100, "p2": 7}
    seen.put(A, [Seen("p3", NEVER_AGAIN, NOWHERE, "", "", 0), replace(one("p4"), updated_at=0)])
    assert seen.count_current(A, "here") == 2
    seen.outdate(A)
    assert seen.stamps(A)["p3"] == NEVER_AGAIN


def test_times_of_change_never_go_back(seen: SeenProducts) -> None:
    seen.put(A, [one("p1"), one("p2")])
    seen.touch(A, {"p1": 90, "p2": 110, "unknown": 1})
    assert seen.stamps(A) == {"p1": 100, "p2": 110}


def test_what_is_out_of_date_keeps_its_sales_and_its_words(seen: SeenProducts) -> None:
    seen.put(A, [one("p1", 1, sales=5), one("p2", 1, sales=6)])
    seen.outdate(A)
    assert seen.stamps(A) == {"p1": 0, "p2": 0}
    assert seen.fingerprints(A) == {"p1": ("", 5), "p2": ("", 6)}
    seen.touch(A, {"p1": 50})
    seen.outdate(A, ["p1"])
    assert seen.stamps(A) == {"p1": 0, "p2": 0}
    assert seen.frequencies(A, {1}) == (2, {1: 2})


def test_what_is_misplaced_counts_no_more_until_it_is_written_again(seen: SeenProducts) -> None:
    seen.put(A, [one("p1", 1, sales=5), one("p2", 1, sales=6)])
    seen.misplace(A, ["p1"])
    assert (seen.count(A, "here"), seen.sold(A), seen.stamps(A)) == (
        1,
        {"p2": (6, "here")},
        {"p1": 0, "p2": 100},
    )
    assert seen.of(A, ["p1"])["p1"].sales_count == 5
    seen.touch(A, {"p1": 70})
    assert seen.stamps(A)["p1"] == 0
    seen.put(A, [one("p1", 2, sales=5)])
    assert seen.frequencies(A, {1, 2}) == (2, {1: 1, 2: 1})


def test_products_are_counted_and_named_by_their_collection(seen: SeenProducts) -> None:
    seen.put(
        A, [one("p1", 1), replace(one("p2", 1, 2), collection="there"), Seen("p3", 7, NOWHERE, "", "", 0)]
    )
    assert (seen.count(A, "here"), seen.count(A, "there")) == (1, 1)
    assert (seen.elsewhere(A, "there"), seen.elsewhere(A, "here")) == ({"p1"}, {"p2"})


def test_thousands_are_written_and_forgotten_at_once(seen: SeenProducts) -> None:
    seen.put(A, [one(f"p{number}", number % 3) for number in range(1200)])
    assert len(seen.of(A, [f"p{number}" for number in range(2000)])) == 1200
    seen.forget(A, [f"p{number}" for number in range(1199)])
    assert seen.frequencies(A, {0, 1, 2}) == (1, {0: 0, 1: 0, 2: 1})
