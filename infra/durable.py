"""DBOS: executing durable recipes in this process, and the steps that they are made of.

`infra/starter.py` starts them. https://docs.dbos.dev/python/tutorials/workflow-tutorial
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa
import structlog
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, StepOptions, WorkflowHandle
from dbos import error as dbos_error

from infra.database import open_engine
from infra.errors import BestshotError, Throttled, Unanswered
from infra.queues import AT_ONCE, PAINT, Paintings

log = structlog.get_logger()

P = ParamSpec("P")
R = TypeVar("R")

APPLICATION_VERSION = "1"
"""Fixed, not hashed from the code: a deploy with runs in flight goes on with them.

A worker takes up nothing of another version's, be it under way or planned for later, so it changes only with
a way to bring that along. https://docs.dbos.dev/python/tutorials/upgrading-workflows
"""

ATTEMPTS = 8
ATTEMPTS_UNANSWERED = 2
"""Of a call that may have been billed each time."""
LONGEST_PAUSE = 60.0
"""Seconds between two attempts of a step at most: a service may be away for two minutes in all."""
POLL_SECONDS = 0.1
RECOVERIES = 100
"""How often a run may be resumed after a crash or a restart: one that waits for a photo sees many."""
PAID_RECOVERIES = 5
"""The same for a recipe in which each try may cost money."""

_stopped = threading.Event()
"""Set while this process runs no recipes; like DBOS itself, there is one for the process."""


class Stopped(Exception):
    """This process no longer runs recipes."""


@contextmanager
def run_recipes(url: str, executor_id: str, paintings: Paintings, only: str = "") -> Iterator[None]:
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
    logger.addFilter(_tells_of_a_bug)
    try:
        if only:
            DBOS.listen_queues([only])
        DBOS.launch()
        for name, concurrency in AT_ONCE.items():
            if only in ("", name):
                DBOS.register_queue(name, worker_concurrency=concurrency, polling_interval_sec=POLL_SECONDS)
        if only in ("", PAINT):
            _register_paintings(paintings)
        yield
    finally:
        logger.disabled = True  # the runs that are cut off now would each print a traceback
        DBOS.destroy(destroy_registry=True)
        _stopped.set()  # only now: what a step raises for it must not be saved as its outcome
        engine.dispose()


def _register_paintings(paintings: Paintings) -> None:
    per_minute = paintings.per_minute
    DBOS.register_queue(
        PAINT,
        concurrency=paintings.in_all,
        worker_concurrency=paintings.in_process,
        limiter={"limit": per_minute, "period": 60.0} if per_minute else None,
        polling_interval_sec=POLL_SECONDS,
    )


def _tells_of_a_bug(record: logging.LogRecord) -> bool:
    """Whether DBOS should say it: it logs a traceback of all that ends a run, while ours are one line."""
    error = record.exc_info[1] if record.exc_info else None
    return error is None or not (isinstance(error, BestshotError) or interrupted(error))


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
        except Exception as error:
            if _stopped.is_set() or interrupted(error):
                raise  # it did not fail, it is put off
            if not isinstance(error, BestshotError):
                log.exception("step failed", step=name, attempt=attempt)
                raise
            log.warning("step failed", step=name, attempt=attempt, why=str(error))
            most = ATTEMPTS_UNANSWERED if isinstance(error, Unanswered) else ATTEMPTS
            if not error.can_retry or attempt >= most:
                raise
            _wait(attempt, error.retry_after if isinstance(error, Throttled) else 0)
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
