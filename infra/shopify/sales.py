"""Units sold by product, from Shopify's own sales report; needs read_reports.

https://shopify.dev/docs/api/shopifyql
"""

from __future__ import annotations

from infra.errors import Refused
from infra.shopify import replies
from infra.shopify.replies import Json, Sold
from infra.shopify.transport import Transport

PAGE = 1000
"""Rows that one reply holds at most; so many of them mean that there are more."""
TOTAL = "FROM sales SHOW net_items_sold SINCE -{days}d UNTIL yesterday"
BY_PRODUCT = (
    "FROM sales SHOW net_items_sold GROUP BY product_id SINCE -{days}d UNTIL yesterday "
    "ORDER BY net_items_sold DESC, product_id LIMIT {limit} OFFSET {offset}"
)
"""Sorted to the last tie: pages are cut from the whole anew, and rows could change places in between."""


class Sales:
    """A shop's sales report. Days are whole ones of the shop's own time zone; today is none of them."""

    def __init__(self, transport: Transport) -> None:
        self._api = transport

    def units_sold(self, days: int) -> Sold:
        """Units sold by product, less returns, over that many days until yesterday."""
        rows: list[Json] = []
        while len(rows) % PAGE == 0:
            page = self._rows(BY_PRODUCT.format(days=days, limit=PAGE, offset=len(rows)))
            rows += page
            if not page:
                break
        return replies.sold(rows)

    def total(self, days: int) -> int:
        """Units sold over the same days by the whole shop."""
        return sum(replies.units(row) for row in self._rows(TOTAL.format(days=days)))

    def _rows(self, query: str) -> list[Json]:
        """Errors in the query come with HTTP 200 and no table."""
        reply = self._api.query("shopifyql", query=query)["shopifyqlQuery"]
        if not reply or reply["tableData"] is None:
            raise Refused(f"shopifyql: {'; '.join((reply or {}).get('parseErrors') or ['no report'])}")
        rows: list[Json] = reply["tableData"]["rows"]
        return rows
