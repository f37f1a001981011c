"""How the Shopify client reads the store's answers: refusals, throttling, absence, figures and markup."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.errors import (
    Closed,
    NotFound,
    OutsideError,
    Refused,
    ScopeMissing,
    Throttled,
    TokenRefused,
    Unavailable,
    UserErrors,
)
from infra.markup import plain_text
from infra.shopify import replies
from infra.shopify.store import Shopify
from infra.shopify.transport import FixedToken
from tests.infra.devstore_kit import SHOP, TOKEN, client_of, open_store, until


def test_a_wrong_token_is_refused_and_never_told(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        client = client_of(store, token="shpat_of_someone_else")
        with pytest.raises(TokenRefused, match="not valid") as caught:
            client.shop()
    assert "shpat" not in f"{caught.value!r} {client!r}"


def test_another_shop_is_not_found(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        url = store.url.replace(SHOP, "other.myshopify.com")
        with pytest.raises(NotFound, match="no such shop"):
            Shopify(url, "other.myshopify.com", FixedToken(TOKEN)).shop()


def test_an_empty_bucket_is_waited_for_by_its_own_figures(tmp_path: Path) -> None:
    with open_store(tmp_path, restore_rate=2) as store:
        client = client_of(store)
        for _ in range(4):
            client.products.create("Hat", "Hats")
        began = time.monotonic()
        client.products.create("One more", "Hats")
        waited = time.monotonic() - began
    spent = client.costs.spent
    assert spent.throttled >= 1
    assert 0 < spent.waited <= waited
    assert spent.points["product_create"] == 50
    assert spent.restore_rate == 2
    assert spent.throttled <= 3, "it asks again when the points are there, not all the time"


def test_a_request_that_would_wait_too_long_is_throttled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.shopify.transport.PATIENCE", 0.0)
    with open_store(tmp_path, restore_rate=1) as store:
        client = client_of(store)
        client.products.create("First", "Hats")
        client.products.create("Second", "Hats")
        with pytest.raises(Throttled) as caught:
            client.products.create("Third", "Hats")
        assert 0 < caught.value.retry_after <= 10
        assert caught.value.can_retry


def test_closing_ends_the_wait_for_points(tmp_path: Path) -> None:
    with open_store(tmp_path, restore_rate=1) as store, ThreadPoolExecutor(1) as pool:
        client = client_of(store)
        client.products.create("First", "Hats")
        client.products.create("Second", "Hats")
        waiting = pool.submit(client.products.create, "Third", "Hats")
        until(lambda: client.costs.spent.throttled)
        client.close()
        with pytest.raises(Unavailable, match="closed while it waited"):
            waiting.result(5)


def test_a_store_that_is_away_is_unavailable(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        client = client_of(store)
        client.shop()
    with pytest.raises(Unavailable, match="shop: kit-shop"):
        client.shop()
    client.close()


@pytest.mark.parametrize(
    ("status", "headers", "error", "wait"),
    [
        (429, {"Retry-After": "3.5"}, Throttled, 3.5),
        (429, {}, Throttled, 2.0),
        (429, {"Retry-After": "0"}, Throttled, 1.0),
        (500, {}, Unavailable, None),
        (503, {}, Unavailable, None),
        (408, {}, Unavailable, None),
        (401, {}, TokenRefused, None),
        (402, {}, Closed, None),
        (403, {}, Closed, None),
        (423, {}, Closed, None),
        (400, {}, Refused, None),
        (302, {}, Refused, None),
        (404, {}, NotFound, None),
    ],
)
def test_each_http_status_has_its_error(
    status: int, headers: dict[str, str], error: type[OutsideError], wait: float | None
) -> None:
    with pytest.raises(error) as caught:
        replies.read_status("shop", status, headers)
    assert type(caught.value) is error
    assert getattr(caught.value, "retry_after", None) == wait


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}, Throttled),
        ({"errors": [{"message": "oops", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}, Unavailable),
        ({"errors": [{"message": "denied", "extensions": {"code": "ACCESS_DENIED"}}]}, ScopeMissing),
        ({"errors": [{"message": "no such field"}]}, Refused),
        ({"errors": "Not a list"}, Refused),
        ({"errors": ["Not an object"]}, Refused),
        ({}, Unavailable),
    ],
)
def test_each_graphql_error_has_its_error(reply: dict[str, Any], error: type[OutsideError]) -> None:
    with pytest.raises(error, match="shop: ") as caught:
        replies.read_reply("shop", reply)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("FILE_LOCKED", Unavailable),
        ("MEDIA_CANNOT_BE_MODIFIED", Unavailable),
        ("MEDIA_DOES_NOT_EXIST_ON_PRODUCT", NotFound),
        ("FILENAME_ALREADY_EXISTS", UserErrors),
    ],
)
def test_each_user_error_has_its_error(code: str, error: type[OutsideError]) -> None:
    found = {"userErrors": [{"field": ["files"], "message": "No.", "code": code}]}
    with pytest.raises(error, match="files No") as caught:
        replies.read_payload("op", found)
    assert type(caught.value) is error


def test_sales_are_read_from_either_kind_of_id_and_figure() -> None:
    rows = [
        {"product_id": 7, "net_items_sold": 3},
        {"product_id": "gid://shopify/Product/8", "net_items_sold": "4"},
        {"product_id": "9", "net_items_sold": "5.0"},
        {"product_id": None, "net_items_sold": 6},
        {"product_id": 10, "net_items_sold": "-1"},
    ]
    gid = "gid://shopify/Product/"
    assert replies.sold(rows) == ({f"{gid}7": 3, f"{gid}8": 4, f"{gid}9": 5, f"{gid}10": -1}, 17)


def test_a_product_that_a_report_names_twice_counts_once() -> None:
    row = {"product_id": 7, "net_items_sold": 3}
    assert replies.sold([row, row]).total == 3


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<p>One</p><p>two</p>", "One two"),
        ("Caf&eacute; &amp; <em>cr</em>ème", "Café & crème"),
        ("a<br>b<style>p {}</style>", "a b"),
        ("5 < 6 and </p> done", "5 < 6 and done"),
    ],
)
def test_markup_becomes_plain_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text
