"""The durable recipes: each reads from top to bottom as what happens, and goes on after a crash where it was.

What a step does stands in `listing.py`. https://docs.dbos.dev/python/tutorials/workflow-tutorial
"""

from __future__ import annotations

import structlog
from dbos import DBOS, SetWorkflowID

from infra.durable import PAID_RECOVERIES, POLL_SECONDS, interrupted, reason, recipe, run_step
from infra.model import Painter, plain
from infra.services import Services
from sync.catalog import mirror_catalog
from sync.sales import mirror_sales
from webhook_app import listing
from webhook_app.listing import Run
from webhook_app.topics import PHOTO

QUEUES = ("recipes", "paint")
"""Runs wait in the first for their turn, single images in the second."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 600.0
"""Seconds between two looks for a photo; doubled each time, cut short when a webhook says that one came."""
MEDIA_PAUSE = 0.5
"""Seconds between two looks at whether the store has processed an upload."""

log = structlog.get_logger()


class Recipes:
    """The recipes of one process, with the services and the painter they work with."""

    def __init__(self, services: Services, painter: Painter) -> None:
        """Make the recipes known to DBOS; must come before `run_recipes`."""
        self._services, self._painter = services, painter
        recipe("new_listing", self.new_listing)
        recipe("sync_store", self.sync_store)
        self._paint = recipe("paint_format", self.paint_format, PAID_RECOVERIES)

    def new_listing(self, shop: str, product_id: str) -> str:
        """A new product gets its images: photo, bestsellers, style, paintings, store. Returns the status."""
        run = self._run(shop, DBOS.workflow_id or "")
        run_step("open", listing.open_run, run, product_id)
        try:
            self._wait_for_photo(run)
            run_step("references", listing.find_bestsellers, run)
            run_step("style", listing.read_their_style, run)
            self._paint_side_by_side(run, run_step("formats", listing.formats, run))
            self._publish(run, run_step("approved", listing.approved, run))
            return run_step("finish", listing.finish, run)
        except Exception as error:
            if interrupted(error):
                raise
            log.error(
                "listing failed", shop=shop, run=run.run_id, why=reason(error), kind=type(error).__name__
            )
            return run_step("fail", listing.fail, run, reason(error))

    def paint_format(self, shop: str, run_id: str, ratio: str) -> None:
        """One format of a run, painted, kept and examined."""
        run_step("paint", listing.paint_and_examine, self._run(shop, run_id), ratio)

    def sync_store(self, shop: str) -> dict[str, int]:
        """The store's sales and catalog into the mirror. Returns counts of products."""

        def mirror() -> dict[str, int]:
            summary: dict[str, int] = plain(
                mirror_catalog(self._services, shop, mirror_sales(self._services, shop))
            )
            return summary

        return run_step("mirror", mirror)

    def _run(self, shop: str, run_id: str) -> Run:
        return Run(self._services, self._painter, shop, run_id)

    def _wait_for_photo(self, run: Run) -> None:
        pause = FIRST_PAUSE
        while not run_step("photo", listing.look_for_photo, run):
            DBOS.recv(PHOTO, timeout_seconds=pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _paint_side_by_side(self, run: Run, ratios: list[str]) -> None:
        handles = []
        for ratio in ratios:
            with SetWorkflowID(f"{run.run_id}:{ratio}"):
                handles.append(DBOS.enqueue_workflow("paint", self._paint, run.shop, run.run_id, ratio))
        for handle in handles:
            handle.get_result(polling_interval_sec=POLL_SECONDS)

    def _publish(self, run: Run, ratios: list[str]) -> None:
        """Upload all, so that the store processes them side by side, then attach each as it is ready."""
        for ratio in ratios:
            run_step("upload", listing.upload_image, run, ratio)
        for ratio in ratios:
            while (state := run_step("media", listing.media_state, run, ratio)) == "processing":
                DBOS.sleep(MEDIA_PAUSE)
            if state == "ready":
                run_step("attach", listing.attach_image, run, ratio)
