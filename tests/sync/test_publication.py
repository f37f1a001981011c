"""What no customer can buy anywhere is in no mirror, however active it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sync import export
from tests.infra.devstore_kit import SHOP
from tests.sync.mirror_kit import Desk, desk

Pass = Callable[[Desk], dict[str, int]]
PASSES = [pytest.param(Desk.changes, id="changes"), pytest.param(Desk.whole, id="whole")]


@pytest.fixture(scope="module")
def _shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture
def shop(_shop: Desk) -> Desk:
    """Four hats, all of them published and mirrored."""
    for hat in _shop.hats:
        _shop.local.publish(hat)
    _shop.whole()
    assert mirrored(_shop) == set(_shop.hats)
    return _shop


def mirrored(shop: Desk) -> set[str]:
    return {row.product_id for row in shop.services.mirror.rows(SHOP)}


@pytest.mark.parametrize("look", PASSES)
def test_what_is_unpublished_leaves_and_comes_back_when_it_is_published(shop: Desk, look: Pass) -> None:
    hat, *others = shop.hats
    shop.local.unpublish(hat)
    assert look(shop)["deleted"] == 1
    assert mirrored(shop) == set(others)
    assert "deleted" not in look(shop)
    shop.local.publish(hat)
    assert look(shop)["new"] == 1
    assert mirrored(shop) == set(shop.hats)


@pytest.mark.parametrize("look", PASSES)
def test_what_is_sold_on_another_channel_stays(shop: Desk, look: Pass) -> None:
    for hat in shop.hats:
        shop.local.unpublish(hat, elsewhere=True)
    assert "deleted" not in look(shop)
    assert mirrored(shop) == set(shop.hats)


def test_a_webhook_takes_it_out_at_once_and_back(shop: Desk) -> None:
    hat, *others = shop.hats
    for set_channels, then in ((shop.local.unpublish, set(others)), (shop.local.publish, set(shop.hats))):
        set_channels(hat)
        product = shop.store.products.get(hat)
        assert product
        shop.one(product)
        assert mirrored(shop) == then


def test_an_export_lists_what_is_sold_and_nothing_else(shop: Desk) -> None:
    hat, till, *_ = shop.hats
    shop.local.unpublish(hat)
    shop.local.unpublish(till, elsewhere=True)
    states, _ = export.states(shop.services, SHOP, shop.export("bulk_product_states"))
    assert states
    assert set(states) == set(shop.hats) - {hat}
    with export.opened(shop.services, SHOP, shop.export()) as spool:
        assert spool
        found = {product.id: product.published for product in export.products(shop.store, spool)}
    assert {product_id for product_id, published in found.items() if published} == set(shop.hats) - {hat}
