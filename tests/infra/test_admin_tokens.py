"""Admin tokens: shown once, kept as hashes, in force until they are revoked or their shop is erased."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from infra.admin_tokens import AdminTokens
from infra.database import Database, admin_tokens
from infra.errors import InputError
from infra.installations import Installations, shop_digest

A, B = "a.myshopify.com", "b.myshopify.com"

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the kind of database."""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as opened:
        yield opened


@pytest.fixture
def tokens(database: Database) -> AdminTokens:
    return AdminTokens(database)


def test_a_token_is_found_by_its_text_until_it_is_revoked(tokens: AdminTokens) -> None:
    token, other = tokens.create("ci"), tokens.create("desk", A)
    assert token.startswith("bst_")
    assert len(token) == len("bst_") + 43  # 32 bytes in base64
    found = tokens.find(token)
    assert found is not None
    assert (found.name, found.shop) == ("ci", "")
    tokens.revoke("ci")
    assert tokens.find(token) is None
    assert tokens.find(other) is not None
    assert [one.name for one in tokens.all()] == ["desk"]


@on_sqlite
def test_what_was_never_made_is_not_found(tokens: AdminTokens) -> None:
    tokens.create("ci")
    for given in ("", "bst_", "bst_" + "A" * 43, "A" * 43, "bst_" + "é" * 43, "\x00", "x" * 100_000):
        assert tokens.find(given) is None


@on_sqlite
def test_a_token_is_for_one_shop_or_for_all(tokens: AdminTokens) -> None:
    everywhere, here = tokens.find(tokens.create("all")), tokens.find(tokens.create("one", A))
    assert everywhere is not None
    assert here is not None
    assert [everywhere.admits(shop) for shop in (A, B)] == [True, True]
    assert [here.admits(shop) for shop in (A, B, "")] == [True, False, False]


def test_names_are_given_once_and_free_again_after(tokens: AdminTokens) -> None:
    first = tokens.create("ci")
    with pytest.raises(InputError, match="already"):
        tokens.create("ci", A)
    assert tokens.find(first) is not None
    tokens.revoke("ci")
    second = tokens.create("ci")
    assert tokens.find(first) is None
    assert tokens.find(second) is not None


@on_sqlite
def test_a_name_is_one_plain_word(tokens: AdminTokens) -> None:
    for name in ("", "-f", "two words", "new\nline", "x" * 65, "[bold]"):
        with pytest.raises(InputError, match="name"):
            tokens.create(name)
    assert tokens.all() == []


@on_sqlite
def test_revoking_what_is_not_there_says_so(tokens: AdminTokens) -> None:
    with pytest.raises(InputError, match="bestshot token list"):
        tokens.revoke("ci")


@on_sqlite
def test_only_hashes_are_asked_for_and_kept(database: Database, tokens: AdminTokens) -> None:
    """The database never compares a token, so how long that takes says nothing of one."""
    sent: list[Any] = []
    with database.read() as db:
        engine = db.engine

    @sa.event.listens_for(engine, "before_cursor_execute")
    def _note(_connection: Any, _cursor: Any, _statement: str, parameters: Any, *_: Any) -> None:
        sent.append(parameters)

    token = tokens.create("ci")
    assert tokens.find(token) is not None
    assert token not in str(sent)
    assert str(sent).count(sha256(token.encode()).hexdigest()) == 3  # made, looked for, its use noted


@on_sqlite
def test_no_token_is_in_the_files_of_the_database(tokens: AdminTokens, tmp_path: Path) -> None:
    token = tokens.create("ci")
    assert tokens.find(token) is not None
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert sha256(token.encode()).hexdigest().encode() in stored
    assert token.removeprefix("bst_").encode() not in stored


def test_the_last_use_is_written_once_a_minute(database: Database, tokens: AdminTokens) -> None:
    token = tokens.create("ci")
    assert tokens.all()[0].last_used_at is None
    assert tokens.find(token) is not None
    assert tokens.all()[0].last_used_at is not None
    for seconds, is_noted in ((30, False), (61, True)):
        before = datetime.now(UTC) - timedelta(seconds=seconds)
        with database.begin() as db:
            db.execute(admin_tokens.update().values(last_used_at=before.isoformat()))
        assert tokens.find(token) is not None
        assert (tokens.all()[0].last_used_at != before) is is_noted


def test_a_token_goes_with_its_shop_and_those_for_all_stay(database: Database, tokens: AdminTokens) -> None:
    installations = Installations(database)
    here, there, everywhere = tokens.create("a", A), tokens.create("b", B), tokens.create("all")
    assert installations.rows(A) == {"admin_tokens": 1}
    assert installations.by_digest(shop_digest(A)) == A
    installations.erase(A, wholly=False)
    assert tokens.find(here) is None
    assert tokens.find(there) is not None
    assert tokens.find(everywhere) is not None
    assert installations.rows(A) == {}
    assert installations.by_digest(shop_digest(A)) is None
