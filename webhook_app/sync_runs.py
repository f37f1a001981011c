"""Syncs begun, joined and scheduled: of one shop there is one at a time, and one each night.

https://docs.dbos.dev/python/tutorials/scheduled-workflows
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog

from infra.errors import BestshotError
from infra.services import Services
from infra.syncs import AskedBy, SyncMode

HOUR = 4
"""Of the shop's own night. No time zone's clocks are ever set within it: each day has it, and has it once."""
LONGEST_NIGHT = timedelta(hours=25)
"""Between two nights' syncs at most: on the day on which the clocks go back."""
LONGEST_SYNC = timedelta(days=1)
"""One under way for longer belongs to a worker that is gone for good, and stands in the way of no night."""
PATIENCE = timedelta(minutes=1)
"""A sync that was asked for this long ago has been started, or never will be."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Begun:
    """A sync under way. `joined`: it was before it was asked for; its record tells what it is."""

    run_id: str
    joined: bool


def begin_sync(
    services: Services, shop: str, mode: SyncMode = "changes", *, dry_run: bool = False, asked_by: AskedBy
) -> Begun:
    """Have a worker bring a shop's mirror up to date, or join the sync that does so already, in any mode.

    A dry run changes nothing, so it is only joined by dry runs and stands in nobody's way. Unavailable when
    the database is away.
    """
    end_lost_syncs(services, shop)
    run_id = f"{shop}:sync:{uuid4()}"
    # The record comes first: a worker may begin before we are back. What a crash leaves of it is ended later.
    services.syncs.open(run_id, shop, mode=mode, dry_run=dry_run, asked_by=asked_by)
    only_one = f"{shop}:dry" if dry_run else shop
    doing = services.starter.start("sync_store", run_id, shop, mode, int(dry_run), only_one=only_one)
    if doing != run_id:
        services.syncs.drop(run_id)
    return Begun(doing, joined=doing != run_id)


def sync_now(services: Services, shop: str) -> dict[str, int]:
    """Have the mirror brought up to date; waits for it and returns the counts of products."""
    counts: dict[str, int] = services.starter.result(begin_sync(services, shop, asked_by="app").run_id)
    return counts


def end_lost_syncs(services: Services, shop: str) -> None:
    """End the records of syncs that could not do so: called off, given up, or never started."""
    asked = services.syncs.open_ones(shop, before=datetime.now(UTC) - PATIENCE)
    for run_id in asked - services.starter.under_way(asked):
        services.syncs.end(run_id, "failed", "it was called off, or could not be started")


def begin_night(services: Services, shop: str, scheduled_at: datetime) -> str:
    """Begin or join a night's sync; returns its id, or "" when there is no need of it (any more).

    Nights that were missed are made up for by one sync, whoever asked for it. For a shop that has left there
    are no more nights.
    """
    if not services.installations.is_active(shop):
        unschedule_nights(services, shop)
        return ""
    if any(_makes_up_for(scheduled_at, sync) for sync in services.syncs.recent(shop)):
        return ""
    begun = begin_sync(services, shop, asked_by="night")
    if begun.joined and _is_stuck(services, shop, begun.run_id):
        services.starter.cancel_run(begun.run_id)
        services.syncs.end(begun.run_id, "failed", "its worker has not come back")
        begun = begin_sync(services, shop, asked_by="night")
    return begun.run_id


def schedule_nights(services: Services, shop: str) -> None:
    """Have a connected shop synced every night of its time zone, from now on."""
    one = services.installations.get(shop)
    if one and one.active:
        services.starter.schedule(_name(shop), "nightly", shop, nightly_cron(shop), _zone(one.timezone))


def unschedule_nights(services: Services, shop: str) -> None:
    """Have a shop synced no more."""
    services.starter.unschedule(_name(shop))


def resume_nights(services: Services) -> None:
    """What a worker begins with: all connected shops have their nights, and one that was missed comes now."""
    now = datetime.now(UTC)
    for one in services.installations.active():
        try:
            end_lost_syncs(services, one.shop)
            schedule_nights(services, one.shop)
            services.starter.make_up(_name(one.shop), max(one.connected_at, now - LONGEST_NIGHT))
        except BestshotError as error:  # it may be leaving just now, and the others have their nights still
            log.warning("nights not resumed", shop=one.shop, why=str(error))


def nightly_cron(shop: str) -> str:
    """When a shop is synced, "second minute hour * * *"; the shops are spread over the hour."""
    second = int.from_bytes(sha256(shop.encode()).digest()[:8]) % 3600
    return f"{second % 60} {second // 60} {HOUR} * * *"


def _makes_up_for(scheduled_at: datetime, sync: dict[str, Any]) -> bool:
    after = datetime.fromisoformat(sync["started_at"]) >= scheduled_at
    return after and sync["status"] == "done" and not sync["dry_run"]


def _is_stuck(services: Services, shop: str, run_id: str) -> bool:
    record = services.syncs.read(shop, run_id)
    return record is not None and record["seconds"] > LONGEST_SYNC.total_seconds()


def _name(shop: str) -> str:
    """The schedule's name. Runs are named "sched-<it>-<time>": the shop must stay a whole word in there."""
    return f"nights:{shop}:sync"


def _zone(name: str) -> str:
    """A time zone that this machine knows, too."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError):
        log.warning("unknown time zone; its nights are those of UTC", timezone=name)
        return "UTC"
    return name
