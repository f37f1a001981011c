"""The local store's Admin API as raw HTTP, beyond what our own client sends."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import requests

from infra.devstore.search import matches
from infra.devstore.server import LocalStore
from infra.errors import Refused
from infra.shopify.products import AT_ONCE
from infra.shopify.transport import document
from tests.infra.devstore_kit import TOKEN, client_of, open_store, picture


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("store")) as opened:
        yield opened


def ask(store: LocalStore, query: str, variables: dict[str, Any] | None = None) -> Any:
    reply = requests.post(
        f"{store.url}/admin/api/2026-10/graphql.json",
        json={"query": query, "variables": variables},
        headers={"X-Shopify-Access-Token": TOKEN},
        timeout=5,
    )
    assert reply.status_code == 200
    return reply.json()


def test_a_reply_tells_its_cost(store: LocalStore) -> None:
    cost = ask(store, "{ products(first: 5) { nodes { id media(first: 10) { nodes { id } } } } }")[
        "extensions"
    ]["cost"]
    assert 50 < cost["requestedQueryCost"] <= 1000
    assert 0 < cost["actualQueryCost"] < cost["requestedQueryCost"]
    status = cost["throttleStatus"]
    assert 0 < status["currentlyAvailable"] <= status["maximumAvailable"] == 20 * status["restoreRate"]


def test_a_query_that_costs_too_much_is_refused(store: LocalStore) -> None:
    reply = ask(store, "{ products(first: 250) { nodes { media(first: 50) { nodes { id } } } } }")
    assert reply["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert "data" not in reply


MANY = [f"gid://shopify/Product/{number}" for number in range(1, AT_ONCE + 1)]


@pytest.mark.parametrize(
    ("name", "variables", "points"),
    [
        ("products", {}, 650),
        ("products_by_id", {"ids": MANY}, 625),
        ("product_states", {}, 500),
        ("products_published", {"query": "id:1"}, 25),
        ("product", {"id": MANY[0]}, 105),
        ("orders", {}, 920),
        ("bulk_operation_cancel", {"id": "gid://shopify/BulkOperation/1"}, 10),
    ],
)
def test_our_largest_requests_cost_less_than_1000_points(
    store: LocalStore, name: str, variables: dict[str, Any], points: int
) -> None:
    assert ask(store, document(name), variables)["extensions"]["cost"]["requestedQueryCost"] == points


def test_nodes_cost_by_their_number(store: LocalStore) -> None:
    reply = ask(store, document("products_by_id"), {"ids": MANY * 2})
    assert reply["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


@pytest.mark.parametrize(
    "query",
    [
        "{ shop { name ",
        "{ shop { nothing } }",
        "{ products { nodes { id } } }",
        "{ products(first: 251) { nodes { id } } }",
        '{ products(first: 1, query: "vendor:x") { nodes { id } } }',
        '{ products(first: 1, query: "tag:a OR vendor:x") { nodes { id } } }',
        '{ products(first: 1, query: "(tag:a") { nodes { id } } }',
        '{ products(first: 1, query: "tag:a)") { nodes { id } } }',
        '{ products(first: 1, query: "tag:a OR") { nodes { id } } }',
        '{ products(first: 1, query: "created_at:>yesterday") { nodes { id } } }',
    ],
)
def test_a_query_that_makes_no_sense_gets_errors_with_200(store: LocalStore, query: str) -> None:
    client_of(store).products.create("Any", "Hats")
    assert ask(store, query)["errors"][0]["message"]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"query": 1}'])
def test_a_body_that_is_no_request_is_a_400(store: LocalStore, body: str) -> None:
    reply = requests.post(
        f"{store.url}/admin/api/2026-10/graphql.json",
        data=body,
        headers={"X-Shopify-Access-Token": TOKEN, "Content-Type": "application/json"},
        timeout=5,
    )
    assert reply.status_code == 400


def test_what_is_refused_leaves_nothing_behind(store: LocalStore) -> None:
    client = client_of(store)
    with pytest.raises(Refused, match="Alt text"):
        client.products.create("x" * 513, "Refused", photo=picture())
    with pytest.raises(Refused, match="title Title can't be blank"):
        client.products.create(" ", "Refused")
    assert list(client.products.all("product_type:Refused")) == []


def test_a_price_must_be_one(store: LocalStore) -> None:
    client = client_of(store)
    product_id = client.products.create("Priced", "Hats")
    variant = product_id.replace("Product", "ProductVariant")
    for price in ("-1", "cheap", "NaN"):
        with pytest.raises(Refused, match="product_price"):
            client._api.mutate(
                "product_price", productId=product_id, variants=[{"id": variant, "price": price}]
            )


def test_many_may_write_at_once(store: LocalStore) -> None:
    client = client_of(store)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: client.products.create(f"Same name {n % 2}", "Crowd"), range(24)))
    products = list(client.products.all("product_type:Crowd"))
    assert {product.id for product in products} == set(made)
    assert len({product.handle for product in products}) == 24


def test_files_outside_the_store_are_not_served(store: LocalStore) -> None:
    for path in (
        "/cdn/shop/files/../../../store.sqlite",
        "/cdn/shop/files/%2e%2e%2fstore.sqlite",
        "/cdn/shop/files/none.png",
    ):
        assert requests.get(store.url + path, timeout=5).status_code == 404


FIELDS: dict[str, Any] = {"default": "Red knit", "id": 7, "tag": ["color:red", "new in"], "status": "ACTIVE"}
FIELDS["created_at"] = datetime(2026, 5, 1, 10)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (None, True),
        ("", True),
        ("knit", True),
        ("KNIT red", True),
        ("coat", False),
        ("status:active", True),
        ("status:ACTIVE AND id:7", True),
        ("status:DRAFT", False),
        ('tag:"color:red"', True),
        ("tag:color:red", True),
        ('tag:"new in"', True),
        ("tag:'color:red'", True),
        ("tag:color*", True),
        ("tag:new", False),
        ("id:>6", True),
        ("id:>=7 id:<8", True),
        ("id:<7", False),
        ("created_at:>='2026-05-01T10:00:00Z'", True),
        ("created_at:>='2026-05-01T12:00:00+02:00' AND status:active", True),
        ("created_at:>'2026-05-01T12:00:00+02:00'", False),
        ('created_at:<="2026-05-01T10:00:00+00:00" id:7', True),
        ("created_at:>=2026-05-01", True),
        ("created_at:<2026-05-01", False),
        ("tag:'new in' AND created_at:>='2026-04-30'", True),
        ("-status:draft", True),
        ("-status:active", False),
        ("NOT status:draft AND id:7", True),
        ("id:6 OR id:7", True),
        ("id:5 OR id:6", False),
        ("id:7 OR id:8 status:draft", False),
        ("status:draft OR (id:7 knit)", True),
        ("-(id:6 OR id:7)", False),
        ("(id:6 OR id:7) status:active -tag:old", True),
    ],
)
def test_a_search_is_read_as_shopify_reads_it(query: str | None, found: bool) -> None:
    assert matches(query, FIELDS) is found
