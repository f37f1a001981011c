"""From a new listing to its images: wait for the photo, learn from bestsellers, paint, examine, publish.

What a step does stands in `webhook_app/steps/listing.py` and `painting.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars

from generators.workshop import Workshop
from infra.durable import PAID_RECOVERIES, enqueue, interrupted, reason, recipe, run_step
from infra.errors import Cancelled, Closed, OverBudget, TokenRefused, Unavailable
from infra.model import RunStatus
from infra.queues import PUBLISH, RECIPES
from infra.services import Services
from webhook_app.arrivals import look_id
from webhook_app.recipes.painting import paint_side_by_side, wait_for_budget
from webhook_app.recipes.publish import publish
from webhook_app.steps import listing, painting, publishing
from webhook_app.steps.listing import Run

LONGEST_PAUSE = 600
"""Seconds between two looks for a photo: 2, 4, 8, … up to this; a webhook about one looks at once."""
AWAY = (60, 300, 900, 3600, *[14_400] * 17)
"""Seconds until images that the store did not let in are brought to it again: three days in all."""


class NewListing:
    """The recipe of a new listing, with the services and the painters it works with."""

    def __init__(self, services: Services, workshop: Workshop) -> None:
        """Make the recipes known to DBOS; must come before `run_recipes`."""
        self._services, self._workshop = services, workshop
        self._look = recipe("new_listing", self.new_listing)
        self._make = recipe("make_images", self.make_images)
        self._finals = recipe("make_finals", self.make_finals)
        self._publish = recipe("publish_images", self.publish_images)
        self._paint = recipe("paint_format", self.paint_format, PAID_RECOVERIES)

    def new_listing(self, shop: str, run_id: str, look: int) -> None:
        """Make images once there is a photo, or look again later; a run that waits holds no thread.

        `look` counts the looks; 0 is one beside them, because a webhook said that a photo may have come.
        """
        run = self._run(shop, run_id)
        with bound_contextvars(shop=shop, listing=run_id), self._failures_recorded(run, "waiting"):
            found = run_step("photo", listing.look_for_photo, run)
            if found == "there":
                enqueue(RECIPES, f"{run_id}:images", self._make, shop, run_id, 1)
            elif found == "not yet" and look:
                later = min(2**look, LONGEST_PAUSE)
                enqueue(RECIPES, look_id(run_id, look + 1), self._look, shop, run_id, look + 1, delay=later)

    def make_images(self, shop: str, run_id: str, attempt: int = 1) -> None:
        """From the photo to the product's images: bestsellers, style, paintings, store.

        Without a budget for it, it is made again when there is one, and finds what it has paid for.
        """
        run = self._run(shop, run_id)
        with bound_contextvars(shop=shop, listing=run_id), self._failures_recorded(run, "running"):
            try:
                if attempt > 1:
                    run_step("go on", painting.go_on, run)
                run_step("references", listing.find_bestsellers, run)
                run_step("style", listing.read_their_style, run)
                self._paint_all(run, run_step("formats", painting.formats, run), f"images:{attempt}")
            except OverBudget as error:
                wait_for_budget(run, error, self._make, f"{run_id}:images:{attempt + 1}", attempt + 1)
                return
            if not run_step("review", painting.must_wait, run):
                self._publish_or_wait(run, 1)

    def make_finals(self, shop: str, run_id: str, attempt: int) -> None:
        """What a person has approved, at its final size, into the store."""
        run = self._run(shop, run_id)
        with bound_contextvars(shop=shop, listing=run_id), self._failures_recorded(run, "running"):
            try:
                if attempt > 1:
                    run_step("go on", painting.go_on, run)
                ratios = run_step("finals", painting.finals, run)
                wanted = run_step("still wanted", publishing.still_wanted, run, ratios)
                self._paint_all(run, wanted, f"finals:{attempt}")
            except OverBudget as error:
                wait_for_budget(run, error, self._finals, f"{run_id}:finals:{attempt + 1}", attempt + 1)
                return
            self._publish_or_wait(run, 1)

    def publish_images(self, shop: str, run_id: str, attempt: int) -> None:
        """What these end with, again: the store was away, or did not take our token."""
        run = self._run(shop, run_id)
        with bound_contextvars(shop=shop, listing=run_id), self._failures_recorded(run, "running"):
            self._publish_or_wait(run, attempt)

    def paint_format(self, shop: str, run_id: str, ratio: str) -> None:
        """One format of a run, painted, kept and examined."""
        with bound_contextvars(shop=shop, listing=run_id, format=ratio):
            run_step("paint", painting.paint_and_examine, self._run(shop, run_id), ratio)

    def _run(self, shop: str, run_id: str) -> Run:
        return Run(self._services, self._workshop, shop, run_id)

    def _paint_all(self, run: Run, ratios: list[str], time: str) -> None:
        """All formats side by side; in the strict mode the first one before the others, who are shown it."""
        if self._services.settings.strict_set and self._workshop.buys:
            paint_side_by_side(run, ratios[:1], time, self._paint, painting.stand_in)
            ratios = ratios[1:]
        paint_side_by_side(run, ratios, time, self._paint, painting.stand_in)

    def _publish_or_wait(self, run: Run, attempt: int) -> None:
        """Each attempt finds what the ones before it have done; the images are made, and may be paid for."""
        try:
            publish(run)
        except (Unavailable, TokenRefused, Closed) as error:
            if attempt > len(AWAY):
                raise
            run_step("wait for store", publishing.wait_for_store, run, reason(error))
            later = f"{run.run_id}:publish:{attempt + 1}"
            delay = AWAY[attempt - 1]
            enqueue(PUBLISH, later, self._publish, run.shop, run.run_id, attempt + 1, delay=delay)

    @contextmanager
    def _failures_recorded(self, run: Run, while_it_is: RunStatus) -> Iterator[None]:
        """What stops a run ends up in its record, where a person finds it."""
        try:
            yield
        except Cancelled as gone:
            run_step("cancel", run.services.runs.cancel, run.shop, str(gone), run_id=run.run_id)
        except Exception as error:
            if interrupted(error):
                raise
            run_step("fail", run.services.runs.fail, run.run_id, reason(error), while_it_is)
