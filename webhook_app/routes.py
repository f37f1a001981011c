"""POST /webhooks: verify, start, answer. Shopify waits 5 seconds and takes only a 2xx for an answer.

https://shopify.dev/docs/apps/build/webhooks/subscribe/https
"""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, jsonify, make_response, request
from werkzeug.exceptions import RequestEntityTooLarge

from infra.errors import TooLarge, Unavailable, WebhookRefused
from infra.services import Services
from webhook_app.topics import handle
from webhook_app.verify import MAX_BYTES, WebhookEvent, verify

log = structlog.get_logger()


def blueprint(services: Services) -> Blueprint:
    """The webhook endpoint."""
    routes = Blueprint("webhooks", __name__)

    @routes.post("/webhooks")
    def receive() -> Response:
        try:
            event = verify(_body(), dict(request.headers), services.settings.webhook_secrets)
            done = handle(services, event)
        except WebhookRefused as refusal:
            return _refused(refusal)
        except Unavailable as error:
            log.error("webhook not taken", why=str(error))
            return make_response(jsonify(error="try again later"), 503)
        _log(event, done)
        return jsonify(result=done)

    return routes


def _body() -> bytes:
    request.max_content_length = MAX_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise TooLarge(f"the body is over {MAX_BYTES} bytes") from None


def _refused(refusal: WebhookRefused) -> Response:
    kind = type(refusal).__name__
    log.warning(
        "webhook refused", kind=kind, why=str(refusal), topic=request.headers.get("X-Shopify-Topic", "")
    )
    return make_response(jsonify(error=kind, detail=str(refusal)), refusal.status)


def _log(event: WebhookEvent, done: str) -> None:
    log.info(
        "webhook",
        topic=event.topic,
        shop=event.shop,
        product=event.payload.get("admin_graphql_api_id"),
        webhook=event.webhook_id,
        event_id=event.event_id,
        result=done,
    )
