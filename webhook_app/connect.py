"""Connecting a shop: remember it, and subscribe to the webhooks we act on."""

from __future__ import annotations

from infra.services import Services
from webhook_app.topics import TOPICS


def connect(services: Services, shop: str, address: str) -> None:
    """Subscribe `address` to a shop's topics (only what is missing) and remember the shop as connected."""
    store = services.store(shop)
    services.seen.connect(shop, store.shop().name)
    store.subscribe(tuple(TOPICS), f"{address}/webhooks")
