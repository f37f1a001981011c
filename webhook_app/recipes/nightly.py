"""What the clock starts: every night, the sync of each shop. webhook_app/sync_runs.py makes the schedules."""

from __future__ import annotations

from datetime import datetime

from structlog.contextvars import bound_contextvars

from infra.durable import recipe, run_step
from infra.services import Services
from webhook_app.sync_runs import begin_night


class Nightly:
    """The recipe that a shop's schedule starts."""

    def __init__(self, services: Services) -> None:
        self._services = services
        recipe("nightly", self.nightly)

    def nightly(self, scheduled_at: datetime, shop: str) -> str:
        """Begin the shop's sync, or join it; returns its id, or "" if there was no need.

        It does not wait: the sync has a queue of its own. `scheduled_at` may be long past, when no worker was
        there at the time.
        """
        with bound_contextvars(shop=shop):
            return run_step("begin night", begin_night, self._services, shop, scheduled_at)
