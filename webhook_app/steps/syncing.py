"""What each step of a sync does; all of them may run twice, and go on from where they were."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from infra.services import Services
from infra.shopify.products import FOR_SALE
from infra.syncs import SyncMode, SyncReport
from sync import audit, export, sales
from sync.catalog import CatalogPass
from sync.rows import seconds
from sync.sales import OrderWindow
from webhook_app.connect import stay_connected
from webhook_app.steps.reconcile import reconcile

log = structlog.get_logger()


@dataclass(frozen=True)
class Sync:
    """One sync of a shop, with the services it works with."""

    services: Services
    shop: str
    run_id: str
    mode: SyncMode
    dry_run: bool

    @property
    def report(self) -> SyncReport:
        """What a step reports to; each takes its own, for the one before may have died."""
        return self.services.syncs.report(self.run_id)

    def catalog(self) -> CatalogPass:
        # A full sync has taken all for out of date before; one that is dry must not.
        anew = self.mode == "full" and self.dry_run
        return CatalogPass(self.services, self.shop, self.report, dry_run=self.dry_run, anew=anew)


def begin(sync: Sync) -> None:
    """A worker has taken it up."""
    sync.services.syncs.begin(sync.run_id)
    sync.services.syncs.note(sync.run_id, price_usd=str(sync.services.embedder.price_usd))


def catch_up(sync: Sync) -> None:
    """What the shop is like now, and the listings that nobody told us of."""
    sync.report.stage("store", None)
    stay_connected(sync.services, sync.shop)
    sync.services.syncs.note(sync.run_id, listings_missed=reconcile(sync.services, sync.shop)["started"])


def count_products(sync: Sync) -> int:
    """How many products the store sells."""
    return sync.services.store(sync.shop).products.count(FOR_SALE)


def look_at_the_mirror(sync: Sync) -> int:
    """How many products need no new look, as far as they have not changed.

    What the mirror has lost is written again; whether it lost any, the number of its rows tells, and with
    "verify" each row. A full sync then takes everything for out of date.
    """
    services, shop = sync.services, sync.shop
    if sync.mode == "verify" or audit.has_other_rows(services, shop):
        sync.report.stage("mirror", None)
        found = audit.audit(services, shop, repair=not sync.dry_run)
        services.syncs.note(sync.run_id, mirror=found)
        if sync.dry_run:  # else the pass finds them, and counts them itself
            again = found["lost"] + found["other_content"]
            sync.report.add(new=found["lost"], changed=found["other_content"], embedding_calls=again)
    if sync.mode == "full" and not sync.dry_run:
        services.seen.outdate(shop)
    return services.seen.count_current(shop, services.mirror.collection(shop))


def mirror_listed(sync: Sync, active: int) -> None:
    """The whole catalog, read page by page."""
    products = sync.services.store(sync.shop).products
    sync.catalog().whole(products.all(FOR_SALE), products.some, active)


def mirror_export(sync: Sync, active: int, shop: str, operation: str) -> bool | None:
    """The whole catalog out of a finished export; None when that is not whole."""
    store = sync.services.store(shop)
    with export.opened(sync.services, shop, operation) as spool:
        if spool is None:
            return None
        sync.catalog().whole(export.products(store, spool), store.products.some, active, spool.begun)
        return True


def mirror_changes(sync: Sync, active: int) -> int:
    """What changed, by a list read page by page; returns how many products that are."""
    products = sync.services.store(sync.shop).products
    listed = {state.id: seconds(state.updated_at) for state in products.states()}
    return sync.catalog().changes(listed, products.some, active)


def mirror_exported_changes(sync: Sync, active: int, shop: str, operation: str) -> int | None:
    """The same by a list out of a finished export; None when that is not whole."""
    listed, begun = export.states(sync.services, shop, operation)
    if listed is None:
        return None
    return sync.catalog().changes(listed, sync.services.store(shop).products.some, active, begun)


def sales_from_report(sync: Sync) -> None:
    """Sales from the store's own report."""
    _stage(sync)
    sales.from_report(sync.services, sync.shop, sync.report, sync.dry_run)
    _note_sales(sync, "report", sync.services.settings.sales_days)


def sales_from_orders(sync: Sync, window: OrderWindow) -> None:
    """Sales from the orders of a window, read page by page."""
    _stage(sync)
    sales.from_orders(sync.services, sync.shop, window, sync.report, sync.dry_run)
    _note_sales(sync, "orders", window["days"])


def sales_from_export(sync: Sync, window: OrderWindow, shop: str, operation: str) -> bool | None:
    """The same out of a finished export; None when that is not whole."""
    _stage(sync)
    if not sales.from_export(sync.services, shop, operation, window, sync.report, sync.dry_run):
        return None
    _note_sales(sync, "orders", window["days"])
    return True


def keep_sales(sync: Sync, why: str) -> None:
    """No sales could be had: they stay what they were, and the record says so."""
    sync.services.syncs.note(sync.run_id, sales_kept=why)


def end(sync: Sync) -> dict[str, int]:
    """What was done, into the record and the log, with what all calls to this shop's API have cost so far."""
    record = sync.services.syncs.read(sync.shop, sync.run_id)
    counts: dict[str, int] = record["counts"] if record else {}
    if not sync.dry_run:
        sync.services.mirror.flush(sync.shop)
    sync.services.syncs.end(sync.run_id, "done")
    log.info("synced", counts=counts, api=sync.services.store(sync.shop).costs.summary())
    return counts


def fail(sync: Sync, called_off: bool, why: str) -> None:
    """It came to nothing, or not to all: what was written by then stays."""
    sync.services.syncs.end(sync.run_id, "cancelled" if called_off else "failed", why)


def _stage(sync: Sync) -> None:
    sync.report.stage("sales", None)


def _note_sales(sync: Sync, source: str, days: int) -> None:
    until = sales.last_day(sync.services, sync.shop).isoformat()
    sync.services.syncs.note(sync.run_id, sales={"source": source, "days": days, "until": until})
