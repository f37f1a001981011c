"""Units sold become `sales_count`: in the mirror by partial update, and in what was seen.

They are read from the store's sales report or, where that is refused, from its orders; and only believed when
they agree with what the store itself says the sum is. Days are whole ones of the shop's own time zone, the
last of them yesterday.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo

import structlog

from infra.errors import Mismatch, Unavailable
from infra.milvus import SalesChange
from infra.seen import NOWHERE
from infra.services import Services
from infra.shopify.replies import Order, Sold
from infra.shopify.store import Shopify
from sync import export
from sync.audit import audit
from sync.writing import Report, writing

REACH = 59
"""Whole days that read_orders surely shows: the API gives the last 60 days, to the hour.
https://shopify.dev/docs/api/usage/access-scopes#orders-permissions"""
READS = 2
"""A figure that does not agree may have been read while it changed: it is read again, once."""

log = structlog.get_logger()


class OrderWindow(TypedDict):
    """A number of days as a query for orders, and at least how many orders the store has in it."""

    query: str
    days: int
    orders: int


def mirror_sales(
    services: Services, shop: str, sold: Mapping[str, int], report: Report, *, dry_run: bool = False
) -> None:
    """Bring sales of mirrored products up to date; only those that changed are written, and reported.

    `sold` is all that was sold: a product that it does not name sold nothing.
    """
    if dry_run:
        report.put(sales_only=len(_changed(services, shop, sold)))
        return
    try:
        changed = _write(services, shop, sold)
    except Unavailable:  # also when a row is lost, which would keep all sales from being written
        lost = audit(services, shop, repair=True)["lost"]
        # Of a collection that is about to be replaced, nothing is known to be lost; its sales can wait.
        changed = _write(services, shop, sold, only="" if lost else services.mirror.collection(shop))
    report.add(sales_only=changed)


def _write(services: Services, shop: str, sold: Mapping[str, int], only: str = "") -> int:
    """Write what changed, of all collections or of one; returns how many products that were."""
    with writing(services, shop):
        changed = [one for one in _changed(services, shop, sold) if only in ("", one.collection)]
        if changed:
            services.mirror.put_sales(shop, changed)
        services.seen.put_sales(shop, {one.product_id: one.sales_count for one in changed})
        return len(changed)


def _changed(services: Services, shop: str, sold: Mapping[str, int]) -> list[SalesChange]:
    """The products of the mirror that have sold more or less than it says."""
    before = services.seen.sold(shop)
    now = {product_id: units for product_id, units in sold.items() if units > 0}
    first = services.seen.of(shop, now.keys() - before.keys())
    mirrored = {p: (0, one.collection) for p, one in first.items() if one.collection != NOWHERE}
    return [
        SalesChange(product_id, now.get(product_id, 0), collection)
        for product_id, (units, collection) in (before | mirrored).items()
        if now.get(product_id, 0) != units
    ]


def from_report(services: Services, shop: str, report: Report, dry_run: bool = False) -> None:
    """Sales from the store's report. Refused when it gives none, Mismatch when its figures disagree."""
    store, days = services.store(shop), services.settings.sales_days
    for _ in range(READS):
        sold, total = store.sales.units_sold(days), store.sales.total(days)
        if sold.total == total:
            mirror_sales(services, shop, sold.products, report, dry_run=dry_run)
            return
    raise Mismatch(
        f"the sales report names {sold.total} units by product, {total} in all; sales stay as they were"
    )


def from_orders(
    services: Services, shop: str, window: OrderWindow, report: Report, dry_run: bool = False
) -> None:
    """Sales from the orders of a window, page by page. Mismatch when their number is not the store's own."""
    store = services.store(shop)
    sold, read = tally(store.orders.all(window["query"]))
    mismatch = _mismatch(store, window, read)
    if mismatch:
        sold, read = tally(store.orders.all(window["query"]))
        mismatch = _mismatch(store, window, read)
    if mismatch:
        raise mismatch
    mirror_sales(services, shop, sold.products, report, dry_run=dry_run)


def from_export(
    services: Services,
    shop: str,
    operation_id: str,
    window: OrderWindow,
    report: Report,
    dry_run: bool = False,
) -> bool:
    """The same from a finished export of a window's orders; False when that is not whole."""
    with export.opened(services, shop, operation_id) as spool:
        if spool is None:
            return False
        sold, read = tally(export.orders(spool))
    if mismatch := _mismatch(services.store(shop), window, read):
        raise mismatch
    mirror_sales(services, shop, sold.products, report, dry_run=dry_run)
    return True


def order_window(services: Services, shop: str) -> OrderWindow:
    """The days whose orders count: as many as the settings say, or as the access token can see."""
    store, days = services.store(shop), services.settings.sales_days
    if days > REACH and "read_all_orders" not in store.installation()[1]:
        log.warning("without read_all_orders, fewer days of sales count", shop=shop, days=REACH, wanted=days)
        days = REACH
    zone = _zone(services, shop)
    since, until = (_midnight(zone, back) for back in (days, 0))
    query = f"created_at:>='{since}' created_at:<'{until}'"
    return OrderWindow(query=query, days=days, orders=store.orders.count(query)[0])


def last_day(services: Services, shop: str) -> date:
    """The last day whose sales count: yesterday, where the shop is."""
    return datetime.now(_zone(services, shop)).date() - timedelta(days=1)


def tally(orders: Iterable[Order]) -> tuple[Sold, int]:
    """What was sold in these orders, and how many they are; test orders and cancelled ones sold nothing."""
    units: Counter[str | None] = Counter()
    read = 0
    for read, order in enumerate(orders, 1):  # noqa: B007 (its last value is the count)
        if not (order.test or order.cancelled):
            for product_id, quantity in order.lines:
                units[product_id] += quantity
    products = {product_id: count for product_id, count in units.items() if product_id is not None}
    return Sold(products, units.total()), read


def _mismatch(store: Shopify, window: OrderWindow, read: int) -> Mismatch | None:
    """What is wrong with the number of orders that were read, if anything is."""
    counted, exactly = store.orders.count(window["query"])
    if read == counted or (read > counted and not exactly):
        return None
    least = "" if exactly else "at least "
    return Mismatch(f"{read} orders were read of {least}{counted}; sales stay as they were")


def _zone(services: Services, shop: str) -> ZoneInfo:
    installed = services.installations.get(shop)
    return ZoneInfo(installed.timezone if installed else services.store(shop).shop().timezone)


def _midnight(zone: ZoneInfo, days_ago: int) -> str:
    """The beginning of a day of that zone, in UTC."""
    day = datetime.now(zone).date() - timedelta(days=days_ago)
    return f"{datetime.combine(day, time(), zone).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
