"""A catalog's rows in the local store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import requests
from sqlalchemy import update

from infra.catalog import CatalogRow
from infra.devstore.loading import catalog_gid
from infra.devstore.server import LocalStore
from infra.devstore.state import Product
from tests.infra.devstore_kit import Receiver, client_of, open_store, picture


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with open_store(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def row(tmp_path: Path) -> CatalogRow:
    path = tmp_path / "SKU 1.jpg"
    path.write_bytes(picture(60, 80))
    return CatalogRow(
        id="SKU001",
        image_path=path,
        title="Red knit",
        category="Sweaters",
        color="red",
        style="casual",
        season="winter",
        sales_count=1234,
        description="Soft & <warm>",
        price=Decimal("49.5"),
        tags=("fabric:wool",),
    )


def test_a_row_becomes_an_active_product_with_its_photo_and_its_sales(
    store: LocalStore, row: CatalogRow
) -> None:
    client = client_of(store)
    assert store.load([row]) == {"SKU001": catalog_gid("SKU001")}
    product = client.products.get(catalog_gid("SKU001"))
    assert product is not None
    assert (product.title, product.category, product.status) == ("Red knit", "Sweaters", "ACTIVE")
    assert (product.color, product.style, product.season) == ("red", "casual", "winter")
    assert (product.tags, product.price) == (("fabric:wool",), Decimal("49.50"))
    assert product.description == "Soft & <warm>"
    assert requests.get(product.photos[0].url, timeout=5).content == row.image_path.read_bytes()
    assert client.sales.units_sold(90).products == {product.id: 1234}


def test_a_second_load_changes_nothing(store: LocalStore, row: CatalogRow) -> None:
    client = client_of(store)
    rows = [row, replace(row, id="SKU002")]
    store.load(rows)
    before = list(client.products.all())
    store.load(rows)
    assert list(client.products.all()) == before
    assert len({product.handle for product in before}) == len({p.photos[0].filename for p in before}) == 2


def test_a_changed_row_changes_its_product_alone(store: LocalStore, row: CatalogRow) -> None:
    client = client_of(store)
    store.load([row, replace(row, id="SKU002")])
    row.image_path.with_name("new.jpg").write_bytes(picture(60, 80, "navy"))
    store.load(
        [replace(row, sales_count=7, title="Blue knit", image_path=row.image_path.with_name("new.jpg"))]
    )
    changed, same = client.products.get(catalog_gid("SKU001")), client.products.get(catalog_gid("SKU002"))
    assert changed is not None
    assert same is not None
    assert (changed.title, same.title) == ("Blue knit", "Red knit")
    assert len(changed.photos) == 1
    assert requests.get(changed.photos[0].url, timeout=5).content == picture(60, 80, "navy")
    assert client.sales.units_sold(90).products == {changed.id: 7, same.id: 1234}


def test_another_photo_updates_its_product(store: LocalStore, row: CatalogRow) -> None:
    client = client_of(store)
    store.load([row, replace(row, id="SKU002")])
    with store._state.begin() as session:
        session.execute(update(Product).values(updated_at=datetime(2020, 1, 1)))
    (before,) = client.products.get(catalog_gid("SKU001")).photos  # type: ignore[union-attr]
    row.image_path.write_bytes(picture(60, 80, "navy"))
    store.load([row])
    (after,) = client.products.get(catalog_gid("SKU001")).photos  # type: ignore[union-attr]
    assert after.id == before.id
    assert after.url.partition("?v=")[2] != before.url.partition("?v=")[2]
    assert {state.id for state in client.products.states() if state.updated_at.year > 2020} == {
        catalog_gid("SKU001")
    }


def test_a_load_sends_no_webhooks_but_later_changes_do(store: LocalStore, row: CatalogRow) -> None:
    client = client_of(store)
    with Receiver() as receiver:
        client.subscriptions.ensure(
            dict.fromkeys(["products/create", "products/update", "products/delete"], ()), receiver.url
        )
        store.load([row])
        client.products.delete(catalog_gid("SKU001"))
        assert receiver.next().topic == "products/delete"


def test_an_id_is_the_same_in_every_store() -> None:
    assert catalog_gid("SKU001") == "gid://shopify/Product/1314394516370"
