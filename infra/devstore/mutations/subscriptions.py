"""Mutations of webhook subscriptions."""

from __future__ import annotations

import re

from sqlalchemy import select

from infra.devstore.mutations.base import Writes
from infra.devstore.refusals import UserError, mutation
from infra.devstore.state import Subscription, number_of
from infra.devstore.views import View, subscription_view


class SubscriptionMutations(Writes):
    """Who wants to hear of what."""

    @mutation
    def webhook_subscription_create(self, topic: str, webhook_subscription: View) -> View:
        """Subscribe an address to a topic. Shopify wants HTTPS; here plain HTTP will do."""
        made = Subscription(topic=topic)
        self._address(made, webhook_subscription)
        self.session.add(made)
        self.session.flush()
        return {"webhook_subscription": subscription_view(made)}

    @mutation
    def webhook_subscription_update(self, id: str, webhook_subscription: View) -> View:
        """Send a subscription's webhooks elsewhere, or with other fields."""
        found = self._subscription(id)
        self._address(found, webhook_subscription)
        return {"webhook_subscription": subscription_view(found)}

    @mutation
    def webhook_subscription_delete(self, id: str) -> View:
        """End a subscription; what is on its way already still comes (a guess)."""
        self.session.delete(self._subscription(id))
        return {"deleted_webhook_subscription_id": id}

    def _address(self, subscription: Subscription, wanted: View) -> None:
        """Give a subscription its address and fields; two for the same topic and address cannot be."""
        uri = wanted.get("uri") or subscription.uri or ""
        if not re.match(r"https?://[^/]+", uri):
            raise UserError("Address is not a valid URL", field=("webhookSubscription", "uri"))
        with self.session.no_autoflush:
            same = self.session.scalar(select(Subscription).filter_by(topic=subscription.topic, uri=uri))
        if same not in (None, subscription):
            raise UserError(
                "Address for this topic has already been taken", "TAKEN", ("webhookSubscription", "uri")
            )
        subscription.uri = uri
        if wanted.get("include_fields") is not None:
            subscription.include_fields = wanted["include_fields"]

    def _subscription(self, id: str) -> Subscription:
        found = self.session.get(Subscription, number_of(id, "WebhookSubscription"))
        if found is None:
            raise UserError("Webhook subscription does not exist", field=("id",))
        return found
