"""The table: which webhook topic starts what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from generators.formats import parse_formats
from infra.errors import Malformed, UnknownShop, UnknownTopic
from infra.services import Services
from webhook_app.verify import WebhookEvent


def handle(services: Services, event: WebhookEvent) -> str:
    """Start what an event calls for, durably; returns in a few words what was done."""
    if event.topic not in TOPICS:
        raise UnknownTopic(f"{event.topic} is not a topic we subscribe to")
    if services.seen.connected_at(event.shop) is None:
        raise UnknownShop(f"{event.shop} is not connected here")
    return TOPICS[event.topic](services, event.shop, event.payload)


def product_created(services: Services, shop: str, payload: dict[str, Any]) -> str:
    """A new product is a new listing."""
    return _begin(services, shop, _product_id(payload), 1)


def product_updated(services: Services, shop: str, payload: dict[str, Any]) -> str:
    """A photo may have come: look for it if a run waits, or list again what ended for want of one.

    A product we hold no run of is a new listing whose own webhook was lost, unless it is older than our
    connection to the shop: a merchant who edits the old catalog has not listed anything. Everything else,
    our own writes among it, starts nothing.
    """
    product_id = _product_id(payload)
    last = services.runs.of_product(shop, product_id)
    if last is None:
        return (
            product_created(services, shop, payload) if _is_new(services, shop, payload) else "known product"
        )
    if last["status"] == "waiting":
        look = f"{last['run_id']}:updated:{payload.get('updated_at')}"
        services.starter.start("new_listing", look, shop, last["run_id"], 0)
        return "photo looked for"
    if last["status"] == "failed" and last["step"] == "photo" and payload.get("media"):
        return _begin(services, shop, product_id, services.runs.count(shop, product_id) + 1)
    return "already listed"


TOPICS: dict[str, Callable[[Services, str, dict[str, Any]], str]] = {
    "products/create": product_created,
    "products/update": product_updated,
}


def look_id(run_id: str, look: int) -> str:
    """The id of a run's first, second, … look for its photo."""
    return f"{run_id}:look:{look}"


def _begin(services: Services, shop: str, product_id: str, time: int) -> str:
    """A product's first, second, … run. Its id is made of these alone: a second delivery is the same run.

    The record comes first: were it the other way round, a run could be lost with nobody to miss it.
    """
    run_id = f"{shop}:{product_id.rpartition('/')[2]}:{time}"
    formats = parse_formats(services.settings.formats, services.settings.image_size)
    services.runs.open(run_id, shop, product_id, formats)
    services.starter.start("new_listing", look_id(run_id, 1), shop, run_id, 1)
    return "listing started" if time == 1 else "listing started again"


def _product_id(payload: dict[str, Any]) -> str:
    gid = payload.get("admin_graphql_api_id")
    if not isinstance(gid, str) or not gid.startswith("gid://shopify/Product/"):
        raise Malformed("the payload names no product (admin_graphql_api_id)")
    return gid


def _is_new(services: Services, shop: str, payload: dict[str, Any]) -> bool:
    connected = services.seen.connected_at(shop)
    try:
        created = datetime.fromisoformat(str(payload.get("created_at")))
    except ValueError:
        return False
    return connected is not None and created.tzinfo is not None and created >= connected
