"""Tokens are kept sealed, for all processes, and open only where they belong."""

from __future__ import annotations

from contextlib import closing

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from pydantic import SecretStr

from infra.database import Database, credentials
from infra.devstore.server import LocalStore
from infra.errors import SettingsError, TokenRefused
from infra.keyring import Keyring
from infra.settings import Settings
from infra.shopify.oauth import Grant
from infra.shopify.tokens import Tokens
from tests.infra.oauth_kit import (
    SHOP,
    installed,
    tokens_of,
)
from tests.infra.tokens.conftest import works


def test_a_shop_without_credentials_says_how_to_connect_it(tokens: Tokens) -> None:
    with pytest.raises(TokenRefused, match=f"bestshot connect {SHOP}"):
        tokens.of(SHOP)
    assert tokens.kind(SHOP) is None


def test_what_is_kept_is_used_by_every_process(settings: Settings, tokens: Tokens, kept: Grant) -> None:
    assert tokens.kind(SHOP) == "offline"
    assert tokens.of(SHOP).token() == tokens_of(settings).of(SHOP).token() == kept.access_token
    assert works(settings, tokens)


def test_nothing_secret_is_readable_in_the_database_or_in_any_repr(
    settings: Settings, tokens: Tokens, kept: Grant
) -> None:
    held = tokens.of(SHOP).look()
    stored = b"".join(path.read_bytes() for path in settings.home.glob("records.sqlite*"))
    for secret in (kept.access_token, kept.refresh_token):
        assert secret.encode() not in stored
        assert secret not in repr((tokens.of(SHOP), held))


def test_a_row_that_is_copied_to_another_shop_does_not_open(settings: Settings, kept: Grant) -> None:
    del kept
    with closing(Database(settings.records_url)) as database, database.begin() as db:
        row = dict(db.execute(sa.select(credentials)).one()._mapping)
        db.execute(credentials.insert().values(row | {"shop": "silk.myshopify.com"}))
    with pytest.raises(SettingsError, match="connect the shop again"):
        tokens_of(settings).of("silk.myshopify.com")


def test_a_lost_key_says_to_connect_again_and_a_new_connection_mends_it(
    store: LocalStore, settings: Settings, kept: Grant
) -> None:
    del kept
    (settings.home / "encryption.key").unlink()
    tokens = tokens_of(settings)
    with pytest.raises(SettingsError, match="connect the shop again"):
        tokens.of(SHOP)
    tokens.keep(SHOP, "offline", installed(store, settings))
    assert works(settings, tokens)


def test_a_row_moves_to_the_newest_key_at_its_next_write(settings: Settings, kept: Grant) -> None:
    old = (settings.home / "encryption.key").read_text().strip()
    new = Fernet.generate_key().decode()
    both = settings_for_keys(settings, f"{new},{old}")
    assert tokens_of(both).of(SHOP).replace(kept.access_token)
    assert works(settings, tokens_of(settings_for_keys(settings, new)))


def settings_for_keys(settings: Settings, keys: str) -> Settings:
    return settings.model_copy(update={"encryption_key": SecretStr(keys)})


def test_reading_the_row_again_is_cheap_and_rare(
    settings: Settings, tokens: Tokens, kept: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    del kept, settings
    reads: list[str] = []
    get = Keyring.get

    def counted(keyring: Keyring, shop: str) -> object:
        reads.append(shop)
        return get(keyring, shop)

    monkeypatch.setattr(Keyring, "get", counted)
    credentials_of = tokens.of(SHOP)
    for _ in range(1000):
        credentials_of.token()
    assert len(reads) <= 2
