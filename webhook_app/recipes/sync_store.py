"""Every night, and whenever asked: the store's catalog and its sales into the mirror, for what changed.

A small shop is read page by page. A large one exports a file first, which the run waits for; where there is
none to be had, it is read page by page too. What each step does stands in `webhook_app/steps/syncing.py`.
"""

from __future__ import annotations

from functools import partial

import structlog
from dbos import DBOS
from structlog.contextvars import bound_contextvars

from infra.durable import interrupted, reason, recipe, run_step
from infra.errors import Cancelled, Mismatch, Refused, TokenRefused
from infra.services import Services
from infra.syncs import SyncMode
from sync import sales
from sync.catalog import MOST_CHANGED
from webhook_app.recipes.exporting import exported
from webhook_app.steps import syncing
from webhook_app.steps.syncing import Sync

BULK_FROM = 1_000
"""Products in full, or orders, from which on a shop exports them; below, 40 pages of products are quicker."""
BULK_STATES_FROM = 5_000
"""The same for products' times of change, of which a page holds 250."""

log = structlog.get_logger()


class SyncStore:
    """The recipe that keeps the mirror true."""

    def __init__(self, services: Services) -> None:
        self._services = services
        recipe("sync_store", self.sync_store)

    def sync_store(self, shop: str, mode: SyncMode, dry_run: int) -> dict[str, int]:
        """What was missed, then the store's catalog and sales into the mirror. Returns counts of products.

        `mode`: "changes" reads what changed since the last time, "verify" compares everything with the store
        and the mirror, "full" writes everything anew. Its record holds what it found (infra/syncs.py).
        """
        sync = Sync(self._services, shop, str(DBOS.workflow_id), mode, bool(dry_run))
        with bound_contextvars(shop=shop, sync=sync.run_id):
            try:
                run_step("begin", syncing.begin, sync)
                if not dry_run:
                    run_step("catch up", syncing.catch_up, sync)
                self._catalog(sync)
                self._sales(sync)
                return run_step("end", syncing.end, sync)
            except Exception as error:
                if not interrupted(error):
                    run_step("fail", syncing.fail, sync, isinstance(error, Cancelled), reason(error))
                raise

    def _catalog(self, sync: Sync) -> None:
        """Only the changed products are read in full, unless they are many or all is to be looked at."""
        active = run_step("count products", syncing.count_products, sync)
        known = run_step("look at the mirror", syncing.look_at_the_mirror, sync)
        few = sync.mode == "changes" and active - known < MOST_CHANGED
        if few and self._changes(sync, active) < MOST_CHANGED:
            return
        if active < BULK_FROM or not exported(
            self._services, sync.shop, "bulk_products", partial(syncing.mirror_export, sync, active)
        ):
            run_step("mirror catalog", syncing.mirror_listed, sync, active)

    def _changes(self, sync: Sync, active: int) -> int:
        """How many products have changed; from MOST_CHANGED on they were left alone."""
        changed = None
        if active >= BULK_STATES_FROM:
            read = partial(syncing.mirror_exported_changes, sync, active)
            changed = exported(self._services, sync.shop, "bulk_product_states", read)
        return (
            run_step("mirror changes", syncing.mirror_changes, sync, active) if changed is None else changed
        )

    def _sales(self, sync: Sync) -> None:
        """The report is the store's own word; orders can stand in for it, else sales stay as they were."""
        try:
            run_step("sales report", syncing.sales_from_report, sync)
        except TokenRefused:
            raise
        except (Refused, Mismatch) as error:
            log.warning("no sales report; reading the orders", why=str(error))
            self._sales_without_report(sync)

    def _sales_without_report(self, sync: Sync) -> None:
        try:
            self._sales_from_orders(sync)
        except TokenRefused:
            raise
        except (Refused, Mismatch) as error:
            log.error("no sales; they stay as they were", why=str(error))
            run_step("keep sales", syncing.keep_sales, sync, reason(error))

    def _sales_from_orders(self, sync: Sync) -> None:
        window = run_step("sales window", sales.order_window, self._services, sync.shop)
        read = partial(syncing.sales_from_export, sync, window)
        if window["orders"] < BULK_FROM or not exported(
            self._services, sync.shop, "bulk_orders", read, window["query"]
        ):
            run_step("sales of orders", syncing.sales_from_orders, sync, window)
