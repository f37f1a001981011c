"""Verifying: the mirror is compared row by row with what was written to it, and mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from infra.errors import Unavailable
from infra.milvus import MirrorRow, SalesChange
from sync.audit import audit, has_other_rows
from tests.infra.devstore_kit import SHOP
from tests.sync.mirror_kit import Desk, desk

WELL = {"lost": 0, "strays": 0, "other_content": 0, "other_sales": 0}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Desk]:
    """Four hats, mirrored; two have sold."""
    with desk(tmp_path) as opened:
        opened.whole()
        opened.sold({opened.hats[0]: 7, opened.hats[1]: 3})
        yield opened


def row(product_id: str, sales: int = 0) -> MirrorRow:
    dense = np.eye(1, 512, dtype=np.float32)[0]
    return MirrorRow(product_id, "x", "Hats", "", "", "", 1.0, sales, "key", "print", dense, {1: 1.0})


def lose(shop: Desk) -> None:
    shop.services.mirror.remove(SHOP, shop.hats[:2])


def stray(shop: Desk) -> None:
    shop.services.mirror.put(SHOP, [fitting(shop, row("gid://shopify/Product/404"))])


def other_content(shop: Desk) -> None:
    shop.services.mirror.put(SHOP, [fitting(shop, row(shop.hats[0], sales=7))])


def other_sales(shop: Desk) -> None:
    change = SalesChange(shop.hats[0], 1000, shop.services.mirror.collection(SHOP))
    shop.services.mirror.put_sales(SHOP, [change])


def fitting(shop: Desk, one: MirrorRow) -> MirrorRow:
    return replace(one, dense=np.eye(1, shop.services.embedder.dimension, dtype=np.float32)[0])


DAMAGES: dict[str, tuple[Callable[[Desk], None], dict[str, int], int]] = {
    "lost rows": (lose, {"lost": 2}, 2),
    "a row that nobody knows": (stray, {"strays": 1}, 0),
    "another content": (other_content, {"other_content": 1}, 1),
    "other sales": (other_sales, {"other_sales": 1}, 0),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_wrong_is_found_and_mended_at_the_least_cost(shop: Desk, damage: str) -> None:
    harm, said, embedded = DAMAGES[damage]
    before = sorted(shop.services.mirror.rows(SHOP), key=lambda held: held.product_id)
    assert audit(shop.services, SHOP, repair=True) == WELL
    harm(shop)
    assert audit(shop.services, SHOP, repair=False) == WELL | said
    assert audit(shop.services, SHOP, repair=True) == WELL | said
    assert shop.changes().get("embedding_calls", 0) == embedded
    assert sorted(shop.services.mirror.rows(SHOP), key=lambda held: held.product_id) == before
    assert shop.sales() == [7, 3, 0, 0]
    assert audit(shop.services, SHOP, repair=True) == WELL


@pytest.mark.parametrize(("damage", "noticed"), [(lose, True), (stray, True), (other_sales, False)])
def test_the_number_of_rows_tells_of_what_is_lost(
    shop: Desk, damage: Callable[[Desk], None], noticed: bool
) -> None:
    damage(shop)
    assert has_other_rows(shop.services, SHOP) == noticed


def test_rows_are_counted_once_in_a_process_and_after_an_error(shop: Desk) -> None:
    assert not has_other_rows(shop.services, SHOP)
    lose(shop)
    assert not has_other_rows(shop.services, SHOP)
    with pytest.raises(Unavailable):
        shop.services.mirror.put_sales(
            SHOP, [SalesChange("gid://shopify/Product/0", 1, "no such collection")]
        )
    assert has_other_rows(shop.services, SHOP)


def test_to_look_changes_nothing(shop: Desk) -> None:
    for damage in (stray, other_sales):
        damage(shop)
    shop.services.mirror.remove(SHOP, shop.hats[2:])
    held, seen = list(shop.services.mirror.rows(SHOP)), shop.services.seen.fingerprints(SHOP)
    audit(shop.services, SHOP, repair=False)
    assert list(shop.services.mirror.rows(SHOP)) == held
    assert shop.services.seen.fingerprints(SHOP) == seen


def test_what_has_another_content_stays_searchable_until_it_is_written_anew(shop: Desk) -> None:
    other_content(shop)
    audit(shop.services, SHOP, repair=True)
    assert shop.services.mirror.count(SHOP) == 4


def test_what_is_out_of_date_is_no_damage(shop: Desk) -> None:
    shop.services.seen.outdate(SHOP)
    stray(shop)
    assert audit(shop.services, SHOP, repair=True) == WELL | {"strays": 1}
    assert shop.services.mirror.count(SHOP) == 4


def test_a_lost_row_does_not_keep_the_others_from_their_sales(shop: Desk) -> None:
    shop.services.mirror.remove(SHOP, [shop.hats[0]])
    shop.sold({shop.hats[0]: 8, shop.hats[2]: 5})
    assert {row.product_id: row.sales_count for row in shop.services.mirror.rows(SHOP)} == {
        shop.hats[1]: 0,
        shop.hats[2]: 5,
        shop.hats[3]: 0,
    }
    assert shop.changes()["new"] == 1
