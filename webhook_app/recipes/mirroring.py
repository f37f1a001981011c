"""A product that a webhook tells of goes into the mirror soon, not only at night."""

from __future__ import annotations

from structlog.contextvars import bound_contextvars

from infra.durable import recipe, run_step
from infra.services import Services
from webhook_app.steps.mirroring import mirror_product


class MirrorProduct:
    """The recipe that brings one product up to date."""

    def __init__(self, services: Services) -> None:
        self._services = services
        recipe("mirror_product", self.mirror_product)

    def mirror_product(self, shop: str, product_id: str) -> None:
        """The product as the store has it now; what a webhook said of it may be old."""
        with bound_contextvars(shop=shop, product=product_id):
            run_step("mirror product", mirror_product, self._services, shop, product_id)
