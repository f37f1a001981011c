"""Formats painted side by side, and the wait for a budget: parts of recipes that make images."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from infra.durable import POLL_SECONDS, enqueue, interrupted, reason, run_step
from infra.errors import OverBudget
from infra.queues import PAINT, RECIPES
from webhook_app.steps import painting
from webhook_app.steps.listing import Run


def paint_side_by_side(
    run: Run,
    ratios: list[str],
    time: str,
    paint: Callable[[str, str, str], None],
    give_up: Callable[[Run, str, str], None],
) -> None:
    """Have the recipe `paint` make each format, and the step `give_up` record what came to nothing.

    `time` tells one try of the run from the next. OverBudget, once all have ended, when one must wait.
    """
    handles = {
        ratio: enqueue(PAINT, f"{run.run_id}:{time}:{ratio}", paint, run.shop, run.run_id, ratio)
        for ratio in ratios
    }
    waits: OverBudget | None = None
    for ratio, handle in handles.items():
        try:
            handle.get_result(polling_interval_sec=POLL_SECONDS)
        except OverBudget as error:
            waits = error
        except Exception as error:
            if interrupted(error):
                raise
            run_step("give up", give_up, run, ratio, reason(error))
    if waits:
        raise waits


def wait_for_budget(
    run: Run, error: OverBudget, recipe: Callable[[str, str, int], None], recipe_id: str, attempt: int
) -> None:
    """Put the rest off until the budget is renewed; raises the error where it never is."""
    if error.until is None:
        raise error
    run_step("wait for budget", painting.wait_for_budget, run, reason(error), error.until)
    delay = max(0.0, (error.until - datetime.now(UTC)).total_seconds())
    enqueue(RECIPES, recipe_id, recipe, run.shop, run.run_id, attempt, delay=delay)
