"""One product into the mirror, outside of any sync."""

from __future__ import annotations

import structlog

from infra.services import Services
from sync.catalog import CatalogPass
from sync.writing import forget_product

log = structlog.get_logger()


def mirror_product(services: Services, shop: str, product_id: str) -> None:
    """Bring the mirror up to date for one product, or take it out when it is gone."""
    products = services.store(shop).products
    product = products.get(product_id)
    if product:
        CatalogPass(services, shop, Logged()).one(product)
    # Looked at once more: its deletion may have been dealt with while it was written.
    if product is None or products.get(product_id) is None:
        forget_product(services, shop, product_id)


class Logged:
    """The report of a pass that has no record: only failures are worth a line."""

    def check(self) -> None:
        """Nothing: it is never called off."""

    def stage(self, name: str, total: int | None) -> None:
        """Nothing."""

    def add(self, done: int = 0, **counts: int) -> None:
        """Nothing."""

    def put(self, **counts: int) -> None:
        """Nothing."""

    def fail(self, product_id: str, title: str, why: str) -> None:
        log.warning("product not mirrored", product=product_id, title=title, why=why)
