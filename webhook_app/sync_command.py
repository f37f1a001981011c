"""`bestshot sync` and `bestshot syncs`: bring mirrors up to date now, and see what became of it.

A worker that runs does the work. Where none does, this command does it itself, and nothing else: listings
wait for the worker.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from typing import Any

import click
from rich.console import Console

from infra.durable import run_recipes
from infra.errors import BestshotError, InputError, NotFound, SettingsError
from infra.files import only_one
from infra.queues import SYNCS, Paintings
from infra.services import Services
from infra.syncs import OPEN, SyncMode
from webhook_app import recipes
from webhook_app.console import FAILED, STOPPED, executor_id, freeze, open_services, show_table, stop_signals
from webhook_app.shop_commands import chosen_shops, for_shop, shop_argument, shop_name
from webhook_app.sync_display import Progress, progress_shown, sum_up, table_of
from webhook_app.sync_runs import Begun, begin_sync, end_lost_syncs

LOOK_SECONDS = 0.25
PATIENCE = 30.0
"""Seconds without a worker after which its work is done here: one that restarts is back by then."""


@click.command()
@shop_argument
@click.option("--shop", "named", default="", callback=shop_name, help="The same as SHOP.")
@click.option(
    "--full", is_flag=True, help="Write and embed everything anew, which costs as much as the first time."
)
@click.option("--verify", is_flag=True, help="Compare all that is mirrored with the store, and repair it.")
@click.option("--dry-run", is_flag=True, help="Change nothing; only say what would be done.")
def sync(shop: str, named: str, full: bool, verify: bool, dry_run: bool) -> None:
    """Bring the mirror up to date with the catalog and sales of SHOP.

    Without SHOP, of the store that BESTSHOT_SHOP names, or else of every connected one.
    """
    if full and verify:
        raise click.UsageError("--full or --verify? each looks at every product")
    if shop and named and shop != named:
        raise click.UsageError(f"which store, {shop} or {named}?")
    mode: SyncMode = "full" if full else "verify" if verify else "changes"
    with open_services(**for_shop(shop or named), log_level="WARNING") as services:
        shops = _connected_shops(services)
        with LocalWorker(services) as worker:
            begun = {
                one: begin_sync(services, one, mode, dry_run=dry_run, asked_by="command") for one in shops
            }
            records = _wait(services, begun, worker)
    for one, record in records.items():
        sum_up(Console(soft_wrap=True), record, joined=begun[one].joined)
        if not _covers(record, mode):
            joined = f"{one}: a sync of another kind ({record['mode']}) was under way and was joined"
            click.echo(f"{joined}; run it with --{mode} again", err=True)
    if not all(record["status"] == "done" and _covers(record, mode) for record in records.values()):
        sys.exit(FAILED)


@click.command()
@shop_argument
def syncs(shop: str) -> None:
    """Show the last syncs of SHOP, with what came of them.

    Without SHOP, of the store that BESTSHOT_SHOP names, or else of every connected one.
    """
    with open_services(**for_shop(shop)) as services:
        shops = chosen_shops(services)
        for one in shops:
            end_lost_syncs(services, one)
        show_table(table_of([record for one in shops for record in services.syncs.recent(one)]))


class LocalWorker:
    """A worker within this process, for syncs alone, once no other holds BESTSHOT_HOME.

    Its executor id is the worker's: either goes on with what the other left unfinished. A worker that is
    started meanwhile says that the home is held, and ends.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._held = ExitStack()
        self._alone_since: float | None = None
        self.working = False

    def __enter__(self) -> LocalWorker:
        self.take_over(after=0)
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def take_over(self, *, after: float) -> None:
        """Take up the syncs here, unless a worker was seen in the last `after` seconds."""
        if self.working:
            return
        settings = self._services.settings
        with ExitStack() as held:
            try:
                held.enter_context(only_one(settings.home))
            except SettingsError:
                self._alone_since = None
                return
            self._alone_since = self._alone_since or time.monotonic()
            if time.monotonic() - self._alone_since < after:
                return
            recipes.register_syncs(self._services)
            who, paintings = executor_id(settings.home), Paintings(settings.paint_concurrency)
            held.enter_context(run_recipes(settings.recipes_url, who, paintings, only=SYNCS))
            freeze()
            self._held, self.working = held.pop_all(), True


def _connected_shops(services: Services) -> list[str]:
    shops = chosen_shops(services)
    for one in shops:
        if not services.installations.is_active(one):
            raise InputError(f"{one} is not connected; run bestshot connect {one}")
    return shops


def _covers(record: dict[str, Any], mode: SyncMode) -> bool:
    """Whether a sync did what one of this mode would have done: what changed, any of them finds."""
    return mode in ("changes", record["mode"])


def _wait(services: Services, begun: dict[str, Begun], worker: LocalWorker) -> dict[str, dict[str, Any]]:
    """Wait until all have ended, and return their records; Ctrl-C ends the command, not the syncs."""
    with stop_signals() as stopped, progress_shown() as progress:
        while not _have_ended(services, begun, progress):
            worker.take_over(after=PATIENCE)
            if stopped.wait(LOOK_SECONDS):
                break
        else:
            return {one: _record(services, one, sync.run_id) for one, sync in begun.items()}
    goes_on = (
        "The next `bestshot sync` or `bestshot worker` goes on" if worker.working else "The worker goes on"
    )
    click.echo(f"Stopped waiting. {goes_on} with it; `bestshot syncs` shows what comes of it.", err=True)
    sys.exit(STOPPED)


def _have_ended(services: Services, begun: dict[str, Begun], progress: Progress) -> bool:
    """Show how far each sync is; True when all are over, whether they could say so or not."""
    under_way = services.starter.under_way([sync.run_id for sync in begun.values()])
    for one, sync in begun.items():
        record = _record(services, one, sync.run_id)
        if record["status"] in OPEN and sync.run_id not in under_way:
            services.syncs.end(sync.run_id, "failed", _why(services, sync.run_id))
        progress(record)
    return not under_way


def _why(services: Services, run_id: str) -> str:
    """Why a run is over that did not end its record."""
    try:
        services.starter.result(run_id)
    except BestshotError as error:
        return str(error)
    return "it ended without a word"


def _record(services: Services, shop: str, run_id: str) -> dict[str, Any]:
    record = services.syncs.read(shop, run_id)
    if record is None:
        raise NotFound(f"{shop}: the sync {run_id} is gone")
    return record
