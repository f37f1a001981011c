"""The durable recipes: each reads from top to bottom as what happens, and goes on after a crash where it was.

What a step does stands in `listing.py`. https://docs.dbos.dev/python/tutorials/workflow-tutorial
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dbos import DBOS
from structlog.contextvars import bound_contextvars

from infra.durable import PAID_RECOVERIES, POLL_SECONDS, enqueue, interrupted, reason, recipe, run_step
from infra.model import Painter, RunStatus, plain
from infra.services import Services
from sync.catalog import mirror_catalog
from sync.sales import mirror_sales
from webhook_app import listing
from webhook_app.listing import Run
from webhook_app.topics import look_id

LONGEST_PAUSE = 600
"""Seconds between two looks for a photo: 2, 4, 8, … up to this; a webhook about one looks at once."""
MEDIA_PAUSES = (0.5, 0.5, 1, 2, 4, 8, 15, *[30] * 19)
"""Seconds between two looks at whether the store has processed an upload: ten minutes in all."""


class Recipes:
    """The recipes of one process, with the services and the painter they work with."""

    def __init__(self, services: Services, painter: Painter) -> None:
        """Make the recipes known to DBOS; must come before `run_recipes`."""
        self._services, self._painter = services, painter
        self._look = recipe("new_listing", self.new_listing)
        self._make = recipe("make_images", self.make_images)
        self._paint = recipe("paint_format", self.paint_format, PAID_RECOVERIES)
        recipe("sync_store", self.sync_store)

    def new_listing(self, shop: str, run_id: str, look: int) -> None:
        """Make images once there is a photo, or look again later; a run that waits holds no thread.

        `look` counts the looks; 0 is one beside them, because a webhook said that a photo may have come.
        """
        run = self._run(shop, run_id)
        with bound_contextvars(shop=shop, listing=run_id), self._failures_recorded(run, "waiting"):
            found = run_step("photo", listing.look_for_photo, run)
            if found == "there":
                enqueue("recipes", f"{run_id}:images", self._make, shop, run_id)
            elif found == "not yet" and look:
                later = min(2**look, LONGEST_PAUSE)
                enqueue("recipes", look_id(run_id, look + 1), self._look, shop, run_id, look + 1, delay=later)

    def make_images(self, shop: str, run_id: str) -> None:
        """From the photo to the product's images: bestsellers, style, paintings, store."""
        run = self._run(shop, run_id)
        with bound_contextvars(shop=shop, listing=run_id), self._failures_recorded(run, "running"):
            run_step("references", listing.find_bestsellers, run)
            run_step("style", listing.read_their_style, run)
            self._paint_side_by_side(run, run_step("formats", listing.formats, run))
            self._publish(run, run_step("approved", listing.approved, run))
            run_step("finish", listing.finish, run)

    def paint_format(self, shop: str, run_id: str, ratio: str) -> None:
        """One format of a run, painted, kept and examined."""
        with bound_contextvars(shop=shop, listing=run_id, format=ratio):
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

    def _paint_side_by_side(self, run: Run, ratios: list[str]) -> None:
        handles = {
            ratio: enqueue("paint", f"{run.run_id}:{ratio}", self._paint, run.shop, run.run_id, ratio)
            for ratio in ratios
        }
        for ratio, handle in handles.items():
            try:
                handle.get_result(polling_interval_sec=POLL_SECONDS)
            except Exception as error:
                if interrupted(error):
                    raise
                run_step("refuse", listing.refuse_format, run, ratio, reason(error))

    def _publish(self, run: Run, ratios: list[str]) -> None:
        """Upload all, so that the store processes them side by side, then attach each as it is ready."""
        for ratio in ratios:
            run_step("upload", listing.upload_image, run, ratio)
        for ratio in ratios:
            if self._is_processed(run, ratio):
                run_step("attach", listing.attach_image, run, ratio)

    def _is_processed(self, run: Run, ratio: str) -> bool:
        for pause in MEDIA_PAUSES:
            state = run_step("media", listing.media_state, run, ratio)
            if state != "processing":
                return state == "ready"
            DBOS.sleep(pause)
        run_step("refuse", listing.refuse_upload, run, ratio, "it was still processing it ten minutes later")
        return False

    @contextmanager
    def _failures_recorded(self, run: Run, while_it_is: RunStatus) -> Iterator[None]:
        """What stops a run ends up in its record, where a person finds it."""
        try:
            yield
        except Exception as error:
            if interrupted(error):
                raise
            run_step("fail", run.services.runs.fail, run.run_id, reason(error), while_it_is)
