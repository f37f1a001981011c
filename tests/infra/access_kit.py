"""What the tests of the local store's tokens share: each grant as one raw request."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from infra.devstore.access import EXCHANGE, ID_TOKEN, OFFLINE
from infra.devstore.server import LocalStore
from infra.errors import TokenRefused
from tests.infra.devstore_kit import SECRET, client_of

APP = {"client_id": "local-app", "client_secret": SECRET}
BACK = "http://127.0.0.1:9/auth/callback"


def ask(store: LocalStore, status: int = 200, *, as_json: bool = False, **asked: Any) -> Any:
    """The token endpoint's reply, after a look at its status."""
    body = {"json" if as_json else "data": APP | asked}
    reply = requests.post(f"{store.url}/admin/oauth/access_token", timeout=5, **body)  # type: ignore[arg-type]
    assert reply.status_code == status, reply.text
    return reply.json()


def exchange(store: LocalStore, status: int = 200, **asked: Any) -> Any:
    usual = {"grant_type": EXCHANGE, "subject_token_type": ID_TOKEN, "requested_token_type": OFFLINE}
    return ask(store, status, **usual | {"subject_token": store.session_token()} | asked)


def refresh(store: LocalStore, token: str, status: int = 200) -> Any:
    return ask(store, status, grant_type="refresh_token", refresh_token=token)


def approve(store: LocalStore, **asked: str) -> dict[str, str]:
    """The query that a merchant's browser brings back to the app."""
    query = {"client_id": "local-app", "redirect_uri": BACK, "state": "s-1"} | asked
    reply = requests.get(f"{store.url}/admin/oauth/authorize", params=query, allow_redirects=False, timeout=5)
    assert reply.status_code == 302
    assert reply.headers["Location"].startswith(BACK)
    return dict(parse_qsl(urlsplit(reply.headers["Location"]).query))


def works(store: LocalStore, token: str) -> bool:
    """Whether the API takes a token."""
    try:
        return client_of(store, token).shop().domain == store.shop
    except TokenRefused:
        return False
