"""Orders, as far as units sold can be read from them; needs read_orders.

https://shopify.dev/docs/api/admin-graphql/2026-10/queries/orders
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.shopify import replies
from infra.shopify.replies import Json, Order
from infra.shopify.transport import Transport


class Orders:
    """A shop's orders. Without read_all_orders the API shows those of the last 60 days only."""

    def __init__(self, transport: Transport) -> None:
        self._api = transport

    def all(self, query: str) -> Iterator[Order]:
        """Every order that meets a query in Shopify's search syntax, with all its lines."""
        for node in self._api.pages("orders", "orders", query=query):
            yield replies.order(node, [*node["lineItems"]["nodes"], *self._more_lines(node)])

    def count(self, query: str) -> tuple[int, bool]:
        """How many orders meet a query, and whether that is exact or only the least it can be."""
        found = self._api.query("orders_count", query=query)["ordersCount"]
        return int(found["count"]), found["precision"] == "EXACT"

    def _more_lines(self, node: Json) -> Iterator[Json]:
        """The lines behind the first page of them; an order that was deleted meanwhile has none."""
        page = node["lineItems"]["pageInfo"]
        while page["hasNextPage"]:
            found = self._api.query("order_line_items", id=node["id"], after=page["endCursor"])["order"]
            if not found:
                return
            yield from found["lineItems"]["nodes"]
            page = found["lineItems"]["pageInfo"]
