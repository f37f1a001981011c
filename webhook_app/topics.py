"""The table: which webhook topic starts what."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from infra.errors import Cancelled, Malformed, UnknownShop, UnknownTopic
from infra.exports import FINISHED
from infra.services import Services
from webhook_app import arrivals, departures
from webhook_app.verify import WebhookEvent

_BULK_OPERATION = re.compile(r"gid://shopify/BulkOperation/[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Topic:
    """What a topic starts, and the payload fields it is subscribed with (none named: all of them).

    `fields` is None for the compliance topics: they are declared in infra/deploy/shopify.app.toml, cannot be
    subscribed to, and come for shops that are not connected (any more), too.
    """

    start: Callable[[Services, WebhookEvent], str]
    fields: tuple[str, ...] | None = ()


def export_finished(services: Services, event: WebhookEvent) -> str:
    """A bulk export has ended: wake the run that waits for it. The body has no URL, only the gid."""
    operation_id = event.payload.get("admin_graphql_api_id")
    if not isinstance(operation_id, str) or not _BULK_OPERATION.fullmatch(operation_id):
        raise Malformed("the payload names no bulk operation (admin_graphql_api_id)")
    run_id = services.exports.waiting(event.shop, operation_id)
    if run_id is None:
        return "nobody waits for this export"
    services.starter.notify(run_id, FINISHED, operation_id)
    return "export taken note of"


TOPICS = {
    "products/create": Topic(arrivals.product_created, arrivals.FIELDS),
    "products/update": Topic(arrivals.product_updated, arrivals.FIELDS),
    "products/delete": Topic(departures.product_deleted),
    FINISHED: Topic(export_finished),
    "app/uninstalled": Topic(departures.app_uninstalled),
    "customers/data_request": Topic(departures.customer_data_asked_for, None),
    "customers/redact": Topic(departures.customer_data_asked_for, None),
    "shop/redact": Topic(departures.shop_to_be_redacted, None),
}

SUBSCRIBED = {name: topic.fields for name, topic in TOPICS.items() if topic.fields is not None}
"""Topic → payload fields of the subscriptions that connecting a shop makes."""


LEFT = "ignored: the app was uninstalled"
"""Answered as taken: what is refused, Shopify sends for hours, and then ends the subscription."""


def handle(services: Services, event: WebhookEvent) -> str:
    """Start what an event calls for, durably; returns in a few words what was done."""
    topic = TOPICS.get(event.topic)
    if topic is None:
        raise UnknownTopic(f"{event.topic} is not a topic we subscribe to")
    if topic.fields is not None:
        installed = services.installations.get(event.shop)
        if installed is None:
            raise UnknownShop(f"{event.shop} is not connected here")
        if not installed.active:
            return LEFT
    try:
        return topic.start(services, event)
    except Cancelled:  # it left a moment ago
        return LEFT
