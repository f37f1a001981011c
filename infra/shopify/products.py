"""Products: reading them, listing them as a merchant does, and the order of their media."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice

from infra.errors import NotFound
from infra.model import Product, ProductState
from infra.shopify import replies
from infra.shopify.files import Files
from infra.shopify.replies import Json
from infra.shopify.transport import Transport

HINT = {"namespace": "bestshot", "key": "prompt_hint", "type": "multi_line_text_field"}
MEDIA_TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
FOR_SALE = "status:active -published_status:unavailable"
"""What customers can buy. An active product may be on no sales channel at all, which is "unavailable"; one
that is not in the Online Store may be sold elsewhere: at a Point of Sale, in a headless shop.
https://shopify.dev/docs/api/admin-graphql/latest/queries/products#arguments-query
"""
AT_ONCE = 25
"""Products that are read by id in one call: with ten photos each, 625 of the 1000 points it may cost."""


class Products:
    """A shop's products; ids are gids."""

    def __init__(self, transport: Transport, files: Files) -> None:
        self._api, self._files = transport, files

    def get(self, product_id: str) -> Product | None:
        """A product with up to 50 photos; None when it is gone."""
        node = self._api.query("product", id=product_id)["product"]
        return next(self._read([node])) if node else None

    def all(self, query: str = "") -> Iterator[Product]:
        """Every product that meets a query in Shopify's search syntax, with up to 10 photos each."""
        nodes = self._api.pages("products", "products", query=query or None)
        while page := list(islice(nodes, AT_ONCE)):
            yield from self._read(page)

    def some(self, ids: Iterable[str]) -> Iterator[Product]:
        """These products, whatever their status, with up to 10 photos each; what is gone is left out."""
        left = iter(ids)
        while asked := list(islice(left, AT_ONCE)):
            nodes = self._api.query("products_by_id", ids=asked)["nodes"]
            yield from self._read([node for node in nodes if node])

    def states(self) -> Iterator[ProductState]:
        """Every product for sale, and when it last changed: what a night must know of those that did not."""
        return map(replies.state, self._api.pages("product_states", "products"))

    def count(self, query: str = "") -> int:
        """How many products meet a query."""
        return int(self._api.query("products_count", query=query or None)["productsCount"]["count"])

    def create(
        self,
        title: str,
        category: str,
        *,
        price: Decimal | None = None,
        description: str = "",
        tags: Iterable[str] = (),
        hint: str = "",
        photo: bytes | None = None,
        filename: str = "photo.jpg",
    ) -> str:
        """List a product as a merchant does; returns its gid. `description` is HTML."""
        fields: Json = {"title": title, "productType": category, "tags": list(tags)}
        fields["descriptionHtml"] = description
        fields["metafields"] = [HINT | {"value": hint}] if hint else []
        media = self._media(photo, filename, title)
        made = self._api.mutate("product_create", product=fields, media=media)["product"]
        if price is not None:
            variants = [{"id": made["variants"]["nodes"][0]["id"], "price": str(price)}]
            self._api.mutate("product_price", productId=made["id"], variants=variants)
        return str(made["id"])

    def add_photo(self, product_id: str, photo: bytes, filename: str, alt: str = "") -> None:
        """Add a photo to a product as a merchant does."""
        media = self._media(photo, filename, alt)
        self._api.mutate("product_update", product={"id": product_id}, media=media)

    def delete(self, product_id: str) -> None:
        """Delete a product."""
        self._api.mutate("product_delete", id=product_id)

    def media(self, product_id: str) -> list[str]:
        """The ids of all media of a product, in the order the shop shows them; NotFound when it is gone."""
        node = self._api.query("product_media", id=product_id)["product"]
        if not node:
            raise NotFound(f"product_media: {product_id} is not in the store")
        return [medium["id"] for medium in node["media"]["nodes"]]

    def reorder(self, product_id: str, media_ids: Sequence[str]) -> str:
        """Put these media first, in this order; returns the gid of the job that does it."""
        moves = [{"id": media_id, "newPosition": str(place)} for place, media_id in enumerate(media_ids)]
        return str(self._api.mutate("product_reorder_media", id=product_id, moves=moves)["job"]["id"])

    def job_done(self, job_id: str) -> bool:
        """Whether a job has ended; NotFound when there is no such job."""
        job = self._api.query("job", id=job_id)["job"]
        if not job:
            raise NotFound(f"job: {job_id} is not in the store")
        return bool(job["done"])

    def _read(self, nodes: Sequence[Json]) -> Iterator[Product]:
        """Products of at most AT_ONCE nodes; what is not in the Online Store is asked for again."""
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"  # a product may be planned for a later day
        online = {n["id"] for n in nodes if n["publishedAt"] and n["publishedAt"] <= now}
        unsure = [n["id"] for n in nodes if n["status"] == "ACTIVE" and n["id"] not in online]
        elsewhere = self._published(unsure) if unsure else frozenset()
        for node in nodes:
            yield replies.product(node, published=node["id"] in online | elsewhere)

    def _published(self, ids: Iterable[str]) -> frozenset[str]:
        """Which of these active products are on a sales channel.

        `publishedAt` speaks of the Online Store alone, and every field that speaks of the other channels
        needs read_publications; the search tells it without.
        https://shopify.dev/docs/api/admin-graphql/latest/objects/Product#field-Product.fields.publishedAt
        https://shopify.dev/docs/api/admin-graphql/latest/objects/Product#field-Product.fields.resourcePublicationsCount
        """
        any_of = " OR ".join(f"id:{product_id.rpartition('/')[2]}" for product_id in ids)
        found = self._api.query("products_published", query=f"({any_of}) {FOR_SALE}")["products"]["nodes"]
        return frozenset(node["id"] for node in found)

    def _media(self, photo: bytes | None, filename: str, alt: str) -> list[Json]:
        if photo is None:
            return []
        media_type = MEDIA_TYPES.get(filename.rpartition(".")[2].lower(), "image/jpeg")
        source = self._files.upload(photo, filename, media_type)
        return [{"originalSource": source, "mediaContentType": "IMAGE", "alt": alt}]
