"""When a product of the local store was last changed: what moves the stamp, and what leaves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import requests
from sqlalchemy import select, update

from infra.devstore.server import LocalStore
from infra.devstore.state import Media, Product, now
from infra.model import ProductState
from infra.shopify.store import Shopify
from tests.infra.devstore_kit import (
    TOKEN,
    Receiver,
    client_of,
    ended,
    open_store,
    picture,
    until,
    upload_file,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Change = Callable[[Shopify, str], object]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("store")) as opened:
        yield opened


@pytest.fixture
def client(store: LocalStore) -> Iterator[Shopify]:
    opened = client_of(store)
    yield opened
    opened.close()
    store.faults.clear()


@pytest.fixture
def product(store: LocalStore, client: Shopify) -> str:
    """A product with two photos that nobody has touched for years."""
    made = client.products.create("Hat", "Hats", photo=picture(), filename="front.jpg")
    client.products.add_photo(made, picture(color="navy"), "side.jpg")
    until(lambda: len(photos(client, made)) == 2)
    age(store)
    return made


def age(store: LocalStore) -> None:
    """Let it be long ago that anything was changed."""
    with store._state.begin() as session:
        session.execute(update(Product).values(updated_at=LONG_AGO.replace(tzinfo=None)))


def in_process(store: LocalStore) -> Media | None:
    with store._state.begin() as session:
        return session.scalar(select(Media).filter_by(status="PROCESSING"))


def photos(client: Shopify, product_id: str) -> list[str]:
    return [photo.id for photo in client.products.get(product_id).photos]  # type: ignore[union-attr]


def stamp(client: Shopify, product_id: str) -> datetime:
    return {one.id: one.updated_at for one in client.products.states()}[product_id]


def change(**fields: object) -> Change:
    return lambda client, it: client._api.mutate("product_update", product={"id": it, **fields})


def reprice(client: Shopify, product_id: str) -> None:
    variant = {"id": product_id.replace("Product", "ProductVariant"), "price": "9.50"}
    client._api.mutate("product_price", productId=product_id, variants=[variant])


def reorder(client: Shopify, product_id: str) -> None:
    job = client.products.reorder(product_id, photos(client, product_id)[::-1])
    until(lambda: client.products.job_done(job))


def attach(client: Shopify, product_id: str) -> None:
    media_id = upload_file(client, picture(kind="PNG"))
    ended(client, media_id)
    client.files.attach(media_id, product_id)


CHANGES = {
    "title": change(title="Cap"),
    "tags": change(tags=["color:red"]),
    "price": reprice,
    "a new photo": lambda client, it: client.products.add_photo(it, picture(), "back.jpg"),
    "an image of ours": attach,
    "an image taken off": lambda client, it: client.files.detach(photos(client, it)[1], it),
    "the order of photos": reorder,
    "an alt text": lambda client, it: client._api.mutate(
        "file_update", files=[{"id": photos(client, it)[0], "alt": "A hat"}]
    ),
    "a metafield": lambda client, it: client.metafields.set_file(it, "banner", photos(client, it)[0]),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_moves_the_stamp_of_its_product_alone(
    client: Shopify, product: str, what: str, store: LocalStore
) -> None:
    other = client.products.create("Bystander", "Hats")
    age(store)
    before = datetime.now(UTC).replace(microsecond=0)
    CHANGES[what](client, product)
    assert before <= stamp(client, product) <= datetime.now(UTC)
    assert stamp(client, other) == LONG_AGO


def test_a_photo_moves_it_again_when_it_is_ready(store: LocalStore, client: Shopify, product: str) -> None:
    store.faults.slow_media(3600)
    client.products.add_photo(product, picture(), "late.jpg")
    until(lambda: in_process(store))
    age(store)
    with store._state.begin() as session:
        session.execute(update(Media).where(Media.status == "PROCESSING").values(due_at=now()))
    store._processor.rounds.wake()
    until(lambda: len(photos(client, product)) == 3)
    assert stamp(client, product) > LONG_AGO


@pytest.mark.parametrize("status", ["DRAFT", "ARCHIVED", "UNLISTED"])
def test_a_product_that_is_not_active_has_no_state(client: Shopify, product: str, status: str) -> None:
    change(status=status)(client, product)
    assert product not in {one.id for one in client.products.states()}
    assert client.products.get(product).updated_at > LONG_AGO  # type: ignore[union-attr]
    change(status="ACTIVE")(client, product)
    assert stamp(client, product) > LONG_AGO


def test_nor_has_one_that_is_deleted(client: Shopify, product: str) -> None:
    client.products.delete(product)
    assert product not in {one.id for one in client.products.states()}


def test_a_product_taken_off_its_channels_is_updated_and_so_it_is_when_it_comes_back(
    store: LocalStore, client: Shopify, product: str
) -> None:
    with Receiver() as receiver:
        client.subscriptions.ensure({"products/update": ()}, receiver.url)
        store.unpublish(product)
        assert receiver.next("products/update").json["published_at"] is None
        assert product not in {one.id for one in client.products.states()}
        found = client.products.get(product)
        assert found
        assert (found.published, found.status, found.updated_at > LONG_AGO) == (False, "ACTIVE", True)
        age(store)
        store.publish(product)
        assert receiver.next("products/update").json["published_at"]
    assert stamp(client, product) > LONG_AGO


def test_what_is_ordered_is_updated(store: LocalStore, client: Shopify, product: str) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    store.order([(product, 1), (product, 2), ("gid://shopify/Product/404", 1)], days_ago=30)
    assert stamp(client, product) >= before


def test_reading_moves_nothing(client: Shopify, product: str) -> None:
    list(client.products.all())
    list(client.products.some([product]))
    assert stamp(client, product) == LONG_AGO


def test_a_state_tells_whole_seconds_in_utc_as_the_product_itself_does(
    store: LocalStore, client: Shopify, product: str
) -> None:
    change(title="Now")(client, product)
    (state,) = (one for one in client.products.states() if one.id == product)
    found = client.products.get(product)
    assert found
    assert state == ProductState(product, found.updated_at)
    assert (state.updated_at.microsecond, state.updated_at.tzinfo) == (0, UTC)
    reply = requests.post(
        f"{store.url}/admin/api/2026-10/graphql.json",
        json={"query": f'{{ product(id: "{product}") {{ updatedAt }} }}'},
        headers={"X-Shopify-Access-Token": TOKEN},
        timeout=5,
    )
    assert reply.json()["data"]["product"]["updatedAt"] == f"{state.updated_at:%Y-%m-%dT%H:%M:%SZ}"
