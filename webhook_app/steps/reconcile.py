"""New listings and deletions whose webhook never came: Shopify promises no delivery, so we look ourselves.

https://shopify.dev/docs/apps/build/webhooks/best-practices#build-reconciliation-jobs
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog

from infra.installations import Installation
from infra.runs import PRODUCT_GONE
from infra.services import Services
from webhook_app.arrivals import begin_listing, begin_looking

OVERLAP = timedelta(days=1)
"""What was listed this long before the last look is looked at again: clocks differ, search lags behind."""

log = structlog.get_logger()


def reconcile(services: Services, shop: str) -> dict[str, int]:
    """Start runs for products listed since the shop was connected that have none; end those of products gone.

    Doing it again changes nothing. Returns how many runs were "started" and "cancelled"; a shop that left has
    none.
    """
    installed = services.installations.get(shop)
    if installed is None or not installed.active:
        return {"started": 0, "cancelled": 0}
    now, since = datetime.now(UTC), _since(installed)
    counts = {"started": _start_missed(services, shop, since), "cancelled": _end_orphans(services, shop)}
    services.installations.reconciled(shop, now)
    log.info("reconciled", shop=shop, since=since.isoformat(), **counts)
    return counts


def _since(installed: Installation) -> datetime:
    """From when on a product counts as new: never from before the second after we were connected."""
    connected = installed.connected_at.replace(microsecond=0) + timedelta(seconds=1)
    return max(connected, installed.reconciled_at - OVERLAP) if installed.reconciled_at else connected


def _start_missed(services: Services, shop: str, since: datetime) -> int:
    listed = services.store(shop).products.all(query=f"created_at:>='{since:%Y-%m-%dT%H:%M:%SZ}'")
    missed = [product.id for product in listed if not services.runs.count(shop, product.id)]
    for product_id in missed:
        begin_listing(services, shop, product_id, 1)
    return len(missed)


def _end_orphans(services: Services, shop: str) -> int:
    """End what waits for a product that is gone; see to it that the others look for their photo."""
    cancelled = 0
    for run_id, product_id in services.runs.waiting(shop).items():
        if services.store(shop).products.get(product_id) is None:
            cancelled += services.runs.cancel(shop, PRODUCT_GONE, run_id=run_id)
        else:
            begin_looking(services, shop, run_id)
    return cancelled
