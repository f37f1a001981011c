"""Products that come: each new one is a listing, with runs whose ids are made of shop, product and count.

A run's id is its business key, so that nothing needs to be remembered of deliveries: a second one, one out
of order, one that is days late all lead to the run that is there. (Their own ids would not do: the create
and the update of one listing are two events.) What a webhook says is only the reason to look; what there is
to see of the product, the store's API says (webhook_app/steps/listing.py).
"""

from __future__ import annotations

import re
from datetime import datetime
from time import time
from typing import Any

from generators.formats import parse_formats
from infra.errors import Malformed
from infra.services import Services
from webhook_app.verify import WebhookEvent

FIELDS = ("id", "admin_graphql_api_id", "created_at", "updated_at", "media")
"""What is read of a product's payload; a payload with hundreds of variants is not even sent."""

MINUTE = 60.0
"""Seconds."""

_PRODUCT = re.compile(r"gid://shopify/Product/[1-9][0-9]{0,18}")


def product_created(services: Services, event: WebhookEvent) -> str:
    """A new product is a new listing, unless it is older than our connection to the shop."""
    product_id = product_of(event.payload)
    mirror_soon(services, event.shop, product_id)
    if not _is_new(services, event):
        return "known product"  # a payload that was sent before, and is sent again under this topic
    return begin_listing(services, event.shop, product_id, 1)


def product_updated(services: Services, event: WebhookEvent) -> str:
    """A photo may have come: look for it if a run waits, or list again what ended for want of one.

    A product we hold no run of is a new listing whose own webhook was lost, or is still to come. A merchant
    who edits the old catalog has not listed anything, and our own writes start nothing.
    """
    shop, product_id = event.shop, product_of(event.payload)
    last = services.runs.of_product(shop, product_id)
    if last is None:
        return product_created(services, event)
    mirror_soon(services, shop, product_id)
    if last["status"] == "waiting":
        look = f"{last['run_id']}:updated:{event.payload.get('updated_at')}"
        services.starter.start("new_listing", look, shop, last["run_id"], 0)
        return "photo looked for"
    if last["status"] == "failed" and last["step"] == "photo" and event.payload.get("media"):
        return begin_listing(services, shop, product_id, services.runs.count(shop, product_id) + 1)
    return "already listed"


def mirror_soon(services: Services, shop: str, product_id: str) -> None:
    """Have the mirror follow a product that changed, at the end of this minute.

    A merchant's edit is many changes: all of one minute are one run, by its id.
    """
    minute, gone = divmod(time(), MINUTE)
    run_id = f"{shop}:{product_id.rpartition('/')[2]}:mirror:{minute:.0f}"
    services.starter.start("mirror_product", run_id, shop, product_id, delay=MINUTE - gone)


def begin_listing(services: Services, shop: str, product_id: str, time: int) -> str:
    """A product's first, second, … run; to begin it twice is to begin it once.

    The record comes first: were it the other way round, a run could be lost with nobody to miss it.
    """
    run_id = f"{shop}:{product_id.rpartition('/')[2]}:{time}"
    formats = parse_formats(services.settings.formats, services.settings.image_size)
    services.runs.open(run_id, shop, product_id, formats)
    begin_looking(services, shop, run_id)
    return "listing started" if time == 1 else "listing started again"


def begin_looking(services: Services, shop: str, run_id: str) -> None:
    """Have a run look for its photo, if it does not do so already."""
    services.starter.start("new_listing", look_id(run_id, 1), shop, run_id, 1)


def look_id(run_id: str, look: int) -> str:
    """The id of a run's first, second, … look for its photo."""
    return f"{run_id}:look:{look}"


def product_of(payload: dict[str, Any]) -> str:
    """The gid of the product that a payload is about; Malformed when it is about something else."""
    gid = payload.get("admin_graphql_api_id")
    if not isinstance(gid, str) or not _PRODUCT.fullmatch(gid):
        raise Malformed("the payload names no product (admin_graphql_api_id)")
    return gid


def _is_new(services: Services, event: WebhookEvent) -> bool:
    installed = services.installations.get(event.shop)
    try:
        created = datetime.fromisoformat(str(event.payload.get("created_at")))
    except ValueError:
        return False
    # Shopify tells whole seconds only: a product of our first second is rather listed than lost.
    return (
        installed is not None
        and created.tzinfo is not None
        and created >= installed.connected_at.replace(microsecond=0)
    )
