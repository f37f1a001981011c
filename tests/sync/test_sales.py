"""Units sold: from the report or from the orders, believed only when the store's own sums agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from infra.devstore.scopes import ALL
from infra.errors import Mismatch, ScopeMissing
from infra.milvus import Where
from infra.shopify.oauth import Grant
from infra.shopify.orders import Orders
from infra.shopify.replies import Order
from infra.shopify.sales import Sales
from sync import sales
from tests.infra.devstore_kit import SHOP
from tests.sync.mirror_kit import Desk, desk


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A mirrored shop with orders of all kinds; its hats have sold 10, 4, 3 and 0."""
    with desk(tmp_path_factory.mktemp("desk")) as opened:
        opened.whole()
        local, (first, second, third, fourth) = opened.local, opened.hats
        gone = opened.store.products.create("Gone", "Hats")
        local.order([(first, 7), (second, 4)], days_ago=29)
        local.order([(first, 3), (gone, 5)])
        local.order([(third, 5)], days_ago=2, refunded=2)
        local.order([(third, 50)], days_ago=0)
        local.order([(third, 50)], days_ago=31)
        local.order([(fourth, 50)], test=True)
        local.order([(fourth, 50)], cancelled=True)
        opened.store.products.delete(gone)
        yield opened


@pytest.fixture(autouse=True)
def _nothing_sold(shop: Desk) -> None:
    shop.sold({})
    assert shop.sales() == [0, 0, 0, 0]


def export(shop: Desk, window: sales.OrderWindow) -> str:
    return shop.export("bulk_orders", window["query"])


def from_report(shop: Desk) -> int:
    """How many products' sales had changed."""
    sales.from_report(shop.services, SHOP, shop.report())
    return shop.counts().get("sales_only", 0)


def from_orders(shop: Desk, window: sales.OrderWindow) -> int:
    sales.from_orders(shop.services, SHOP, window, shop.report())
    return shop.counts().get("sales_only", 0)


def from_export(shop: Desk, operation: str, window: sales.OrderWindow) -> bool:
    return sales.from_export(shop.services, SHOP, operation, window, shop.report())


def test_a_report_counts_what_was_sold_and_kept(shop: Desk) -> None:
    assert from_report(shop) == 3
    assert shop.sales() == [10, 4, 3, 0]
    assert shop.services.mirror.count(SHOP) == 4


def test_orders_give_the_figures_of_the_report(shop: Desk) -> None:
    window = sales.order_window(shop.services, SHOP)
    assert from_orders(shop, window) == 3
    assert shop.sales() == [10, 4, 3, 0]
    sold, read = sales.tally(shop.store.orders.all(window["query"]))
    assert sold == shop.store.sales.units_sold(30)
    assert (sold.total, read) == (22, 5)


def test_an_export_of_orders_gives_them_too(shop: Desk) -> None:
    window = sales.order_window(shop.services, SHOP)
    shop.local.faults.children_first()
    assert from_export(shop, export(shop, window), window)
    assert shop.counts()["sales_only"] == 3
    assert shop.sales() == [10, 4, 3, 0]


def test_figures_that_have_not_changed_are_not_written(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from_report(shop)
    written: list[object] = []
    monkeypatch.setattr(shop.services.mirror, "put_sales", lambda *changed: written.append(changed))
    assert from_report(shop) == 0
    assert written == []


def test_a_mirrored_figure_is_what_a_search_filters_by(shop: Desk) -> None:
    from_report(shop)
    (vector,) = shop.services.embedder.embed_images([shop.services.downloader.fetch(photo(shop))])
    found = shop.services.mirror.search(SHOP, vector, {}, Where(min_sales=4), 10)
    assert {hit.product_id: hit.sales_count for hit in found} == {shop.hats[0]: 10, shop.hats[1]: 4}


def photo(shop: Desk) -> str:
    return next(shop.store.products.all()).photos[0].url


def test_more_returns_than_sales_count_as_none(shop: Desk) -> None:
    assert shop.sold({shop.hats[0]: -2}) == 0
    assert shop.sales()[0] == 0


@pytest.mark.parametrize("wrong_times", [1, 2])
def test_a_report_that_disagrees_with_its_total_is_read_again_once(
    shop: Desk, monkeypatch: pytest.MonkeyPatch, wrong_times: int
) -> None:
    right, asked = Sales.total, []

    def total(self: Sales, days: int) -> int:
        asked.append(days)
        return right(self, days) + (len(asked) <= wrong_times)

    monkeypatch.setattr(Sales, "total", total)
    if wrong_times == 1:
        assert from_report(shop) == 3
    else:
        with pytest.raises(Mismatch, match="22 units by product, 23 in all"):
            from_report(shop)
        assert shop.sales() == [0, 0, 0, 0]
    assert len(asked) == 2


@pytest.mark.parametrize("wrong_times", [1, 2])
def test_orders_that_were_not_all_read_are_read_again_once(
    shop: Desk, monkeypatch: pytest.MonkeyPatch, wrong_times: int
) -> None:
    window = sales.order_window(shop.services, SHOP)
    right, asked = Orders.all, []

    def some(self: Orders, query: str) -> Iterator[Order]:
        asked.append(query)
        found = list(right(self, query))
        return iter(found[1:] if len(asked) <= wrong_times else found)

    monkeypatch.setattr(Orders, "all", some)
    if wrong_times == 1:
        assert from_orders(shop, window) == 3
    else:
        with pytest.raises(Mismatch, match="4 orders were read of 5;"):
            from_orders(shop, window)
        assert shop.sales() == [0, 0, 0, 0]
    assert len(asked) == 2


def test_an_export_without_all_orders_changes_nothing(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    window = sales.order_window(shop.services, SHOP)
    operation = export(shop, window)
    monkeypatch.setattr(Orders, "count", lambda *_: (6, True))
    with pytest.raises(Mismatch, match="5 orders were read of 6;"):
        from_export(shop, operation, window)
    assert shop.sales() == [0, 0, 0, 0]


def test_a_count_that_is_only_the_least_may_be_passed(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    window = sales.order_window(shop.services, SHOP)
    monkeypatch.setattr(Orders, "count", lambda *_: (4, False))
    assert from_orders(shop, window) == 3
    monkeypatch.setattr(Orders, "count", lambda *_: (6, False))
    with pytest.raises(Mismatch, match="of at least 6;"):
        from_orders(shop, window)


def test_a_truncated_export_is_none_and_changes_nothing(shop: Desk) -> None:
    window = sales.order_window(shop.services, SHOP)
    shop.local.faults.truncate_bulk(lines=1, times=1)
    assert not from_export(shop, export(shop, window), window)
    assert shop.sales() == [0, 0, 0, 0]


def test_a_window_is_of_whole_days_of_the_shop(shop: Desk) -> None:
    today = datetime.now(ZoneInfo("Europe/Berlin")).replace(hour=0, minute=0, second=0, microsecond=0)
    since, until = ((today - timedelta(days=back)).astimezone(UTC) for back in (30, 0))
    found = sales.order_window(shop.services, SHOP)
    assert found["query"] == f"created_at:>='{since:%FT%TZ}' created_at:<'{until:%FT%TZ}'"
    assert (found["days"], found["orders"]) == (30, 5)


def test_fewer_days_count_where_the_token_reaches_no_further(tmp_path: Path) -> None:
    with desk(tmp_path) as opened:
        settings = opened.services.settings.model_copy(update={"sales_days": 90})
        object.__setattr__(opened.services, "settings", settings)
        with capture_logs() as logged:
            assert sales.order_window(opened.services, SHOP)["days"] == 59
        assert [(line["days"], line["wanted"]) for line in logged if "read_all_orders" in line["event"]] == [
            (59, 90)
        ]
        wide = opened.local.admin_token(ALL | {"read_all_orders"})
        opened.services.tokens.keep(SHOP, "admin_token", Grant(wide))
        assert sales.order_window(opened.services, SHOP)["days"] == 90


def test_a_refused_report_says_so(shop: Desk) -> None:
    shop.local.faults.refuse_reports()
    with pytest.raises(ScopeMissing):
        from_report(shop)
    shop.local.faults.clear()
