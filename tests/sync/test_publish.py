"""Images back into the store: once, by name, behind the merchant's own, and only while nothing changed."""

from __future__ import annotations

import io
from dataclasses import replace
from uuid import uuid4

import pytest
from PIL import Image

from generators.formats import parse_format
from generators.workshop import Workshop
from infra import durable
from infra.devstore.mutations import base as store_writes
from infra.pixels import STORE_SIDE
from sync import publish
from sync.publish import filename
from tests.infra.devstore_kit import SHOP, picture, until
from tests.sync.publish_kit import Desk
from webhook_app.recipes import patience
from webhook_app.steps import listing
from webhook_app.steps.listing import Run


def test_pictures_stand_behind_the_merchants_own_and_a_banner_in_its_metafield(at: Desk) -> None:
    product = at.product(photos=2)
    run = at.published(product, ratios=("1:1", "3:4", "4:3", "4:1", "8:1"))
    media = at.media(run)
    own = [photo.id for photo in product.photos]
    assert at.products.media(product.id) == [*own, media["1:1"], media["3:4"], media["4:3"]]
    assert (at.banner(product), at.banner(product, "banner_8x1")) == (media["4:1"], media["8:1"])
    assert set(at.statuses(run).values()) == {"published"}


def test_first_means_in_the_order_of_the_formats_before_the_merchants_own(at: Desk) -> None:
    product = at.product(photos=2)
    run = at.published(product, ratios=("3:4", "4:1", "1:1"), place_first=True)
    media = at.media(run)
    own = [photo.id for photo in product.photos]
    assert at.products.media(product.id) == [media["3:4"], media["1:1"], *own]
    seen = at.store.operations_seen["product_reorder_media"]
    at.publish(run, place_first=True)
    assert at.store.operations_seen["product_reorder_media"] == seen


def test_a_lost_answer_costs_no_second_copy_even_when_the_search_lags(at: Desk) -> None:
    product = at.product()
    run = at.made(product, ("3:4",))
    before = at.files()
    at.store.faults.hide_files_from_search()
    at.store.faults.lose_reply("file_create")
    created, searched = (at.store.operations_seen[name] for name in ("file_create", "files_by_name"))
    recipe_id = at.start(run)
    until(lambda: at.store.operations_seen["file_create"] == created + 2)  # the second says: name taken
    until(lambda: at.store.operations_seen["files_by_name"] > searched + 4)
    assert at.media(run) == {"3:4": ""}
    at.store.faults.clear()
    at.services.starter.result(recipe_id)
    assert at.statuses(run) == {"3:4": "published"}
    assert at.files() == before + 1
    assert at.products.media(product.id)[1:] == [at.media(run)["3:4"]]


def test_a_file_that_search_never_shows_goes_to_review(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES", (0.01,) * 3)
    at.store.faults.hide_files_from_search()
    at.store.faults.lose_reply("file_create")
    record = at.publish(at.made(at.product(), ("3:4",)))
    assert record["status"] == "needs_review"
    assert "still did not show it" in record["reason"]


def test_an_upload_whose_target_expired_is_sent_to_another(at: Desk) -> None:
    run = at.made(at.product(), ("1:1",))
    at.store.faults.expire_targets(1)
    assert at.publish(run)["status"] == "published"


def test_what_the_store_cannot_process_goes_to_review_with_its_reason(at: Desk) -> None:
    run = at.made(at.product())
    at.store.faults.fail_media("IMAGE_PROCESSING_FAILURE", "The image is damaged", 1)
    record = at.publish(run)
    assert sorted(at.statuses(run).values()) == ["published", "published", "refused"]
    assert record["status"] == "needs_review"
    assert "The image is damaged (IMAGE_PROCESSING_FAILURE)" in record["reason"]


def test_a_failed_file_whose_id_was_lost_goes_to_review(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES", (0.01,) * 3)
    run = at.made(at.product(), ("1:1",))
    before = at.files()
    at.store.faults.fail_media("IMAGE_PROCESSING_FAILURE", "The image is damaged", 1)
    at.store.faults.lose_reply("file_create")
    record = at.publish(run)
    assert (record["status"], at.files()) == ("needs_review", before + 1)
    assert "may have failed" in record["reason"]


def test_one_formats_failure_is_not_taken_for_anothers(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """They share an alternative text; here the search finds all of a product, and both ids were lost."""
    monkeypatch.setattr("infra.devstore.queries.matches", lambda _, its: "parka-" in its.get("filename", ""))
    monkeypatch.setattr(durable, "_wait", lambda *_: None)
    monkeypatch.setattr(patience, "PAUSES", (0.02,) * 40)
    run = at.made(at.product("Parka"), ("1:1", "3:4"))
    at.store.faults.fail_media("IMAGE_PROCESSING_FAILURE", "The image is damaged", 1)
    at.store.faults.slow_media(0.4)
    at.store.faults.lose_reply("file_create")
    searched = at.store.operations_seen["files_by_name"]
    recipe_id = at.start(run)
    until(
        lambda: at.store.operations_seen["files_by_name"] > searched + 2
    )  # the first one's id is looked for
    at.store.faults.lose_reply("file_create")
    at.services.starter.result(recipe_id)
    assert at.statuses(run) == {"1:1": "refused", "3:4": "published"}


def test_processing_that_never_ends_goes_to_review(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES", (0.01,) * 3)
    run = at.made(at.product(), ("1:1",))
    at.store.faults.slow_media(30)
    record = at.publish(run)
    assert (record["status"], at.statuses(run)) == ("needs_review", {"1:1": "refused"})
    assert "still processing" in record["reason"]


def test_the_text_for_screen_readers_is_in_the_shops_language_and_of_the_newest_title(at: Desk) -> None:
    product = at.product("Wollmantel")
    run = at.made(product)
    admin = at.services.store(SHOP)
    at.services.installations.connect(admin.shop(), "de", "http://127.0.0.1")
    at.change(product, title="Wollmantel aus Tirol")
    try:
        record = at.publish(run)
    finally:
        at.services.installations.connect(admin.shop(), "en", "http://127.0.0.1")
    shown = [photo.alt for photo in at.read(product.id).photos[1:]]
    assert shown == ["Wollmantel aus Tirol, vor schlichtem Hintergrund."] * 2
    assert [image["alt"] for image in record["paintings"][:2]] == shown
    assert at.statuses(run)["4:1"] == "refused"
    assert record["reason"] == "4:1 up_to_date: title or price changed while it was made"


def test_an_image_over_the_stores_limits_is_made_smaller_before_it_is_sent(at: Desk) -> None:
    product = at.product()
    run = at.made(product, ("3:4",))
    key = at.record(run)["paintings"][0]["key"]
    at.services.blobs.write(key, picture(STORE_SIDE + 100, 40, kind="PNG"))
    assert at.publish(run)["status"] == "published"
    photo = at.read(product.id).photos[1]
    with Image.open(io.BytesIO(at.services.downloader.fetch(photo.url))) as image:
        assert (image.format, image.width) == ("JPEG", STORE_SIDE)
    assert photo.filename.endswith(".jpg")


def test_a_full_product_takes_no_more_media_but_its_banner(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    product = at.product()
    run = at.made(product)
    before = at.files()
    monkeypatch.setattr(publish, "MOST_MEDIA", 2)
    record = at.publish(run)
    assert at.statuses(run) == {"1:1": "published", "3:4": "refused", "4:1": "published"}
    assert at.files() == before + 2
    assert "takes no more" in record["reason"]


def test_media_that_fill_a_product_meanwhile_send_ours_to_review(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = at.made(at.product(), ("1:1", "4:1"))
    monkeypatch.setattr(store_writes, "MOST_MEDIA", 1)
    record = at.publish(run)
    assert at.statuses(run) == {"1:1": "refused", "4:1": "published"}
    assert "Exceeded 1 media per product" in record["reason"]


def test_when_the_photo_was_replaced_nothing_is_even_uploaded(at: Desk) -> None:
    product = at.product(photos=2)
    run = at.made(product)
    before = at.files()
    at.services.store(SHOP).files.detach(product.photos[0].id, product.id)
    record = at.publish(run)
    assert set(at.statuses(run).values()) == {"refused"}
    assert at.files() == before
    assert record["reason"].startswith("1:1, 3:4, 4:1 up_to_date: the photo was replaced")


def test_a_photo_replaced_during_the_upload_keeps_the_images_off(at: Desk) -> None:
    product = at.product(photos=2)
    run = at.made(product)
    at.store.faults.slow_media(0.6)
    created = at.store.operations_seen["file_create"]
    recipe_id = at.start(run)
    until(lambda: at.store.operations_seen["file_create"] == created + 3)
    at.services.store(SHOP).files.detach(product.photos[0].id, product.id)
    at.services.starter.result(recipe_id)
    assert set(at.statuses(run).values()) == {"refused"}
    assert at.products.media(product.id) == [product.photos[1].id]
    assert at.banner(product) is None


def test_a_banner_that_got_there_before_the_price_changed_is_on_record(at: Desk) -> None:
    product = at.product()
    run = at.made(product, ("4:1",))
    at.store.faults.lose_reply("metafields_set")
    asked = at.store.operations_seen["metafields_set"]
    recipe_id = at.start(run)
    until(lambda: at.store.operations_seen["metafields_set"] > asked and at.banner(product))
    at.change(product, title="Wool coat, on sale")
    at.services.starter.result(recipe_id)
    assert at.statuses(run) == {"4:1": "published"}
    assert at.restore(run) == "taken back: 1 image"
    assert at.banner(product) is None


def test_a_product_deleted_meanwhile_ends_the_run_as_cancelled(at: Desk) -> None:
    product = at.product()
    run = at.made(product)
    at.products.delete(product.id)
    record = at.publish(run)
    assert (record["status"], record["reason"]) == (
        "cancelled",
        "the product was deleted while images were made of it",
    )


@pytest.mark.parametrize(("status", "outcome"), [("ARCHIVED", "refused"), ("DRAFT", "published")])
def test_an_archived_product_is_left_alone_and_a_draft_is_not(at: Desk, status: str, outcome: str) -> None:
    product = at.product()
    run = at.made(product, ("1:1",))
    at.change(product, status=status)
    at.publish(run)
    assert at.statuses(run) == {"1:1": outcome}


def test_our_file_names_are_known_in_a_duplicate_of_the_product_too(at: Desk) -> None:
    product = at.product()
    name = filename(product, at.painting(product, "3:4"), "image/jpeg")
    copy = name.replace(".jpg", "_1b4e28ba-2fa1-11d2-883f-0016d3cca427.jpg")
    assert all(map(publish.is_our_name, (name, copy)))
    merchants = ("wool-coat-3x4.jpg", "coat-0f3a9c2b71d4.jpg", "IMG_1x1-2026.jpg", f"{name}.jpg", "")
    assert not any(map(publish.is_our_name, merchants))


@pytest.mark.parametrize("way", ["duplicated", "chosen again"])
def test_our_image_on_another_product_is_not_taken_for_its_merchants_photo(at: Desk, way: str) -> None:
    """A duplicate in the admin has copies of the files; a merchant may also pick the very file."""
    product = at.product()
    ours = at.media(at.published(product, ratios=("1:1",), place_first=True))["1:1"]
    image, name = at.services.blobs.read, next(p.filename for p in at.read(product.id).photos if p.id == ours)
    key = at.painting(product, "1:1").key
    if way == "duplicated":
        other = at.products.create("Copy", "Coats", photo=image(key), filename=name)
    else:
        other = at.products.create("Another", "Coats")
        at.services.store(SHOP).files.attach(ours, other)
    at.products.add_photo(other, picture(color="blue"), "flat-lay.jpg")
    photos = until(lambda: found if len(found := at.read(other).photos) == 2 else None)
    run = Run(at.services, Workshop(at.services), SHOP, f"{SHOP}:{uuid4()}")
    at.services.runs.open(run.run_id, SHOP, other, [parse_format("1:1")])
    assert listing.look_for_photo(run) == "there"
    assert at.record(run)["photo_id"] == photos[1].id
    assert photos[0].id == ours or photos[0].filename != name  # the store told the copy apart


@pytest.mark.parametrize(
    ("handle", "stem"), [("Wool-Coat", "wool-coat"), ("../x", "x"), ("裙子", "product"), ("", "product")]
)
def test_a_file_name_is_readable_and_made_of_the_recipe(at: Desk, handle: str, stem: str) -> None:
    product = at.product()
    painting = replace(at.painting(product, "3:4"), key=f"{SHOP}/paintings/0f3a9c2b71d4aaaabbbb.png")
    named = filename(replace(product, handle=handle), painting, "image/jpeg")
    assert named == f"{stem}-3x4-0f3a9c2b71d4.jpg"
