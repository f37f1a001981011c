"""Finished images back into the store: uploaded once, attached once, and nothing of the merchant's touched.

Square and portrait images become product media after the merchant's own. A banner becomes a store file that
the product's metafield bestshot.banner points to, for a theme to use.
"""

from __future__ import annotations

import re

from infra.errors import NotFound, Refused
from infra.model import Painting, Product, slug
from infra.services import Services

NAMESPACE = "bestshot"
BANNER = "banner"
MAIN_BANNER = "4:1"
"""The format that bestshot.banner holds; others have their own key, such as bestshot.banner_8x1."""


def upload(services: Services, shop: str, product: Product, painting: Painting) -> str:
    """The media id of an image in the store, uploaded unless it is there already.

    The file's name is made from the image's own key, so that a second try finds the first one's file.
    """
    store = services.store(shop)
    name = filename(product, painting)
    found = store.find_file(name, painting.alt)
    if found is not None:
        return found
    data = services.blobs.read(painting.key)
    source = store.upload(data, name, painting.media_type)
    return store.create_file(source, name, painting.alt)


def attach(services: Services, shop: str, product: Product, painting: Painting, *, banner: bool) -> None:
    """Put an uploaded image on its product; doing it again changes nothing."""
    store = services.store(shop)
    if banner:
        key = BANNER if painting.format == MAIN_BANNER else f"{BANNER}_{slug(painting.format)}"
        store.set_file_metafield(product.id, NAMESPACE, key, painting.media_id)
    elif painting.media_id not in {photo.id for photo in _current(services, shop, product).photos}:
        store.attach(painting.media_id, product.id)


def look_again(services: Services, shop: str, product: Product, photo_id: str) -> Product:
    """The product as it is now. NotFound or Refused when it, or the photo that was painted from, is gone."""
    current = _current(services, shop, product)
    if photo_id not in {photo.id for photo in current.photos}:
        raise Refused("the photo was replaced while images were made of it; list the product again")
    return current


def filename(product: Product, painting: Painting) -> str:
    """A readable name that is the same on every try: "wool-coat-3x4-0f3a9c2b71d4.jpg"."""
    stem = re.sub(r"[^a-z0-9]+", "-", product.handle.lower()).strip("-")[:80] or "product"
    recipe, _, suffix = painting.key.rpartition("/")[2].partition(".")
    return f"{stem}-{slug(painting.format)}-{recipe[:12]}.{suffix}"


def _current(services: Services, shop: str, product: Product) -> Product:
    current = services.store(shop).product(product.id)
    if current is None:
        raise NotFound("the product was deleted while images were made of it")
    return current
