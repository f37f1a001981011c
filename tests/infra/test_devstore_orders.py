"""The local store's orders and its sales report, which is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra.devstore.scopes import ALL
from infra.devstore.server import LocalStore
from infra.errors import Refused, ScopeMissing
from infra.shopify.sales import TOTAL
from tests import drawn
from tests.infra.devstore_kit import client_of, open_store

EVER = "created_at:>='2020-01-01T00:00:00Z'"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with open_store(tmp_path) as opened:
        yield opened


def hat(store: LocalStore, title: str = "Hat") -> str:
    return client_of(store).products.create(title, "Hats")


def report(store: LocalStore, query: str) -> list[Any]:
    found: list[Any] = client_of(store).sales._rows(query)
    return found


def test_a_report_counts_the_days_until_yesterday(store: LocalStore) -> None:
    product = hat(store)
    for days_ago, units in ((0, 1), (1, 2), (7, 4), (8, 8)):
        store.order([(product, units)], days_ago=days_ago)
    sales = client_of(store).sales
    assert sales.units_sold(7).products == {product: 6}
    assert sales.units_sold(8).products == {product: 14}
    assert report(store, "FROM sales SHOW net_items_sold SINCE -7d UNTIL today") == [{"net_items_sold": "7"}]


def test_a_day_is_the_shops_own(tmp_path: Path) -> None:
    zone = "Pacific/Kiritimati"  # its today begins 14 hours before that of UTC
    with open_store(tmp_path, timezone=zone) as store:
        product = hat(store)
        since_midnight = datetime.now(ZoneInfo(zone)).time()
        part = timedelta(hours=since_midnight.hour, minutes=since_midnight.minute) / timedelta(days=1)
        store.order([(product, 1)], days_ago=part)
        store.order([(product, 2)], days_ago=part + 1 / 24)
        assert client_of(store).sales.total(1) == 2


def test_test_orders_cancelled_ones_and_refunds_sold_nothing(store: LocalStore) -> None:
    product = hat(store)
    store.order([(product, 10)], test=True)
    store.order([(product, 20)], cancelled=True)
    store.order([(product, 5)], refunded=2)
    assert client_of(store).sales.units_sold(1).products == {product: 3}


def test_what_was_sold_of_a_deleted_product_has_no_id(store: LocalStore) -> None:
    product, gone = hat(store), hat(store, "Gone")
    store.order([(product, 1), (gone, 2)])
    client_of(store).products.delete(gone)
    sold = client_of(store).sales.units_sold(1)
    assert (sold.products, sold.total) == ({product: 1}, 3)
    assert client_of(store).sales.total(1) == 3
    (order,) = client_of(store).orders.all(EVER)
    assert order.lines == ((product, 1), (None, 2))


def test_what_a_catalog_says_was_sold_counts_in_every_window(store: LocalStore, tmp_path: Path) -> None:
    (row, *_) = drawn.rows(tmp_path / "catalog", per_category=1)
    (product,) = store.load([row]).values()
    store.sell(product, 7)
    assert client_of(store).sales.units_sold(1).products == {product: row.sales_count + 7}
    assert client_of(store).orders.count(EVER) == (1, True)


@pytest.mark.parametrize(
    "query", ["FROM orders SHOW sum(net_sales)", f"{TOTAL} LIMIT 5 OFFSET x", "", "DROP TABLE orders"]
)
def test_a_report_it_cannot_make_has_parse_errors(store: LocalStore, query: str) -> None:
    with pytest.raises(Refused, match="only reports units sold"):
        report(store, query)


def test_orders_show_all_that_happened_to_them(store: LocalStore) -> None:
    product = hat(store)
    store.order([(product, 3)], refunded=1)
    store.order([(product, 1)], test=True, cancelled=True)
    kept, off = client_of(store).orders.all(EVER)
    assert (kept.test, kept.cancelled, kept.lines) == (False, False, ((product, 2),))
    assert (off.test, off.cancelled) == (True, True)


def test_old_orders_are_hidden_without_read_all_orders(store: LocalStore) -> None:
    product = hat(store)
    old = store.order([(product, 1)], days_ago=61)
    new = store.order([(product, 1)], days_ago=59)
    assert [order.id for order in client_of(store).orders.all(EVER)] == [new]
    allowed = client_of(store, store.admin_token(ALL | {"read_all_orders"}))
    assert [order.id for order in allowed.orders.all(EVER)] == [old, new]
    assert (client_of(store).orders.count(EVER), allowed.orders.count(EVER)) == ((1, True), (2, True))


def test_orders_and_reports_have_scopes_of_their_own(store: LocalStore) -> None:
    nobody = client_of(store, store.admin_token({"read_products"}))
    with pytest.raises(ScopeMissing, match="read_orders"):
        nobody.orders.count(EVER)
    with pytest.raises(ScopeMissing, match="read_reports"):
        nobody.sales.total(1)
