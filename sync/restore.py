"""Taking back from a product what a run gave it; files stay in the store, where a merchant may use them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from infra.errors import NotFound, UserErrors
from infra.services import Services
from infra.shopify.metafields import Metafields
from sync.publish import arrange


def detach(services: Services, shop: str, product_id: str, media_ids: Collection[str]) -> list[str]:
    """Take media off a product; returns those that were still there. NotFound when the product is gone."""
    store = services.store(shop)
    there = [media_id for media_id in store.products.media(product_id) if media_id in media_ids]
    for media_id in there:
        store.files.detach(media_id, product_id)
    return there


def put_back_banner(
    services: Services, shop: str, product_id: str, key: str, ours: str, before: str | None
) -> bool:
    """Let a metafield hold what it held before, if it still holds ours; returns whether it did."""
    metafields = services.store(shop).metafields
    if metafields.file(product_id, key) != ours:
        return False
    if before is None or not _is_set(metafields, product_id, key, before):
        metafields.delete(product_id, key)
    return True


def _is_set(metafields: Metafields, product_id: str, key: str, media_id: str) -> bool:
    """Let a metafield point to a file; False when that file is no longer in the store."""
    try:
        metafields.set_file(product_id, key, media_id)
    except NotFound:
        return False
    except UserErrors as error:
        if "INVALID_VALUE" not in error.codes:
            raise
        return False
    return True


def put_back_order(services: Services, shop: str, product_id: str, before: Sequence[str]) -> str:
    """Have the store put a product's media in their former order; returns the job's gid, "" without one."""
    now = services.store(shop).products.media(product_id)
    return arrange(services, shop, product_id, former_order(now, before))


def former_order(now: Sequence[str], before: Sequence[str]) -> list[str]:
    """The media of `now`: those known from before in their order, in the places that such media have now.

    What was added since keeps its place, what was removed since stays away.
    """
    place = {media_id: i for i, media_id in enumerate(before)}
    known = iter(sorted((media_id for media_id in now if media_id in place), key=place.__getitem__))
    return [next(known) if media_id in place else media_id for media_id in now]
