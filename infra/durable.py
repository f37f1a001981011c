"""DBOS: starting, finding and finishing durable recipes.

`Starter` only writes to the recipes' database: it is what web processes hold. `run_recipes` executes recipes
in this process. https://docs.dbos.dev/python/reference/client
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa
import structlog
from dbos import (
    DBOS,
    DBOSClient,
    EnqueueOptions,
    SetEnqueueOptions,
    SetWorkflowID,
    StepOptions,
    WorkflowHandle,
)
from dbos import error as dbos_error

from infra.database import open_engine, scrub
from infra.errors import BestshotError, Throttled, Unavailable
from infra.traces import recipes_naming, schedules_naming

log = structlog.get_logger()

P = ParamSpec("P")
R = TypeVar("R")

APPLICATION_VERSION = "1"
"""Fixed, not hashed from the code: a deploy with runs in flight goes on with them.

A worker takes up nothing of another version's, be it under way or planned for later, so it changes only with
a way to bring that along. https://docs.dbos.dev/python/tutorials/upgrading-workflows
"""

RECIPES_AT_ONCE = 16
"""Runs of one process; they mostly wait for their paintings, which have a queue of their own."""
SYNCS_AT_ONCE = 2
"""The same for syncs, which may wait for hours for what the store exports: no listing is to wait for them."""
PUBLISHING_AT_ONCE = 4
"""The same for what is brought to a store again that was away: no other store is to wait for that one."""
MIRRORING_AT_ONCE = 2
"""The same for single products that a webhook told of."""
QUEUES = {"sync_store": "syncs", "mirror_product": "mirror"}
"""The queue of each recipe; of the others it is "recipes"."""
ATTEMPTS = 8
LONGEST_PAUSE = 60.0
"""Seconds between two attempts of a step at most: a service may be away for two minutes in all."""
POLL_SECONDS = 0.1
RECOVERIES = 100
"""How often a run may be resumed after a crash or a restart: one that waits for a photo sees many."""
PAID_RECOVERIES = 5
"""The same for a recipe in which each try may cost money."""
UNENDED = ["ENQUEUED", "DELAYED", "PENDING"]
SLICE = 500
"""Recipes deleted in one transaction."""


_stopped = threading.Event()
"""Set while this process runs no recipes; like DBOS itself, there is one for the process."""


class Stopped(Exception):
    """This process no longer runs recipes."""


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
            "queue_name": QUEUES.get(recipe, "recipes"),
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
                        "queue_name": QUEUES.get(recipe, "recipes"),
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

    def cancel(self, shop: str) -> None:
        """Call off a shop's recipes: a step that is under way comes to its end, the next does not begin."""
        with _translated():
            found = self._client.list_workflows(
                workflow_id_prefix=f"{shop}:", status=UNENDED, load_input=False, load_output=False
            )
            self._client.cancel_workflows([workflow.workflow_id for workflow in found])

    def call_off(self, run_id: str) -> None:
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
def run_recipes(url: str, executor_id: str, paintings_at_once: int, only: str = "") -> Iterator[None]:
    """Execute recipes in this process while the block lasts; of all queues, or of `only` one.

    Recipes must be registered before. Leaving the block stops at once; what was under way is resumed by the
    next process that runs with this `executor_id`. What such a process left in the other queues goes back to
    the end of them, for one that takes them all.
    """
    engine = open_engine(url)
    _stopped.clear()

    @sa.event.listens_for(engine, "do_connect")
    def _refuse(*_: Any) -> None:
        # DBOS leaves a run that waits for another one polling for ever, and with it the process alive.
        if _stopped.is_set():
            raise Stopped

    DBOS(
        config={
            "name": "bestshot",
            "system_database_engine": engine,
            "application_version": APPLICATION_VERSION,
            "executor_id": executor_id,
            "log_level": "WARNING",
            "notification_listener_polling_interval_sec": POLL_SECONDS,
        }
    )
    logger = logging.getLogger("dbos")
    logger.disabled = False
    try:
        if only:
            DBOS.listen_queues([only])
        DBOS.launch()
        queues = {
            "recipes": RECIPES_AT_ONCE,
            "syncs": SYNCS_AT_ONCE,
            "mirror": MIRRORING_AT_ONCE,
            "publish": PUBLISHING_AT_ONCE,
            "paint": paintings_at_once,
        }
        for name, concurrency in queues.items():
            if only in ("", name):
                DBOS.register_queue(name, worker_concurrency=concurrency, polling_interval_sec=POLL_SECONDS)
        yield
    finally:
        logger.disabled = True  # the runs that are cut off now would each print a traceback
        DBOS.destroy(destroy_registry=True)
        _stopped.set()  # only now: what a step raises for it must not be saved as its outcome
        engine.dispose()


def recipe(name: str, function: Callable[P, R], recoveries: int = RECOVERIES) -> Callable[P, R]:
    """A durable recipe, known by its name from now on until `run_recipes` ends."""
    # A partial, because DBOS notes things on the function, and a bound method takes no notes.
    return DBOS.workflow(name=name, max_recovery_attempts=recoveries)(partial(function))


def enqueue(
    queue: str, run_id: str, function: Callable[..., R], *arguments: str | int, delay: float = 0
) -> WorkflowHandle[R]:
    """From within a recipe, start another one, `delay` seconds from now; the same id twice is one run."""
    with SetWorkflowID(run_id), SetEnqueueOptions(delay_seconds=delay or None):
        return DBOS.enqueue_workflow(queue, function, *arguments)


def run_step(name: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """A durable step: its result is saved, and it is tried again only where the error says that can help."""
    return DBOS.run_step(StepOptions(name=name), partial(_patiently, name, function, *args, **kwargs))


def _patiently(name: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    # Not DBOS' own retries: those know no Retry-After and no jitter, and would hold up a shutdown.
    for attempt in range(1, ATTEMPTS + 1):
        started = time.monotonic()
        try:
            result = function(*args, **kwargs)
        except BestshotError as error:
            log.warning("step failed", step=name, attempt=attempt, why=str(error))
            if not error.can_retry or attempt == ATTEMPTS:
                raise
            _wait(attempt, error.retry_after if isinstance(error, Throttled) else 0)
        except Exception:
            log.exception("step failed", step=name, attempt=attempt)
            raise
        else:
            log.info("step", step=name, seconds=round(time.monotonic() - started, 3))
            return result
    raise AssertionError("unreachable")


def _wait(attempt: int, at_least: float) -> None:
    """Wait before the next attempt: 1, 2, 4, … seconds give or take a fifth, and as long as was asked for."""
    pause = 2 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311 (no secret)
    if _stopped.wait(min(max(pause, at_least), LONGEST_PAUSE)):
        raise Stopped


def reason(error: BaseException) -> str:
    """Why a step gave up, in words that may be shown: foreign errors keep their texts to themselves."""
    return (
        str(error) if isinstance(error, BestshotError) else f"unexpected {type(error).__name__}; see the log"
    )


def interrupted(error: BaseException) -> bool:
    """Whether DBOS itself stopped the run (shutdown, cancellation): it did not fail, and may be resumed."""
    # The plain DBOSException is what a step meets once its process has shut DBOS down.
    cancelled = isinstance(error, (Stopped, dbos_error.DBOSWorkflowCancelledError))
    return cancelled or type(error) is dbos_error.DBOSException


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sa.exc.SQLAlchemyError, dbos_error.DBOSException) as error:
        raise Unavailable(f"the recipes' database did not answer: {type(error).__name__}") from error
