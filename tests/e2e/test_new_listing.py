"""A new listing, end to end: real webhooks, the real recipe, Milvus Lite, SQLite and the local store."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from infra import provenance
from infra.model import Product
from infra.pixels import decode
from infra.settings import Settings
from tests import drawn
from tests.running import Wait, until_ended, wait_for
from webhook_app.embedded import Embedded, running
from webhook_app.verify import signature

PHOTO = drawn.photo("Dresses", "crimson", "#cfd6d2", kind=5)


def create(
    app: Embedded, photo: bytes | None = PHOTO, title: str = "Crimson dress", category: str = "Dresses"
) -> str:
    store = app.services.store(app.shop)
    return store.products.create(
        title, category, tags=("color:crimson",), photo=photo, filename="crimson.jpg"
    )


def product(app: Embedded, product_id: str) -> Product:
    found = app.services.store(app.shop).products.get(product_id)
    assert found is not None
    return found


def post(
    app: Embedded, payload: dict[str, Any], topic: str = "products/create", **headers: str
) -> requests.Response:
    body = json.dumps(payload).encode()
    secret = app.services.settings.webhook_secrets[0]
    signed = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": app.shop,
        "X-Shopify-Hmac-Sha256": signature(body, secret),
        "Content-Type": "application/json",
    }
    return requests.post(f"{app.url}/webhooks", data=body, headers=signed | headers, timeout=5)


def test_a_new_product_gets_three_native_images_in_the_style_of_its_bestsellers(
    embedded: Embedded, ended: Wait
) -> None:
    run = ended(create(embedded))
    assert (run["status"], run["reason"]) == ("published", "")
    assert [image["format"] for image in run["paintings"]] == ["1:1", "3:4", "4:1"]
    for image in run["paintings"]:
        width, height = decode(embedded.services.blobs.read(image["key"])).size
        assert [width, height] == run["sizes"][image["format"]] == [image["width"], image["height"]]
        assert all(check["passed"] for check in image["checks"].values())
    assert {reference["category"] for reference in run["references"]} == {"Dresses"}
    assert min(reference["sales_count"] for reference in run["references"]) >= 1500
    assert run["brief"]["reference_ids"] == [reference["product_id"] for reference in run["references"]]


def test_the_images_stand_behind_the_merchants_own_photo_and_the_banner_in_its_metafield(
    embedded: Embedded, ended: Wait
) -> None:
    before = create(embedded)
    run = ended(before)
    media = {image["format"]: image["media_id"] for image in run["paintings"]}
    photos = [photo.id for photo in product(embedded, before).photos]
    assert photos == [run["photo_id"], media["1:1"], media["3:4"]]
    assert all(photo.alt for photo in product(embedded, before).photos[1:])


def test_a_product_on_no_sales_channel_yet_gets_its_images_and_no_place_in_the_mirror(
    embedded: Embedded, ended: Wait
) -> None:
    product_id = create(embedded, photo=None)
    embedded.store.unpublish(product_id)
    embedded.services.store(embedded.shop).products.add_photo(product_id, PHOTO, "crimson.jpg")
    assert ended(product_id)["status"] == "published"
    found = product(embedded, product_id)
    assert (found.published, len(found.photos)) == (False, 3)
    assert embedded.sync().get("new", 0) == 0


def test_what_the_store_serves_is_what_was_made(embedded: Embedded, ended: Wait) -> None:
    product_id = create(embedded)
    run = ended(product_id)
    photos = product(embedded, product_id).photos[1:]
    for photo, image in zip(photos, run["paintings"][:2], strict=True):
        served = requests.get(photo.url, timeout=5)
        made = embedded.services.blobs.read(image["key"])
        assert decode(served.content).tobytes() == decode(made).tobytes()
        assert (said := provenance.read(served.content))
        assert said.source == "composite"


def test_create_update_and_our_own_writes_coming_back_are_one_run(embedded: Embedded, ended: Wait) -> None:
    product_id = create(embedded)
    first = ended(product_id)
    payload = {"admin_graphql_api_id": product_id, "media": [{}], "created_at": "2099-01-01T00:00:00Z"}
    assert post(embedded, payload).status_code == 200
    assert post(embedded, payload, "products/update").json() == {"result": "already listed"}
    assert embedded.services.runs.count(embedded.shop, product_id) == 1
    assert ended(product_id)["ended_at"] == first["ended_at"]
    assert len(product(embedded, product_id).photos) == 3


def test_the_same_webhook_many_times_at_once_is_one_run(embedded: Embedded, ended: Wait) -> None:
    product_id = create(embedded)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: post(embedded, {"admin_graphql_api_id": product_id}), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert ended(product_id)["status"] == "published"
    assert embedded.services.runs.count(embedded.shop, product_id) == 1
    assert len(product(embedded, product_id).photos) == 3


def test_a_photo_that_comes_later_is_waited_for(embedded: Embedded, ended: Wait) -> None:
    product_id = create(embedded, photo=None)
    runs = embedded.services.runs
    waiting = wait_for(lambda: runs.of_product(embedded.shop, product_id))
    assert (waiting["status"], waiting["paintings"]) == ("waiting", [])
    embedded.services.store(embedded.shop).products.add_photo(product_id, PHOTO, "late.jpg")
    assert ended(product_id)["status"] == "published"
    assert runs.count(embedded.shop, product_id) == 1


def test_a_product_deleted_while_it_is_waited_for_ends_its_run(embedded: Embedded, ended: Wait) -> None:
    product_id = create(embedded, photo=None)
    wait_for(lambda: embedded.services.runs.of_product(embedded.shop, product_id))
    embedded.services.store(embedded.shop).products.delete(product_id)
    run = ended(product_id)
    assert (run["status"], run["reason"]) == ("cancelled", "the product was deleted")


def test_an_app_that_is_stopped_in_the_middle_goes_on_when_it_starts_again(
    settings: Settings, tmp_path: Path
) -> None:
    rows = drawn.rows(tmp_path / "catalog")
    with running(settings, rows) as app:
        app.sync()
        product_id = create(app)
        wait_for(lambda: (app.services.runs.of_product(app.shop, product_id) or {}).get("step") == "paint")
    wait_for(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("dbos")])
    with running(settings, rows) as app:
        assert until_ended(app, product_id)["status"] == "published"
        assert app.services.runs.count(app.shop, product_id) == 1


def test_editing_an_old_product_starts_nothing(embedded: Embedded) -> None:
    old = next(embedded.services.store(embedded.shop).products.all())
    payload = {"admin_graphql_api_id": old.id, "created_at": "2020-01-01T00:00:00Z", "media": [{}]}
    assert post(embedded, payload, "products/update").json() == {"result": "known product"}
    assert embedded.services.runs.of_product(embedded.shop, old.id) is None


def test_a_product_like_no_bestseller_gets_the_plain_house_style(settings: Settings, tmp_path: Path) -> None:
    strict = settings.model_copy(update={"min_similarity": 1.0})
    with running(strict, drawn.rows(tmp_path / "catalog")) as app:
        app.sync()
        run = until_ended(app, create(app))
    assert run["references"] == []
    assert "plain house style" in run["retrieval"]["note"]
    assert "plain house style" in run["brief"]["mood"]
    assert "house style" not in run["paintings"][0]["alt"]
    assert (run["status"], run["reason"]) == ("published", "")


def test_listings_without_a_photo_hold_up_nobody(embedded: Embedded, ended: Wait) -> None:
    for number in range(40):
        create(embedded, photo=None, title=f"Without a photo {number}")
    assert ended(create(embedded))["status"] == "published"


def test_a_photo_that_cannot_be_used_ends_the_run_with_its_reason_and_the_next_starts_it_again(
    embedded: Embedded, ended: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(type(embedded.services.downloader), "fetch", lambda *_: b"<html>not a photo</html>")
        product_id = create(embedded)
        run = ended(product_id)
    assert (run["status"], run["step"]) == ("failed", "photo")
    assert "image" in run["reason"]
    embedded.services.store(embedded.shop).products.add_photo(product_id, PHOTO, "good.jpg")
    wait_for(lambda: embedded.services.runs.count(embedded.shop, product_id) == 2)
    assert ended(product_id)["status"] == "published"


def test_a_store_that_is_away_for_a_while_costs_no_listing(embedded: Embedded, ended: Wait) -> None:
    embedded.store.faults.answer(503, 1_000_000, "product")
    product_id = create(embedded, photo=None)
    wait_for(lambda: embedded.store.operations_seen["product"])
    assert embedded.services.runs.of_product(embedded.shop, product_id)["status"] == "waiting"  # type: ignore[index]
    embedded.store.faults.clear()
    embedded.services.store(embedded.shop).products.add_photo(product_id, PHOTO, "photo.jpg")
    assert ended(product_id)["status"] == "published"


def test_a_banner_does_not_go_out_with_a_price_that_has_changed(embedded: Embedded, ended: Wait) -> None:
    product_id = create(embedded)
    runs, store = embedded.services.runs, embedded.services.store(embedded.shop)
    wait_for(lambda: (runs.of_product(embedded.shop, product_id) or {}).get("step") == "paint")
    variant = {"id": product_id.replace("Product", "ProductVariant"), "price": "99"}
    store.products._api.mutate("product_price", productId=product_id, variants=[variant])
    run = ended(product_id)
    assert {image["format"]: image["status"] for image in run["paintings"]} == {
        "1:1": "published",
        "3:4": "published",
        "4:1": "refused",
    }
    assert run["status"] == "needs_review"
    assert "title or price changed" in run["reason"]


def test_settings_of_production_do_not_reach_the_embedded_app(settings: Settings, tmp_path: Path) -> None:
    production = settings.model_copy(
        update={
            "database_url": SecretStr("postgresql://db.example/x"),
            "milvus_uri": SecretStr("http://milvus.example"),
            "host": "0.0.0.0",
        }
    )
    with running(production, drawn.rows(tmp_path / "catalog")) as app:
        assert app.url.startswith("http://127.0.0.1:")
        assert app.sync()["new"] == 12


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"X-Shopify-Hmac-Sha256": ""}, 401, "BadSignature"),
        ({"X-Shopify-Hmac-Sha256": "AAAA"}, 401, "BadSignature"),
        ({"X-Shopify-Topic": "orders/paid"}, 404, "UnknownTopic"),
        ({"X-Shopify-Shop-Domain": "other.myshopify.com"}, 404, "UnknownShop"),
        ({"X-Shopify-Shop-Domain": "../x"}, 400, "Malformed"),
    ],
)
def test_what_is_not_ours_is_refused_by_name_and_starts_nothing(
    embedded: Embedded, headers: dict[str, str], status: int, kind: str
) -> None:
    answer = post(embedded, {"admin_graphql_api_id": "gid://shopify/Product/9"}, **headers)
    assert (answer.status_code, answer.json()["error"]) == (status, kind)
    assert embedded.services.runs.recent(embedded.shop) == []


def test_a_body_over_the_limit_is_refused(embedded: Embedded) -> None:
    answer = post(embedded, {"admin_graphql_api_id": "x" * 6_000_000})
    assert (answer.status_code, answer.json()["error"]) == (413, "TooLarge")


def test_a_signed_payload_without_a_product_is_malformed(embedded: Embedded) -> None:
    assert post(embedded, {"id": 7}).json()["error"] == "Malformed"
