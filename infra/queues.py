"""The queues that recipes wait in, and how many of each one process runs at once."""

from __future__ import annotations

from dataclasses import dataclass

from infra.settings import Settings

RECIPES, SYNCS, MIRROR, PUBLISH, PAINT = "recipes", "syncs", "mirror", "publish", "paint"

AT_ONCE = {
    RECIPES: 16,  # they mostly wait for their paintings, which have a queue of their own
    SYNCS: 2,  # they may wait for hours for what the store exports: no listing is to wait for them
    MIRROR: 2,  # single products that a webhook told of
    PUBLISH: 4,  # what is brought again to a store that was away: no other store is to wait for that one
}
"""How many of PAINT are, `Paintings` says."""


@dataclass(frozen=True, slots=True)
class Paintings:
    """How many images are painted at once by one process; and, where a model paints, by all together.

    A provider counts what all workers ask of it, so their limits are the queue's own.
    """

    in_process: int
    in_all: int | None = None
    per_minute: int | None = None

    @classmethod
    def of(cls, settings: Settings, *, bought: bool) -> Paintings:
        """A model's images are waited for, in as many threads as may ask; others take a core each."""
        if not bought:
            return cls(settings.paint_concurrency)
        return cls(settings.images_in_flight, settings.images_in_flight, settings.images_per_minute)


OWN = {"sync_store": SYNCS, "mirror_product": MIRROR}
"""The queue of each recipe that does not wait in RECIPES."""


def queue_of(recipe: str) -> str:
    """Where a recipe waits that is started by its name."""
    return OWN.get(recipe, RECIPES)
