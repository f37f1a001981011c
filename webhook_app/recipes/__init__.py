"""The durable recipes: each reads from top to bottom as what happens, and goes on after a crash where it was.

https://docs.dbos.dev/python/tutorials/workflow-tutorial
"""

from __future__ import annotations

from generators.workshop import Workshop
from infra.services import Services
from webhook_app.recipes.leaving import Leaving
from webhook_app.recipes.mirroring import MirrorProduct
from webhook_app.recipes.new_listing import NewListing
from webhook_app.recipes.nightly import Nightly
from webhook_app.recipes.restore import RestoreRun
from webhook_app.recipes.scene import MakeScene
from webhook_app.recipes.sync_store import SyncStore


def register(services: Services, workshop: Workshop) -> None:
    """Make the recipes of this process known to DBOS; must come before `run_recipes`."""
    NewListing(services, workshop)
    MakeScene(services, workshop)
    MirrorProduct(services)
    Leaving(services)
    RestoreRun(services)
    Nightly(services)
    register_syncs(services)


def register_syncs(services: Services) -> None:
    """The same for a process that only takes up syncs."""
    SyncStore(services)
