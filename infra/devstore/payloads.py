"""What the store's webhooks say: plain data, ready for JSON.

https://shopify.dev/docs/api/webhooks/latest?reference=toml#list-of-topics-products/create
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from infra.devstore.state import Media, Product, gid


def timestamp(moment: datetime) -> str:
    """ISO 8601 with whole seconds, which is all that Shopify tells."""
    return moment.isoformat(timespec="seconds") + "Z"


def published_at(product: Product) -> str | None:
    """When a product came to the Online Store; a draft is not there (a guess)."""
    there = product.published_at if product.status == "ACTIVE" else None
    return timestamp(there) if there else None


def image_url(base_url: str, media: Media) -> str:
    """Where an image's bytes are; the version changes with the bytes, so that they may be cached for good."""
    return f"{base_url}/cdn/shop/files/{quote(media.filename)}?v={media.digest[:10]}"


def product_payload(product: Product, base_url: str) -> dict[str, Any]:
    """The body of products/create and products/update.

    A guess: an image is in `media` once its processing has begun and in `images` when it is READY. Both are
    empty at creation, as they often are in the real thing.
    """
    images = [_image(m, product, n, base_url) for n, m in enumerate(product.media, 1) if m.status == "READY"]
    return {
        "admin_graphql_api_id": gid("Product", product.id),
        "id": product.id,
        "title": product.title,
        "body_html": product.description_html,
        "handle": product.handle,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "tags": ", ".join(product.tags),
        "status": product.status.lower(),
        "published_at": published_at(product),
        "created_at": timestamp(product.created_at),
        "updated_at": timestamp(product.updated_at),
        "variants": [_variant(product)],
        "options": [{"product_id": product.id, "name": "Title", "position": 1, "values": ["Default Title"]}],
        "images": images,
        "image": images[0] if images else None,
        "media": [_media(m, n) for n, m in enumerate(product.media, 1) if m.status != "UPLOADED"],
        "category": None,
    }


def only(payload: dict[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """The named fields of a payload, all of it when none is named; "variants.id" is one inside a list.

    https://shopify.dev/docs/apps/build/webhooks/customize/modify_payloads
    """
    inner: dict[str, list[str]] = {}
    for name in fields:
        head, _, rest = name.partition(".")
        inner.setdefault(head, []).extend([rest] if rest else [])
    kept = {name: value for name, value in payload.items() if name in inner}
    return {name: _within(value, inner[name]) for name, value in kept.items()} if inner else payload


def _within(value: Any, fields: list[str]) -> Any:
    if isinstance(value, list):
        return [_within(item, fields) for item in value]
    return only(value, fields) if isinstance(value, dict) else value


def compliance_payload(topic: str, shop_id: int, shop_domain: str) -> dict[str, Any]:
    """The body of a topic that every app must take, about a customer who does not exist.

    https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance
    """
    shop = {"shop_id": shop_id, "shop_domain": shop_domain}
    customer = {"id": 191_167, "email": "john@example.com", "phone": "555-625-1199"}
    orders = [299_938, 280_263, 220_458]
    match topic:
        case "shop/redact":
            return shop
        case "customers/redact":
            return shop | {"customer": customer, "orders_to_redact": orders}
        case "customers/data_request":
            return shop | {
                "orders_requested": orders,
                "customer": customer,
                "data_request": {"id": 9999},
            }
    raise ValueError(f"{topic} is not a compliance topic")


def deleted_payload(product: Product) -> dict[str, Any]:
    """The body of products/delete: the id is all that is left."""
    return {"id": product.id}


def _variant(product: Product) -> dict[str, Any]:
    return {
        "admin_graphql_api_id": gid("ProductVariant", product.id),
        "id": product.id,
        "product_id": product.id,
        "title": "Default Title",
        "price": product.price,
        "sku": product.sku,
        "position": 1,
    }


def _image(media: Media, product: Product, position: int, base_url: str) -> dict[str, Any]:
    return {
        "admin_graphql_api_id": gid("ProductImage", media.id),
        "id": media.id,
        "product_id": product.id,
        "position": position,
        "alt": media.alt or None,
        "width": media.width,
        "height": media.height,
        "src": image_url(base_url, media),
    }


def _media(media: Media, position: int) -> dict[str, Any]:
    return {
        "admin_graphql_api_id": gid("MediaImage", media.id),
        "id": media.id,
        "position": position,
        "alt": media.alt or None,
        "status": media.status,
        "media_content_type": "IMAGE",
    }
