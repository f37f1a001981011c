"""Connecting a shop: remember it, subscribe to the webhooks we act on, mirror its catalog."""

from __future__ import annotations

from uuid import uuid4

from infra.services import Services
from webhook_app.topics import TOPICS


def connect(services: Services, shop: str, address: str) -> None:
    """Subscribe `address` to a shop's topics (only what is missing) and remember the shop as connected."""
    store = services.store(shop)
    services.seen.connect(shop, store.shop().name)
    store.subscribe(tuple(TOPICS), f"{address}/webhooks")


def sync_now(services: Services, shop: str) -> dict[str, int]:
    """Have a worker bring the mirror up to date; waits for it and returns the counts of products."""
    run_id = f"{shop}:sync:{uuid4()}"
    services.starter.start("sync_store", run_id, shop)
    counts: dict[str, int] = services.starter.result(run_id)
    return counts
