"""What may be asked of the store: one method per field of QueryRoot, in snake_case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.devstore.bulk import Operation, operation_view
from infra.devstore.faults import Faults
from infra.devstore.orders import Order
from infra.devstore.sales_report import report
from infra.devstore.scopes import Scopes, denied
from infra.devstore.search import matches
from infra.devstore.shop import Shop
from infra.devstore.state import Job, Media, Product, Subscription, gid, now, number_of
from infra.devstore.views import (
    R,
    View,
    connection,
    job_view,
    media_view,
    order_view,
    product_view,
    subscription_view,
)

REACH = timedelta(days=60)
"""How far back orders are shown without read_all_orders."""


@dataclass(frozen=True)
class Queries:
    """Reads, for the length of one request."""

    session: Session
    about: Shop
    scopes: Scopes
    faults: Faults

    def shop(self) -> View:
        """The shop itself."""
        return {
            "id": gid("Shop", self.about.number),
            "name": self.about.name,
            "myshopify_domain": self.about.domain,
            "currency_code": self.about.currency,
            "iana_timezone": self.about.timezone,
        }

    def shop_locales(self) -> list[View]:
        """The shop's one language."""
        return [{"locale": self.about.locale, "primary": True}]

    def current_app_installation(self) -> View:
        """The app and what its token may do. That implied scopes are named too is a guess."""
        return {
            "id": gid("AppInstallation", self.about.app),
            "access_scopes": [{"handle": scope} for scope in sorted(self.scopes)],
            "app": {"id": gid("App", self.about.app)},
        }

    def product(self, id: str) -> View | None:
        """A product by its gid."""
        found = self.session.get(Product, number_of(id, "Product"))
        return product_view(found, self.session, self.about) if found else None

    def products(self, first: int | None = None, after: str | None = None, query: str | None = None) -> View:
        """Products by id, oldest first."""
        rows = (p for p in self._rows(Product, after) if matches(query, _searchable(p)))
        return connection(rows, lambda p: product_view(p, self.session, self.about), first)

    def products_count(self, query: str | None = None, limit: int | None = None) -> View:
        """How many products meet a query, counted up to the limit."""
        return _count(sum(matches(query, _searchable(product)) for product in self._rows(Product)), limit)

    def files(self, first: int | None = None, query: str | None = None) -> View:
        """Images by id, oldest first."""
        fields = ("id", "filename", "status")
        rows = (m for m in self._rows(Media) if matches(query, {name: getattr(m, name) for name in fields}))
        hidden = self.faults.stands("hide_files")
        return connection([] if hidden else rows, lambda m: media_view(m, self.about.url), first)

    def nodes(self, ids: list[str]) -> list[View | None]:
        """Products and images by their gids, null for each that is not there."""
        return [self.product(id) or self._media(id) for id in ids]

    def job(self, id: str) -> View | None:
        """A job by its gid."""
        found = self.session.get(Job, number_of(id, "Job"))
        return job_view(found) if found else None

    def order(self, id: str) -> View | None:
        """An order by its gid."""
        found = self.session.get(Order, number_of(id, "Order"))
        return order_view(found, self.session, self.about) if found and self._is_in_reach(found) else None

    def orders(self, first: int | None = None, after: str | None = None, query: str | None = None) -> View:
        """Orders by id, oldest first."""
        rows = (one for one in self._rows(Order, after) if self._is_found(one, query))
        return connection(rows, lambda one: order_view(one, self.session, self.about), first)

    def orders_count(self, query: str | None = None, limit: int | None = None) -> View:
        """How many orders meet a query, counted up to the limit."""
        return _count(sum(self._is_found(one, query) for one in self._rows(Order)), limit)

    def bulk_operation(self, id: str) -> View | None:
        """A bulk operation by its gid."""
        found = self.session.get(Operation, number_of(id, "BulkOperation"))
        return operation_view(found, self.about) if found else None

    def webhook_subscriptions(self, first: int | None = None, after: str | None = None) -> View:
        """Every subscription."""
        return connection(self._rows(Subscription, after), subscription_view, first)

    def shopifyql_query(self, query: str) -> View:
        """A report of units sold."""
        if self.faults.stands("refuse_reports"):
            raise denied("shopifyqlQuery", "read_reports")
        return report(self.session, self.about.timezone, query)

    def _rows(self, kind: type[R], after: str | None = None) -> Iterator[R]:
        """The rows behind a cursor, fetched as they are needed."""
        behind = select(kind).where(kind.id > int(after or 0)).order_by(kind.id)
        return iter(self.session.scalars(behind.execution_options(yield_per=100)))

    def _is_found(self, order: Order, query: str | None) -> bool:
        fields = {"id": order.id, "test": str(order.test).lower(), "created_at": order.created_at}
        return self._is_in_reach(order) and matches(query, fields)

    def _is_in_reach(self, order: Order) -> bool:
        """Older orders are hidden from a token without read_all_orders.

        https://shopify.dev/docs/api/usage/access-scopes#orders-permissions
        """
        return "read_all_orders" in self.scopes or order.created_at > now() - REACH

    def _media(self, id: str) -> View | None:
        found = self.session.get(Media, number_of(id, "MediaImage"))
        return media_view(found, self.about.url) if found else None


def _count(found: int, limit: int | None) -> View:
    over = limit is not None and found > limit
    return {"count": limit if over else found, "precision": "AT_LEAST" if over else "EXACT"}


def _searchable(product: Product) -> View:
    return {
        "default": f"{product.title} {product.product_type} {' '.join(product.tags)}",
        "id": product.id,
        "title": product.title,
        "handle": product.handle,
        "product_type": product.product_type,
        "status": product.status,
        "published_status": _published_status(product),
        "tag": product.tags,
        "sku": product.sku,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }


def _published_status(product: Product) -> list[str]:
    """All that holds of a product: about the Online Store, and "unavailable" when it is on no channel.

    https://shopify.dev/docs/api/admin-graphql/latest/queries/products#arguments-query
    """
    if product.published_at:
        return ["published", "visible", "online_store_channel"]
    return ["unpublished"] if product.elsewhere else ["unpublished", "unavailable"]
