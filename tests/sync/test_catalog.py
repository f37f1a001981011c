"""The mirror follows the store, at the cost of what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from infra.milvus import Where
from infra.model import Product
from sync.catalog import fingerprint
from tests import drawn
from webhook_app.embedded import Embedded


@pytest.fixture
def embedded_photos(embedded: Embedded, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many photos each embedding call got, from here on."""
    calls: list[int] = []
    embed = embedded.services.embedder.embed_images

    def counted(images: Sequence[bytes]) -> NDArray[np.float32]:
        calls.append(len(images))
        return embed(images)

    monkeypatch.setattr(embedded.services.embedder, "embed_images", counted)
    return calls


def found(app: Embedded, photo: bytes, where: Where = Where()) -> list[str]:  # noqa: B008 (frozen)
    (vector,) = app.services.embedder.embed_images([photo])
    return [hit.title for hit in app.services.mirror.search(app.shop, vector, {}, where, 20)]


def test_a_second_pass_over_an_unchanged_store_embeds_nothing(
    embedded: Embedded, embedded_photos: list[int]
) -> None:
    assert embedded.sync() == {"seen": 12, "changed": 0, "deleted": 0, "failed": 0}
    assert sum(embedded_photos) == 0


def test_a_new_product_is_embedded_alone(embedded: Embedded, embedded_photos: list[int]) -> None:
    photo = drawn.photo("Bags", "orchid", kind=5)
    store = embedded.services.store(embedded.shop)
    embedded.services.seen.forget(embedded.shop, [next(store.products.all()).id])
    assert embedded.sync()["changed"] == 1
    assert sum(embedded_photos) == 1
    assert len(found(embedded, photo)) == 12


def test_a_deleted_product_leaves_the_mirror_and_its_words_no_longer_count(embedded: Embedded) -> None:
    store = embedded.services.store(embedded.shop)
    gone = next(store.products.all())
    embedded.store.faults.lose_webhooks("products/delete", 1)
    store.products.delete(gone.id)
    assert embedded.sync() == {"seen": 11, "changed": 0, "deleted": 1, "failed": 0}
    assert gone.id not in embedded.services.seen.fingerprints(embedded.shop)
    assert len(found(embedded, drawn.photo("Bags", "navy"))) == 11


def test_sales_reach_the_mirror_without_embedding(embedded: Embedded, embedded_photos: list[int]) -> None:
    slow = next(
        p for p in embedded.services.store(embedded.shop).products.all() if p.title == "Goldenrod bags"
    )
    photo = drawn.photo("Bags", "goldenrod", kind=4)
    assert slow.title not in found(embedded, photo, Where(min_sales=5000))
    embedded.store.sell(slow.id, 6000)
    embedded.sync()
    assert found(embedded, photo, Where(min_sales=5000)) == [slow.title]
    assert sum(embedded_photos) == 2  # the two looks above, nothing of the sync


def test_a_product_whose_photo_is_broken_is_counted_kept_and_tried_again(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.services.seen.forget(
        embedded.shop, [next(embedded.services.store(embedded.shop).products.all()).id]
    )
    with monkeypatch.context() as broken:
        broken.setattr(type(embedded.services.downloader), "fetch", lambda *_: b"not an image")
        assert embedded.sync() == {"seen": 12, "changed": 0, "deleted": 0, "failed": 1}
    assert embedded.sync() == {"seen": 12, "changed": 1, "deleted": 0, "failed": 0}


def test_a_mirror_that_was_lost_is_built_again(embedded: Embedded) -> None:
    embedded.services.mirror.remove(embedded.shop, embedded.services.seen.fingerprints(embedded.shop))
    assert embedded.sync()["changed"] == 12
    assert len(found(embedded, drawn.photo("Bags", "navy"))) == 12


def test_a_fingerprint_changes_with_photo_and_words_and_with_nothing_else(embedded: Embedded) -> None:
    product: Product = next(embedded.services.store(embedded.shop).products.all())
    same = [replace(product, updated_at=product.updated_at + timedelta(days=1)), replace(product, handle="x")]
    photo = replace(product.photos[0], id="gid://shopify/MediaImage/1")
    other = [replace(product, title="x"), replace(product, color="x"), replace(product, photos=(photo,))]
    assert {fingerprint(p, "e") for p in same} == {fingerprint(product, "e")}
    assert len({fingerprint(p, "e") for p in (product, *other)} | {fingerprint(product, "other")}) == 5
