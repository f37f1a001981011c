"""Finished images into the store: uploaded once, attached once, and nothing of the merchant's touched.

Pictures without text become product media. A banner becomes a store file that the product's metafield
$app.banner points to, for a theme to use.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from infra import provenance
from infra.errors import NotFound, Unavailable, UserErrors
from infra.model import Painting, Product, slug
from infra.pixels import fit_store, sniff
from infra.services import Services

BANNER = "banner"
MAIN_BANNER = "4:1"
"""The format that $app.banner holds; others have their own key, such as $app.banner_8x1."""
MOST_MEDIA = 250
"""Media of one product; Shopify takes no more."""
SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
_OUR_NAME = re.compile(r"-\d+x\d+-[0-9a-f]{12}(_[0-9a-f-]{36})?\.(jpg|png|webp)$")
"""Shopify tells files of one name apart by a UUID: "wool-coat-3x4-0f3a9c2b71d4_<uuid>.jpg"."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A product at one moment; `media` are the ids of all its media, in the order the shop shows them."""

    product: Product
    media: tuple[str, ...]


def look_again(services: Services, shop: str, product_id: str) -> Snapshot | None:
    """The product as it is now, or None when it is gone."""
    store = services.store(shop)
    product = store.products.get(product_id)
    try:
        return Snapshot(product, tuple(store.products.media(product_id))) if product else None
    except NotFound:
        return None


def upload(services: Services, shop: str, product: Product, painting: Painting) -> str | None:
    """The media id of an image in the store, uploaded unless it is there already.

    None when the store knows the file's name but shows no such file yet: it was made by a try whose answer
    was lost, and `find` will see it. Twelve digits of the image's recipe are in the name, so that nobody else
    has it by chance. UserErrors when the store does not take the file, ImageError when it is no image.
    """
    data, name = _file(services, product, painting)
    files = services.store(shop).files
    found = files.find(name)
    if found is not None:
        return found
    source = files.upload(data, name, sniff(data))
    try:
        return files.create(source, name, painting.alt)
    except UserErrors as error:
        if "FILENAME_ALREADY_EXISTS" not in error.codes:
            raise
        return None


def find(services: Services, shop: str, product: Product, painting: Painting) -> str | None:
    """The media id of an image whose name the store knows, once it shows it: its search lags behind."""
    _, name = _file(services, product, painting)
    return services.store(shop).files.find(name)


def attach(services: Services, shop: str, product_id: str, media_id: str) -> None:
    """Put an uploaded image behind the product's other media; doing it again changes nothing."""
    store = services.store(shop)
    if media_id not in store.products.media(product_id):
        store.files.attach(media_id, product_id)


def banner_key(ratio: str) -> str:
    """The metafield key of a banner's format."""
    return BANNER if ratio == MAIN_BANNER else f"{BANNER}_{slug(ratio)}"


def arrange(services: Services, shop: str, product_id: str, wanted: Sequence[str]) -> str:
    """Have the store put a product's media in this order; others stay behind them, as they were.

    Returns the gid of the job that does it, or "" when they are in that order already. Unavailable when one
    was taken off the product meanwhile: look again.
    """
    products = services.store(shop).products
    if products.media(product_id)[: len(wanted)] == list(wanted):
        return ""
    try:
        return products.reorder(product_id, wanted)
    except NotFound:
        raise Unavailable(f"the media of {product_id} changed while they were put in order") from None


def is_arranged(services: Services, shop: str, job_id: str) -> bool:
    """Whether that job has ended."""
    try:
        return services.store(shop).products.job_done(job_id)
    except NotFound:  # the store keeps no jobs that are long done
        return True


def filename(product: Product, painting: Painting, media_type: str) -> str:
    """A readable name that is the same on every try: "wool-coat-3x4-0f3a9c2b71d4.jpg"."""
    stem = re.sub(r"[^a-z0-9]+", "-", product.handle.lower()).strip("-")[:80] or "product"
    recipe = painting.key.rpartition("/")[2].partition(".")[0]
    return f"{stem}-{slug(painting.format)}-{recipe[:12]}.{SUFFIX[media_type]}"


def is_our_name(name: str) -> bool:
    """Whether a file's name is one that `filename` gave, or Shopify may have made of it for a duplicate."""
    return _OUR_NAME.search(name) is not None


def _file(services: Services, product: Product, painting: Painting) -> tuple[bytes, str]:
    """An image's bytes within the store's limits, saying how they were made, and its file's name."""
    data = fit_store(services.blobs.read(painting.key))
    made = provenance.provenance_of(painting, datetime.now(UTC))
    return provenance.write(data, made), filename(product, painting, sniff(data))
