"""What goes: a product, the app from a shop, a shop's data, a customer's.

None of it is done on a webhook's word alone. The body is signed but the headers are not, so that an old one
can be sent again under another topic, shop or time. Each of these starts a recipe that asks the store's API
first (webhook_app/recipes/leaving.py). What that answers depends on when it is asked, so the recipes are
keyed by the event: all deliveries of one uninstall are one recipe, those of the next another.
"""

from __future__ import annotations

from infra.errors import Malformed
from infra.installations import shop_digest
from infra.services import Services
from webhook_app.verify import WebhookEvent


def product_deleted(services: Services, event: WebhookEvent) -> str:
    """A product is gone: its open runs end, and the mirror forgets it. The body is its number alone."""
    number = event.payload.get("id")
    if type(number) is not int or number <= 0:
        raise Malformed("the payload names no product (id)")
    run_id = f"{event.shop}:{number}:gone:{event.event_id}"
    services.starter.start("forget_product", run_id, event.shop, f"gid://shopify/Product/{number}")
    return "deletion looked into"


def app_uninstalled(services: Services, event: WebhookEvent) -> str:
    """The merchant has removed the app: work stops and the tokens are forgotten."""
    _must_be_about(event, "myshopify_domain", "domain")
    key = f"uninstalled:{event.shop}:{event.event_id}"  # not "<shop>:…": it must outlive what it calls off
    services.starter.start("leave_shop", f"{key}:1", event.shop, key, 1)
    return "uninstall looked into"


def customer_data_asked_for(_services: Services, event: WebhookEvent) -> str:
    """There is nothing to hand over, and nothing to delete when a customer is to be forgotten.

    Of orders, only the units of each product are kept (sync/sales.py); who placed them is not even asked for
    (infra/graphql/bulk_orders.graphql and orders.graphql).
    """
    _must_be_about(event, "shop_domain")
    return "no customer data is held"


def shop_to_be_redacted(services: Services, event: WebhookEvent) -> str:
    """48 hours after an uninstall: every trace of the shop has to go.

    https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance#shop-redact
    """
    _must_be_about(event, "shop_domain")
    if not services.installations.rows(event.shop):
        return "nothing is held of this shop"
    digest = shop_digest(event.shop)
    key = f"redact:{digest}:{event.event_id}"
    services.starter.start("redact_shop", f"{key}:1", digest, key, 1)
    return "redaction started"


def _must_be_about(event: WebhookEvent, *fields: str) -> None:
    """The signed body must name the shop that the unsigned header does."""
    if event.shop not in [event.payload.get(field) for field in fields]:
        raise Malformed(f"the payload is not about this shop ({fields[0]})")
