"""The local store's webhooks, taken by a real HTTP server."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.devstore.server import LocalStore
from infra.devstore.webhooks import topic_name
from infra.shopify.store import Shopify
from tests.infra.devstore_kit import (
    SECRET,
    SHOP,
    Receiver,
    client_of,
    ended,
    open_store,
    picture,
    until,
    upload_file,
)

TOPICS = ("products/create", "products/update", "products/delete")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with open_store(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def client(store: LocalStore, receiver: Receiver) -> Shopify:
    opened = client_of(store)
    opened.subscriptions.ensure(dict.fromkeys(TOPICS, ()), receiver.url)
    return opened


def test_a_webhook_has_shopifys_headers_and_is_signed_over_its_bytes(
    client: Shopify, receiver: Receiver
) -> None:
    client.products.create("Crème & knit", "Sweaters")
    webhook = receiver.next("products/create")
    signature = hmac.new(SECRET.encode(), webhook.body, hashlib.sha256).digest()
    assert webhook.headers["X-Shopify-Hmac-Sha256"] == base64.b64encode(signature).decode()
    assert webhook.headers["X-Shopify-Shop-Domain"] == SHOP
    assert webhook.headers["X-Shopify-API-Version"] == "2026-10"
    assert webhook.headers["Content-Type"] == "application/json"
    assert all(webhook.headers[f"X-Shopify-{name}"] for name in ("Webhook-Id", "Event-Id", "Triggered-At"))


def test_a_new_product_is_told_before_its_photo_and_the_photo_by_an_update(
    client: Shopify, receiver: Receiver
) -> None:
    product_id = client.products.create(
        "Knit", "Sweaters", tags=["b", "a"], photo=picture(), filename="knit.jpg"
    )
    created = receiver.next("products/create").json
    assert created["admin_graphql_api_id"] == product_id
    assert (created["title"], created["product_type"], created["tags"]) == ("Knit", "Sweaters", "a, b")
    assert (created["images"], created["media"], created["image"]) == ([], [], None)
    updated = receiver.next("products/update").json
    assert [medium["status"] for medium in updated["media"]] == ["READY"]
    photo = client.products.get(product_id).photos[0]  # type: ignore[union-attr]
    assert updated["media"][0]["admin_graphql_api_id"] == photo.id
    assert updated["images"][0]["src"] == photo.url
    assert updated["images"][0]["admin_graphql_api_id"].startswith("gid://shopify/ProductImage/")


def test_our_own_writes_come_back_as_updates(client: Shopify, receiver: Receiver) -> None:
    product_id = client.products.create("Knit", "Sweaters")
    media_id = upload_file(client, picture(kind="PNG"))
    ended(client, media_id)
    client.files.attach(media_id, product_id)
    assert len(receiver.next("products/update").json["media"]) == 1
    client.products.reorder(product_id, [media_id])
    assert receiver.next("products/update").json["id"]
    client.metafields.set_file(product_id, "banner", media_id)
    assert receiver.next("products/update").json["id"]
    client.files.detach(media_id, product_id)
    assert receiver.next("products/update").json["media"] == []


def test_a_deleted_product_is_told_by_its_id_alone(client: Shopify, receiver: Receiver) -> None:
    product_id = client.products.create("Brief", "Hats")
    client.products.delete(product_id)
    assert receiver.next("products/delete").json == {"id": int(product_id.rpartition("/")[2])}


def test_deliveries_of_one_act_share_its_event_id(client: Shopify, receiver: Receiver) -> None:
    with Receiver() as second:
        client.subscriptions.create("products/create", second.url)
        client.products.create("Shared", "Hats")
        one, other = receiver.next("products/create").headers, second.next().headers
    assert one["X-Shopify-Event-Id"] == other["X-Shopify-Event-Id"]
    assert one["X-Shopify-Webhook-Id"] != other["X-Shopify-Webhook-Id"]


@pytest.mark.parametrize("answer", [500, 404, 302])
def test_what_gets_no_2xx_is_sent_again_unchanged(client: Shopify, receiver: Receiver, answer: int) -> None:
    receiver.answer = answer
    client.products.create("Again", "Hats")
    first = receiver.next("products/create")
    second = receiver.next("products/create")
    receiver.answer = 204
    assert second.body == first.body
    for name in (
        "X-Shopify-Webhook-Id",
        "X-Shopify-Event-Id",
        "X-Shopify-Hmac-Sha256",
        "X-Shopify-Triggered-At",
    ):
        assert second.headers[name] == first.headers[name]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("PRODUCTS_CREATE", "products/create"),
        ("APP_UNINSTALLED", "app/uninstalled"),
        ("BULK_OPERATIONS_FINISH", "bulk_operations/finish"),
    ],
)
def test_a_topic_is_spelled_in_headers_as_shopify_does(value: str, name: str) -> None:
    assert topic_name(value) == name


def test_a_webhook_holds_the_fields_that_were_asked_for(store: LocalStore, receiver: Receiver) -> None:
    client = client_of(store)
    client.subscriptions.create("products/create", receiver.url, ["id", "title", "variants.price"])
    client.products.create("Brief", "Hats")
    told = receiver.next().json
    assert told == {"id": told["id"], "title": "Brief", "variants": [{"price": "0.00"}]}


def test_an_ended_subscription_is_told_nothing_new(client: Shopify, receiver: Receiver) -> None:
    for subscription in client.subscriptions.all():
        if subscription.topic == "products/create":
            client.subscriptions.delete(subscription.id)
    client.products.delete(client.products.create("Unheard", "Hats"))
    assert receiver.next().topic == "products/delete"


def test_a_moved_subscription_is_told_at_its_new_address(client: Shopify, receiver: Receiver) -> None:
    with Receiver() as second:
        client.subscriptions.ensure(dict.fromkeys(TOPICS, ()), second.url)
        client.products.create("Moved", "Hats")
        assert second.next().topic == "products/create"
    assert receiver.arrived.empty()


def test_after_eight_retries_the_subscription_is_removed(client: Shopify, receiver: Receiver) -> None:
    receiver.answer = 500
    client.products.create("Never", "Hats")
    seen = [receiver.next("products/create") for _ in range(9)]
    assert len({webhook.headers["X-Shopify-Webhook-Id"] for webhook in seen}) == 1
    until(lambda: "products/create" not in _held(client))
    client.products.create("Unheard", "Hats")
    client.products.delete(client.products.create("Heard", "Hats"))
    receiver.answer = 200
    assert receiver.next("products/delete")
    assert receiver.arrived.empty()


def _held(client: Shopify) -> set[str]:
    return {subscription.topic for subscription in client.subscriptions.all()}


def test_an_answer_after_the_time_limit_does_not_count(
    client: Shopify, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.devstore.couriers.TOTAL_SECONDS", 0.1)
    receiver.stall = threading.Event()
    client.products.create("Slow", "Hats")
    first, second = receiver.next("products/create"), receiver.next("products/create")
    assert first.headers["X-Shopify-Webhook-Id"] == second.headers["X-Shopify-Webhook-Id"]


def test_a_slow_receiver_does_not_hold_up_another_nor_the_stores_end(tmp_path: Path) -> None:
    with Receiver() as slow, Receiver() as quick:
        slow.stall = threading.Event()
        with open_store(tmp_path / "store") as store:
            client = client_of(store)
            client.subscriptions.create("products/create", slow.url)
            client.subscriptions.create("products/create", quick.url)
            client.products.create("Both", "Hats")
            assert slow.next()
            assert quick.next(seconds=2)
            began = time.monotonic()
        assert time.monotonic() - began < 2
