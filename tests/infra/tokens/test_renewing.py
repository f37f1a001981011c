"""A token is there when asked for, and renewed in time, but never in a loop or for a shop that has gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from infra.devstore.server import LocalStore
from infra.errors import TokenRefused, Unavailable
from infra.settings import Settings
from infra.shopify import tokens as module
from infra.shopify.oauth import Grant, OAuth
from infra.shopify.tokens import Tokens
from tests.infra.oauth_kit import (
    SHOP,
    client_of,
    soon,
    tokens_of,
)
from tests.infra.tokens.conftest import works


def test_a_token_is_renewed_before_it_expires(settings: Settings, tokens: Tokens, kept: Grant) -> None:
    tokens.keep(SHOP, "offline", replace(kept, expires_at=soon(module.EARLY_SECONDS - 1)))
    renewed = tokens.of(SHOP).token()
    assert renewed != kept.access_token
    assert tokens_of(settings).of(SHOP).token() == renewed, "stored, not only remembered"


def test_a_token_of_the_settings_is_renewed_by_them_alone(settings: Settings, tokens: Tokens) -> None:
    grant = OAuth(settings).client_credentials(SHOP)
    tokens.keep(SHOP, "client_credentials", replace(grant, expires_at=soon(0)))
    assert tokens.of(SHOP).token() != grant.access_token
    assert works(settings, tokens)


def test_while_it_cannot_be_renewed_early_the_old_token_is_used(
    store: LocalStore, tokens: Tokens, kept: Grant
) -> None:
    tokens.keep(SHOP, "offline", replace(kept, expires_at=soon(60)))
    store.faults.answer(503, times=1, operation="access_token")
    assert [tokens.of(SHOP).token() for _ in range(3)] == [kept.access_token] * 3


def test_an_expired_token_that_cannot_be_renewed_now_is_not_used(
    store: LocalStore, tokens: Tokens, kept: Grant
) -> None:
    tokens.keep(SHOP, "offline", replace(kept, expires_at=soon(0)))
    store.faults.answer(503, times=1, operation="access_token")
    with pytest.raises(Unavailable):
        tokens.of(SHOP).token()
    assert tokens.of(SHOP).token() != kept.access_token


def test_a_refused_token_is_replaced(
    store: LocalStore, settings: Settings, tokens: Tokens, kept: Grant
) -> None:
    store.faults.expire_tokens()
    assert works(settings, tokens)
    assert tokens.of(SHOP).token() != kept.access_token


def test_a_store_that_refuses_every_new_token_is_not_asked_in_a_loop(
    store: LocalStore, settings: Settings, tokens: Tokens, kept: Grant
) -> None:
    asked, token = store.operations_seen["access_token"], kept.access_token
    for _ in range(module.MOST_REFUSALS - 1):
        token = tokens.of(SHOP).replace(token)
    with pytest.raises(TokenRefused, match="even new access tokens"):
        tokens.of(SHOP).replace(token)
    with pytest.raises(TokenRefused, match="even new access tokens"):
        tokens_of(settings).of(SHOP).replace(token)
    assert store.operations_seen["access_token"] == asked + module.MOST_REFUSALS - 1
    assert tokens.of(SHOP).token() == token


def test_a_minute_later_a_store_may_be_asked_again(
    tokens: Tokens, kept: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FRESH", timedelta(0))
    token = kept.access_token
    for _ in range(5):
        token = tokens.of(SHOP).replace(token)


@pytest.mark.parametrize("kind", ["admin_token", "offline"])
def test_a_token_without_a_successor_says_what_to_do(
    settings: Settings, tokens: Tokens, kind: module.Kind
) -> None:
    tokens.keep(SHOP, kind, Grant("shpat_planted"))
    with pytest.raises(TokenRefused, match=r"bestshot connect|open the app") as caught:
        works(settings, tokens)
    assert "planted" not in str(caught.value)


def test_an_uninstalled_shop_ends_with_what_to_do(
    store: LocalStore, settings: Settings, tokens: Tokens, kept: Grant
) -> None:
    del kept
    store.uninstall()
    with pytest.raises(TokenRefused, match="must open the app"):
        works(settings, tokens)


def test_nor_do_the_settings_bring_an_uninstalled_shop_back(
    store: LocalStore, settings: Settings, tokens: Tokens
) -> None:
    tokens.obtain(SHOP, "client_credentials", lambda: OAuth(settings).client_credentials(SHOP))
    store.uninstall()
    with pytest.raises(TokenRefused, match="not installed"):
        works(settings, tokens)


def test_a_forgotten_shop_is_soon_forgotten_by_every_process(
    settings: Settings, tokens: Tokens, kept: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    del kept
    elsewhere = client_of(settings, tokens_of(settings))
    elsewhere.shop()
    tokens.forget(SHOP)
    with pytest.raises(TokenRefused, match="not connected"):
        tokens.of(SHOP)
    monkeypatch.setattr(module, "TRUST_SECONDS", 0.0)
    with pytest.raises(TokenRefused, match="not connected"):
        elsewhere.shop()


def test_and_at_once_where_the_store_refuses_its_token(
    store: LocalStore, settings: Settings, tokens: Tokens, kept: Grant
) -> None:
    del kept
    elsewhere = client_of(settings, tokens_of(settings))
    tokens.forget(SHOP)
    store.faults.expire_tokens()
    with pytest.raises(TokenRefused, match="not connected"):
        elsewhere.shop()
