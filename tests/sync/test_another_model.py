"""Another embedding model fills a mirror of its own, which goes live when it is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from infra.embedding import BuiltinEmbedder
from infra.errors import Unavailable
from infra.milvus import Mirror, Where
from infra.model import Product
from sync.audit import audit
from tests.infra.devstore_kit import SHOP
from tests.sync.mirror_kit import Desk, desk


class Killed(BaseException):
    """The process died: nothing catches it."""


class SmallEmbedder:
    """Another model, with another dimension."""

    name, dimension, price_usd = "small-1", 3, Decimal("0.001")

    def embed_images(self, images: Sequence[bytes]) -> NDArray[np.float32]:
        vectors = BuiltinEmbedder().embed_images(images)[:, :3] + 1
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.zeros((len(texts), 3), np.float32)


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Desk]:
    """Four hats, mirrored by the built-in model; two have sold."""
    with desk(tmp_path) as opened:
        opened.whole()
        opened.sold({opened.hats[0]: 7, opened.hats[1]: 3})
        yield opened


@pytest.fixture
def new(old: Desk) -> Desk:
    """The same shop after the model was changed."""
    small = SmallEmbedder()
    mirror = Mirror(old.services.settings.mirror_uri, small.name, small.dimension)
    mirror.__dict__["_client"] = old.services.mirror._client  # Milvus Lite has one owner
    return Desk(
        replace(old.services, embedders=(small, *old.services.embedders), mirror=mirror), old.local, old.hats
    )


def found(shop: Desk) -> dict[str, int]:
    """What a search finds with the model that the mirror is of, and the units sold."""
    embedder = shop.services.embedder_of(SHOP)
    assert embedder
    everything = np.ones(embedder.dimension, np.float32)
    hits = shop.services.mirror.search(SHOP, everything, {}, Where(), 100)
    return {hit.product_id: hit.sales_count for hit in hits}


def sales(shop: Desk) -> dict[str, int]:
    return dict(zip(shop.hats, (7, 3, 0, 0), strict=True))


@pytest.mark.parametrize("way", ["whole", "changes"])
def test_a_pass_embeds_everything_anew_keeps_the_sales_and_drops_the_old(new: Desk, way: str) -> None:
    embedder = new.services.embedder_of(SHOP)
    assert embedder
    assert embedder.name == "builtin-1"
    counts = getattr(new, way)()
    assert counts == {"seen": 4, "changed": 4, "embedding_calls": 4}
    assert new.services.embedder_of(SHOP) is new.services.embedder
    assert new.services.mirror.collections(SHOP) == [new.services.mirror.collection(SHOP)]
    assert found(new) == sales(new)
    assert getattr(new, way)() == {"seen": 4}


POINTS: dict[str, tuple[str, str]] = {
    "before anything is written": ("mirror", "put"),
    "between mirror and memory": ("seen", "put"),
    "before the switch": ("mirror", "switch"),
    "between the switch and the memory of it": ("seen", "forget"),
}


@pytest.mark.parametrize("point", POINTS)
def test_wherever_it_is_interrupted_there_is_a_whole_mirror_and_the_next_pass_ends_it(
    new: Desk, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    part, method = POINTS[point]

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(getattr(new.services, part), method, killed)
        with pytest.raises(Killed):
            new.whole()
    assert found(new) == sales(new)
    new.whole()
    assert new.services.mirror.live(SHOP) == new.services.mirror.collection(SHOP)
    assert found(new) == sales(new)
    assert new.services.seen.count(SHOP, new.services.mirror.collection(SHOP)) == 4


def test_a_switch_that_died_before_the_old_one_was_dropped_is_tidied_up(
    new: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = new.services.mirror._client

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(client, "drop_collection", killed)
        with pytest.raises(Killed):
            new.whole()
    assert len(new.services.mirror.collections(SHOP)) == 2
    assert found(new) == sales(new)
    new.whole()
    assert new.services.mirror.collections(SHOP) == [new.services.mirror.collection(SHOP)]


def test_a_mirror_that_is_half_filled_stays_behind_the_old_one(new: Desk, old: Desk) -> None:
    half = list(new.store.products.all())[:2]

    def broken() -> Iterator[Product]:
        yield from half
        raise Unavailable("the line went dead")

    with pytest.raises(Unavailable):
        new.whole(broken())
    assert new.services.mirror.live(SHOP) == old.services.mirror.collection(SHOP)
    assert found(new) == sales(new)
    new.sold({new.hats[3]: 9})  # sales, deletions and webhooks go on meanwhile
    assert found(new)[new.hats[3]] == 9
    new.store.products.delete(new.hats[2])
    assert new.changes()["deleted"] == 1
    assert set(found(new)) == {new.hats[0], new.hats[1], new.hats[3]}


@pytest.mark.parametrize(("broken", "goes_live"), [(1, True), (2, True), (3, False)])
def test_photos_that_are_no_use_hold_the_new_mirror_back_only_when_they_are_most(
    new: Desk, monkeypatch: pytest.MonkeyPatch, broken: int, goes_live: bool
) -> None:
    fail(new, monkeypatch, broken, lambda: b"no image")
    assert new.whole()["failed"] == broken
    assert (new.services.embedder_of(SHOP) is new.services.embedder) == goes_live
    assert len(found(new)) == (4 - broken if goes_live else 4)


def test_a_photo_that_cannot_be_had_tonight_holds_the_new_mirror_back_until_it_can(
    new: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> bytes:
        raise Unavailable("the host is away")

    with monkeypatch.context() as tonight:
        fail(new, tonight, 1, away)
        assert new.whole()["failed"] == 1
    assert found(new) == sales(new)
    assert new.services.embedder_of(SHOP) is not new.services.embedder
    assert new.whole() == {"seen": 4, "changed": 1, "embedding_calls": 1}
    assert found(new) == sales(new)
    assert new.services.embedder_of(SHOP) is new.services.embedder


def test_photos_that_the_old_mirror_has_not_either_hold_nothing_back(
    new: Desk, old: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    old.services.mirror.remove(SHOP, old.hats[:3])
    old.services.seen.forget(SHOP, old.hats[:3])
    fail(new, monkeypatch, 3, lambda: b"no image")
    assert new.whole()["failed"] == 3
    assert new.services.embedder_of(SHOP) is new.services.embedder


def test_a_row_that_the_old_mirror_has_lost_keeps_no_other_from_its_sales(new: Desk, old: Desk) -> None:
    first = next(new.store.products.all())
    new.one(first)
    new.services.mirror.remove(SHOP, [new.hats[1]], old.services.mirror.collection(SHOP))
    new.sold({first.id: 50, new.hats[1]: 60})
    assert {row.product_id: row.sales_count for row in new.services.mirror.rows(SHOP)} == {first.id: 50}


def fail(shop: Desk, patch: pytest.MonkeyPatch, count: int, how: Callable[[], bytes]) -> None:
    """Let the downloads of so many products' photos fail."""
    fetch = shop.services.downloader.fetch
    urls = [product.photos[0].url.partition("?")[0] for product in shop.store.products.all()][:count]
    patch.setattr(
        shop.services.downloader, "fetch", lambda url: how() if url.startswith(tuple(urls)) else fetch(url)
    )


def test_an_audit_in_the_middle_takes_nothing_from_the_mirror_that_is_searched(
    new: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(new.services.seen, "put", killed)
        with pytest.raises(Killed):
            new.whole()
    assert audit(new.services, SHOP, repair=True)["strays"] == 4
    assert found(new) == sales(new)


def test_a_change_back_in_the_middle_leaves_what_there_was(new: Desk, old: Desk) -> None:
    half = list(new.store.products.all())[:2]

    def broken() -> Iterator[Product]:
        yield from half
        raise Unavailable("the line went dead")

    with pytest.raises(Unavailable):
        new.whole(broken())
    old.whole()
    assert found(old) == sales(old)
    assert old.services.mirror.collections(SHOP) == [old.services.mirror.collection(SHOP)]
    assert old.whole() == {"seen": 4}
