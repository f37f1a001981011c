"""Restore: exactly what a run gave a product is taken back, and what its merchant did since stays."""

from __future__ import annotations

import pytest

from infra.errors import InputError, NotFound, Unavailable
from sync.restore import former_order
from tests.infra.devstore_kit import SHOP, picture, until
from tests.sync.publish_kit import Desk
from webhook_app.arrivals import product_updated
from webhook_app.recipes.restore import start_restore
from webhook_app.steps import restoring
from webhook_app.verify import WebhookEvent


@pytest.mark.parametrize("place_first", [False, True])
def test_a_restored_product_is_as_it_was(at: Desk, place_first: bool) -> None:
    product = at.product(photos=2)
    run = at.published(product, place_first=place_first)
    ended_at = at.record(run)["ended_at"]
    assert at.restore(run) == "taken back: 3 images"
    assert at.products.media(product.id) == [photo.id for photo in product.photos]
    assert at.banner(product) is None
    assert set(at.statuses(run).values()) == {"restored"}
    assert (at.record(run)["status"], at.record(run)["ended_at"]) == ("restored", ended_at)


def test_the_files_stay_in_the_store(at: Desk) -> None:
    run = at.published(at.product())
    before = at.files()
    at.restore(run)
    assert at.files() == before
    files = at.services.store(SHOP).files
    assert {files.state(media_id).status for media_id in at.media(run).values()} == {"READY"}


def test_to_restore_twice_does_nothing_more(at: Desk) -> None:
    product = at.product()
    run = at.published(product)
    at.restore(run)
    at.services.store(SHOP).files.attach(at.media(run)["1:1"], product.id)  # the merchant wants it after all
    assert at.restore(run) == "it was taken back before"
    assert at.products.media(product.id) == [product.photos[0].id, at.media(run)["1:1"]]


def test_a_banner_that_was_there_before_is_there_again(at: Desk) -> None:
    product, other = at.product(), at.product("Linen shirt")
    at.services.store(SHOP).metafields.set_file(product.id, "banner", other.photos[0].id)
    run = at.published(product)
    assert at.banner(product) == at.media(run)["4:1"]
    at.restore(run)
    assert at.banner(product) == other.photos[0].id


def test_a_banner_whose_file_is_gone_is_taken_off(at: Desk) -> None:
    product, other = at.product(), at.product("Linen shirt")
    at.services.store(SHOP).metafields.set_file(product.id, "banner", other.photos[0].id)
    run = at.published(product)
    at.products.delete(other.id)
    assert at.restore(run) == "taken back: 3 images"
    assert at.banner(product) is None


def test_a_banner_that_the_merchant_chose_since_stays(at: Desk) -> None:
    product = at.product()
    run = at.published(product)
    at.services.store(SHOP).metafields.set_file(product.id, "banner", product.photos[0].id)
    at.restore(run)
    assert at.banner(product) == product.photos[0].id


def test_media_that_the_merchant_added_or_removed_since_stay_so(at: Desk) -> None:
    product = at.product(photos=3)
    own = [photo.id for photo in product.photos]
    run = at.published(product, place_first=True)
    at.products.add_photo(product.id, picture(color="blue"), "new.jpg")
    until(lambda: len(at.read(product.id).photos) == 6)
    new = at.products.media(product.id)[-1]
    files = at.services.store(SHOP).files
    files.detach(own[1], product.id)
    files.detach(at.media(run)["1:1"], product.id)
    job = at.products.reorder(product.id, [new, own[2], own[0]])
    until(lambda: at.products.job_done(job))
    at.restore(run)
    assert at.products.media(product.id) == [new, own[0], own[2]]


def test_the_restore_of_an_older_run_leaves_the_newer_ones_images(at: Desk) -> None:
    product = at.product()
    older, newer = at.published(product), at.published(product, tint=7)
    at.restore(older)
    media = at.media(newer)
    assert at.products.media(product.id) == [product.photos[0].id, media["1:1"], media["3:4"]]
    assert at.banner(product) == media["4:1"]
    at.restore(newer)
    assert at.products.media(product.id) == [product.photos[0].id]
    assert at.banner(product) is None  # not the older run's: that was taken back


def test_the_restore_of_a_newer_run_brings_back_the_older_ones_banner(at: Desk) -> None:
    product = at.product()
    older, newer = at.published(product), at.published(product, tint=7)
    at.restore(newer)
    assert at.banner(product) == at.media(older)["4:1"]


def test_an_image_that_two_runs_gave_goes_with_the_second_restore(at: Desk) -> None:
    product = at.product()
    first = at.published(product)
    second = at.published(product)
    assert at.media(first) == at.media(second)
    shown = at.products.media(product.id)
    at.restore(first)
    assert (at.products.media(product.id), at.banner(product)) == (shown, at.media(first)["4:1"])
    at.restore(second)
    assert (at.products.media(product.id), at.banner(product)) == ([product.photos[0].id], None)


def test_a_run_that_published_nothing_says_so_and_stays_what_it_was(at: Desk) -> None:
    product = at.product(photos=2)
    run = at.made(product)
    at.services.store(SHOP).files.detach(product.photos[0].id, product.id)
    at.publish(run)
    assert "no image" in at.restore(run)
    assert at.record(run)["status"] == "needs_review"


def test_what_was_published_in_part_is_taken_back_and_the_rest_stays_refused(at: Desk) -> None:
    product = at.product()
    run = at.made(product)
    at.store.faults.fail_media("IMAGE_PROCESSING_FAILURE", "The image is damaged", 1)
    at.publish(run)
    assert at.restore(run) == "taken back: 2 images"
    assert sorted(at.statuses(run).values()) == ["refused", "restored", "restored"]
    assert at.products.media(product.id) == [product.photos[0].id]


def test_a_product_that_is_gone_is_said_to_be(at: Desk) -> None:
    product = at.product()
    run = at.published(product)
    at.products.delete(product.id)
    assert "deleted" in at.restore(run)
    assert at.record(run)["status"] == "published"


def test_a_restore_that_was_stopped_says_why_and_can_be_asked_for_again(at: Desk) -> None:
    product = at.product()
    run = at.published(product)
    at.store.faults.answer(403, 1, "file_update")
    assert at.restore(run).startswith("not taken back, or not all of it: file_update")
    assert at.record(run)["restore_problem"]
    assert at.restore(run) == "taken back: 3 images"
    assert at.products.media(product.id) == [product.photos[0].id]
    assert at.record(run)["restore_problem"] == ""


def test_a_restore_that_was_called_off_can_be_asked_for_again(at: Desk) -> None:
    """As it is when the app is uninstalled: it may be installed again."""
    product = at.product()
    run = at.published(product)
    called_off = start_restore(at.services, SHOP, run.run_id)
    at.services.starter.cancel_shop(SHOP)
    with pytest.raises(Unavailable):
        at.services.starter.result(called_off)
    assert at.restore(run) == "taken back: 3 images"
    assert at.products.media(product.id) == [product.photos[0].id]


def test_a_restore_that_could_not_even_say_why_it_failed_can_be_asked_for_again(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = at.published(at.product())
    at.store.faults.answer(403, 1, "file_update")
    with monkeypatch.context() as broken:
        broken.delattr(restoring, "note_failed")
        first = start_restore(at.services, SHOP, run.run_id)
        until(lambda: at.services.starter.has_ended(first))
    assert at.restore(run) == "taken back: 3 images"


def test_a_restore_under_way_is_asked_for_once(at: Desk) -> None:
    run = at.published(at.product())
    first, second = (start_restore(at.services, SHOP, run.run_id) for _ in range(2))
    assert first == second
    assert at.services.starter.result(first) == "taken back: 3 images"


def test_answers_that_are_lost_take_nothing_back_twice(at: Desk) -> None:
    product = at.product(photos=2)
    run = at.published(product)
    job = at.products.reorder(product.id, [product.photos[1].id])
    until(lambda: at.products.job_done(job))
    for operation in ("file_update", "metafields_delete", "product_reorder_media"):
        at.store.faults.lose_reply(operation)
    assert at.restore(run) == "taken back: 3 images"
    assert at.products.media(product.id) == [photo.id for photo in product.photos]
    assert at.banner(product) is None


def test_only_a_run_of_the_shop_that_has_ended_can_be_taken_back(at: Desk) -> None:
    run = at.made(at.product())
    with pytest.raises(InputError, match="still under way"):
        start_restore(at.services, SHOP, run.run_id)
    with pytest.raises(NotFound):
        start_restore(at.services, "other.myshopify.com", run.run_id)


def test_the_webhooks_of_a_restore_list_nothing_again(at: Desk) -> None:
    product = at.product()
    at.restore(at.published(product))
    payload = {"admin_graphql_api_id": product.id, "created_at": "2099-01-01T00:00:00Z", "media": [{}]}
    event = WebhookEvent("products/update", SHOP, "", "", payload)
    assert product_updated(at.services, event) == "already listed"
    assert at.services.runs.count(SHOP, product.id) == 1


@pytest.mark.parametrize(
    ("now", "before", "restored"),
    [
        ("ab", "ab", "ab"),
        ("ba", "ab", "ab"),
        ("xba", "ab", "xab"),
        ("bxa", "abc", "axb"),
        ("cxyab", "abc", "axybc"),
        ("xy", "ab", "xy"),
        ("", "ab", ""),
    ],
)
def test_what_was_known_takes_its_old_order_and_what_is_new_its_place(
    now: str, before: str, restored: str
) -> None:
    assert "".join(former_order(now, before)) == restored
