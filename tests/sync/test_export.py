"""An export is believed when it is whole, is read in little memory, and then says what the pages would."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from infra.devstore.scopes import ALL
from infra.errors import TokenRefused
from infra.shopify.oauth import Grant
from infra.shopify.replies import Order
from sync import export
from sync.export import Spool
from sync.rows import seconds
from tests.infra.devstore_kit import SHOP, TOKEN, picture, until
from tests.sync.mirror_kit import Desk, desk

EVER = "created_at:>='2020-01-01T00:00:00Z'"


@pytest.fixture(scope="module")
def opened_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture
def shop(opened_desk: Desk) -> Iterator[Desk]:
    opened_desk.local.operations_seen.clear()
    yield opened_desk
    opened_desk.local.faults.clear()


@pytest.fixture
def nothing_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the paged query for what is newer find nothing, so that all comes from the file."""
    monkeypatch.setattr("infra.shopify.products.Products.all", lambda *_: iter(()))


@pytest.mark.parametrize("children_first", [False, True])
def test_exported_products_are_the_paged_ones(
    shop: Desk, children_first: bool, request: pytest.FixtureRequest
) -> None:
    for _ in range(11):
        shop.store.products.add_photo(shop.hats[0], picture(), "more.jpg", "More")
    api = shop.store.products
    everything = len(api.media(shop.hats[0]))  # the last photo to be processed moves the product's time, too
    until(lambda: (found := api.get(shop.hats[0])) and len(found.photos) == everything)
    paged = list(shop.store.products.all())
    ids = [product.id for product in paged]
    assert list(shop.store.products.some(ids)) == paged
    alone = [product for id in ids if (product := shop.store.products.get(id))]
    assert [replace(product, photos=product.photos[:10]) for product in alone] == paged
    request.getfixturevalue("nothing_newer")
    if children_first:
        shop.local.faults.children_first()
    with export.opened(shop.services, SHOP, shop.export()) as spool:
        assert spool
        assert list(export.products(shop.store, spool)) == paged


def test_exported_orders_are_the_paged_ones(shop: Desk) -> None:
    shop.local.order([(shop.hats[0], 2), (shop.hats[1], 3)], refunded=1)
    shop.local.order([(shop.hats[0], 1)], test=True)
    shop.local.faults.children_first()
    with export.opened(shop.services, SHOP, shop.export("bulk_orders", EVER)) as spool:
        assert spool
        found = list(export.orders(spool))
    assert found == list(shop.store.orders.all(EVER))
    assert found[0].lines == ((shop.hats[0], 1), (shop.hats[1], 3))
    assert isinstance(found[1], Order)
    assert found[1].test


def test_a_truncated_file_is_read_again_and_not_believed(shop: Desk) -> None:
    shop.local.faults.truncate_bulk(lines=1, times=1)
    with export.opened(shop.services, SHOP, shop.export()) as spool:
        assert spool is None
    assert shop.local.operations_seen["export"] == 2


def test_a_file_that_could_not_be_had_is_asked_for_again(shop: Desk) -> None:
    operation = shop.export()
    shop.local.faults.answer(500, times=1, operation="export")
    with export.opened(shop.services, SHOP, operation) as spool:
        assert spool
        assert spool.counts()[1] == len(shop.hats)


def test_a_failed_export_is_not_read_at_all(shop: Desk) -> None:
    shop.local.faults.fail_bulk("TIMEOUT", times=1)
    with export.opened(shop.services, SHOP, shop.export()) as spool:
        assert spool is None
    assert shop.local.operations_seen["export"] == 0


def test_a_product_that_changed_during_the_export_is_read_anew(shop: Desk) -> None:
    shop.local.faults.slow_bulk(0.2)
    operation = shop.store.bulk.start("bulk_products")
    assert operation
    until(lambda: (found := shop.store.bulk.state(operation)) and found.status == "RUNNING")
    shop.store._api.mutate("product_update", product={"id": shop.hats[1], "title": "Newer"}, media=[])
    shop.ended(operation)
    with export.opened(shop.services, SHOP, operation) as spool:
        assert spool
        in_the_file = {node["title"] for node, _ in spool.nodes()}
        found = [p.title for p in export.products(shop.store, spool) if p.id == shop.hats[1]]
    assert "Newer" not in in_the_file
    assert found == ["Newer"]


def test_a_run_goes_on_with_the_export_that_it_has_begun(shop: Desk) -> None:
    services = shop.services
    first = export.start(services, SHOP, "run", "bulk_products")
    assert first
    assert export.start(services, SHOP, "run", "bulk_products") == first
    assert services.exports.waiting(SHOP, first) == "run"
    assert services.exports.waiting("other.myshopify.com", first) is None
    other = export.start(services, SHOP, "another run", "bulk_products")
    assert other not in (None, first)
    services.exports.done(SHOP, first)
    assert services.exports.waiting(SHOP, first) is None
    services.installations.erase(SHOP, wholly=False)
    assert services.exports.waiting(SHOP, str(other)) is None
    services.tokens.keep(SHOP, "admin_token", Grant(TOKEN))


def test_no_slot_is_noted_as_no_export(shop: Desk) -> None:
    shop.local.faults.take_bulk_slots(times=1)
    assert export.start(shop.services, SHOP, "slotless", "bulk_products") is None
    assert shop.services.exports.under_way(SHOP, "slotless", "bulk_products") is None


def test_a_query_that_the_store_refuses_is_no_export(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.shopify.bulk.document", lambda _: "{ shop { name } }")
    with capture_logs() as logged:
        assert export.start(shop.services, SHOP, "refused", "bulk_products") is None
    assert "at least one connection" in logged[-1]["why"]


@pytest.mark.parametrize("status", [403, 404])
def test_a_shop_that_denies_exports_has_none(shop: Desk, status: int) -> None:
    shop.local.faults.answer(status, 1, "bulk_operation_run_query")
    assert export.start(shop.services, SHOP, "denied", "bulk_products") is None


def test_a_missing_scope_is_no_export_and_a_refused_token_is_an_error(shop: Desk) -> None:
    shop.services.tokens.keep(
        SHOP, "admin_token", Grant(shop.local.admin_token(ALL - {"read_orders", "read_all_orders"}))
    )
    assert export.start(shop.services, SHOP, "narrow", "bulk_orders") is None
    shop.services.tokens.keep(SHOP, "admin_token", Grant("shpat_revoked"))
    with pytest.raises(TokenRefused):
        export.start(shop.services, SHOP, "revoked", "bulk_products")
    shop.services.tokens.keep(SHOP, "admin_token", Grant(TOKEN))


def test_an_operation_that_is_gone_has_expired(shop: Desk) -> None:
    assert export.status(shop.services, SHOP, "gid://shopify/BulkOperation/404") == "EXPIRED"


def test_an_export_of_times_of_change_gives_the_paged_ones(shop: Desk) -> None:
    states, begun = export.states(shop.services, SHOP, shop.export("bulk_product_states"))
    assert states == {one.id: seconds(one.updated_at) for one in shop.store.products.states()}
    assert len(states) == 4
    assert begun
    assert begun.tzinfo


def test_a_list_of_times_of_change_that_is_not_whole_is_none(shop: Desk) -> None:
    shop.local.faults.truncate_bulk(lines=1, times=1)
    assert export.states(shop.services, SHOP, shop.export("bulk_product_states")) == (None, None)


def test_an_export_that_is_given_up_is_called_off(shop: Desk) -> None:
    shop.local.faults.slow_bulk(30)
    operation = export.start(shop.services, SHOP, "patient", "bulk_product_states")
    assert operation
    export.give_up(shop.services, SHOP, operation)
    assert until(lambda: export.status(shop.services, SHOP, operation) == "CANCELED")


def lines(count: int) -> Iterator[bytes]:
    """So many lines of a kilobyte, every other one the child of the one behind it."""
    for number in range(0, count, 2):
        parent = f"gid://shopify/Product/{number}"
        child = {"id": f"gid://shopify/MediaImage/{number}", "text": "x" * 900, "__parentId": parent}
        yield json.dumps(child).encode()
        yield json.dumps({"id": parent, "text": "y" * 900}).encode()


def test_a_long_file_is_read_in_little_memory() -> None:
    tracemalloc.start()
    try:
        with closing(Spool(datetime.now(UTC))) as spool:
            spool.fill(lines(10_000))
            assert spool.counts() == (10_000, 5_000)
            assert sum(len(children) for _, children in spool.nodes()) == 5_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000, "ten megabytes went through"


@pytest.mark.parametrize("line", [b'{"id": "x"', b"[]", b"{}", b"\xff"])
def test_a_broken_line_is_no_line(line: bytes) -> None:
    with closing(Spool(datetime.now(UTC))) as spool, pytest.raises(ValueError, match=r".*"):
        spool.fill([line])
