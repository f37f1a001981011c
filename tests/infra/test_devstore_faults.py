"""Each fault that the local store can be told to have, as the app's own client meets it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from infra.devstore.server import LocalStore
from infra.errors import Throttled, Unavailable
from infra.shopify.store import Shopify
from tests.infra.devstore_kit import Receiver, client_of, ended, open_store, picture, until, upload_file


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture
def store(opened: LocalStore) -> Iterator[LocalStore]:
    """The module's store, without faults and subscriptions before and after."""
    yield opened
    opened.faults.clear()
    with closing(client_of(opened)) as client:
        for subscription in client.subscriptions.all():
            client.subscriptions.delete(subscription.id)


@pytest.fixture
def client(store: LocalStore) -> Iterator[Shopify]:
    with closing(client_of(store)) as opened:
        yield opened


@pytest.fixture
def receiver(client: Shopify) -> Iterator[Receiver]:
    with Receiver() as opened:
        client.subscriptions.create("products/create", opened.url)
        client.subscriptions.create("products/delete", opened.url)
        yield opened


def titles(receiver: Receiver, count: int) -> list[str]:
    return [receiver.next("products/create").json["title"] for _ in range(count)]


def test_nothing_is_ever_on_by_itself(store: LocalStore) -> None:
    planned = ("throttle", "answer", "lose_reply", "fail_media", "expire_targets", "forget_uploads")
    assert not any(store.faults.strikes(kind) for kind in (*planned, "lose_webhooks"))
    assert not any(store.faults.stands(kind) for kind in ("hide_files", "refuse_reports", "copies", "hold"))


def test_throttled_requests_are_waited_out_and_not_executed(store: LocalStore, client: Shopify) -> None:
    before = client.products.count()
    store.faults.throttle(2, "product_create")
    client.products.create("Patient", "Hats")
    assert client.products.count() == before + 1
    assert client.costs.spent.throttled == 2


@pytest.mark.parametrize("status", [500, 503])
def test_a_request_that_fails_is_not_executed_and_the_next_one_is(
    store: LocalStore, client: Shopify, status: int
) -> None:
    before = client.products.count()
    store.faults.answer(status, times=1, operation="product_create")
    with pytest.raises(Unavailable, match=str(status)):
        client.products.create("Failing", "Hats")
    assert client.products.count() == before
    client.products.create("Passing", "Hats")
    assert client.products.count() == before + 1


def test_too_many_requests_say_when_to_come_back(
    store: LocalStore, client: Shopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.shopify.transport.PATIENCE", 0.0)
    store.faults.answer(429, times=1, headers={"Retry-After": "7"})
    with pytest.raises(Throttled) as caught:
        client.shop()
    assert caught.value.retry_after == 7


def test_a_fault_strikes_its_operation_alone_and_so_often_as_was_said(
    store: LocalStore, client: Shopify
) -> None:
    store.faults.answer(500, times=2, operation="shop_locales")
    client.shop()
    for _ in range(2):
        with pytest.raises(Unavailable):
            client.locale()
    assert client.locale() == "en"


def test_a_lost_reply_comes_after_the_effect(store: LocalStore, client: Shopify) -> None:
    before = client.products.count()
    store.faults.lose_reply("product_create")
    with pytest.raises(Unavailable, match="did not answer"):
        client.products.create("Done all the same", "Hats")
    assert client.products.count() == before + 1
    assert client.shop()


def test_media_fail_as_they_are_told(store: LocalStore, client: Shopify) -> None:
    store.faults.fail_media("IMAGE_PROCESSING_FAILURE", "It did not work out", times=1)
    state = ended(client, upload_file(client, picture()))
    assert (state.status, state.reason) == ("FAILED", "It did not work out (IMAGE_PROCESSING_FAILURE)")
    assert ended(client, upload_file(client, picture())).status == "READY"


def test_media_are_slow_until_that_is_over(store: LocalStore, client: Shopify) -> None:
    store.faults.slow_media(60)
    slow = upload_file(client, picture())
    until(lambda: client.files.state(slow).status == "PROCESSING")
    store.faults.clear()
    assert ended(client, upload_file(client, picture())).status == "READY"
    assert client.files.state(slow).status == "PROCESSING"


def test_a_target_that_expired_is_asked_for_anew(store: LocalStore, client: Shopify) -> None:
    store.faults.expire_targets(1)
    with pytest.raises(Unavailable, match="no longer takes files"):
        client.files.upload(picture(), "late.jpg", "image/jpeg")
    assert ended(client, upload_file(client, picture())).status == "READY"


def test_bytes_that_were_lost_are_missed_in_processing(store: LocalStore, client: Shopify) -> None:
    store.faults.forget_uploads(1)
    state = ended(client, upload_file(client, picture()))
    assert state.status == "FAILED"
    assert "IMAGE_DOWNLOAD_FAILURE" in state.reason


def test_files_can_be_there_and_not_be_found(store: LocalStore, client: Shopify) -> None:
    media_id = upload_file(client, picture(kind="PNG"), "unseen.png")
    ended(client, media_id)
    store.faults.hide_files_from_search()
    assert client.files.find("unseen.png") is None
    assert client.files.state(media_id).status == "READY"
    store.faults.clear()
    assert client.files.find("unseen.png") == media_id


def test_duplicates_have_the_ids_of_the_first(store: LocalStore, client: Shopify, receiver: Receiver) -> None:
    store.faults.duplicate_webhooks(3)
    client.products.create("Thrice", "Hats")
    copies = [receiver.next("products/create") for _ in range(3)]
    for name in ("X-Shopify-Webhook-Id", "X-Shopify-Event-Id", "X-Shopify-Hmac-Sha256"):
        assert len({copy.headers[name] for copy in copies}) == 1
    store.faults.clear()
    client.products.create("Once", "Hats")
    assert titles(receiver, 1) == ["Once"]
    assert receiver.arrived.empty()


@pytest.mark.parametrize("order", [list, reversed])
def test_held_webhooks_come_late_and_in_the_order_asked_for(
    store: LocalStore, client: Shopify, receiver: Receiver, order: type
) -> None:
    store.faults.hold_webhooks()
    names = [f"Held {number}" for number in range(6)]
    for name in names:
        client.products.create(name, "Hats")
    assert receiver.arrived.empty()
    store.faults.release_webhooks(order)
    assert titles(receiver, 6) == list(order(names))
    client.products.create("After", "Hats")
    assert titles(receiver, 1) == ["After"]


def test_a_delete_may_overtake_what_it_deletes(
    store: LocalStore, client: Shopify, receiver: Receiver
) -> None:
    store.faults.hold_webhooks()
    client.products.delete(client.products.create("Gone", "Hats"))
    store.faults.release_webhooks(reversed)
    assert [receiver.next().topic, receiver.next().topic] == ["products/delete", "products/create"]


def test_what_is_held_survives_a_restart(tmp_path: Path) -> None:
    with Receiver() as receiver:
        with open_store(tmp_path) as store, closing(client_of(store)) as client:
            client.subscriptions.create("products/create", receiver.url)
            store.faults.hold_webhooks()
            client.products.create("Kept", "Hats")
        assert receiver.arrived.empty()
        with open_store(tmp_path):
            assert titles(receiver, 1) == ["Kept"]


def test_a_lost_webhook_never_comes(store: LocalStore, client: Shopify, receiver: Receiver) -> None:
    store.faults.lose_webhooks("products/create", times=1)
    lost = client.products.create("Lost", "Hats")
    client.products.create("Sent", "Hats")
    assert titles(receiver, 1) == ["Sent"]
    client.products.delete(lost)
    assert receiver.next().topic == "products/delete"


def test_a_fault_strikes_once_however_many_ask_at_once(store: LocalStore) -> None:
    store.faults.plan("answer", times=5)
    together = threading.Barrier(8)

    def strike(_: int) -> int:
        together.wait(5)
        return sum(bool(store.faults.strikes("answer")) for _ in range(10))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(strike, range(8))) == 5
