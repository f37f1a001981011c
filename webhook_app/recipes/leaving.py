"""A product deleted, the app uninstalled, a shop to be erased: asked of the store first, then done durably.

They run where the worker is, for Milvus Lite belongs to its process. One that waits holds no thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog

from infra.durable import enqueue, interrupted, reason, recipe, run_step
from infra.queues import RECIPES
from infra.services import Services
from webhook_app.steps import leaving

PAUSES = (5, 60, 600, 86_400, 86_400)
"""Seconds between looks at whether we are out: the token of a shop just left may work for a moment more, and
a frozen shop, which does not say, may open again. At the last look it counts as left: by then shop/redact
comes, too. One that does not answer is looked at every day until it does.
"""
SETTLE_SECONDS = 600
"""A step that was under way when a shop was swept has ended by then, and what it left is swept, too."""
LONGEST_PAUSE = 86_400
LAST_SWEEP = 60
"""Nearly two weeks on; Shopify gives a month. Until then a closed shop may turn out to be ours still."""

log = structlog.get_logger()


class Leaving:
    """The recipes of what goes."""

    def __init__(self, services: Services) -> None:
        self._services = services
        recipe("forget_product", self.forget_product)
        self._leave = recipe("leave_shop", self.leave_shop)
        self._redact = recipe("redact_shop", self.redact_shop)

    def forget_product(self, shop: str, product_id: str) -> None:
        """End the runs of a product that is gone from the store, and take it out of the mirror."""
        if run_step("gone", leaving.is_gone, self._services, shop, product_id):
            run_step("forget", leaving.forget_product, self._services, shop, product_id)

    def leave_shop(self, shop: str, key: str, look: int) -> None:
        """Stop all work for a shop that lets us in no more; look again later when it does, or did not say."""
        leave = partial(leaving.leave, last=look > len(PAUSES))
        if not self._is_done(key, "leave", leave, shop):
            pause = PAUSES[min(look, len(PAUSES)) - 1]
            enqueue(RECIPES, f"{key}:{look + 1}", self._leave, shop, key, look + 1, delay=pause)

    def redact_shop(self, digest: str, key: str, sweep: int) -> None:
        """Erase a shop until a sweep finds nothing left. Its name is in no argument, result or error here."""
        redact = partial(leaving.redact, last=sweep >= LAST_SWEEP)
        if not self._is_done(key, "redact", redact, digest):
            pause = min(SETTLE_SECONDS * sweep, LONGEST_PAUSE)
            enqueue(RECIPES, f"{key}:{sweep + 1}", self._redact, digest, key, sweep + 1, delay=pause)

    def _is_done(self, key: str, name: str, step: Callable[[Services, str], bool], whose: str) -> bool:
        """Whether the step says that no more is to do; one that fails is tried again at the next look."""
        try:
            return run_step(name, step, self._services, whose)
        except Exception as error:
            if interrupted(error):
                raise
            log.error("leaving is held up", recipe=key, why=reason(error))
            return False
