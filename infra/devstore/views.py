"""The store's rows as Shopify's types show them. Keys are the schema's field names in snake_case."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

from graphql import GraphQLError
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.devstore.orders import Order, OrderLine
from infra.devstore.payloads import image_url, published_at, timestamp
from infra.devstore.shop import Shop
from infra.devstore.state import Job, Media, Metafield, Product, Subscription, gid

View = dict[str, Any]

MOST_ON_A_PAGE = 250

R = TypeVar("R", Product, Media, Subscription, Order, OrderLine)


def connection(rows: Iterable[R], view: Callable[[R], View], first: int | None) -> View:
    """The first of these rows as a page; a cursor is the number of its last one."""
    if first is None or not 0 < first <= MOST_ON_A_PAGE:
        raise GraphQLError(f"`first` must be between 1 and {MOST_ON_A_PAGE}")
    found = list(islice(rows, first + 1))
    page = found[:first]
    info = {"has_next_page": len(found) > first, "end_cursor": str(page[-1].id) if page else None}
    return {"nodes": [view(row) for row in page], "page_info": info}


def product_view(product: Product, session: Session, shop: Shop) -> View:
    """A Product. `category` is null: nobody picks from Shopify's taxonomy here."""
    money = {"amount": product.price, "currency_code": shop.currency}

    def media(first: int | None = None) -> View:
        return connection(product.media, lambda m: media_view(m, shop.url), first)

    def metafield(key: str, namespace: str) -> View | None:
        found = find_metafield(session, gid("Product", product.id), shop.namespace(namespace), key)
        return metafield_view(found) if found else None

    return {
        "__typename": "Product",
        "id": gid("Product", product.id),
        "title": product.title,
        "handle": product.handle,
        "description_html": product.description_html,
        "product_type": product.product_type,
        "category": None,
        "tags": sorted(product.tags),
        "status": product.status,
        "created_at": timestamp(product.created_at),
        "updated_at": timestamp(product.updated_at),
        "published_at": published_at(product),
        "price_range_v2": {"min_variant_price": money},
        "metafield": metafield,
        "media": media,
        "variants": lambda first=None: connection([product], variant_view, first),
    }


def variant_view(product: Product) -> View:
    """The one variant of a product. That it shares the product's number is this store's own doing."""
    return {"id": gid("ProductVariant", product.id), "price": product.price}


def media_view(media: Media, base_url: str) -> View:
    """A MediaImage; its `image` is null until it is READY."""
    error = {"code": media.error_code, "message": media.error_message}
    image = {"url": image_url(base_url, media)}
    ready = media.status == "READY"
    return {
        "__typename": "MediaImage",
        "id": gid("MediaImage", media.id),
        "alt": media.alt or None,
        "status": media.status,
        "file_status": media.status,
        "media_errors": [error] if media.error_code else [],
        "image": image if ready else None,
    }


def order_view(order: Order, session: Session, shop: Shop) -> View:
    """An Order."""

    def line_items(first: int | None = None, after: str | None = None) -> View:
        rows = (line for line in order.lines if line.id > int(after or 0))
        return connection(rows, lambda line: line_view(line, session, shop), first)

    return {
        "__typename": "Order",
        "id": gid("Order", order.id),
        "created_at": timestamp(order.created_at),
        "cancelled_at": timestamp(order.cancelled_at) if order.cancelled_at else None,
        "test": order.test,
        "line_items": line_items,
    }


def line_view(line: OrderLine, session: Session, shop: Shop) -> View:
    """A LineItem; its product is null once that is deleted."""
    product = session.get(Product, line.product_id)
    return {
        "__typename": "LineItem",
        "id": gid("LineItem", line.id),
        "current_quantity": line.current_quantity,
        "product": product_view(product, session, shop) if product else None,
    }


def metafield_view(metafield: Metafield) -> View:
    """A Metafield."""
    return {
        "id": gid("Metafield", metafield.id),
        "namespace": metafield.namespace,
        "key": metafield.key,
        "value": metafield.value,
    }


def subscription_view(subscription: Subscription) -> View:
    """A WebhookSubscription."""
    return {
        "id": gid("WebhookSubscription", subscription.id),
        "topic": subscription.topic,
        "uri": subscription.uri,
        "include_fields": subscription.include_fields,
    }


def job_view(job: Job) -> View:
    """A Job. Shopify's job ids are UUIDs; these are numbers."""
    return {"id": gid("Job", job.id), "done": job.done}


def find_metafield(session: Session, owner: str, namespace: str, key: str) -> Metafield | None:
    """The metafield of that owner (a gid), namespace (in full) and key."""
    return session.scalar(select(Metafield).filter_by(owner=owner, namespace=namespace, key=key))
