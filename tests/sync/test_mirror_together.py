"""Several may write one shop's mirror: a pass by hand, the nightly one, a webhook that says what is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.errors import Unavailable
from infra.model import Product
from infra.seen import Seen
from sync import writing as writes
from sync.writing import forget_product, writing
from tests.infra.devstore_kit import SHOP
from tests.sync.mirror_kit import Desk, desk


@pytest.fixture
def shop(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with desk(tmp_path, database_url) as opened:
        yield opened


@pytest.mark.parametrize(
    "write",
    [
        lambda shop: shop.whole([]),
        lambda shop: shop.sold({shop.hats[0]: 1}),
        lambda shop: forget_product(shop.services, SHOP, shop.hats[0]),
    ],
    ids=["catalog", "sales", "a deletion"],
)
def test_who_writes_waits_for_who_is_writing(
    shop: Desk, write: Callable[[Desk], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.whole()
    with writing(shop.services, SHOP):
        monkeypatch.setattr(writes, "PATIENCE", 0.05)
        with pytest.raises(Unavailable, match=f"the mirror of {SHOP} is held"):
            write(shop)
    write(shop)


def test_nobody_waits_for_a_whole_pass(shop: Desk) -> None:
    paged = list(shop.store.products.all())
    shop.whole(paged)

    def slowly() -> Iterator[Product]:
        yield from paged[:2]
        forget_product(shop.services, SHOP, paged[3].id)
        assert shop.services.mirror.count(SHOP) == 3
        yield paged[2]

    shop.whole(slowly())
    assert shop.services.mirror.count(SHOP) == len(shop.services.seen.fingerprints(SHOP)) == 3


def test_what_two_write_at_once_is_remembered_once(shop: Desk) -> None:
    seen = shop.services.seen
    terms = [frozenset({number % 7, number % 5 + 10}) for number in range(300)]

    def write(fingerprint: str) -> None:
        rows = [Seen(f"product {i}", 0, "here", fingerprint, "Hats", 0, term) for i, term in enumerate(terms)]
        with writing(shop.services, SHOP):
            seen.put(SHOP, rows)

    with ThreadPoolExecutor(2) as pool:
        for number in range(3):
            for writer in [pool.submit(write, f"{number}{name}") for name in "ab"]:
                writer.result()
    assert len({fingerprint for fingerprint, _ in seen.fingerprints(SHOP).values()}) == 1
    assert seen.frequencies(SHOP, {0, 10, 11}) == (300, {0: 43, 10: 60, 11: 60})
