"""What Shopify's own library knows of an app's installation: shop names, permission, signatures, sessions.

Its Session keeps the app's key and secret on the class, for all threads. Here each use has its own.
https://shopify.dev/docs/apps/build/authentication-authorization/authenticate-standalone-apps
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import shopify
from shopify import session_token
from shopify.utils import shop_url

from infra.errors import InputError, SettingsError
from infra.settings import Settings
from infra.shopify.scopes import REASONS
from infra.shopify.transport import API_VERSION


def shop_domain(given: str) -> str:
    """A shop's domain as name.myshopify.com, of what a person or a link gave; InputError when it is none."""
    try:
        found = shop_url.sanitize_shop_domain(given)
    except ValueError:  # "[" begins an IPv6 address
        found = None
    if not found or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com", found):
        raise InputError("That is not a store's address. Write it as name.myshopify.com.")
    return str(found)


def permission_url(settings: Settings, shop: str, redirect_uri: str, state: str) -> str:
    """The page on which a merchant grants our scopes."""
    session = shopify.Session(shop, API_VERSION)
    session.api_key = settings.shopify_api_key
    url: str = session.create_permission_url(list(REASONS), redirect_uri, state)
    return url.replace(f"https://{shop}", settings.store_url(shop), 1)


def is_signed(settings: Settings, query: Mapping[str, str]) -> bool:
    """Whether Shopify signed a query string (its `hmac`), within the last day."""
    if not query.get("timestamp", "").isdecimal():
        return False
    return any(_keyed(secret).validate_params(query) for secret in settings.webhook_secrets)


def shop_of_session(settings: Settings, authorization: str) -> str | None:
    """The shop that an Authorization header's session token speaks for; None for one that is no good.

    https://shopify.dev/docs/apps/build/authentication-authorization/session-tokens
    """
    if not (settings.shopify_api_key and settings.webhook_secrets):
        raise SettingsError("set SHOPIFY_API_KEY and SHOPIFY_API_SECRET: the app's client id and secret")
    for secret in settings.webhook_secrets:
        try:
            claims = session_token.decode_from_header(authorization, settings.shopify_api_key, secret)
            # The library checks these where they are, but does not ask for them.
            return shop_domain(claims["dest"]) if {"exp", "nbf"} <= claims.keys() else None
        except (session_token.SessionTokenError, InputError, TypeError, ValueError, AttributeError):
            continue
    return None


def _keyed(secret: bytes) -> type[shopify.Session]:
    return type("KeyedSession", (shopify.Session,), {"secret": secret.decode()})
