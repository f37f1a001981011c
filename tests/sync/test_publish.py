"""Images back into the store: once, by name, behind the merchant's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from infra.errors import NotFound, Refused
from infra.model import Painting, Product
from sync.publish import attach, filename, look_again, upload
from tests import drawn
from tests.running import wait_for
from webhook_app.embedded import Embedded

KEY = "bestshot-demo.myshopify.com/paintings/0f3a9c2b71d4aaaabbbbccccddddeeee.jpg"


@pytest.fixture
def product(embedded: Embedded) -> Product:
    return next(embedded.services.store(embedded.shop).products())


@pytest.fixture
def painting(embedded: Embedded) -> Painting:
    embedded.services.blobs.write(KEY, drawn.photo("Bags", "teal", size=(896, 1200)))
    return Painting("3:4", KEY, "image/jpeg", 896, 1200, "studio", "cut-out", "", "A teal bag.")


def uploaded(app: Embedded, product: Product, painting: Painting) -> Painting:
    media_id = upload(app.services, app.shop, product, painting)
    wait_for(lambda: app.services.store(app.shop).file_state(media_id)[0] == "READY")
    return replace(painting, media_id=media_id)


def media(app: Embedded, product: Product) -> list[str]:
    found = app.services.store(app.shop).product(product.id)
    assert found is not None
    return [photo.id for photo in found.photos]


def test_a_second_upload_finds_the_first_even_while_it_is_processed(
    embedded: Embedded, product: Product, painting: Painting
) -> None:
    first = upload(embedded.services, embedded.shop, product, painting)
    assert upload(embedded.services, embedded.shop, product, painting) == first
    wait_for(lambda: embedded.services.store(embedded.shop).file_state(first)[0] == "READY")
    assert upload(embedded.services, embedded.shop, product, painting) == first


def test_attaching_twice_attaches_once_and_behind(
    embedded: Embedded, product: Product, painting: Painting
) -> None:
    painting = uploaded(embedded, product, painting)
    before = media(embedded, product)
    for _ in range(2):
        attach(embedded.services, embedded.shop, product, painting, banner=False)
    assert media(embedded, product) == [*before, painting.media_id]


def test_a_banner_is_no_product_media(embedded: Embedded, product: Product, painting: Painting) -> None:
    painting = uploaded(embedded, product, painting)
    before = media(embedded, product)
    attach(embedded.services, embedded.shop, product, painting, banner=True)
    assert media(embedded, product) == before


def test_a_product_that_changed_meanwhile_is_not_published_to(embedded: Embedded, product: Product) -> None:
    assert look_again(embedded.services, embedded.shop, product, product.photos[0].id).id == product.id
    with pytest.raises(Refused, match="photo was replaced"):
        look_again(embedded.services, embedded.shop, product, "gid://shopify/MediaImage/1")
    embedded.services.store(embedded.shop).delete_product(product.id)
    with pytest.raises(NotFound, match="deleted"):
        look_again(embedded.services, embedded.shop, product, product.photos[0].id)


@pytest.mark.parametrize(
    ("handle", "stem"), [("Wool-Coat", "wool-coat"), ("../x", "x"), ("裙子", "product"), ("", "product")]
)
def test_a_file_name_is_readable_and_made_of_the_recipe(
    product: Product, painting: Painting, handle: str, stem: str
) -> None:
    assert filename(replace(product, handle=handle), painting) == f"{stem}-3x4-0f3a9c2b71d4.jpg"
