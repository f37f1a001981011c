"""The mirror follows the store, at the cost of what changed, and never back in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from infra.errors import Cancelled, Mismatch, Unavailable
from infra.milvus import Where
from infra.model import Product, ProductState
from infra.seen import NEVER_AGAIN
from sync import catalog
from sync.rows import fingerprint
from sync.writing import PHOTO_SECONDS, forget_product
from tests.infra.devstore_kit import SHOP, picture, until
from tests.sync.mirror_kit import Desk, desk

LATER = timedelta(minutes=5)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Desk]:
    """Four hats, mirrored."""
    with desk(tmp_path) as opened:
        assert opened.whole() == {"seen": 4, "new": 4, "embedding_calls": 4}
        yield opened


@pytest.fixture
def downloads(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The photos downloaded from here on."""
    fetched: list[str] = []
    fetch = shop.services.downloader.fetch
    monkeypatch.setattr(shop.services.downloader, "fetch", lambda url: (fetched.append(url), fetch(url))[1])
    return fetched


def paged(shop: Desk) -> list[Product]:
    return list(shop.store.products.all())


def mirrored(shop: Desk) -> dict[str, str]:
    """Product → title, of all that a search finds."""
    everything = np.ones(shop.services.embedder.dimension, np.float32)
    return {
        hit.product_id: hit.title for hit in shop.services.mirror.search(SHOP, everything, {}, Where(), 100)
    }


def state(product: Product) -> ProductState:
    return ProductState(product.id, product.updated_at)


@pytest.mark.parametrize("way", ["whole", "changes"])
def test_a_second_pass_over_an_unchanged_store_costs_nothing(
    shop: Desk, downloads: list[str], way: str
) -> None:
    shop.local.operations_seen.clear()
    assert getattr(shop, way)() == {"seen": 4}
    assert downloads == []
    assert shop.local.operations_seen["products_by_id"] == 0


def test_only_what_changed_is_read_and_embedded(shop: Desk, downloads: list[str]) -> None:
    before = paged(shop)
    changed = replace(before[1], title="A grander hat", updated_at=before[1].updated_at + LATER)
    read: list[list[str]] = []

    def some(ids: Sequence[str]) -> list[Product]:
        read.append(list(ids))
        return [changed]

    report = shop.report()
    catalog_pass = catalog.CatalogPass(shop.services, SHOP, report)
    assert (
        catalog_pass.changes([state(product) for product in (before[0], changed, *before[2:])], some, 4) == 1
    )
    assert (read, len(downloads)) == ([[changed.id]], 1)
    assert shop.counts() == {"seen": 4, "changed": 1, "embedding_calls": 1}
    assert mirrored(shop)[changed.id] == "A grander hat"


def test_a_change_that_is_nothing_to_the_mirror_is_looked_at_once(shop: Desk, downloads: list[str]) -> None:
    sold = [replace(product, updated_at=product.updated_at + LATER) for product in paged(shop)]
    report = shop.report()
    for _ in range(2):
        looked_at: list[str] = []

        def some(ids: Sequence[str], looked_at: list[str] = looked_at) -> list[Product]:
            looked_at += ids
            return sold

        catalog.CatalogPass(shop.services, SHOP, report).changes(
            [state(product) for product in sold], some, 4
        )
    assert (looked_at, downloads) == ([], [])


def test_too_many_changes_are_left_to_a_pass_over_everything(
    shop: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "MOST_CHANGED", 2)
    shop.services.seen.outdate(SHOP)
    report = shop.report()
    found = catalog.CatalogPass(shop.services, SHOP, report).changes(
        shop.store.products.states(), shop.store.products.some, 4
    )
    assert found == 4
    assert shop.counts() == {}


def test_a_new_product_is_embedded_alone(shop: Desk) -> None:
    made = shop.store.products.create("Orchid hat", "Hats", photo=picture(color="orchid"), filename="o.jpg")
    until(lambda: (found := shop.store.products.get(made)) and found.photos)
    assert shop.changes() == {"seen": 5, "new": 1, "embedding_calls": 1}
    assert mirrored(shop)[made] == "Orchid hat"


def test_what_is_deleted_leaves_the_mirror_and_its_words_no_longer_count(shop: Desk) -> None:
    shop.store.products.delete(shop.hats[0])
    assert shop.changes() == {"seen": 3, "deleted": 1}
    assert set(mirrored(shop)) == set(shop.services.seen.fingerprints(SHOP)) == set(shop.hats[1:])
    assert shop.services.seen.frequencies(SHOP, ())[0] == 3


@pytest.mark.parametrize("way", ["whole", "changes"])
@pytest.mark.parametrize("change", [{"status": "DRAFT"}, {"status": "ARCHIVED"}, {"photos": ()}])
def test_what_is_not_for_sale_or_has_no_photo_leaves_the_mirror(
    shop: Desk, way: str, change: dict[str, object]
) -> None:
    before = paged(shop)
    withdrawn = replace(before[0], updated_at=before[0].updated_at + LATER, **change)  # type: ignore[arg-type]
    if way == "whole":
        counts = shop.whole([withdrawn, *before[1:]])
    else:
        report = shop.report()
        catalog.CatalogPass(shop.services, SHOP, report).changes(
            [state(product) for product in (withdrawn, *before[1:])], lambda _: [withdrawn], 4
        )
        counts = shop.counts()
    assert counts["deleted"] == 1
    assert withdrawn.id not in mirrored(shop)
    back = replace(before[0], updated_at=withdrawn.updated_at + LATER)
    assert shop.whole([back, *before[1:]])["new"] == 1


@pytest.mark.parametrize(("age", "looked_at"), [(timedelta(), 2), (timedelta(seconds=2 * PHOTO_SECONDS), 1)])
def test_a_photo_that_is_still_processed_is_looked_for_again(
    shop: Desk, age: timedelta, looked_at: int
) -> None:
    bare = replace(
        paged(shop)[0], id="gid://shopify/Product/77", photos=(), updated_at=datetime.now(UTC) - age
    )
    asked: list[str] = []

    def some(ids: Sequence[str]) -> list[Product]:
        asked.extend(ids)
        return [bare]

    for _ in range(2):
        catalog.CatalogPass(shop.services, SHOP, shop.report()).changes(
            [state(product) for product in (*paged(shop), bare)], some, 4
        )
    assert asked == [bare.id] * looked_at


def test_a_product_whose_photo_is_broken_is_named_kept_and_tried_again(
    shop: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = paged(shop)
    changed = [replace(p, title=f"New {p.title}", updated_at=p.updated_at + LATER) for p in before]
    with monkeypatch.context() as broken:
        fetch = shop.services.downloader.fetch
        first = before[0].photos[0].url.partition("?")[0]
        broken.setattr(
            shop.services.downloader,
            "fetch",
            lambda url: b"no image" if url.startswith(first) else fetch(url),
        )
        assert shop.whole(changed) == {"seen": 4, "changed": 3, "failed": 1, "embedding_calls": 3}
    (record,) = shop.services.syncs.recent(SHOP, 1)
    (failure,) = record["failures"]
    assert (failure["product_id"], failure["title"]) == (before[0].id, changed[0].title)
    assert failure["why"]
    assert mirrored(shop)[before[0].id] == before[0].title
    assert shop.whole(changed) == {"seen": 4, "changed": 1, "embedding_calls": 1}


def test_a_list_that_is_far_too_short_deletes_nothing(shop: Desk) -> None:
    report = shop.report()
    with pytest.raises(Mismatch, match="names 0 products of 40;"):
        catalog.CatalogPass(shop.services, SHOP, report).whole([], 40)
    with pytest.raises(Mismatch, match="names 0 products of 40;"):
        catalog.CatalogPass(shop.services, SHOP, report).changes([], shop.store.products.some, 40)
    assert len(mirrored(shop)) == 4


def test_of_a_product_that_comes_twice_the_first_word_counts(shop: Desk) -> None:
    before = paged(shop)
    assert shop.whole([*before, replace(before[0], title="Older"), before[1]]) == {"seen": 4}


def test_a_source_that_breaks_off_deletes_nothing_and_keeps_what_came(shop: Desk) -> None:
    before = paged(shop)

    def broken() -> Iterator[Product]:
        yield from (replace(p, title="New", updated_at=p.updated_at + LATER) for p in before[:1])
        raise Unavailable("the line went dead")

    with pytest.raises(Unavailable):
        shop.whole(broken())
    assert len(mirrored(shop)) == 4


def test_a_pass_that_died_goes_on_behind_what_it_had_written(
    shop: Desk, monkeypatch: pytest.MonkeyPatch, downloads: list[str]
) -> None:
    monkeypatch.setattr("sync.writing.BATCH", 1)
    changed = [replace(p, title=f"New {p.title}", updated_at=p.updated_at + LATER) for p in paged(shop)]
    put = shop.services.mirror.put

    def mortal(*args: object) -> None:
        if shop.counts().get("changed", 0) == 2:
            raise RuntimeError("killed")
        put(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as dying:
        dying.setattr(shop.services.mirror, "put", mortal)
        with pytest.raises(RuntimeError):
            shop.whole(changed)
    downloads.clear()
    assert shop.whole(changed) == {"seen": 4, "changed": 2, "embedding_calls": 2}
    assert len(downloads) == 2


def test_nothing_is_written_for_a_shop_that_has_left(shop: Desk) -> None:
    before = paged(shop)

    def leaving() -> Iterator[Product]:
        shop.services.installations.leave(SHOP)
        yield replace(before[0], title="Written too late", updated_at=before[0].updated_at + LATER)

    with pytest.raises(Cancelled):
        shop.whole(leaving())
    with pytest.raises(Cancelled):
        shop.sold({})
    shop.services.installations.connect(shop.store.shop(), "en", "http://127.0.0.1:1")
    assert shop.whole(before) == {"seen": 4}


class TestWhatAWebhookBroughtMeanwhile:
    """A pass works with what it read a while ago, or with an export that is hours old."""

    def test_a_newer_word_is_not_set_back(self, shop: Desk) -> None:
        older = paged(shop)
        newer = replace(older[0], title="By webhook", updated_at=older[0].updated_at + 2 * LATER)

        def products() -> Iterator[Product]:
            yield replace(older[0], title="Older", updated_at=older[0].updated_at + LATER)
            shop.one(newer)
            yield from older[1:]

        assert shop.whole(products()).get("changed", 0) == 0
        assert mirrored(shop)[newer.id] == "By webhook"

    @pytest.mark.parametrize("new", [True, False])
    def test_what_was_deleted_does_not_come_back(self, shop: Desk, new: bool) -> None:
        older = paged(shop)
        gone = replace(older[0], id="gid://shopify/Product/77") if new else older[0]
        forget_product(shop.services, SHOP, gone.id)
        exported = [replace(gone, title="Written down before"), *older[1:]]
        shop.whole(exported, begun=datetime.now(UTC) - LATER)
        assert gone.id not in mirrored(shop)
        assert gone.id in shop.services.seen.of(SHOP, [gone.id])
        shop.whole(older[1:], begun=datetime.now(UTC))
        assert shop.services.seen.of(SHOP, [gone.id]) == {}

    def test_what_was_withdrawn_does_not_come_back(self, shop: Desk) -> None:
        older = paged(shop)
        drafted = replace(older[0], status="DRAFT", updated_at=older[0].updated_at + 2 * LATER)
        shop.one(drafted)
        shop.whole([replace(older[0], title="Older", updated_at=older[0].updated_at + LATER), *older[1:]])
        assert drafted.id not in mirrored(shop)

    @pytest.mark.parametrize("way", ["whole", "changes"])
    def test_what_is_new_is_not_taken_for_gone(self, shop: Desk, way: str) -> None:
        older = paged(shop)
        begun = datetime.now(UTC)
        new = replace(older[0], id="gid://shopify/Product/77", updated_at=begun + LATER)
        shop.one(new)
        if way == "whole":
            counts = shop.whole(older, begun)
        else:
            counts = shop.changes([state(product) for product in older], begun)
        assert counts == {"seen": 4}
        assert new.id in mirrored(shop)

    def test_what_a_paged_list_missed_by_a_moment_is_not_taken_for_gone(self, shop: Desk) -> None:
        older = paged(shop)
        revived = replace(older[0], updated_at=older[0].updated_at + LATER)

        def states() -> Iterator[ProductState]:
            shop.one(revived)
            yield from (state(product) for product in older[1:])

        assert shop.changes(states()) == {"seen": 3}
        assert revived.id in mirrored(shop)


def test_a_deleted_product_is_forgotten_for_good(shop: Desk) -> None:
    forget_product(shop.services, SHOP, shop.hats[0])
    assert shop.services.seen.stamps(SHOP)[shop.hats[0]] == NEVER_AGAIN
    shop.changes()
    assert shop.hats[0] in mirrored(shop) or shop.store.products.get(shop.hats[0]) is not None


class TestDryRun:
    def test_it_says_what_would_be_done_and_does_nothing(self, shop: Desk, downloads: list[str]) -> None:
        before = paged(shop)
        later = [replace(p, title="Other", updated_at=p.updated_at + LATER) for p in before[:2]]
        new = replace(before[0], id="gid://shopify/Product/77")
        draft = replace(before[2], status="DRAFT", updated_at=before[2].updated_at + LATER)
        known = shop.services.seen.fingerprints(SHOP)
        said = shop.whole([*later, draft, new], dry_run=True)
        assert said == {"seen": 4, "new": 1, "changed": 2, "deleted": 2, "embedding_calls": 3}
        assert (downloads, shop.services.seen.fingerprints(SHOP)) == ([], known)
        assert mirrored(shop) == {p.id: p.title for p in before}


def test_a_fingerprint_changes_with_photo_and_words_and_with_nothing_else(shop: Desk) -> None:
    product = paged(shop)[0]
    same = [replace(product, updated_at=product.updated_at + LATER), replace(product, handle="x")]
    photo = replace(product.photos[0], id="gid://shopify/MediaImage/999")
    other = [replace(product, title="x"), replace(product, color="x"), replace(product, photos=(photo,))]
    assert {fingerprint(one) for one in same} == {fingerprint(product)}
    assert len({fingerprint(one) for one in (product, *other)}) == 4
