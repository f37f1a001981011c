"""No shop's page, record, image, search or client shows anything of another's."""

from __future__ import annotations

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from generators.references import find_by_words, find_references
from infra.errors import InputError, NotFound, TokenRefused
from infra.milvus import Where
from infra.model import Product, load
from infra.shopify.store import Shopify
from infra.shopify.transport import FixedToken
from tests.several_shops.conftest import A, B, Both
from webhook_app import pages


@pytest.fixture
def as_a(both: Both) -> FlaskClient:
    """A's pages."""
    app, services = Flask("pages", static_folder=None), both.app.services
    blueprint = pages.blueprint(services.runs, services.blobs, A, None, lambda _own: "")
    app.register_blueprint(blueprint)
    return app.test_client()


def test_records_are_not_read_by_another_shops_id(both: Both) -> None:
    runs, theirs = both.app.services.runs, both.runs[B]
    assert runs.read(A, theirs["run_id"]) is None
    assert runs.of_product(A, theirs["product_id"]) is None
    assert runs.count(A, theirs["product_id"]) == 0
    assert runs.ours(A, [image["media_id"] for image in theirs["paintings"]]) == set()
    assert theirs["run_id"] not in {run["run_id"] for run in runs.recent(A)}
    with pytest.raises(NotFound):
        runs.live(A, theirs["run_id"])


def test_pages_of_one_shop_show_nothing_of_another(both: Both, as_a: FlaskClient) -> None:
    ours, theirs = both.runs[A], both.runs[B]
    photo = theirs["photo_key"].partition("/")[2]
    for address in (
        f"/shops/{B}/runs/{theirs['run_id']}",
        f"/shops/{B}/products/{theirs['product_id'].rpartition('/')[2]}",
        f"/shops/{B}/blobs/{theirs['photo_key']}",
        f"/shops/{A}/runs/{theirs['run_id']}",
        f"/shops/{A}/blobs/{theirs['photo_key']}",
        f"/shops/{A}/blobs/{A}/../{B}/{photo}",
        f"/shops/{A}/blobs/{A}/%2e%2e/{B}/{photo}",
        f"/shops/{A}/blobs/{A}/..%2f{B}%2f{photo}",
        f"/shops/{A}/blobs//{theirs['photo_key']}",
    ):
        assert as_a.get(address, follow_redirects=True).status_code == 404, address
    page = as_a.get(f"/shops/{A}/products/{theirs['product_id'].rpartition('/')[2]}").get_data(as_text=True)
    assert "Dress of bert" not in page
    overview = as_a.get("/").get_data(as_text=True)
    assert "Dress of anna" in overview
    assert "Dress of bert" not in overview
    assert as_a.get(f"/shops/{A}/blobs/{ours['photo_key']}").status_code == 200


@pytest.mark.parametrize("path", ["{a}/../{b}", "{a}/photos/../../{b}/photos", "./{b}/photos", "{a}//{b}"])
def test_no_blob_key_leads_from_one_shop_into_another(both: Both, path: str) -> None:
    name = both.runs[B]["photo_key"].rpartition("/")[2]
    with pytest.raises(InputError):
        both.app.services.blobs.read(f"{path.format(a=A, b=B)}/{name}")


@pytest.mark.parametrize("shop", ["", ".", "..", f"{A}/..", f"{A}/../{B}", "/"])
def test_no_odd_name_erases_a_shops_blobs(both: Both, shop: str) -> None:
    before = both.app.services.blobs.count(B)
    with pytest.raises(InputError):
        both.app.services.blobs.erase(shop)
    assert both.app.services.blobs.count(B) == before > 0


def test_a_search_finds_only_the_shops_own_products(both: Both) -> None:
    services = both.app.services
    ours = {product.id for product in services.store(A).products.all()}
    found = find_by_words(services, A, "firebrick navy seagreen dresses trousers bags", 50)
    assert found
    assert {one.product_id for one in found} <= ours
    everything = services.mirror.search(A, np.ones(services.embedder.dimension, np.float32), {}, Where(), 50)
    assert {one.product_id for one in everything} <= ours


def test_a_product_of_another_shop_learns_from_its_own_shops_bestsellers(both: Both) -> None:
    services, theirs = both.app.services, both.runs[B]
    vector = services.embedder.embed_images([services.blobs.read(theirs["photo_key"])])[0]
    found = find_references(services, A, load(Product, theirs["product"]), vector)
    ours = {product.id for product in services.store(A).products.all()}
    assert found.references
    assert {one.product_id for one in found.references} <= ours
    assert all(one.photo_key.startswith(f"{A}/") for one in found.references)


def test_a_runs_references_and_images_are_its_shops_own(both: Both) -> None:
    for shop, run in both.runs.items():
        keys = [run["photo_key"], *(one["photo_key"] for one in run["references"])]
        keys += [image["key"] for image in run["paintings"]]
        assert all(key.startswith(f"{shop}/") for key in keys)


def test_one_shops_client_sees_no_product_of_another(both: Both) -> None:
    assert both.app.services.store(A).products.get(both.runs[B]["product_id"]) is None


def test_one_shops_token_opens_no_other_shop(both: Both) -> None:
    services = both.app.services
    stolen = FixedToken(services.tokens.of(A).token())
    client = Shopify(services.settings.store_url(B), B, stolen)
    with pytest.raises(TokenRefused):
        client.products.get(both.runs[B]["product_id"])
    client.close()
