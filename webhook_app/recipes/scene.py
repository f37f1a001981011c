"""A scene: several products of the store in one picture, painted, examined and, where wanted, in its files.

What a step does stands in `webhook_app/steps/scene.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import structlog
from structlog.contextvars import bound_contextvars

from generators.formats import parse_formats
from generators.scenes import SceneWish
from generators.workshop import Workshop
from infra.durable import PAID_RECOVERIES, interrupted, reason, recipe, run_step
from infra.errors import BestshotError, Cancelled, OverBudget
from infra.services import Services
from webhook_app.recipes.painting import paint_side_by_side, wait_for_budget
from webhook_app.recipes.publish import is_processed, is_uploaded
from webhook_app.steps import painting, scene
from webhook_app.steps.listing import Run

log = structlog.get_logger()


class MakeScene:
    """The recipe of a scene, with the services and the painters it works with."""

    def __init__(self, services: Services, workshop: Workshop) -> None:
        """Make the recipes known to DBOS; must come before `run_recipes`."""
        self._services, self._workshop = services, workshop
        self._make = recipe("make_scene", self.make_scene)
        self._paint = recipe("paint_scene", self.paint_scene, PAID_RECOVERIES)

    def make_scene(self, shop: str, run_id: str, attempt: int) -> None:
        """From the merchant's words to an image: which products, whose style, painted, into the store.

        Without a budget for it, it is made again when there is one, and finds what it has paid for.
        """
        run = self._run(shop, run_id)
        with bound_contextvars(shop=shop, scene=run_id), self._failures_recorded(run):
            run_step("products", scene.find_products, run)
            run_step("style", scene.read_their_style, run)
            try:
                if attempt > 1:
                    run_step("go on", painting.go_on, run)
                ratios = run_step("formats", painting.finals, run)
                paint_side_by_side(run, ratios, str(attempt), self._paint, painting.refuse_format)
            except OverBudget as error:
                wait_for_budget(run, error, self._make, f"{run_id}:{attempt + 1}", attempt + 1)
                return
            for ratio in run_step("approved", scene.approved, run):
                if is_uploaded(run, ratio) and is_processed(run, ratio):
                    run_step("published", scene.note_published, run, ratio)
            run_step("finish", scene.finish, run)

    def paint_scene(self, shop: str, run_id: str, ratio: str) -> None:
        """One format of a scene, painted, kept and examined."""
        with bound_contextvars(shop=shop, scene=run_id, format=ratio):
            run_step("paint", scene.paint_and_examine, self._run(shop, run_id), ratio)

    def _run(self, shop: str, run_id: str) -> Run:
        return Run(self._services, self._workshop, shop, run_id)

    @contextmanager
    def _failures_recorded(self, run: Run) -> Iterator[None]:
        """What stops a scene ends up in its record, where whoever asked for it looks."""
        try:
            yield
        except Cancelled as gone:
            run_step("cancel", run.services.runs.cancel, run.shop, str(gone), run_id=run.run_id)
        except Exception as error:
            if interrupted(error):
                raise
            run_step("fail", run.services.runs.fail, run.run_id, reason(error), "running")


def begin_scene(services: Services, shop: str, wish: SceneWish, asked_by: str) -> str:
    """Have a worker make a scene; returns its run's id.

    The record comes first, as in a listing. What was painted for the same wish before is found, not paid for
    again. Unavailable when the database is away, Cancelled for a shop that left.
    """
    run_id = f"{shop}:scene:{uuid4()}"
    wanted = {
        "words": " ".join(wish.words.split()),
        "wanted": list(wish.products),
        "bestsellers": wish.bestsellers,
        "publish": wish.publish,
        "products": [],
    }
    formats = parse_formats(wish.formats, services.settings.image_size)
    services.runs.open(run_id, shop, "", formats, "running", title=wanted["words"], scene=wanted)
    try:
        services.starter.start("make_scene", run_id, shop, run_id, 1)
    except BestshotError as error:
        services.runs.fail(run_id, str(error), "running")
        raise
    log.info("scene asked for", shop=shop, run=run_id, asked_by=asked_by)
    return run_id
