"""The two ShopifyQL reports that this store can make: units sold by product, and in all.

https://shopify.dev/docs/api/shopifyql
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.devstore.orders import Order, OrderLine
from infra.devstore.state import Product
from infra.devstore.views import View

REPORT = re.compile(
    r"FROM sales SHOW net_items_sold(?P<by> GROUP BY product_id)? "
    r"SINCE -(?P<since>\d+)d UNTIL (?P<until>yesterday|today)"
    r"(?: ORDER BY net_items_sold DESC(?:, product_id)?)?"
    r"(?: LIMIT (?P<limit>\d+)(?: OFFSET (?P<offset>\d+))?)?"
)
MOST_ROWS = 1000
UNITS = {"name": "net_items_sold", "data_type": "INTEGER"}
PRODUCT = {"name": "product_id", "data_type": "IDENTITY"}


def report(session: Session, zone: str, query: str) -> View:
    """The answer to a ShopifyQL query. Values are strings, as ShopifyQL's numbers often are.

    Test orders and cancelled ones are left out, and what was refunded is taken off its order: a guess, for
    Shopify books a return on the day it came back.
    """
    asked = REPORT.fullmatch(" ".join(query.split()))
    if not asked:
        return {"table_data": None, "parse_errors": ["the local store only reports units sold"]}
    since, until = (
        _midnight(zone, int(asked["since"])),
        _midnight(zone, 0 if asked["until"] == "yesterday" else -1),
    )
    sold = sorted(_sold(session, since, until), key=lambda row: (-row[1], row[0] or 0))
    if not asked["by"]:
        return _table([UNITS], [{"net_items_sold": str(sum(units for _, units in sold))}])
    start, limit = int(asked["offset"] or 0), min(MOST_ROWS, int(asked["limit"] or MOST_ROWS))
    rows = [
        {"product_id": str(number) if number else None, "net_items_sold": str(units)}
        for number, units in sold[start : start + limit]
    ]
    return _table([PRODUCT, UNITS], rows)


def _sold(session: Session, since: datetime, until: datetime) -> Iterator[tuple[int | None, int]]:
    """Units by product number; all that was sold of products that are gone has none.

    A catalog folder says what was sold, but not when: its figures count in every window.
    """
    units = func.sum(OrderLine.quantity - OrderLine.refunded)
    bought = select(OrderLine.product_id, units).join(Order).group_by(OrderLine.product_id)
    counts = bought.where(
        Order.created_at >= since,
        Order.created_at < until,
        Order.test.is_(False),
        Order.cancelled_at.is_(None),
    )
    ordered = {number: count for number, count in session.execute(counts)}  # noqa: C416 (typed)
    for number, before in session.execute(select(Product.id, Product.units_sold)):
        if found := before + ordered.pop(number, 0):
            yield number, found
    if ordered:
        yield None, sum(ordered.values())


def _midnight(zone: str, days_ago: int) -> datetime:
    """The beginning of a day of that zone, in UTC as rows hold it."""
    day = datetime.now(ZoneInfo(zone)).date() - timedelta(days=days_ago)
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def _table(columns: list[View], rows: list[View]) -> View:
    return {"table_data": {"columns": columns, "rows": rows}, "parse_errors": []}
