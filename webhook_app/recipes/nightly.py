"""Every night, and whenever asked: the store's catalog and its sales into the mirror.

A small shop is read page by page. A large one exports a file first, which the run waits for; where there is
none to be had, it is read page by page too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar
from uuid import uuid4

import structlog
from dbos import DBOS
from structlog.contextvars import bound_contextvars

from infra.durable import recipe, run_step
from infra.errors import Mismatch, Refused, TokenRefused
from infra.exports import FINISHED
from infra.model import plain
from infra.services import Services
from sync import export, sales
from sync.catalog import mirror_catalog
from webhook_app.connect import stay_connected
from webhook_app.steps.reconcile import reconcile

BULK_FROM = 1_000
"""Products, or orders, from which on a shop exports them; below, 40 pages of products are quicker."""
EXPORTS = 2
"""How many exports are started for one purpose before the shop is read page by page."""
PAUSES = (2, 4, 8, 15, 30, *[60] * 239)
"""Seconds between two looks at an export, unless the webhook comes first; four hours in all."""

R = TypeVar("R")

log = structlog.get_logger()


class Nightly:
    """The recipe that keeps the mirror true."""

    def __init__(self, services: Services) -> None:
        self._services = services
        recipe("sync_store", self.sync_store)

    def sync_store(self, shop: str) -> dict[str, int]:
        """What was missed, then the store's catalog and sales into the mirror. Returns counts of products.

        Among them are "listings missed", if there were any; "days of sales" when those are fewer than the
        settings ask for; and "sales kept", the products whose sales could not be brought up to date.
        """
        with bound_contextvars(shop=shop):
            counts = self._catch_up(shop) | self._catalog(shop) | self._sales(shop)
            run_step("note", self._note, shop, counts)
            return counts

    def _catch_up(self, shop: str) -> dict[str, int]:
        """What the shop is like now, and the listings that nobody told us of."""
        run_step("stay connected", stay_connected, self._services, shop)
        missed = run_step("reconcile", reconcile, self._services, shop)["started"]
        return {"listings missed": missed} if missed else {}

    def _catalog(self, shop: str) -> dict[str, int]:
        counts = None
        if run_step("count products", self._products, shop) >= BULK_FROM:
            counts = self._exported(shop, "bulk_products", "", self._mirror_export)
        return counts or run_step("mirror catalog", self._mirror_listed, shop)

    def _sales(self, shop: str) -> dict[str, int]:
        """The report is the store's own word; orders can stand in for it, else sales stay as they were."""
        try:
            run_step("sales report", sales.from_report, self._services, shop)
        except TokenRefused:
            raise
        except (Refused, Mismatch) as error:
            log.warning("no sales report; reading the orders", why=str(error))
            return self._sales_without_report(shop)
        return {}

    def _sales_without_report(self, shop: str) -> dict[str, int]:
        try:
            return self._sales_from_orders(shop)
        except TokenRefused:
            raise
        except (Refused, Mismatch) as error:
            log.error("no sales; they stay as they were", why=str(error))
            return {"sales kept": run_step("count mirrored", self._services.mirror.count, shop)}

    def _sales_from_orders(self, shop: str) -> dict[str, int]:
        window = run_step("sales window", sales.window, self._services, shop)
        changed = None
        if window["orders"] >= BULK_FROM:
            read = partial(sales.from_export, self._services, window=window)
            changed = self._exported(shop, "bulk_orders", window["query"], read)
        if changed is None:
            run_step("sales of orders", sales.from_orders, self._services, shop, window)
        fewer = window["days"] < self._services.settings.sales_days
        return {"days of sales": window["days"]} if fewer else {}

    def _exported(self, shop: str, kind: str, query: str, use: Callable[[str, str], R | None]) -> R | None:
        """What is made of an export; None when the store takes none, or none could be had whole."""
        run_id = str(DBOS.workflow_id)
        for attempt in range(1, EXPORTS + 1):
            operation = run_step("start export", export.start, self._services, shop, run_id, kind, query)
            if operation is None:
                log.info("the store takes no export now", kind=kind)
                return None
            if not self._is_complete(shop, operation):
                continue
            try:
                made = run_step(f"read {kind}", use, shop, operation)
            except Mismatch:
                if attempt == EXPORTS:
                    raise
            else:
                if made is not None:
                    return made
        return None

    def _is_complete(self, shop: str, operation: str) -> bool:
        """Wait until an export has ended. The webhook wakes us; without one, looking now and then must do."""
        ended = "RUNNING"
        for pause in PAUSES:
            DBOS.recv(FINISHED, timeout_seconds=pause)
            ended = run_step("look at export", export.status, self._services, shop, operation)
            if ended != "RUNNING":
                break
        run_step("export ended", self._services.exports.done, shop, operation)
        log.info("export ended", operation=operation, status=ended)
        return ended == "COMPLETED"

    def _note(self, shop: str, counts: dict[str, int]) -> None:
        """What was done, and what all calls to this shop's API have cost so far, into the log."""
        log.info("synced", counts=counts, api=self._services.store(shop).costs.summary())

    def _products(self, shop: str) -> int:
        return self._services.store(shop).products.count("status:active")

    def _mirror_listed(self, shop: str) -> dict[str, int]:
        products = self._services.store(shop).products.all()
        found: dict[str, int] = plain(mirror_catalog(self._services, shop, products))
        return found

    def _mirror_export(self, shop: str, operation: str) -> dict[str, int] | None:
        with export.opened(self._services, shop, operation) as spool:
            if spool is None:
                return None
            products = export.products(self._services.store(shop), spool)
            found: dict[str, int] = plain(mirror_catalog(self._services, shop, products))
            return found


def begin_sync(services: Services, shop: str) -> str:
    """Have a worker bring the mirror up to date; returns the recipe's id."""
    run_id = f"{shop}:sync:{uuid4()}"
    services.starter.start("sync_store", run_id, shop)
    return run_id


def sync_now(services: Services, shop: str) -> dict[str, int]:
    """Have the mirror brought up to date; waits for it and returns the counts of products."""
    counts: dict[str, int] = services.starter.result(begin_sync(services, shop))
    return counts
