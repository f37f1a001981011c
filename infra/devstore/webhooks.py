"""Webhooks: written down in the transaction that causes them, so that neither is lost without the other.

https://shopify.dev/docs/apps/build/webhooks
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.devstore.faults import Faults
from infra.devstore.payloads import deleted_payload, only, product_payload
from infra.devstore.state import Delivery, Product, Subscription, now


def topic_name(value: str) -> str:
    """A topic as webhooks spell it: BULK_OPERATIONS_FINISH is bulk_operations/finish."""
    subject, _, happened = value.lower().rpartition("_")
    return f"{subject}/{happened}"


class Outbox:
    """Writes webhooks into the transaction that causes them. One transaction is one merchant action."""

    def __init__(self, base_url: str, wake: Callable[[], None], faults: Faults) -> None:
        self._base_url = base_url
        self._wake = wake
        self._faults = faults

    def created(self, session: Session, product: Product) -> None:
        """Tell subscribers of products/create."""
        self.announce(session, "PRODUCTS_CREATE", product_payload(product, self._base_url))

    def updated(self, session: Session, product: Product) -> None:
        """Move `updated_at` on and tell subscribers of products/update."""
        product.updated_at = now()
        session.flush()
        self.announce(session, "PRODUCTS_UPDATE", product_payload(product, self._base_url))

    def deleted(self, session: Session, product: Product) -> None:
        """Tell subscribers of products/delete."""
        self.announce(session, "PRODUCTS_DELETE", deleted_payload(product))

    def announce(self, session: Session, topic: str, payload: dict[str, Any]) -> None:
        """Tell the subscribers of a topic (the enum value), each with the fields it wants."""
        for subscription in session.scalars(select(Subscription).where(Subscription.topic == topic)):
            wanted = only(payload, subscription.include_fields)
            self.send(session, topic_name(topic), subscription.uri, wanted, subscription.id)

    def send(
        self,
        session: Session,
        topic: str,
        uri: str,
        payload: dict[str, Any],
        subscription_id: int | None = None,
    ) -> None:
        """Have a webhook delivered to an address; a duplicate has the ids of the first."""
        if self._faults.strikes("lose_webhooks", topic):
            return
        fields = {
            "subscription_id": subscription_id,
            "topic": topic,
            "uri": uri,
            "body": json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(),
            "event_id": session.info.setdefault("event_id", str(uuid4())),
            "webhook_id": str(uuid4()),
        }
        session.add_all(Delivery(**fields) for _ in range(self._faults.stands("copies", 1)))
        self._wake()
