"""Access tokens from Shopify's token endpoint: one function per grant, each a request and a checked reply.

https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import requests
from pydantic import BaseModel, Field, ValidationError

from infra.errors import SettingsError, TokenRefused, Unavailable
from infra.settings import Settings
from infra.shopify import replies

CONNECT_SECONDS, READ_SECONDS = 5, 20
EXPIRING_SECONDS = 3600
"""The life of an access token with a refresh token. https://github.com/Shopify/shopify-app-js/issues/3400
tells of replies that do not say it."""
TOKEN_EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
}
SPENT = ("invalid_grant", "invalid_request")
"""Codes for a code or refresh token that is no good (any more): OAuth's own, and the one that Shopify sends.
https://community.shopify.dev/t/520-during-refresh-token-rotation-permanently-orphans-the-offline-access-token/35182
"""
MEANINGS = {
    "invalid_client": "the client id or secret is wrong; check SHOPIFY_API_KEY and SHOPIFY_API_SECRET",
    "app_not_installed": "the app is not installed in this store; install it from the Dev Dashboard",
    "shop_not_permitted": "client credentials are for stores of the app's own organisation only; "
    "others install the app at /auth of its address",
    "invalid_subject_token": "the session token is not valid (any more); reload the page",
    **dict.fromkeys(SPENT, "the code or refresh token was used before, has expired or was revoked"),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """What the token endpoint gave. `expires_at` is None for a token that does not expire."""

    access_token: str = field(repr=False)
    expires_at: datetime | None = None
    refresh_token: str = field(default="", repr=False)
    refresh_expires_at: datetime | None = None
    scopes: frozenset[str] = frozenset()

    def expires_within(self, seconds: float) -> bool:
        """Whether the access token will have expired by then."""
        limit = datetime.now(UTC) + timedelta(seconds=seconds)
        return self.expires_at is not None and self.expires_at <= limit


class _Reply(BaseModel):
    access_token: str = Field(min_length=1, pattern=r"^[\x21-\x7e]+$")
    scope: str = ""
    expires_in: int | None = Field(None, gt=0)
    refresh_token: str = ""
    refresh_token_expires_in: int | None = Field(None, gt=0)

    def grant(self, asked_at: datetime) -> Grant:
        """The reply with its lifetimes as moments, counted from before it was asked for."""
        life = self.expires_in or (EXPIRING_SECONDS if self.refresh_token else None)
        return Grant(
            access_token=self.access_token,
            expires_at=_after(asked_at, life),
            refresh_token=self.refresh_token,
            refresh_expires_at=_after(asked_at, self.refresh_token_expires_in),
            scopes=frozenset(filter(None, (scope.strip() for scope in self.scope.split(",")))),
        )


class OAuth:
    """The token endpoint of each shop, for the app that the settings name.

    Every method raises TokenRefused when the store gives no token (its `code` is OAuth's), and Unavailable or
    Throttled when it may give one later. No error holds a secret.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def client_credentials(self, shop: str) -> Grant:
        """A token of 24 hours for a store of the app's own organisation."""
        return self._ask(shop, {"grant_type": "client_credentials"})

    def exchange_code(self, shop: str, code: str) -> Grant:
        """An expiring offline token for the code that the merchant's consent gave."""
        return self._ask(shop, {"code": code, "expiring": "1"})

    def exchange_session(self, shop: str, session_token: str) -> Grant:
        """An expiring offline token for a session token of the embedded app."""
        return self._ask(shop, {**TOKEN_EXCHANGE, "subject_token": session_token, "expiring": "1"})

    def refresh(self, shop: str, refresh_token: str) -> Grant:
        """The next pair of tokens. Until its refresh token is used, this one can be used again.

        https://shopify.dev/changelog/more-resilient-refreshes-for-expiring-offline-access-tokens
        """
        return self._ask(shop, {"grant_type": "refresh_token", "refresh_token": refresh_token})

    def _ask(self, shop: str, form: dict[str, str]) -> Grant:
        asked_at = datetime.now(UTC)
        reply = self._post(shop, self._client() | form)
        if reply.status_code == 429 or reply.status_code == 408 or reply.status_code >= 500:
            replies.read_status(f"access token for {shop}", reply.status_code, reply.headers)
        if reply.status_code != 200:
            raise _refusal(shop, reply)
        try:
            return _Reply.model_validate_json(reply.content).grant(asked_at)
        except (ValidationError, OverflowError):
            raise Unavailable(f"access token for {shop}: the reply holds no usable token") from None

    def _client(self) -> dict[str, str]:
        client = {
            "client_id": self._settings.shopify_api_key,
            "client_secret": self._settings.shopify_api_secret.get_secret_value(),
        }
        if not all(client.values()):
            raise SettingsError("set SHOPIFY_API_KEY and SHOPIFY_API_SECRET: the app's client id and secret")
        return client

    def _post(self, shop: str, form: dict[str, str]) -> requests.Response:
        url = f"{self._settings.store_url(shop)}/admin/oauth/access_token"
        with requests.Session() as http:
            http.trust_env = False
            try:
                return http.post(
                    url,
                    data=form,
                    headers={"Accept": "application/json"},  # errors come as a page otherwise
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                text = f"access token for {shop}: no answer ({type(error).__name__})"
                raise Unavailable(text) from None


def _refusal(shop: str, reply: requests.Response) -> TokenRefused:
    """What an answer of 3xx or 4xx means; of the store's own words only the code is repeated."""
    code = _error_code(reply)
    meaning = MEANINGS.get(code, "is this the store's name?" if reply.status_code == 404 else code)
    text = f"{shop} gives no access token ({reply.status_code}): {meaning or 'it does not say why'}"
    return TokenRefused(text, code=code)


def _error_code(reply: requests.Response) -> str:
    try:
        found = str(reply.json().get("error", ""))
    except (ValueError, AttributeError):
        # https://community.shopify.dev/t/client-credentials-grant-returning-app-not-installed-error/33287
        page = re.search(r"Oauth error (\w+)", reply.text[:10_000], re.IGNORECASE)
        found = page[1] if page else ""
    return found if re.fullmatch(r"[a-z_]{1,40}", found) else ""


def _after(moment: datetime, seconds: int | None) -> datetime | None:
    return None if seconds is None else moment + timedelta(seconds=seconds)
