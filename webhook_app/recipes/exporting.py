"""Having a store export something, and waiting for it: part of a recipe, whose steps these are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog
from dbos import DBOS

from infra.durable import run_step
from infra.errors import Mismatch
from infra.exports import FINISHED
from infra.services import Services
from sync import export

EXPORTS = 2
"""How many exports are started for one purpose before the shop is read page by page."""
PAUSES = (2, 4, 8, 15, 30, *[60] * 239)
"""Seconds between two looks at an export, unless the webhook comes first; four hours in all."""

R = TypeVar("R")

log = structlog.get_logger()


def exported(
    services: Services, shop: str, kind: str, use: Callable[[str, str], R | None], query: str = ""
) -> R | None:
    """What `use` makes of a finished export; None when the store takes none, or none could be had whole."""
    run_id = str(DBOS.workflow_id)
    for attempt in range(1, EXPORTS + 1):
        operation = run_step(f"start {kind}", export.start, services, shop, run_id, kind, query)
        if operation is None:
            log.info("the store takes no export now", kind=kind)
            return None
        if not _is_complete(services, shop, operation):
            continue
        try:
            made = run_step(f"read {kind}", use, shop, operation)
        except Mismatch:
            if attempt == EXPORTS:
                raise
        else:
            if made is not None:
                return made
    return None


def _is_complete(services: Services, shop: str, operation: str) -> bool:
    """Wait until an export has ended. The webhook wakes us; without one, looking now and then must do."""
    ended = "RUNNING"
    for pause in PAUSES:
        DBOS.recv(FINISHED, timeout_seconds=pause)
        ended = run_step("look at export", export.status, services, shop, operation)
        if ended != "RUNNING":
            break
    if ended == "RUNNING":
        run_step("call off export", export.give_up, services, shop, operation)
    run_step("export ended", services.exports.done, shop, operation)
    log.info("export ended", operation=operation, status=ended)
    return ended == "COMPLETED"
