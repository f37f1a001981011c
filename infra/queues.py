"""The queues that recipes wait in, and how many of each one process runs at once."""

from __future__ import annotations

RECIPES, SYNCS, MIRROR, PUBLISH, PAINT = "recipes", "syncs", "mirror", "publish", "paint"

AT_ONCE = {
    RECIPES: 16,  # they mostly wait for their paintings, which have a queue of their own
    SYNCS: 2,  # they may wait for hours for what the store exports: no listing is to wait for them
    MIRROR: 2,  # single products that a webhook told of
    PUBLISH: 4,  # what is brought again to a store that was away: no other store is to wait for that one
}
"""How many of PAINT are, the settings say."""

OWN = {"sync_store": SYNCS, "mirror_product": MIRROR}
"""The queue of each recipe that does not wait in RECIPES."""


def queue_of(recipe: str) -> str:
    """Where a recipe waits that is started by its name."""
    return OWN.get(recipe, RECIPES)
