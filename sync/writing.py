"""Writing a shop's products: into the mirror and into what was seen of them, together or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import islice
from time import time
from typing import Protocol, TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray

from infra.blobs import content_key
from infra.errors import BestshotError, Cancelled, ImageError
from infra.locks import PATIENCE
from infra.milvus import Look
from infra.model import Product
from infra.runs import SHOP_GONE
from infra.seen import NEVER_AGAIN, NOWHERE, Seen
from infra.services import Services
from sync import rows
from sync.photos import AT_ONCE, photos

BATCH = 64
PHOTO_SIDE = 1024
"""Pixels; the longest side of the copy kept of each catalog photo."""
PHOTO_SECONDS = 3600
"""How long a store may take to process a photo."""
FLUSH = 16
"""Batches between two flushes: what is not flushed slows searches down, and each flush takes a while."""
LATER, BROKEN = 0.01, 0.5
"""Shares of a catalog that may lack in a new collection when it goes live: products whose photos could not
be had just now, and these together with those whose photos are no use as they are."""

T = TypeVar("T")

log = structlog.get_logger()


class Report(Protocol):
    """What a pass says as it goes, and whether it is to go on: see infra/syncs.py."""

    def check(self) -> None: ...

    def stage(self, name: str, total: int | None) -> None: ...

    def add(self, done: int = 0, **counts: int) -> None: ...

    def put(self, **counts: int) -> None: ...

    def fail(self, product_id: str, title: str, why: str) -> None: ...


@contextmanager
def writing(services: Services, shop: str) -> Iterator[None]:
    """One writer of a shop's mirror at a time, for one batch: nobody waits for another's whole pass.

    Mirror and memory of one product are written together in here, or they drift apart. Cancelled for a shop
    that has left since: a long pass must not write back what was erased.
    """
    with _alone(services, shop):
        if not services.installations.is_active(shop):
            raise Cancelled(SHOP_GONE)
        yield


def forget_product(services: Services, shop: str, product_id: str) -> None:
    """Take a product that was deleted out of the mirror; a sync under way does not bring it back."""
    with _alone(services, shop):
        services.mirror.remove(shop, [product_id])
        if services.syncs.open_ones(shop):
            services.seen.put(shop, [rows.left_out(product_id, NEVER_AGAIN)])
        else:
            services.seen.forget(shop, [product_id])


class Writer:
    """Writes what a pass has found.

    What was read of the store may be older than what another has written meanwhile (a webhook's update, a
    deletion). The store's own times decide, under the lock: newer words stay.
    """

    def __init__(self, services: Services, shop: str, report: Report) -> None:
        self._services, self._shop, self._report = services, shop, report
        self._collection = services.mirror.collection(shop)
        self._later: set[str] = set()
        self._broken: set[str] = set()

    def write(self, products: Iterable[Product]) -> None:
        """Download, embed and write products."""
        with closing(photos(self._services, products, PHOTO_SIDE)) as downloaded:
            for number, batch in enumerate(batches(downloaded, BATCH), 1):
                self._write_usable(batch)
                self._report.add(done=len(batch))
                if number % FLUSH == 0:
                    self._services.mirror.flush(self._shop)

    def rewrite(self, products: Collection[Product]) -> list[Product]:
        """Write products whose words or price changed: what is kept of their photos stays.

        Returns those of which nothing is kept after all.
        """
        if not products:
            return []
        with self._writing():
            looks = self._services.mirror.looks(self._shop, [product.id for product in products])
            kept = {p.id: looks[p.id] for p in products if p.id in looks and _is_of(looks[p.id], p)}
            self._keep([(p, kept[p.id].photo_key, kept[p.id].dense) for p in products if p.id in kept])
        self._report.add(done=len(kept))
        return [product for product in products if product.id not in kept]

    def touch(self, updated_at: Mapping[str, int]) -> None:
        """Remember when products changed in a way that is nothing to the mirror."""
        self._services.seen.touch(self._shop, updated_at)

    def leave_out(self, products: Collection[Product]) -> None:
        """Take products that have no place in the mirror out of it, and remember that they were looked at."""
        if not products:
            return
        with self._writing():
            known = self._services.seen.of(self._shop, [product.id for product in products])
            absent = [product for product in products if not _overtaken(product, known)]
            mirrored = [product.id for product in absent if not _is_new(known.get(product.id))]
            self._services.mirror.remove(self._shop, mirrored)
            self._services.seen.put(self._shop, [_looked_at(product) for product in absent])
        self._report.add(deleted=len(mirrored))

    def remove(self, gone: Mapping[str, int]) -> None:
        """Forget products that the store no longer names, unless another was told of them meanwhile.

        `gone` says when each of them had last changed as we knew it.
        """
        if not gone:
            return
        with self._writing():
            known = self._services.seen.of(self._shop, gone.keys())
            still = [one for one in known.values() if one.updated_at == gone[one.product_id]]
            mirrored = [one.product_id for one in still if not _is_new(one)]
            self._services.mirror.remove(self._shop, mirrored)
            self._services.seen.forget(self._shop, [one.product_id for one in still])
        self._report.add(deleted=len(mirrored))

    def finish(self, listed: int) -> None:
        """The pass is whole: searches read what it wrote, unless too many of `listed` products failed."""
        mirror, shop = self._services.mirror, self._shop
        with self._writing():
            missed = self._services.seen.elsewhere(shop, self._collection)  # what searches would lose
            later, broken = len(self._later & missed), len(self._broken & missed)
            if later <= listed * LATER and later + broken <= listed * BROKEN:
                if mirror.live(shop) != self._collection:
                    mirror.flush(shop)
                mirror.switch(shop)
                self._services.seen.forget(shop, missed)
            else:
                log.warning("a new mirror waits for photos", shop=shop, lacking=later + broken)

    def _write_usable(self, batch: Sequence[tuple[Product, bytes | BestshotError]]) -> None:
        usable = []
        for product, photo in batch:
            if isinstance(photo, bytes):
                usable.append((product, photo))
                continue
            (self._later if photo.can_retry else self._broken).add(product.id)
            self._report.fail(product.id, product.title, str(photo))
        if usable:
            self._embed(*zip(*usable, strict=True))

    def _embed(self, products: Sequence[Product], images: Sequence[bytes]) -> None:
        services = self._services
        self._report.check()  # embedding may cost money
        try:
            vectors = services.embedder.embed_images(images)
        except ImageError as error:
            self._embed_apart(products, images, error)
            return
        self._report.add(embedding_calls=len(images))
        keys = [content_key(self._shop, "photos", image, ".jpg") for image in images]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(services.blobs.write, keys, images))
        with self._writing():
            self._keep(list(zip(products, keys, vectors, strict=True)))

    def _embed_apart(self, products: Sequence[Product], images: Sequence[bytes], error: ImageError) -> None:
        """Halves tell which picture the model refuses; vectors that were paid for meanwhile are kept."""
        if len(products) == 1:
            self._broken.add(products[0].id)
            self._report.fail(products[0].id, products[0].title, str(error))
            return
        middle = len(products) // 2
        self._embed(products[:middle], images[:middle])
        self._embed(products[middle:], images[middle:])

    def _keep(self, looks: Sequence[tuple[Product, str, NDArray[np.float32]]]) -> None:
        """Write products with the blob and the vector of their photo, and count them."""
        services, shop = self._services, self._shop
        known = services.seen.of(shop, [product.id for product, _, _ in looks])
        sold = {one.product_id: one.sales_count for one in known.values()}
        written = [
            (product, rows.mirror_row(product, key, vector, sold.get(product.id, 0)))
            for product, key, vector in looks
            if not _overtaken(product, known)
        ]
        services.mirror.put(shop, [row for _, row in written])
        services.seen.put(shop, [rows.seen_as(row, p, self._collection) for p, row in written])
        new = sum(_is_new(known.get(product.id)) for product, _ in written)
        self._report.add(new=new, changed=len(written) - new)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with writing(self._services, self._shop):
            self._report.check()
            yield


class DryRun:
    """Reports what a Writer would do."""

    def __init__(self, services: Services, shop: str, report: Report) -> None:
        self._services, self._shop, self._report = services, shop, report

    def write(self, products: Iterable[Product]) -> None:
        for batch in batches(products, BATCH):
            known = self._services.seen.of(self._shop, [product.id for product in batch])
            new = sum(_is_new(known.get(product.id)) for product in batch)
            self._report.add(len(batch), new=new, changed=len(batch) - new, embedding_calls=len(batch))

    def rewrite(self, products: Collection[Product]) -> list[Product]:
        self._report.add(len(products), changed=len(products))
        return []

    def touch(self, updated_at: Mapping[str, int]) -> None:
        """Nothing."""

    def leave_out(self, products: Collection[Product]) -> None:
        self._count_mirrored([product.id for product in products])

    def remove(self, gone: Mapping[str, int]) -> None:
        self._count_mirrored(gone.keys())

    def finish(self, listed: int) -> None:
        """Nothing."""

    def _count_mirrored(self, product_ids: Collection[str]) -> None:
        known = self._services.seen.of(self._shop, product_ids)
        self._report.add(deleted=sum(not _is_new(one) for one in known.values()))


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items; the last one may be shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _looked_at(product: Product) -> Seen:
    """What is remembered of a product that has no place in the mirror, which is often just a photo's lack.

    A photo that the store still processes, or a place on a sales channel, may come without another time of
    change: as soon as a list of what is for sale names the product, it is looked at again.
    """
    at = rows.seconds(product.updated_at)
    for_sale = product.status == "ACTIVE" and product.published
    return rows.left_out(product.id, at if for_sale and time() - at >= PHOTO_SECONDS else at - 1)


def _is_of(look: Look, product: Product) -> bool:
    """Whether what is kept of a photo is of the one that the product has."""
    return rows.same_photo(look.fingerprint, rows.fingerprint(product))


def _overtaken(product: Product, known: Mapping[str, Seen]) -> bool:
    return product.id in known and known[product.id].updated_at > rows.seconds(product.updated_at)


def _is_new(known: Seen | None) -> bool:
    return known is None or known.collection == NOWHERE


def _alone(services: Services, shop: str) -> AbstractContextManager[None]:
    return services.locks.hold(f"the mirror of {shop}", PATIENCE)
