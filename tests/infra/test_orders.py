"""Orders from the client's side: all lines of all orders, whatever the pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.devstore.server import LocalStore
from infra.shopify import replies
from infra.shopify.replies import Order
from tests.infra.devstore_kit import client_of, open_store

EVER = "created_at:>='2020-01-01T00:00:00Z'"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("store")) as opened:
        yield opened


def test_every_line_is_read_past_the_first_page_of_them(store: LocalStore) -> None:
    hat = client_of(store).products.create("Hat", "Hats")
    store.order([(hat, n) for n in range(1, 301)])
    (order,) = client_of(store).orders.all(EVER)
    assert [units for _, units in order.lines] == list(range(1, 301))


def test_every_order_is_read_page_after_page(store: LocalStore) -> None:
    hat = client_of(store).products.create("Hat", "Hats")
    made = [store.order([(hat, 1)], days_ago=3) for _ in range(23)]
    client = client_of(store)
    found = [order.id for order in client.orders.all(EVER)]
    assert found[-23:] == made
    assert client.orders.count(EVER) == (len(found), True)


def test_an_order_whose_product_is_gone_names_none() -> None:
    node = {"id": "gid://shopify/Order/1", "test": False, "cancelledAt": "2026-01-01T00:00:00Z"}
    line = {"currentQuantity": 2, "product": None}
    assert replies.order(node, [line]) == Order("gid://shopify/Order/1", False, True, ((None, 2),))
