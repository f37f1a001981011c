"""What the tests of tokens share: an app's settings, its tokens, and a racer that is a process of its own.

`python -m tests.infra.oauth_kit SHOP THREADS` asks the store once in every thread, at the same moment, when a
line comes in; it prints for each the token that worked, or the error.
"""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.database import Database
from infra.devstore.server import LocalStore
from infra.keyring import Keyring
from infra.locks import Locks
from infra.settings import Settings
from infra.shopify.oauth import Grant, OAuth
from infra.shopify.store import Shopify
from infra.shopify.tokens import Tokens
from infra.vault import Vault

CLIENT_ID = "0123456789abcdef0123456789abcdef"
SECRET = "shpss_0123456789abcdef0123456789abcdef"
SHOP = "wool.myshopify.com"


def open_store(folder: Path, **options: Any) -> LocalStore:
    """A store in which the app is installed, and which has given no token yet."""
    given = {"shop": SHOP, "client_id": CLIENT_ID, "client_secret": SECRET, "access_token": ""}
    return LocalStore(folder, **given | options)


def settings_for(store: LocalStore, home: Path, **options: Any) -> Settings:
    """The app's settings, with that store in the place of Shopify."""
    given = {
        "home": home,
        "shopify_url": store.url,
        "shopify_api_key": CLIENT_ID,
        "shopify_api_secret": SECRET,
    }
    return Settings.from_env(**given | {"app_url": "https://bestshot.example.com"} | options)


_opened: list[Database] = []


def tokens_of(settings: Settings, locks: Path | None = None) -> Tokens:
    """The tokens as a process of its own would see them; `close_all` ends what it opened."""
    _opened.append(Database(settings.records_url))
    keyring = Keyring(_opened[-1], Vault.of(settings))
    return Tokens(keyring, OAuth(settings), Locks(settings.records_url, locks or settings.home / "locks"))


def close_all() -> None:
    while _opened:
        _opened.pop().close()


def client_of(settings: Settings, tokens: Tokens, shop: str = SHOP) -> Shopify:
    """The shop's API, with the credentials that are kept for it."""
    return Shopify(settings.store_url(shop), shop, tokens.of(shop))


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def installed(store: LocalStore, settings: Settings) -> Grant:
    """A grant as an embedded app's first page gets it."""
    return OAuth(settings).exchange_session(store.shop, store.session_token())


def race(settings: Settings, shop: str, threads: int) -> list[str]:
    """Ask the store in so many threads at once; the tokens that worked, or what was raised."""
    tokens, gate = tokens_of(settings), threading.Barrier(threads)

    def ask() -> str:
        client = client_of(settings, tokens, shop)
        gate.wait(20)
        try:
            client.shop()
        except Exception as error:
            return repr(error)
        finally:
            client.close()
        return tokens.of(shop).token()

    with ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(ask) for _ in range(threads)]]


if __name__ == "__main__":
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    print(json.dumps(race(Settings.from_env(), sys.argv[1], int(sys.argv[2]))))  # noqa: T201
