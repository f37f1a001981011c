"""The Shopify client against the local store, over real HTTP."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from infra import shopify
from infra.devstore.server import LocalStore
from infra.errors import NotFound, Refused
from infra.shopify import Shopify
from tests.infra.devstore_kit import (
    SHOP,
    Receiver,
    client_of,
    ended,
    open_store,
    picture,
    until,
    upload_file,
)

DOCUMENTS = {path.stem for path in (Path(shopify.__file__).parent / "graphql").glob("*.graphql")}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("store")) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(store: LocalStore) -> Iterator[Shopify]:
    opened = client_of(store)
    yield opened
    opened.close()


def test_every_document_has_its_caller_and_every_caller_its_document() -> None:
    called = re.findall(r'self\._(?:execute|mutate|pages)\(\s*"(\w+)"', inspect.getsource(shopify))
    assert set(called) == DOCUMENTS


def test_shop_tells_name_domain_and_currency(client: Shopify) -> None:
    assert client.shop() == ("Kit Shop", SHOP, "USD")


def test_a_product_comes_back_as_it_was_listed(client: Shopify) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    product_id = client.create_product(
        "Red & white knit",
        "Sweaters",
        price=Decimal("19.9"),
        description="<p>Soft &amp; <b>warm</b>&nbsp;wool</p><script>x</script>",
        tags=["color:red", "Style: casual", "season:winter", "new in"],
        hint="on a chair",
        photo=picture(),
        filename="knit.jpg",
    )
    product = until(lambda: (p := client.product(product_id)) and p.photos and p)
    assert product.id == product_id
    assert (product.title, product.category, product.price) == (
        "Red & white knit",
        "Sweaters",
        Decimal("19.90"),
    )
    assert (product.color, product.style, product.season, product.tags) == (
        "red",
        "casual",
        "winter",
        ("new in",),
    )
    assert (product.description, product.hint) == ("Soft & warm wool", "on a chair")
    assert (product.status, product.currency, product.handle) == ("ACTIVE", "USD", "red-white-knit")
    assert before <= product.updated_at <= datetime.now(UTC)
    assert [(p.filename, p.alt) for p in product.photos] == [("knit.jpg", "Red & white knit")]


def test_a_product_may_get_its_photo_later(client: Shopify) -> None:
    product_id = client.create_product("Bare", "Hats")
    bare = client.product(product_id)
    assert bare is not None
    assert bare.photos == ()
    assert bare.price is None
    client.add_photo(product_id, picture(), "later.jpg")
    assert until(lambda: client.product(product_id).photos)[0].filename == "later.jpg"  # type: ignore[union-attr]


def test_products_are_paged_to_the_end_and_filtered(client: Shopify) -> None:
    made = {client.create_product(f"Paged {n}", "Paged") for n in range(30)}
    assert {p.id for p in client.products('product_type:"Paged"')} == made
    assert made < {p.id for p in client.products()}


def test_a_deleted_product_is_gone(client: Shopify) -> None:
    product_id = client.create_product("Brief", "Hats", photo=picture())
    client.delete_product(product_id)
    assert client.product(product_id) is None
    with pytest.raises(NotFound, match="product_delete"):
        client.delete_product(product_id)


def test_an_uploaded_file_is_found_attached_ordered_and_taken_off(client: Shopify) -> None:
    product_id = client.create_product("Ordered", "Hats", photo=picture(), filename="merchant.jpg")
    media_id = upload_file(client, picture(kind="PNG"), "made-1x1-0f3a.png")
    assert client.find_file("made-1x1-0f3a.png", "alt") == media_id
    assert client.find_file("made-1x1.png", "alt") is None
    state = ended(client, media_id)
    assert state.status == "READY"
    assert state.url.partition("?")[0].endswith("/made-1x1-0f3a.png")
    merchants = until(lambda: client.product(product_id).photos)[0].id  # type: ignore[union-attr]

    def order() -> list[str]:
        return [photo.id for photo in client.product(product_id).photos]  # type: ignore[union-attr]

    client.attach(media_id, product_id)
    client.attach(media_id, product_id)
    assert order() == [merchants, media_id]
    job = client.reorder(product_id, [media_id, merchants])
    until(lambda: client.job_done(job))
    assert order() == [media_id, merchants]
    client.detach(media_id, product_id)
    assert order() == [merchants]
    assert client.file_state(media_id).status == "READY"


def test_a_file_that_is_not_ready_cannot_be_attached(tmp_path: Path) -> None:
    with open_store(tmp_path, media_delay=60) as slow:
        client = client_of(slow)
        product_id = client.create_product("Slow", "Hats")
        media_id = upload_file(client, picture())
        with pytest.raises(Refused, match=r"file_update: files\.id"):
            client.attach(media_id, product_id)
        assert client.file_state(media_id).url == ""


def test_what_is_not_there_is_not_found(client: Shopify) -> None:
    media_id = upload_file(client, picture(kind="PNG"), "lonely.png")
    ended(client, media_id)
    assert client.product("gid://shopify/Product/999") is None
    with pytest.raises(NotFound):
        client.file_state("gid://shopify/MediaImage/999")
    with pytest.raises(NotFound):
        client.attach(media_id, "gid://shopify/Product/999")
    with pytest.raises(NotFound):
        client.job_done("gid://shopify/Job/999")
    with pytest.raises(NotFound):
        client.reorder("gid://shopify/Product/999", [media_id])


def test_a_metafield_points_to_a_file(client: Shopify) -> None:
    product_id = client.create_product("Bannered", "Hats")
    media_id = upload_file(client, picture(400, 100, kind="PNG"), "banner.png")
    client.set_file_metafield(product_id, "bestshot", "banner", media_id)
    client.set_file_metafield(product_id, "bestshot", "banner", media_id)
    with pytest.raises(NotFound, match="metafields_set"):
        client.set_file_metafield("gid://shopify/Product/999", "bestshot", "banner", media_id)


def test_subscribe_makes_only_what_is_missing(client: Shopify) -> None:
    with Receiver() as receiver:
        assert client.subscribe(["products/create"], receiver.url) == ["products/create"]
        assert client.subscribe(["products/create", "products/update"], receiver.url) == ["products/update"]
        assert client.subscribe(["products/create", "products/update"], receiver.url) == []


def test_units_sold_are_paged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.shopify.SALES_PAGE", 2)
    with open_store(tmp_path) as store:
        client = client_of(store)
        made = [client.create_product(f"Sold {n}", "Hats") for n in range(5)]
        for units, product_id in enumerate(made):
            store.sell(product_id, units)
        assert client.units_sold(90) == {made[n]: n for n in range(1, 5)}


def test_no_sales_are_an_empty_report(client: Shopify) -> None:
    assert client.units_sold(30) == {}


def test_a_report_that_the_store_cannot_make_is_refused(
    client: Shopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.shopify.SALES_REPORT", "FROM orders SHOW everything")
    with pytest.raises(Refused, match="units_sold: the local store only reports"):
        client.units_sold(30)
