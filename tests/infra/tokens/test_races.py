"""A race, a crash or a lost reply never loses a shop."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from infra.devstore.server import LocalStore
from infra.errors import Refused, TokenRefused, Unavailable
from infra.settings import Settings
from infra.shopify.oauth import Grant, OAuth
from infra.shopify.tokens import Tokens
from tests.infra.oauth_kit import (
    SECRET,
    SHOP,
    close_all,
    installed,
    race,
    soon,
    tokens_of,
)
from tests.infra.postgres_kit import postgres_server
from tests.infra.tokens.conftest import works

KEY = Fernet.generate_key().decode()


def environment(settings: Settings) -> dict[str, str]:
    given = {
        "BESTSHOT_HOME": str(settings.home.resolve()),
        "BESTSHOT_SHOPIFY_URL": settings.shopify_url,
        "SHOPIFY_API_KEY": settings.shopify_api_key,
        "SHOPIFY_API_SECRET": SECRET,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "BESTSHOT_ENCRYPTION_KEY": settings.encryption_key.get_secret_value(),
    }
    return {**os.environ, **given, "PYTHONPATH": str(Path(__file__).parents[3])}


def test_a_renewal_under_way_does_not_bring_a_forgotten_shop_back(
    tokens: Tokens, kept: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh = OAuth.refresh

    def slowly(oauth: OAuth, shop: str, refresh_token: str) -> Grant:
        grant = refresh(oauth, shop, refresh_token)
        tokens.forget(shop)
        return grant

    monkeypatch.setattr(OAuth, "refresh", slowly)
    with pytest.raises(TokenRefused, match="not connected"):
        tokens.of(SHOP).replace(kept.access_token)
    assert tokens.kind(SHOP) is None


def test_what_was_kept_meanwhile_wins_over_a_renewal(
    store: LocalStore, settings: Settings, tokens: Tokens, kept: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    anew: list[Grant] = []
    refresh = OAuth.refresh

    def slowly(oauth: OAuth, shop: str, refresh_token: str) -> Grant:
        grant = refresh(oauth, shop, refresh_token)
        anew.append(installed(store, settings))
        tokens.keep(shop, "offline", anew[0])
        return grant

    monkeypatch.setattr(OAuth, "refresh", slowly)
    assert tokens.of(SHOP).replace(kept.access_token) == anew[0].access_token
    assert works(settings, tokens)


def test_a_lost_reply_is_asked_for_again(
    store: LocalStore, settings: Settings, tokens: Tokens, kept: Grant
) -> None:
    store.faults.lose_reply("access_token")
    with pytest.raises(Unavailable):
        tokens.of(SHOP).replace(kept.access_token)
    assert tokens.of(SHOP).replace(kept.access_token) != kept.access_token
    assert works(settings, tokens)


def test_a_reply_that_could_not_be_stored_is_not_used_and_asked_for_again(
    settings: Settings, tokens: Tokens, kept: Grant
) -> None:
    with closing(sqlite3.connect(settings.home / "records.sqlite")) as db:
        db.execute("CREATE TRIGGER full BEFORE UPDATE ON credentials BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(Refused, match="database"):
        tokens.of(SHOP).replace(kept.access_token)
    assert tokens.of(SHOP).token() == kept.access_token
    with closing(sqlite3.connect(settings.home / "records.sqlite")) as db:
        db.execute("DROP TRIGGER full")
    assert works(settings, tokens)


def test_a_crash_between_reply_and_database_loses_nothing(
    store: LocalStore, settings: Settings, tokens: Tokens, kept: Grant
) -> None:
    store.faults.expire_tokens()
    program = (
        "import os, signal; from infra.keyring import Keyring; from infra.settings import Settings\n"
        "from tests.infra.oauth_kit import race\n"
        "Keyring.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"race(Settings.from_env(), {SHOP!r}, 1)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environment(settings), timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert tokens.of(SHOP).token() == kept.access_token
    assert works(settings, tokens)


def test_many_threads_end_with_one_new_token(store: LocalStore, settings: Settings, kept: Grant) -> None:
    store.faults.expire_tokens()
    asked = store.operations_seen["access_token"]
    used = set(race(settings, SHOP, 16))
    assert used == {tokens_of(settings).of(SHOP).token()}
    assert used != {kept.access_token}
    assert store.operations_seen["access_token"] == asked + 1


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_two_processes_end_with_one_new_token(store: LocalStore, settings: Settings, database: str) -> None:
    with ExitStack() as stack:
        if database == "postgres":
            shared = {"database_url": stack.enter_context(postgres_server()), "encryption_key": KEY}
            settings = settings.model_copy(update={name: SecretStr(value) for name, value in shared.items()})
        tokens_of(settings).keep(SHOP, "offline", installed(store, settings))
        racers = [stack.enter_context(racer(settings, threads=6)) for _ in range(2)]
        store.faults.expire_tokens()
        asked = store.operations_seen["access_token"]
        for process in racers:
            process.stdin.write("\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
        said = [process.communicate(timeout=60)[0].splitlines()[-1] for process in racers]
        assert {token for line in said for token in json.loads(line)} == {
            tokens_of(settings).of(SHOP).token()
        }
        assert store.operations_seen["access_token"] == asked + 1
        close_all()


@contextmanager
def racer(settings: Settings, threads: int) -> Iterator[subprocess.Popen[str]]:
    """A process that is ready to ask the store in so many threads."""
    command = [sys.executable, "-m", "tests.infra.oauth_kit", SHOP, str(threads)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environment(settings), text=True, **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def test_even_without_the_lock_a_race_loses_no_shop(settings: Settings, kept: Grant, tmp_path: Path) -> None:
    del kept
    for turn in range(5):
        rivals = [tokens_of(settings, locks=tmp_path / f"{turn}{n}") for n in range(2)]
        rivals[0].keep(SHOP, "offline", replace(rivals[0].of(SHOP).look().grant, expires_at=soon(0)))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda one: one.of(SHOP).token(), rivals))
        assert works(settings, rivals[0])
        assert works(settings, rivals[1])


def test_the_spent_refresh_token_saves_a_shop_whose_new_one_is_void(
    settings: Settings, tokens: Tokens, kept: Grant
) -> None:
    first = tokens.of(SHOP).replace(kept.access_token)
    OAuth(settings).refresh(SHOP, kept.refresh_token)  # another process, whose reply is the one that counts
    assert works(settings, tokens_of(settings))
    assert tokens_of(settings).of(SHOP).token() != first
