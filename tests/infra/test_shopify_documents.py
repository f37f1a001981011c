"""Every document is really sent, and taken: one day of a store, with each thing that the client can do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from infra.devstore.server import LocalStore
from infra.shopify import transport
from infra.shopify.products import FOR_SALE
from infra.shopify.store import Shopify
from tests.infra.devstore_kit import client_of, ended, open_store, picture, until, upload_file

INFRA = Path(transport.__file__).parents[1]
DOCUMENTS = {path.stem for path in (INFRA / "graphql").glob("*.graphql")}
BULK = {name for name in DOCUMENTS if name.startswith("bulk_") and "operation" not in name}
"""Sent as the text of a bulk operation."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("store")) as opened:
        yield opened


def test_every_document_has_its_caller_and_every_caller_its_document() -> None:
    sources = "".join(path.read_text("utf-8") for path in (INFRA / "shopify").glob("*.py"))
    called = re.findall(r'(?:query|mutate|pages|document)\(\s*"(\w+)"', sources)
    assert set(called) == DOCUMENTS - BULK


@pytest.mark.parametrize("name", ["product_states", "bulk_product_states", "bulk_products"])
def test_what_lists_the_catalog_asks_for_what_customers_can_buy(name: str) -> None:
    assert f'query: "{FOR_SALE}"' in transport.document(name)


def test_every_document_is_sent_and_taken(store: LocalStore) -> None:
    with closing(client_of(store)) as client:
        _look_around(client)
        product_id = _sell_a_product(store, client)
        _publish(client, product_id)
        _subscribe(client)
        _count_sales(store, client, product_id)
        for name in sorted(BULK):
            _export(client, name)
        client.products.delete(product_id)
    assert set(store.operations_seen) - {"upload", "image", "export"} == DOCUMENTS - BULK


def _look_around(client: Shopify) -> None:
    assert client.shop().timezone == "Europe/Berlin"
    assert client.locale() == "en"
    assert client.installation()[1]


def _sell_a_product(store: LocalStore, client: Shopify) -> str:
    product_id = client.products.create("Red knit", "Sweaters", price=Decimal("49.50"), hint="on a chair")
    client.products.add_photo(product_id, picture(), "knit.jpg")
    until(lambda: client.products.get(product_id).photos)  # type: ignore[union-attr]
    assert [product.id for product in client.products.all("status:active")] == [product_id]
    assert [product.id for product in client.products.some([product_id])] == [product_id]
    assert [state.id for state in client.products.states()] == [product_id]
    assert client.products.count() == 1
    store.unpublish(product_id, elsewhere=True)
    assert client.products.get(product_id).published  # type: ignore[union-attr]
    return product_id


def _publish(client: Shopify, product_id: str) -> None:
    media_id = upload_file(client, picture(kind="PNG"), "made.png")
    assert ended(client, media_id).status == "READY"
    assert client.files.find("made.png") == media_id
    client.files.attach(media_id, product_id)
    job = client.products.reorder(product_id, [media_id])
    until(lambda: client.products.job_done(job))
    assert client.products.media(product_id)[0] == media_id
    assert client.metafields.define("banner", "Banner", "The wide image.")
    client.metafields.set_file(product_id, "banner", media_id)
    assert client.metafields.file(product_id, "banner") == media_id
    client.metafields.delete(product_id, "banner")


def _subscribe(client: Shopify) -> None:
    client.subscriptions.create("products/create", "https://app.example/webhooks")
    (one,) = client.subscriptions.all()
    client.subscriptions.update(one.id, one.uri, ["id"])
    client.subscriptions.delete(one.id)


def _count_sales(store: LocalStore, client: Shopify, product_id: str) -> None:
    store.order([(product_id, 1)] * 41)
    assert client.sales.units_sold(7).products == {product_id: 41}
    (order,) = client.orders.all("")
    assert len(order.lines) == 41, "the lines behind the first page were asked for"
    assert client.orders.count("") == (1, True)


def _export(client: Shopify, name: str) -> None:
    operation = client.bulk.start(name, **({"filter": "test:false"} if name == "bulk_orders" else {}))
    assert operation
    export = until(lambda: (state := client.bulk.state(operation)) and state.ended and state)
    assert (export.status, bool(list(client.bulk.lines(export.url)))) == ("COMPLETED", True)
    client.bulk.cancel(operation)
