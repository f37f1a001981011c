"""What each step of leaving does; all of them may run twice."""

from __future__ import annotations

from typing import Literal

import structlog

from infra.errors import Closed, NotFound, ScopeMissing, SettingsError, TokenRefused, Unavailable
from infra.runs import PRODUCT_GONE, SHOP_GONE
from infra.services import Services
from sync import writing
from webhook_app.connect import alone
from webhook_app.sync_runs import unschedule_nights

Access = Literal["in", "out", "unsaid"]
"""Whether a shop lets us in. One that is closed does not say, nor do credentials that cannot be opened."""

log = structlog.get_logger()


def is_gone(services: Services, shop: str, product_id: str) -> bool:
    """Whether the store has no such product (any more); ids are never given out twice."""
    return services.store(shop).products.get(product_id) is None


def forget_product(services: Services, shop: str, product_id: str) -> None:
    """End a product's open runs; take it out of the mirror and out of what was seen."""
    services.runs.cancel(shop, PRODUCT_GONE, product_id=product_id)
    writing.forget_product(services, shop, product_id)


def leave(services: Services, shop: str, *, last: bool) -> bool:
    """Stop working for a shop, unless it lets us in: then the webhook was late or replayed.

    True when no more is to be done. A shop that does not say counts as left only at the last look: it may
    open again, and a lost key may be found.
    """
    with alone(services, shop):
        access = _access(services, shop)
        if access == "in" or (access == "unsaid" and not last):
            log.warning("uninstalled, says a webhook, but not the shop", shop=shop, access=access)
            return last
        _leave(services, shop)
        return True


def redact(services: Services, digest: str, *, last: bool) -> bool:
    """Erase what is held of a shop. True when nothing was left, or when the shop lets us in: it is back.

    A shop that counts as connected and does not say is left alone until the last look. The shop is named by
    its digest, in errors too: DBOS keeps what a step is given, returns and raises.
    """
    shop = services.installations.by_digest(digest)
    if shop is None:
        _scrub(services)
        return True
    try:
        with alone(services, shop):
            access = _access(services, shop)
            if access == "in" or (access == "unsaid" and services.installations.is_active(shop) and not last):
                log.warning("redaction asked for, but not by the shop", digest=digest, access=access)
                return access == "in"
            return _swept(services, shop, digest)
    except Exception as error:
        log.warning("redaction failed", digest=digest, kind=type(error).__name__)
        raise Unavailable(f"erasing {digest} met {type(error).__name__}") from None


def left_of(services: Services, shop: str) -> dict[str, int]:
    """What is held of a shop, counted everywhere; empty when it is but remembered to have been installed."""
    counts = services.installations.rows(shop)
    counts.pop("installations", None)
    counts["collections"] = len(services.mirror.collections(shop))
    counts["blobs"] = services.blobs.count(shop)
    counts["recipes"] = services.starter.count(shop)
    return {what: count for what, count in counts.items() if count}


def _leave(services: Services, shop: str) -> None:
    """First the shop counts as left, so that no webhook starts a run; then what is open is called off."""
    services.installations.leave(shop)
    services.runs.cancel(shop, SHOP_GONE)
    services.starter.cancel_shop(shop)
    services.syncs.cancel(shop, SHOP_GONE)
    unschedule_nights(services, shop)
    services.tokens.forget(shop)
    log.info("left", shop=shop)


def _swept(services: Services, shop: str, digest: str) -> bool:
    """Whether there was nothing to sweep; then the shop itself is forgotten."""
    left = left_of(services, shop)
    log.info("redacting", digest=digest, **left)
    if left:
        _sweep(services, shop)
        return False
    services.installations.erase(shop, wholly=True)
    _scrub(services)
    log.info("redacted", digest=digest)
    return True


def _sweep(services: Services, shop: str) -> None:
    services.installations.leave(shop)
    services.starter.erase(shop)
    services.tokens.forget(shop)
    services.ledger.forget(shop)  # the bill stays, without saying whose it was
    services.installations.erase(shop, wholly=False)
    services.mirror.drop(shop)
    services.blobs.erase(shop)


def _scrub(services: Services) -> None:
    """Take what was deleted off the disk: only now is it nowhere."""
    services.database.scrub()
    services.starter.scrub()


def _access(services: Services, shop: str) -> Access:
    """What the shop says to our access token; Unavailable and Refused when that is nothing of the kind.

    A frozen shop answers 402, a locked one 423: https://shopify.dev/docs/api/usage/response-codes
    """
    try:
        services.store(shop).shop()
    except ScopeMissing:
        return "in"
    except (TokenRefused, NotFound):
        return "out"
    except (Closed, SettingsError):
        return "unsaid"
    return "in"
