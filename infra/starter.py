"""Starting, finding and calling off durable recipes: what web processes hold, and commands.

Nothing runs here: the recipes' database is written to, and `infra/durable.py` executes what it holds.
https://docs.dbos.dev/python/reference/client
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from dbos import DBOSClient, EnqueueOptions
from dbos import error as dbos_error

from infra.database import open_engine, scrub
from infra.durable import POLL_SECONDS, reason
from infra.errors import Unavailable
from infra.queues import queue_of
from infra.traces import recipes_naming, schedules_naming

UNENDED = ["ENQUEUED", "DELAYED", "PENDING"]
SLICE = 500
"""Recipes deleted in one transaction."""


class Starter:
    """Starts recipes by name; the same id twice is the same run."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._client = DBOSClient(
            system_database_engine=self._engine, lazy=True, retry_connection_errors=False
        )

    def start(
        self, recipe: str, run_id: str, *arguments: str | int, only_one: str = "", delay: float = 0
    ) -> str:
        """Make a run durable, to begin `delay` seconds from now; returns the id of the run that does it.

        That is another one's while a run started as the `only_one` of that name has not ended: then this call
        starts nothing. Unavailable when the database is away: then nothing was started, either.
        """
        options: EnqueueOptions = {
            "workflow_name": recipe,
            "queue_name": queue_of(recipe),
            "workflow_id": run_id,
        }
        if delay:
            options["delay_seconds"] = delay
        if only_one:
            options |= {"deduplication_id": only_one, "duplication_policy": "return-existing"}
        with _translated():
            return self._client.enqueue(options, *arguments).get_workflow_id()

    def schedule(self, name: str, recipe: str, context: str, cron: str, timezone: str) -> None:
        """Have workers start a recipe at the times of `cron` ("second minute hour day month weekday").

        It is given the time that it is started for, and `context`. The same name again changes the schedule;
        when it last fired is kept.
        """
        with _translated():
            self._client.apply_schedules(
                [
                    {
                        "schedule_name": name,
                        "workflow_name": recipe,
                        "context": context,
                        "schedule": cron,
                        "cron_timezone": timezone,
                        "queue_name": queue_of(recipe),
                    }
                ]
            )

    def make_up(self, name: str, since: datetime) -> None:
        """Start what a schedule should have started since then, when no worker was there; each time once."""
        with _translated():
            self._client.backfill_schedule(name, since, datetime.now(UTC))

    def unschedule(self, name: str) -> None:
        """Take a schedule away, if there is one."""
        with _translated():
            self._client.delete_schedule(name)

    def result(self, run_id: str) -> Any:
        """Wait for a run to end and return what it returned; Unavailable says why it could not."""
        try:
            return self._client.retrieve_workflow(run_id).get_result(polling_interval_sec=POLL_SECONDS)
        except (sa.exc.SQLAlchemyError, dbos_error.DBOSException) as error:
            raise Unavailable(reason(error)) from None

    def has_ended(self, run_id: str) -> bool:
        """Whether a run was started and is over: well, failed or called off."""
        with _translated():
            found = self._client.list_workflows(workflow_ids=[run_id], load_input=False, load_output=False)
        return any(workflow.status not in UNENDED for workflow in found)

    def under_way(self, run_ids: Collection[str]) -> set[str]:
        """Which of these runs have been started and are not over."""
        if not run_ids:
            return set()
        with _translated():
            found = self._client.list_workflows(
                workflow_ids=list(run_ids), status=UNENDED, load_input=False, load_output=False
            )
        return {workflow.workflow_id for workflow in found}

    def notify(self, run_id: str, topic: str, message: str) -> None:
        """Wake a run that waits for a message on a topic, or will; Unavailable when the database is away."""
        with _translated():
            self._client.send(run_id, message, topic)

    def cancel_shop(self, shop: str) -> None:
        """Call off a shop's recipes: a step that is under way comes to its end, the next does not begin."""
        with _translated():
            found = self._client.list_workflows(
                workflow_id_prefix=f"{shop}:", status=UNENDED, load_input=False, load_output=False
            )
            self._client.cancel_workflows([workflow.workflow_id for workflow in found])

    def cancel_run(self, run_id: str) -> None:
        """The same for one run."""
        with _translated():
            self._client.cancel_workflows([run_id])

    def count(self, shop: str) -> int:
        """How many recipes, ended or not, and schedules name a shop."""
        with _translated():
            return len(recipes_naming(self._engine, shop)) + len(schedules_naming(self._engine, shop))

    def erase(self, shop: str) -> None:
        """Call off and delete every recipe and every schedule that names a shop."""
        with _translated():
            for name in schedules_naming(self._engine, shop):
                self._client.delete_schedule(name)
            ids = sorted(recipes_naming(self._engine, shop))
            for start in range(0, len(ids), SLICE):
                self._client.cancel_workflows(ids[start : start + SLICE])
                self._client.delete_workflows(ids[start : start + SLICE])

    def scrub(self) -> None:
        """Take what was deleted off the disk, too."""
        with _translated():
            scrub(self._engine)

    def ping(self) -> str:
        """Look for recipes; returns what their database is. Unavailable while there are no tables, too."""
        with _translated():
            self._client.list_workflows(limit=1, load_input=False, load_output=False)
        return self._engine.dialect.name

    def close(self) -> None:
        self._client.destroy()
        self._engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sa.exc.SQLAlchemyError, dbos_error.DBOSException) as error:
        raise Unavailable(f"the recipes' database did not answer: {type(error).__name__}") from error
