"""How the Shopify client reads the store's answers: refusals, throttling, absence, figures and markup."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra import shopify_replies as replies
from infra.catalog import CatalogRow
from infra.errors import NotFound, OutsideError, Refused, Throttled, Unavailable
from infra.markup import plain_text
from infra.shopify import Shopify
from tests.infra.devstore_kit import SHOP, TOKEN, client_of, open_store, picture


def test_a_wrong_token_is_refused_and_never_told(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        client = client_of(store, token="shpat_of_someone_else")
        with pytest.raises(Refused, match="shop: the store answered 401") as caught:
            client.shop()
    assert "shpat" not in f"{caught.value!r} {client!r}"


def test_another_shop_is_not_found(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        url = store.url.replace(SHOP, "other.myshopify.com")
        with pytest.raises(NotFound, match="no such shop"):
            Shopify(url, "other.myshopify.com", TOKEN).shop()


def test_an_empty_bucket_throttles_and_says_for_how_long(tmp_path: Path) -> None:
    with open_store(tmp_path, restore_rate=1) as store:
        client = client_of(store)
        client.create_product("First", "Hats")
        client.create_product("Second", "Hats")
        with pytest.raises(Throttled) as caught:
            client.create_product("Third", "Hats")
        assert 0 < caught.value.retry_after <= 10
        assert caught.value.can_retry


def test_pages_wait_for_the_bucket_and_all_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    sleep = time.sleep
    monkeypatch.setattr("infra.shopify.time.sleep", lambda seconds: (waits.append(seconds), sleep(seconds)))
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(picture())
    row = CatalogRow(id="", image_path=photo, title="Hat", category="Hats")
    with open_store(tmp_path / "store", restore_rate=40) as store:
        store.load(replace(row, id=str(number)) for number in range(51))
        assert len(list(client_of(store).products())) == 51
    assert sum(waits) > 0


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
        (500, {}, Unavailable, None),
        (503, {}, Unavailable, None),
        (408, {}, Unavailable, None),
        (401, {}, Refused, None),
        (403, {}, Refused, None),
        (402, {}, Refused, None),
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
        ({"errors": [{"message": "denied", "extensions": {"code": "ACCESS_DENIED"}}]}, Refused),
        ({"errors": [{"message": "no such field"}]}, Refused),
        ({"errors": "Not a list"}, Refused),
        ({}, Unavailable),
    ],
)
def test_each_graphql_error_has_its_error(reply: dict[str, Any], error: type[OutsideError]) -> None:
    with pytest.raises(error, match="shop: ") as caught:
        replies.read_reply("shop", reply)
    assert type(caught.value) is error


def test_sales_are_read_from_either_kind_of_id_and_figure() -> None:
    rows = [
        {"product_id": 7, "net_items_sold": 3},
        {"product_id": "gid://shopify/Product/8", "net_items_sold": "4"},
        {"product_id": "9", "net_items_sold": "5.0"},
        {"product_id": None, "net_items_sold": 6},
    ]
    gid = "gid://shopify/Product/"
    assert replies.sales(rows) == {f"{gid}7": 3, f"{gid}8": 4, f"{gid}9": 5}


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
