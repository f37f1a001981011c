"""The store's catalog into the mirror: embed only what changed, drop what is gone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray

from infra import keywords
from infra.blobs import content_key
from infra.errors import BestshotError, Cancelled
from infra.locks import PATIENCE
from infra.milvus import MirrorRow
from infra.model import Product
from infra.pixels import thumbnail_jpeg
from infra.runs import SHOP_GONE
from infra.seen import Seen
from infra.services import Services

T = TypeVar("T")

BATCH = 16
PHOTO_SIDE = 1024
"""Pixels; the longest side of the copy kept of each catalog photo."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Summary:
    """What one pass over a catalog found and did; counts of products."""

    seen: int
    changed: int
    deleted: int
    failed: int


def mirror_catalog(services: Services, shop: str, products: Iterable[Product]) -> Summary:
    """One pass over a store's whole catalog. A product that fails is logged, kept as it was, tried next time.

    What `products` does not name is taken for gone: when it cannot name them all, it must raise. Of a product
    that it names twice, the first word counts. Sales stay what they were.
    """
    known = _known(services, shop)
    seen: set[str] = set()
    changed = failed = 0
    listed = (p for p in _once(products) if p.status == "ACTIVE" and p.photos)
    for batch in _batches(listed, BATCH):
        seen |= {product.id for product in batch}
        fresh = [p for p in batch if known.get(p.id, ("", 0))[0] != fingerprint(p, services.embedder.name)]
        written = _mirror(services, shop, fresh, {p.id: known[p.id][1] for p in fresh if p.id in known})
        changed += written
        failed += len(fresh) - written
    gone = known.keys() - seen
    with writing(services, shop):
        _remove(services, shop, gone)
    return Summary(len(seen), changed, len(gone), failed)


def forget_product(services: Services, shop: str, product_id: str) -> None:
    """Take a product out of the mirror, and out of what was seen."""
    with _alone(services, shop):
        _remove(services, shop, [product_id])


@contextmanager
def writing(services: Services, shop: str) -> Iterator[None]:
    """One writer of a shop's mirror at a time, for one batch: nobody waits for another's whole pass.

    Mirror and memory of one product are written together in here, or they drift apart. What a pass read of
    the store before may be older than what another has written since; the next pass mends that.
    Cancelled for a shop that has left since: a long pass must not write back what was erased.
    """
    with _alone(services, shop):
        if not services.installations.is_active(shop):
            raise Cancelled(SHOP_GONE)
        yield


def _alone(services: Services, shop: str) -> AbstractContextManager[None]:
    return services.locks.hold(f"the mirror of {shop}", PATIENCE)


def _known(services: Services, shop: str) -> Mapping[str, tuple[str, int]]:
    """What was mirrored of each product; of none, when the mirror has lost some."""
    with writing(services, shop):
        known = services.seen.fingerprints(shop)
        if services.mirror.count(shop) >= len(known):
            return known
        log.warning("the mirror has lost products; rebuilding it", shop=shop)
        services.seen.forget(shop, known)
        return {product_id: ("", sold) for product_id, (_, sold) in known.items()}


def _remove(services: Services, shop: str, product_ids: Collection[str]) -> None:
    services.mirror.remove(shop, product_ids)
    services.seen.forget(shop, product_ids)


def _once(products: Iterable[Product]) -> Iterator[Product]:
    """Each product once: pages may overlap."""
    seen: set[str] = set()
    for product in products:
        if product.id not in seen:
            seen.add(product.id)
            yield product


def fingerprint(product: Product, embedder: str) -> str:
    """Changes when, and only when, the product's first photo, its text or the embedder changes."""
    parts = (embedder, product.photos[0].id, keywords.document_text(product), str(product.price))
    return sha256("\0".join(parts).encode()).hexdigest()


def _mirror(services: Services, shop: str, fresh: list[Product], before: Mapping[str, int]) -> int:
    """Write changed products; returns how many could be written. Their sales are those known by now."""
    with ThreadPoolExecutor(BATCH) as pool:
        photos = list(pool.map(lambda product: _photo(services, product), fresh))
    usable = [(product, photo) for product, photo in zip(fresh, photos, strict=True) if photo]
    vectors = services.embedder.embed_images([photo for _, photo in usable])
    with writing(services, shop):
        sold = {**before, **services.seen.sales_of(shop, [product.id for product, _ in usable])}
        rows = [
            _row(product, services, shop, photo, vector, sold.get(product.id, 0))
            for (product, photo), vector in zip(usable, vectors, strict=True)
        ]
        services.mirror.put(shop, rows)
        services.seen.put(shop, [_seen(p, services.embedder.name, sold.get(p.id, 0)) for p, _ in usable])
    return len(usable)


def _row(
    product: Product, services: Services, shop: str, photo: bytes, vector: NDArray[np.float32], sales: int
) -> MirrorRow:
    key = content_key(shop, "photos", photo, ".jpg")
    services.blobs.write(key, photo)
    return MirrorRow(
        product_id=product.id,
        title=product.title,
        category=product.category,
        color=product.color,
        style=product.style,
        season=product.season,
        price=float(product.price or 0),
        sales_count=sales,
        photo_key=key,
        dense=vector,
        sparse=keywords.document_vector(keywords.document_text(product)),
    )


def _seen(product: Product, embedder: str, sales: int) -> Seen:
    terms = keywords.terms(keywords.document_text(product))
    return Seen(product.id, fingerprint(product, embedder), product.category, sales, terms)


def _photo(services: Services, product: Product) -> bytes | None:
    try:
        return thumbnail_jpeg(services.downloader.fetch(product.photos[0].url), PHOTO_SIDE)
    except BestshotError as error:
        log.warning("product not mirrored", product=product.id, title=product.title, why=str(error))
        return None


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
