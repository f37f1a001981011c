"""Shopify's own libraries and the local store understand each other, and agree with us on what is genuine.

`shopifyapp` is Shopify's newer library for Python, `shopify` the older one; neither was made to fit this app.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import requests
from shopify import session_token
from shopify_app import ShopifyApp, TokenExchangeAccessToken

from infra.devstore.server import LocalStore
from infra.errors import BadSignature, Malformed
from infra.settings import Settings
from infra.shopify.install import is_signed, permission_url, shop_of_session
from infra.shopify.store import Shopify
from infra.shopify.transport import FixedToken
from tests.infra.devstore_kit import Receiver, Webhook
from tests.infra.oauth_kit import CLIENT_ID, SECRET, SHOP, open_store, settings_for
from webhook_app.verify import verify

NAME = SHOP.partition(".")[0]
OTHER = "shpss_of_somebody_else_0123456789abcd"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("store"), retry_seconds=(0.01,) * 8) as running:
        yield running


@pytest.fixture
def settings(store: LocalStore, tmp_path: Path) -> Settings:
    return settings_for(store, tmp_path)


@pytest.fixture(scope="module")
def webhook(store: LocalStore) -> Webhook:
    """A webhook as the local store signs and sends it."""
    client = Shopify(store.url, SHOP, FixedToken(store.admin_token()))
    with Receiver() as receiver:
        client.subscriptions.create("products/create", receiver.url)
        client.products.create("Röd klänning – 紅", "Dresses")
        return receiver.next("products/create")


@pytest.fixture
def http(store: LocalStore) -> Iterator[httpx.Client]:
    """The client that Shopify's library is given: what is meant for the shop goes to the local store."""
    local = httpx.URL(store.url)

    class Local(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            assert request.url.host == SHOP, "the library asks nobody else"
            path = f"{local.path.rstrip('/')}{request.url.path}"
            request.url = request.url.copy_with(scheme="http", host=local.host, port=local.port, path=path)
            return super().handle_request(request)

    with httpx.Client(transport=Local(), trust_env=False) as client:
        yield client


def official(secret: str = SECRET, old: str | None = None) -> ShopifyApp:
    return ShopifyApp(CLIENT_ID, secret, old)


def accepted_by_shopify(body: bytes, headers: Mapping[str, str], app: ShopifyApp) -> bool:
    asked: Any = {"method": "POST", "url": "https://x.example/webhooks", "headers": dict(headers)}
    return app.verify_webhook_req(asked | {"body": body.decode()}).ok


def accepted_by_us(body: bytes, headers: Mapping[str, str], *secrets: str) -> bool:
    try:
        verify(body, headers, [secret.encode() for secret in secrets])
    except (BadSignature, Malformed):
        return False
    return True


def works(store: LocalStore, token: str) -> bool:
    return Shopify(store.url, SHOP, FixedToken(token)).shop().domain == SHOP


def test_the_library_verifies_what_the_store_signs(webhook: Webhook) -> None:
    found = official().verify_webhook_req(
        {"method": "POST", "url": "", "headers": webhook.headers, "body": webhook.body.decode()}
    )
    assert (found.ok, found.shop, found.log.code) == (True, NAME, "verified")


def tampered(webhook: Webhook) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    signature = {name for name in webhook.headers if name.lower() == "x-shopify-hmac-sha256"}.pop()
    hexed = hmac.new(SECRET.encode(), webhook.body, hashlib.sha256).hexdigest()
    foreign = base64.b64encode(hmac.digest(OTHER.encode(), webhook.body, "sha256")).decode()
    yield "as it came", webhook.body, webhook.headers
    yield "headers in lower case", webhook.body, {k.lower(): v for k, v in webhook.headers.items()}
    yield "another body", webhook.body.replace(b"Dresses", b"Hats"), webhook.headers
    yield "a space more", webhook.body + b" ", webhook.headers
    yield "no body", b"", webhook.headers
    yield "no signature", webhook.body, {k: v for k, v in webhook.headers.items() if k != signature}
    for wrong in (
        "",
        "x",
        webhook.headers[signature][:-1],
        webhook.headers[signature].lower(),
        hexed,
        foreign,
    ):
        yield f"the signature {wrong!r}", webhook.body, webhook.headers | {signature: wrong}


def test_we_and_the_library_come_to_the_same_verdict(webhook: Webhook) -> None:
    verdicts = {
        what: (accepted_by_us(body, headers, SECRET), accepted_by_shopify(body, headers, official()))
        for what, body, headers in tampered(webhook)
    }
    assert {what for what, (ours, theirs) in verdicts.items() if ours != theirs} == set()
    assert [what for what, (ours, _) in verdicts.items() if ours] == ["as it came", "headers in lower case"]


def test_so_we_do_after_a_rotation_of_the_secret(webhook: Webhook) -> None:
    body, headers = webhook.body, webhook.headers
    assert accepted_by_us(body, headers, OTHER, SECRET) is accepted_by_shopify(
        body, headers, official(OTHER, SECRET)
    )
    assert (
        accepted_by_us(body, headers, OTHER) is accepted_by_shopify(body, headers, official(OTHER)) is False
    )


def test_the_library_gets_client_credentials(store: LocalStore, http: httpx.Client) -> None:
    found = official().exchange_using_client_credentials(NAME, http_client=http)
    assert found.access_token is not None, found.log
    assert works(store, found.access_token.token)
    life = datetime.fromisoformat(found.access_token.expires or "") - datetime.now(UTC)
    assert 86_300 < life.total_seconds() <= 86_400


def test_the_library_understands_a_wrong_secret(http: httpx.Client) -> None:
    found = official(OTHER).exchange_using_client_credentials(NAME, http_client=http)
    assert (found.ok, found.log.code) == (False, "invalid_client")


def exchanged(store: LocalStore, http: httpx.Client) -> TokenExchangeAccessToken:
    """A token that the library got for the session token of a first page."""
    query = {"id_token": store.session_token(), "shop": SHOP, "embedded": "1", "host": "aG9zdA"}
    url = str(httpx.URL("https://bestshot.example.com/", params=query))
    opened = official().verify_app_home_req(
        {"method": "GET", "url": url, "headers": {}, "body": ""}, "/auth/patch-id-token"
    )
    assert opened.ok, opened.log
    found = official().exchange_using_token_exchange("offline", opened.id_token, http_client=http)
    assert found.access_token is not None, found.log
    return found.access_token


def test_the_library_opens_the_app_and_exchanges_its_session_token(
    store: LocalStore, http: httpx.Client
) -> None:
    token = exchanged(store, http)
    assert works(store, token.token)
    assert token.refresh_token


def test_the_library_refreshes_what_it_was_given(store: LocalStore, http: httpx.Client) -> None:
    first = exchanged(store, http)
    due = TokenExchangeAccessToken(**{**vars(first), "expires": "2026-01-01T00:00:00Z"})
    second = official().refresh_token_exchanged_access_token(due, http_client=http).access_token
    assert second is not None
    assert second.token != first.token
    assert works(store, second.token)
    third = official().refresh_token_exchanged_access_token(due, http_client=http)
    assert third.ok, "a refresh token works again until its replacement is used"


def test_the_library_takes_a_dead_refresh_token_for_refused(store: LocalStore, http: httpx.Client) -> None:
    dead = {"refresh_token": "shprt_never_given", "expires": "2026-01-01T00:00:00Z"}
    due = TokenExchangeAccessToken(**{**vars(exchanged(store, http)), **dead})
    found = official().refresh_token_exchanged_access_token(due, http_client=http)
    assert (found.ok, found.access_token) == (False, None)


def test_the_older_library_and_we_take_the_stores_session_tokens(
    store: LocalStore, settings: Settings
) -> None:
    header = f"Bearer {store.session_token()}"
    claims = session_token.decode_from_header(header, CLIENT_ID, SECRET)
    assert claims["dest"] == f"https://{SHOP}"
    assert shop_of_session(settings, header) == SHOP


@pytest.mark.parametrize("damage", [lambda token: token[:-2], lambda token: f"{token}x", lambda _: ""])
def test_nor_do_we_take_one_that_was_changed(store: LocalStore, settings: Settings, damage: Any) -> None:
    header = f"Bearer {damage(store.session_token())}"
    with pytest.raises(session_token.SessionTokenError):
        session_token.decode_from_header(header, CLIENT_ID, SECRET)
    assert shop_of_session(settings, header) is None


def test_nor_one_whose_minute_is_over(store: LocalStore, settings: Settings) -> None:
    header = f"Bearer {store.session_token(seconds=-session_token.LEEWAY_SECONDS - 1)}"
    with pytest.raises(session_token.SessionTokenError):
        session_token.decode_from_header(header, CLIENT_ID, SECRET)
    assert shop_of_session(settings, header) is None


def test_the_older_library_takes_the_query_that_the_store_signs(settings: Settings) -> None:
    page = permission_url(settings, SHOP, "https://bestshot.example.com/auth/callback", "state-_1")
    sent = requests.get(page, allow_redirects=False, timeout=10).headers["Location"]
    query = dict(parse_qsl(urlsplit(sent).query))
    assert query["state"] == "state-_1"
    assert is_signed(settings, query)
    for name in query:
        assert not is_signed(settings, query | {name: "0" + query[name]}), name
        assert not is_signed(settings, {k: v for k, v in query.items() if k != name}), name
    assert not is_signed(settings, query | {"more": "1"})


def test_a_query_is_good_for_a_day(settings: Settings) -> None:
    from infra.devstore.oauth import sign_query

    for age, good in ((0, True), (86_000, True), (87_000, False)):
        query = {"shop": SHOP, "timestamp": str(int(time.time()) - age)}
        assert is_signed(settings, query | {"hmac": sign_query(SECRET, query)}) is good
