"""The Shopify client against the local store, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from infra.devstore.server import LocalStore
from infra.devstore.state import Product as Row
from infra.errors import NotFound, Refused, UserErrors
from infra.shopify.products import AT_ONCE, FOR_SALE
from infra.shopify.store import Shopify
from tests.infra.devstore_kit import (
    SHOP,
    Receiver,
    client_of,
    ended,
    file_url,
    open_store,
    picture,
    until,
    upload_file,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("store")) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(store: LocalStore) -> Iterator[Shopify]:
    opened = client_of(store)
    yield opened
    opened.close()


def test_shop_tells_name_domain_and_time_zone(client: Shopify) -> None:
    assert client.shop() == ("Kit Shop", SHOP, "Europe/Berlin")


def test_a_product_comes_back_as_it_was_listed(client: Shopify) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    product_id = client.products.create(
        "Red & white knit",
        "Sweaters",
        price=Decimal("19.9"),
        description="<p>Soft &amp; <b>warm</b>&nbsp;wool</p><script>x</script>",
        tags=["color:red", "Style: casual", "season:winter", "new in"],
        hint="on a chair",
        photo=picture(),
        filename="knit.jpg",
    )
    product = until(lambda: (p := client.products.get(product_id)) and p.photos and p)
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
    product_id = client.products.create("Bare", "Hats")
    bare = client.products.get(product_id)
    assert bare is not None
    assert bare.photos == ()
    assert bare.price is None
    client.products.add_photo(product_id, picture(), "later.jpg")
    assert until(lambda: client.products.get(product_id).photos)[0].filename == "later.jpg"  # type: ignore[union-attr]


def test_products_are_paged_to_the_end_and_filtered(client: Shopify) -> None:
    made = {client.products.create(f"Paged {n}", "Paged") for n in range(30)}
    assert {p.id for p in client.products.all('product_type:"Paged"')} == made
    assert made < {p.id for p in client.products.all()}


def test_states_are_paged_to_the_end_and_of_active_products_alone(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        client = client_of(store)
        with store._state.begin() as session:
            session.add_all(Row(title="Hat", handle=f"hat-{n}") for n in range(251))
            session.add(Row(title="Draft", handle="draft", status="DRAFT"))
        active = {product.id: product.updated_at for product in client.products.all("status:active")}
        states = list(client.products.states())
        assert len(states) == 251
        assert {state.id: state.updated_at for state in states} == active
        assert store.operations_seen["product_states"] == 2


def test_some_products_are_read_by_id_whatever_their_status(store: LocalStore, client: Shopify) -> None:
    made = [client.products.create(f"Some {n}", "Some") for n in range(AT_ONCE + 2)]
    client._api.mutate("product_update", product={"id": made[0], "status": "DRAFT"})
    client.products.delete(made[1])
    store.operations_seen.clear()
    found = list(client.products.some(reversed(made)))
    assert [product.id for product in found] == [made[n] for n in range(AT_ONCE + 1, -1, -1) if n != 1]
    assert found[-1] == client.products.get(made[0])
    assert store.operations_seen["products_by_id"] == 2


def test_a_product_on_any_sales_channel_is_published(store: LocalStore, client: Shopify) -> None:
    online, till, nowhere, draft = made = [client.products.create(f"Sold {n}", "Sold") for n in range(4)]
    store.unpublish(till, elsewhere=True)
    store.unpublish(nowhere)
    client._api.mutate("product_update", product={"id": draft, "status": "DRAFT"})
    published = {online: True, till: True, nowhere: False, draft: False}
    alone = [product for one in made if (product := client.products.get(one))]
    for found in (client.products.some(made), client.products.all("product_type:Sold"), alone):
        assert {product.id: product.published for product in found} == published
    listed = {state.id for state in client.products.states()}
    assert listed & set(made) == {online, till}
    assert client.products.count(f"product_type:Sold {FOR_SALE}") == 2


def test_only_what_is_not_in_the_online_store_is_asked_for_again(store: LocalStore, client: Shopify) -> None:
    made = [client.products.create(f"Usual {n}", "Usual") for n in range(2)]
    store.operations_seen.clear()
    assert all(product.published for product in client.products.some(made))
    assert store.operations_seen["products_published"] == 0
    store.unpublish(made[0])
    assert [product.published for product in client.products.some(made)] == [False, True]
    assert store.operations_seen["products_published"] == 1


def test_what_is_no_product_is_not_among_them(client: Shopify) -> None:
    media_id = upload_file(client, picture(kind="PNG"))
    assert list(client.products.some([media_id, "gid://shopify/Product/404"])) == []
    assert list(client.products.some([])) == []


def test_a_deleted_product_is_gone(client: Shopify) -> None:
    product_id = client.products.create("Brief", "Hats", photo=picture())
    client.products.delete(product_id)
    assert client.products.get(product_id) is None
    with pytest.raises(NotFound, match="product_delete"):
        client.products.delete(product_id)


def test_an_uploaded_file_is_found_attached_ordered_and_taken_off(client: Shopify) -> None:
    product_id = client.products.create("Ordered", "Hats", photo=picture(), filename="merchant.jpg")
    media_id = upload_file(client, picture(kind="PNG"), "made-1x1-0f3a.png")
    state = ended(client, media_id)
    assert client.files.find("made-1x1-0f3a.png") == media_id
    assert client.files.find("made-1x1.png") is None
    assert state.status == "READY"
    assert file_url(client, media_id).partition("?")[0].endswith("/made-1x1-0f3a.png")
    merchants = until(lambda: client.products.get(product_id).photos)[0].id  # type: ignore[union-attr]

    def order() -> list[str]:
        return [photo.id for photo in client.products.get(product_id).photos]  # type: ignore[union-attr]

    client.files.attach(media_id, product_id)
    client.files.attach(media_id, product_id)
    assert order() == [merchants, media_id]
    job = client.products.reorder(product_id, [media_id, merchants])
    until(lambda: client.products.job_done(job))
    assert order() == [media_id, merchants]
    client.files.detach(media_id, product_id)
    assert order() == [merchants]
    assert client.files.state(media_id).status == "READY"


def test_a_file_that_is_not_ready_cannot_be_attached(tmp_path: Path) -> None:
    with open_store(tmp_path, media_delay=60) as slow:
        client = client_of(slow)
        product_id = client.products.create("Slow", "Hats")
        media_id = upload_file(client, picture())
        with pytest.raises(Refused, match=r"file_update: files\.id"):
            client.files.attach(media_id, product_id)
        assert file_url(client, media_id) == ""


def test_what_is_not_there_is_not_found(client: Shopify) -> None:
    media_id = upload_file(client, picture(kind="PNG"), "lonely.png")
    ended(client, media_id)
    assert client.products.get("gid://shopify/Product/999") is None
    with pytest.raises(NotFound):
        client.files.state("gid://shopify/MediaImage/999")
    with pytest.raises(NotFound):
        client.files.attach(media_id, "gid://shopify/Product/999")
    with pytest.raises(NotFound):
        client.products.job_done("gid://shopify/Job/999")
    with pytest.raises(NotFound):
        client.products.reorder("gid://shopify/Product/999", [media_id])


def test_a_metafield_points_to_a_file(client: Shopify) -> None:
    product_id = client.products.create("Bannered", "Hats")
    media_id = upload_file(client, picture(400, 100, kind="PNG"), "banner.png")
    client.metafields.set_file(product_id, "banner", media_id)
    client.metafields.set_file(product_id, "banner", media_id)
    assert client.metafields.file(product_id, "banner") == media_id
    with pytest.raises(NotFound, match="metafields_set"):
        client.metafields.set_file("gid://shopify/Product/999", "banner", media_id)
    client.metafields.delete(product_id, "banner")
    client.metafields.delete(product_id, "banner")
    assert client.metafields.file(product_id, "banner") is None


def test_the_apps_own_namespace_is_told_in_full_and_understood_either_way(client: Shopify) -> None:
    product_id = client.products.create("Owned", "Hats")
    number = client.installation()[0].rpartition("/")[2]
    wanted = {"ownerId": product_id, "namespace": "$app", "key": "note", "type": "single_line_text_field"}
    made = client._api.mutate("metafields_set", metafields=[wanted | {"value": "ours"}])["metafields"][0]
    assert made["namespace"] == f"app--{number}"
    for namespace in ("$app", f"app--{number}"):
        found = client._api.query("product_metafield", id=product_id, namespace=namespace, key="note")
        assert found["product"]["metafield"]["value"] == "ours"
    gone = client._api.mutate(
        "metafields_delete", metafields=[{"ownerId": product_id, "namespace": "$app", "key": "note"}]
    )
    assert gone["deletedMetafields"] == [
        {"ownerId": product_id, "namespace": f"app--{number}", "key": "note"}
    ]


def test_a_key_is_defined_once(client: Shopify) -> None:
    define = partial(client.metafields.define, "banner", "Banner", "The wide image.")
    assert (define(), define()) == (True, False)


def test_products_are_counted(client: Shopify) -> None:
    for n in range(3):
        client.products.create(f"Counted {n}", "Counted")
    assert client.products.count('product_type:"Counted"') == 3
    assert client.products.count() > 3
    assert client.products.count("status:archived") == 0


def test_subscriptions_are_changed_only_where_they_differ(client: Shopify) -> None:
    with Receiver() as receiver:
        ensure = partial(client.subscriptions.ensure, uri=receiver.url)
        assert ensure({"products/create": ()}) == {"products/create": "created"}
        both = {"products/create": (), "products/update": ("id",)}
        assert ensure(both) == {"products/create": "unchanged", "products/update": "created"}
        assert ensure(both) == dict.fromkeys(both, "unchanged")
        moved = client.subscriptions.ensure(both, "https://elsewhere.example/webhooks")
        assert moved == dict.fromkeys(both, "updated")
        assert {one.uri for one in client.subscriptions.all()} == {"https://elsewhere.example/webhooks"}
        assert [one.fields for one in client.subscriptions.all()] == [(), ("id",)]


def test_a_topic_goes_to_an_address_once(client: Shopify) -> None:
    create = partial(client.subscriptions.create, "products/delete")
    create("https://one.example/")
    create("https://other.example/")
    with pytest.raises(UserErrors, match="already been taken"):
        create("https://one.example/")
    first, second = (one for one in client.subscriptions.all() if one.topic == "products/delete")
    with pytest.raises(UserErrors, match="already been taken"):
        client.subscriptions.update(second.id, first.uri)
    client.subscriptions.update(first.id, first.uri, ["id"])
    client.subscriptions.delete(second.id)
    assert [one for one in client.subscriptions.all() if one.topic == "products/delete"] == [
        first._replace(fields=("id",))
    ]
    with pytest.raises(NotFound):
        client.subscriptions.delete(second.id)


def test_units_sold_are_paged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.shopify.sales.PAGE", 2)
    with open_store(tmp_path) as store:
        client = client_of(store)
        made = [client.products.create(f"Sold {n}", "Hats") for n in range(5)]
        for units, product_id in enumerate(made[1:], 1):
            store.sell(product_id, units)
        assert client.sales.units_sold(90).products == {made[n]: n for n in range(1, 5)}


def test_no_sales_are_an_empty_report(client: Shopify) -> None:
    assert client.sales.units_sold(30) == ({}, 0)


def test_a_report_that_the_store_cannot_make_is_refused(
    client: Shopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.shopify.sales.BY_PRODUCT", "FROM orders SHOW everything")
    with pytest.raises(Refused, match="shopifyql: the local store only reports"):
        client.sales.units_sold(30)
