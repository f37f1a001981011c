"""The shop's side of OAuth over HTTP: where a merchant approves the app, and where tokens are given out.

https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import jwt

from infra.devstore.shop import Shop

SESSION_SECONDS = 60
"""How long a session token lasts."""


def callback(shop: Shop, secret: str, redirect_uri: str, code: str, state: str) -> str:
    """Where a merchant's browser is sent after approval: the app's address with a signed query.

    Shopify only redirects to addresses that the app is configured with; this store to any.
    """
    name = shop.domain.partition(".")[0]
    query = {
        "code": code,
        "host": base64.urlsafe_b64encode(f"admin.shopify.com/store/{name}".encode()).decode().rstrip("="),
        "shop": shop.domain,
        "state": state,
        "timestamp": str(int(time.time())),
    }
    joint = "&" if "?" in redirect_uri else "?"
    return f"{redirect_uri}{joint}{urlencode(query | {'hmac': sign_query(secret, query)})}"


def sign_query(secret: str, query: Mapping[str, str]) -> str:
    """The `hmac` of a query: hex, over its sorted parameters."""
    message = urlencode(sorted(query.items()))
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def session_token(shop: Shop, secret: str, seconds: float = SESSION_SECONDS) -> str:
    """A session token as App Bridge gives it to the app's page, good for so many seconds.

    https://shopify.dev/docs/apps/build/authentication-authorization/session-tokens
    """
    moment = int(time.time())
    claims: dict[str, Any] = {
        "iss": f"https://{shop.domain}/admin",
        "dest": f"https://{shop.domain}",
        "aud": shop.client_id,
        "sub": "1",
        "exp": moment + seconds,
        "nbf": moment - 1,
        "iat": moment - 1,
        "jti": str(uuid4()),
        "sid": uuid4().hex,
    }
    return jwt.encode(claims, secret, algorithm="HS256")
