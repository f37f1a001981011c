"""A store with an app installed, and the tokens of that app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.devstore.server import LocalStore
from infra.settings import Settings
from infra.shopify.oauth import Grant
from infra.shopify.tokens import Tokens
from tests.infra.oauth_kit import (
    SHOP,
    client_of,
    close_all,
    installed,
    open_store,
    settings_for,
    tokens_of,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def settings(store: LocalStore, tmp_path: Path) -> Settings:
    store.faults.clear()
    store.install()
    return settings_for(store, tmp_path / "home")


@pytest.fixture
def tokens(settings: Settings) -> Tokens:
    return tokens_of(settings)


@pytest.fixture
def kept(store: LocalStore, settings: Settings, tokens: Tokens) -> Grant:
    """Expiring credentials, as a public app has them."""
    grant = installed(store, settings)
    tokens.keep(SHOP, "offline", grant)
    return grant


def works(settings: Settings, tokens: Tokens) -> bool:
    """Whether the store takes the token; a refused one is replaced as in production."""
    client = client_of(settings, tokens)
    try:
        return client.shop().domain == SHOP
    finally:
        client.close()
