"""Webhook subscriptions of this app in one shop.

https://shopify.dev/docs/api/admin-graphql/2026-10/mutations/webhookSubscriptionCreate
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from infra.shopify.replies import Json
from infra.shopify.transport import Transport


class Subscription(NamedTuple):
    """`topic` as in "products/create"; `fields` are the payload's, empty for all of them."""

    id: str
    topic: str
    uri: str
    fields: tuple[str, ...]


class Subscriptions:
    """A shop's webhook subscriptions, as far as this app made them."""

    def __init__(self, transport: Transport) -> None:
        self._api = transport

    def all(self) -> list[Subscription]:
        """Every subscription that this app has made through the API."""
        nodes = self._api.pages("webhook_subscriptions", "webhookSubscriptions")
        return [
            Subscription(node["id"], _name(node["topic"]), node["uri"], tuple(node["includeFields"]))
            for node in nodes
        ]

    def create(self, topic: str, uri: str, fields: Sequence[str] = ()) -> None:
        """Have webhooks of a topic sent to an address."""
        self._api.mutate(
            "webhook_subscription_create", topic=_enum(topic), webhookSubscription=_input(uri, fields)
        )

    def update(self, subscription_id: str, uri: str, fields: Sequence[str] = ()) -> None:
        """Have a subscription's webhooks sent elsewhere, or with other fields."""
        wanted = _input(uri, fields)
        self._api.mutate("webhook_subscription_update", id=subscription_id, webhookSubscription=wanted)

    def ensure(self, wanted: Mapping[str, Sequence[str]], uri: str) -> dict[str, str]:
        """Have these topics, with these payload fields, sent to one address, changing only what differs.

        Returns topic → "created", "updated" or "unchanged". What went to another address no longer does: an
        app has one, and the old one may be somebody else's by now.
        """
        held: dict[str, list[Subscription]] = {topic: [] for topic in wanted}
        for one in self.all():
            held.get(one.topic, []).append(one)
        return {topic: self._ensure(held[topic], topic, uri, fields) for topic, fields in wanted.items()}

    def _ensure(self, held: list[Subscription], topic: str, uri: str, fields: Sequence[str]) -> str:
        if not held:
            self.create(topic, uri, fields)
            return "created"
        here, *others = sorted(held, key=lambda one: one.uri != uri)
        for one in others:
            self.delete(one.id)
        differs = (here.uri, set(here.fields)) != (uri, set(fields))
        if differs:
            self.update(here.id, uri, fields)
        return "updated" if differs or others else "unchanged"

    def delete(self, subscription_id: str) -> None:
        """End a subscription."""
        self._api.mutate("webhook_subscription_delete", id=subscription_id)


def _input(uri: str, fields: Sequence[str]) -> Json:
    return {"uri": uri, "includeFields": list(fields)}


def _enum(topic: str) -> str:
    return topic.upper().replace("/", "_")


def _name(topic: str) -> str:
    """BULK_OPERATIONS_FINISH is bulk_operations/finish: the last word is what happened."""
    subject, _, happened = topic.lower().rpartition("_")
    return f"{subject}/{happened}"
