"""Taking back what a run put into the store: its images off the product, banner and order as they were.

What a step does stands in `webhook_app/steps/restoring.py`.
"""

from __future__ import annotations

from itertools import count

from structlog.contextvars import bound_contextvars

from infra.durable import interrupted, reason, recipe, run_step
from infra.errors import InputError
from infra.runs import ENDED
from infra.services import Services
from sync.publish import is_arranged
from webhook_app.recipes.patience import ask_until
from webhook_app.steps import restoring
from webhook_app.steps.restoring import Restore


class RestoreRun:
    """The recipe that takes a run's images back."""

    def __init__(self, services: Services) -> None:
        self._services = services
        recipe("restore", self.restore)

    def restore(self, shop: str, run_id: str) -> str:
        """Take back what a run put into the store; returns in words what was done."""
        this = Restore(self._services, shop, run_id)
        with bound_contextvars(shop=shop, listing=run_id):
            try:
                return run_step("check", restoring.why_not, this) or self._take_back(this)
            except Exception as error:
                if interrupted(error):
                    raise
                return run_step("fail", restoring.note_failed, this, reason(error))

    def _take_back(self, this: Restore) -> str:
        run_step("media", restoring.take_off_media, this)
        run_step("banners", restoring.put_back_banners, this)
        job = run_step("order", restoring.put_back_order, this)
        if job:
            ask_until("job", is_arranged, this.services, this.shop, job)
        return run_step("restored", restoring.note_restored, this)


def start_restore(services: Services, shop: str, run_id: str) -> str:
    """Start taking back what a run put into the store; returns the recipe's id, for `starter.result`.

    Asked again it is the same restore while that is under way, then another: what became of one that was
    called off or broke down need not be known. NotFound when the shop has no such run, InputError while the
    run is under way.
    """
    record = services.runs.need(shop, run_id)
    if record["status"] not in ENDED:
        waits = f" ({record['reason']})" if record["store_away_since"] else ""
        raise InputError(f"{run_id} is still under way{waits}; it can be taken back once it has ended")
    ids = (f"{run_id}:restore:{attempt}" for attempt in count(1))
    recipe_id = next(one for one in ids if not services.starter.has_ended(one))
    services.starter.start("restore", recipe_id, shop, run_id)
    return recipe_id
