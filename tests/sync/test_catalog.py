"""The mirror follows the store, at the cost of what changed, and never back in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from infra.errors import Cancelled, Mismatch, Unavailable
from infra.milvus import Where
from infra.model import Product
from infra.seen import NEVER_AGAIN
from sync import catalog
from sync.catalog import CatalogPass
from sync.rows import fingerprint, same_photo, seconds
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


def with_another_photo(product: Product, **words: str) -> Product:
    """A product that has changed, the id of its photo too; its file is the same."""
    photo = replace(product.photos[0], id=f"{product.photos[0].id}9")
    return replace(product, photos=(photo,), updated_at=product.updated_at + LATER, **words)  # type: ignore[arg-type]


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
    changed = with_another_photo(before[1], title="A grander hat")
    read: list[list[str]] = []

    def some(ids: Sequence[str]) -> list[Product]:
        read.append(list(ids))
        return [changed] if ids else []

    counts = shop.changes([before[0], changed, *before[2:]], read=some)
    assert (read[0], len(downloads)) == ([changed.id], 1)
    assert counts == {"seen": 4, "changed": 1, "embedding_calls": 1}
    assert mirrored(shop)[changed.id] == "A grander hat"


@pytest.mark.parametrize("change", [{"title": "A grander hat"}, {"price": Decimal(5)}, {"category": "Caps"}])
def test_other_words_and_another_price_are_written_without_a_download_or_an_embedding(
    shop: Desk, downloads: list[str], change: dict[str, Any]
) -> None:
    before = paged(shop)
    shop.sold({before[0].id: 7})
    looked = shop.services.mirror.looks(SHOP, [before[0].id])[before[0].id]
    changed = replace(before[0], updated_at=before[0].updated_at + LATER, **change)
    assert shop.whole([changed, *before[1:]]) == {"seen": 4, "changed": 1}
    assert downloads == []
    (hit,) = shop.services.mirror.search(SHOP, looked.dense, {}, Where(min_sales=7), 5)
    assert (hit.title, hit.category, hit.sales_count) == (changed.title, changed.category, 7)
    assert (hit.photo_key, round(hit.similarity, 5)) == (looked.photo_key, 1.0)
    assert shop.whole([changed, *before[1:]]) == {"seen": 4}


def test_words_of_a_product_that_the_mirror_has_lost_bring_its_photo_along(shop: Desk) -> None:
    before = paged(shop)
    shop.services.mirror.remove(SHOP, [before[0].id])
    changed = replace(before[0], title="New", updated_at=before[0].updated_at + LATER)
    assert shop.whole([changed, *before[1:]]) == {"seen": 4, "changed": 1, "embedding_calls": 1}


def test_what_is_kept_of_a_photo_is_not_kept_for_another(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass died when the mirror had a photo that the memory had not; then the old photo came back."""
    before = paged(shop)
    with monkeypatch.context() as dying:
        dying.setattr(shop.services.seen, "put", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            shop.whole([with_another_photo(before[0]), *before[1:]])
    back = replace(before[0], title="With the first photo", updated_at=before[0].updated_at + 2 * LATER)
    assert shop.whole([back, *before[1:]]) == {"seen": 4, "changed": 1, "embedding_calls": 1}


def test_a_photo_that_was_replaced_in_place_is_embedded_again(shop: Desk) -> None:
    before = paged(shop)
    photo = replace(before[0].photos[0], url=f"{before[0].photos[0].url.partition('?')[0]}?v=999")
    changed = replace(before[0], photos=(photo,), updated_at=before[0].updated_at + LATER)
    assert shop.whole([changed, *before[1:]]) == {"seen": 4, "changed": 1, "embedding_calls": 1}


def test_a_product_without_a_word_stops_nobody(shop: Desk) -> None:
    odd = with_another_photo(paged(shop)[0], title="!!!", category="", color="")
    assert shop.whole([odd, *paged(shop)[1:]])["changed"] == 1
    assert mirrored(shop)[odd.id] == "!!!"


def test_a_change_that_is_nothing_to_the_mirror_is_looked_at_once(shop: Desk, downloads: list[str]) -> None:
    sold = [replace(product, updated_at=product.updated_at + LATER) for product in paged(shop)]
    looked_at: list[str] = []

    def some(ids: Sequence[str]) -> list[Product]:
        looked_at.extend(ids)
        return sold

    for _ in range(2):
        assert shop.changes(sold, read=some) == {"seen": 4}
        assert (sorted(looked_at), downloads) == (sorted(shop.hats), [])


def test_too_many_changes_are_left_to_a_pass_over_everything(
    shop: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "MOST_CHANGED", 2)
    shop.services.seen.outdate(SHOP)
    products = shop.store.products
    listed = {state.id: seconds(state.updated_at) for state in products.states()}
    assert CatalogPass(shop.services, SHOP, shop.report()).changes(listed, products.some, 4) == 4
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


def test_what_a_list_does_not_name_is_looked_up_before_it_is_taken_for_gone(shop: Desk) -> None:
    assert shop.changes(paged(shop)[1:]) == {"seen": 3}
    assert set(mirrored(shop)) == set(shop.hats)


@pytest.mark.parametrize("way", ["whole", "changes"])
def test_when_very_many_seem_to_be_gone_none_is_if_one_is_still_sold(
    shop: Desk, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(catalog, "MOST_CHANGED", 3)
    mirror = getattr(CatalogPass(shop.services, SHOP, shop.report()), way)
    for _ in range(2):
        with pytest.raises(Mismatch, match="lacks products that it sells"):
            mirror({}, shop.store.products.some, 0)
        assert len(mirrored(shop)) == 4
    for hat in shop.hats:
        shop.store.products.delete(hat)
    assert shop.changes() == {"deleted": 4}


@pytest.mark.parametrize("way", ["whole", "changes"])
@pytest.mark.parametrize(
    "change", [{"status": "DRAFT"}, {"status": "ARCHIVED"}, {"photos": ()}, {"published": False}]
)
def test_what_is_not_for_sale_or_has_no_photo_leaves_the_mirror(
    shop: Desk, way: str, change: dict[str, Any]
) -> None:
    before = paged(shop)
    withdrawn = replace(before[0], updated_at=before[0].updated_at + LATER, **change)
    everything = [withdrawn, *before[1:]]
    if way == "whole":
        counts = shop.whole(everything)
    else:
        counts = shop.changes(everything, read=lambda _: [withdrawn])
    assert counts["deleted"] == 1
    assert withdrawn.id not in mirrored(shop)
    back = replace(before[0], updated_at=withdrawn.updated_at + LATER)
    assert shop.whole([back, *before[1:]])["new"] == 1


@pytest.mark.parametrize("change", [{"status": "DRAFT"}, {"published": False}])
def test_what_is_for_sale_again_comes_back_though_its_time_of_change_stood_still(
    shop: Desk, change: dict[str, Any]
) -> None:
    before = [replace(product, updated_at=product.updated_at - 100 * LATER) for product in paged(shop)]
    shop.services.seen.outdate(SHOP)
    shop.one(replace(before[0], **change))
    assert before[0].id not in mirrored(shop)
    assert shop.changes(before)["new"] == 1
    assert before[0].id in mirrored(shop)


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
        shop.changes([*paged(shop), bare], read=some)
    assert asked == [bare.id] * looked_at


def test_a_product_whose_photo_is_broken_is_named_kept_and_tried_again(
    shop: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = paged(shop)
    changed = [with_another_photo(p, title=f"New {p.title}") for p in before]
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
    catalog_pass = CatalogPass(shop.services, SHOP, shop.report())
    with pytest.raises(Mismatch, match="names 0 products of 40;"):
        catalog_pass.whole([], shop.store.products.some, 40)
    with pytest.raises(Mismatch, match="names 0 products of 40;"):
        catalog_pass.changes({}, shop.store.products.some, 40)
    assert len(mirrored(shop)) == 4


def test_a_pass_that_was_called_off_pays_and_writes_no_more(shop: Desk) -> None:
    before = paged(shop)
    report = shop.report()
    (record,) = shop.services.syncs.recent(SHOP, 1)

    def called_off() -> Iterator[Product]:
        shop.services.syncs.end(record["run_id"], "cancelled", "the shop left, and came back")
        yield with_another_photo(before[0], title="Too late")

    with pytest.raises(Cancelled):
        CatalogPass(shop.services, SHOP, report).whole(called_off(), lambda _: (), 1)
    assert mirrored(shop)[before[0].id] == before[0].title
    assert shop.services.syncs.recent(SHOP, 1)[0]["counts"]["embedding_calls"] == 0


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
    changed = [with_another_photo(p, title=f"New {p.title}") for p in paged(shop)]
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
        assert getattr(shop, way)(older, begun) == {"seen": 4}
        assert new.id in mirrored(shop)


@pytest.mark.parametrize("under_way", [True, False])
def test_a_deleted_product_leaves_a_trace_only_while_a_sync_is_under_way(shop: Desk, under_way: bool) -> None:
    for sync in shop.services.syncs.open_ones(SHOP):
        shop.services.syncs.end(sync, "done")
    if under_way:
        shop.report()
    shop.store.products.delete(shop.hats[0])
    forget_product(shop.services, SHOP, shop.hats[0])
    assert set(mirrored(shop)) == set(shop.hats[1:])
    assert shop.services.seen.stamps(SHOP).get(shop.hats[0]) == (NEVER_AGAIN if under_way else None)
    shop.changes()
    assert set(shop.services.seen.stamps(SHOP)) == set(shop.hats[1:])


class TestDryRun:
    def test_it_says_what_would_be_done_and_does_nothing(self, shop: Desk, downloads: list[str]) -> None:
        before = paged(shop)
        later = [
            with_another_photo(before[0]),
            replace(before[1], title="Other", updated_at=before[1].updated_at + LATER),
        ]
        new = replace(before[0], id="gid://shopify/Product/77")
        draft = replace(before[2], status="DRAFT", updated_at=before[2].updated_at + LATER)
        known = shop.services.seen.fingerprints(SHOP)
        said = shop.whole([*later, draft, new], dry_run=True)
        assert said == {"seen": 4, "new": 1, "changed": 2, "deleted": 2, "embedding_calls": 2}
        assert (downloads, shop.services.seen.fingerprints(SHOP)) == ([], known)
        assert mirrored(shop) == {p.id: p.title for p in before}


def test_a_fingerprint_has_a_part_for_the_photo_and_one_for_the_words(shop: Desk) -> None:
    product = paged(shop)[0]
    same = [replace(product, updated_at=product.updated_at + LATER), replace(product, handle="x")]
    photo = product.photos[0]
    moved = replace(photo, url=photo.url.replace("127.0.0.1", "cdn.example"), alt="x")
    same.append(replace(product, photos=(moved, photo)))
    words = [replace(product, title="x"), replace(product, color="x"), replace(product, price=Decimal(1))]
    photos = [replace(photo, id="gid://shopify/MediaImage/999"), replace(photo, url=f"{photo.url}&v=9")]
    mine = fingerprint(product)
    assert {fingerprint(one) for one in same} == {mine}
    assert len({fingerprint(one) for one in words} | {mine}) == 4
    assert all(same_photo(mine, fingerprint(one)) for one in words)
    assert not any(same_photo(mine, fingerprint(replace(product, photos=(one,)))) for one in photos)
