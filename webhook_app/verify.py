"""Bytes + headers + secrets → WebhookEvent, or why not. No framework, no I/O.

https://shopify.dev/docs/apps/build/webhooks/subscribe/https#step-2-validate-the-origin-of-your-webhook
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.errors import BadSignature, Malformed, TooLarge

MAX_BYTES = 5_000_000
"""A product webhook is well under 1 MB; Shopify caps variants and images in its payload."""

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_EVENT = re.compile(r"[A-Za-z0-9-]{1,64}")
_TOPIC = re.compile(r"[a-z_]+/[a-z_]+")


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """A body that Shopify really signed; the headers beside it are not, and say only what it claims to be.

    `event_id` is shared by all deliveries of one merchant action; without that header, by all of one body.
    """

    topic: str
    shop: str
    webhook_id: str
    event_id: str
    payload: dict[str, Any]


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[bytes]) -> WebhookEvent:
    """The event that a request carries; raises the WebhookRefused that says what is wrong with it.

    `secrets` are the client secrets in force: for up to an hour after a rotation the old one still signs.
    """
    if len(body) > MAX_BYTES:
        raise TooLarge(f"the body is over {MAX_BYTES} bytes")
    given = {name.lower(): value for name, value in headers.items()}
    _check_signature(body, given.get("x-shopify-hmac-sha256", ""), secrets)
    return WebhookEvent(
        topic=_header(given, "x-shopify-topic", _TOPIC),
        shop=_header(given, "x-shopify-shop-domain", _SHOP),
        webhook_id=given.get("x-shopify-webhook-id", ""),
        event_id=_event_id(given.get("x-shopify-event-id", ""), body),
        payload=_payload(body),
    )


def signature(body: bytes, secret: bytes) -> str:
    """The base64 HMAC-SHA256 that Shopify puts in X-Shopify-Hmac-Sha256."""
    return base64.b64encode(hmac.digest(secret, body, hashlib.sha256)).decode()


def _check_signature(body: bytes, given: str, secrets: Sequence[bytes]) -> None:
    if not given:
        raise BadSignature("the X-Shopify-Hmac-Sha256 header is missing")
    # As bytes: compare_digest raises TypeError on a str that is not ASCII.
    presented = given.encode(errors="surrogateescape")
    matches = [hmac.compare_digest(signature(body, secret).encode(), presented) for secret in secrets]
    if not any(matches):
        raise BadSignature("the signature does not match; check SHOPIFY_API_SECRET")


def _header(headers: Mapping[str, str], name: str, form: re.Pattern[str]) -> str:
    value = headers.get(name, "")
    if not form.fullmatch(value):
        raise Malformed(f"the {name} header is missing or malformed")
    return value


def _event_id(given: str, body: bytes) -> str:
    return given if _EVENT.fullmatch(given) else hashlib.sha256(body).hexdigest()[:32]


def _payload(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON") from None
    if not isinstance(payload, dict):
        raise Malformed("the body is not a JSON object")
    return payload
