"""What may be asked of the store: one method per field of QueryRoot, in snake_case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.devstore.payloads import timestamp
from infra.devstore.search import matches
from infra.devstore.state import Job, Media, Product, Subscription, number_of
from infra.devstore.views import (
    CURRENCY,
    R,
    View,
    connection,
    job_view,
    media_view,
    product_view,
    subscription_view,
)

SALES_REPORT = re.compile(
    r"FROM sales SHOW net_items_sold GROUP BY product_id SINCE -\d+d UNTIL (?:yesterday|today) "
    r"ORDER BY net_items_sold DESC LIMIT (?P<limit>\d+) OFFSET (?P<offset>\d+)"
)
MOST_ROWS = 1000


@dataclass(frozen=True)
class Queries:
    """Reads, for the length of one request."""

    session: Session
    shop_domain: str
    base_url: str

    def shop(self) -> View:
        """The shop itself."""
        name = self.shop_domain.partition(".")[0].replace("-", " ").title()
        return {"name": name, "myshopify_domain": self.shop_domain, "currency_code": CURRENCY}

    def product(self, id: str) -> View | None:
        """A product by its gid."""
        found = self.session.get(Product, number_of(id, "Product"))
        return product_view(found, self.session, self.base_url) if found else None

    def products(self, first: int | None = None, after: str | None = None, query: str | None = None) -> View:
        """Products by id, oldest first."""
        rows = (p for p in self._rows(Product, after) if matches(query, _searchable(p)))
        return connection(rows, lambda p: product_view(p, self.session, self.base_url), first)

    def files(self, first: int | None = None, query: str | None = None) -> View:
        """Images by id, oldest first."""
        fields = ("id", "filename", "status")
        rows = (m for m in self._rows(Media) if matches(query, {name: getattr(m, name) for name in fields}))
        return connection(rows, lambda m: media_view(m, self.base_url), first)

    def nodes(self, ids: list[str]) -> list[View | None]:
        """Products and images by their gids, null for each that is not there."""
        return [self.product(id) or self._media(id) for id in ids]

    def job(self, id: str) -> View | None:
        """A job by its gid."""
        found = self.session.get(Job, number_of(id, "Job"))
        return job_view(found) if found else None

    def webhook_subscriptions(self, first: int | None = None, after: str | None = None) -> View:
        """Every subscription."""
        return connection(self._rows(Subscription, after), subscription_view, first)

    def shopifyql_query(self, query: str) -> View:
        """The one report this store can make: units sold by product.

        The figures stand for any period, for a catalog folder names none. Values are strings, as ShopifyQL's
        numbers often are.
        """
        asked = SALES_REPORT.fullmatch(" ".join(query.split()))
        if not asked:
            return {
                "table_data": None,
                "parse_errors": ["the local store only reports units sold by product"],
            }
        sold = select(Product.id, Product.units_sold).where(Product.units_sold > 0)
        page = sold.order_by(Product.units_sold.desc(), Product.id).offset(int(asked["offset"]))
        rows = self.session.execute(page.limit(min(MOST_ROWS, int(asked["limit"]))))
        columns = [
            {"name": "product_id", "data_type": "IDENTITY"},
            {"name": "net_items_sold", "data_type": "INTEGER"},
        ]
        cells = [{"product_id": str(number), "net_items_sold": str(units)} for number, units in rows]
        return {"table_data": {"columns": columns, "rows": cells}, "parse_errors": []}

    def _rows(self, kind: type[R], after: str | None = None) -> Iterator[R]:
        """The rows behind a cursor, fetched as they are needed."""
        behind = select(kind).where(kind.id > int(after or 0)).order_by(kind.id)
        return iter(self.session.scalars(behind.execution_options(yield_per=100)))

    def _media(self, id: str) -> View | None:
        found = self.session.get(Media, number_of(id, "MediaImage"))
        return media_view(found, self.base_url) if found else None


def _searchable(product: Product) -> View:
    return {
        "default": f"{product.title} {product.product_type} {' '.join(product.tags)}",
        "id": product.id,
        "title": product.title,
        "handle": product.handle,
        "product_type": product.product_type,
        "status": product.status,
        "tag": product.tags,
        "sku": product.sku,
        "created_at": timestamp(product.created_at),
        "updated_at": timestamp(product.updated_at),
    }
