"""Tokens for the admin endpoints: named, revocable, for one shop or for all."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa

from infra.database import Database, admin_tokens, insert_into
from infra.errors import InputError

PREFIX = "bst_"
"""What a token begins with, so that people and secret scanners recognise one."""
BYTES = 32
NOTE_USE = timedelta(minutes=1)
"""How often a token's last use is written at most."""

_TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class AdminToken:
    """What is known of a token, which is everything but the token. `shop` is empty when it is for all."""

    name: str
    shop: str
    created_at: datetime
    last_used_at: datetime | None

    def admits(self, shop: str) -> bool:
        """Whether the token is for that shop."""
        return self.shop in ("", shop)


class AdminTokens:
    """Makes, finds and revokes tokens. Only their SHA-256 is kept.

    That is enough for 256 random bits: nobody guesses them, so there is nothing for the salt and slowness of
    a password hash to slow down. It also keeps the look-up free of timings: what the database compares is
    a hash, and whoever cannot choose its bits learns nothing from how far two of them agree.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, shop: str = "") -> str:
        """A new token, which is never to be had again; InputError when the name is taken or no name."""
        if not _NAME.fullmatch(name):
            raise InputError("a token's name has up to 64 letters, digits, dots, dashes and underscores")
        token = PREFIX + secrets.token_urlsafe(BYTES)
        row = {"digest": _digest(token), "name": name, "shop": shop, "created_at": _now().isoformat()}
        with self._database.begin() as db:
            insert = insert_into(db, admin_tokens).values(row).on_conflict_do_nothing()
            if db.scalar(insert.returning(admin_tokens.c.name)) is None:
                raise InputError(f"there is a token called {name} already; revoke it, or choose another name")
        return token

    def find(self, token: str) -> AdminToken | None:
        """What is known of a token that was presented, and is in force; its use is noted."""
        if not _TOKEN.fullmatch(token):
            return None
        query = sa.select(admin_tokens).where(admin_tokens.c.digest == _digest(token))
        with self._database.read() as db:
            row = db.execute(query).first()
        if row is None:
            return None
        if row.last_used_at is None or _now() - datetime.fromisoformat(row.last_used_at) >= NOTE_USE:
            self._note_use(row.digest, row.last_used_at)
        return _known(row)

    def all(self) -> list[AdminToken]:
        """The tokens in force, by name."""
        with self._database.read() as db:
            return [_known(row) for row in db.execute(sa.select(admin_tokens).order_by(admin_tokens.c.name))]

    def revoke(self, name: str) -> None:
        """End a token: the next request with it is refused. InputError when there is none of that name."""
        with self._database.begin() as db:
            if not db.execute(admin_tokens.delete().where(admin_tokens.c.name == name)).rowcount:
                raise InputError("there is no token of that name; bestshot token list shows them")

    def _note_use(self, digest: str, before: str | None) -> None:
        """Of several requests at once, one writes."""
        where = (admin_tokens.c.digest == digest) & admin_tokens.c.last_used_at.is_not_distinct_from(before)
        with self._database.begin() as db:
            db.execute(admin_tokens.update().where(where).values(last_used_at=_now().isoformat()))


def _known(row: sa.Row[tuple[str, ...]]) -> AdminToken:
    used = row.last_used_at and datetime.fromisoformat(row.last_used_at)
    return AdminToken(row.name, row.shop, datetime.fromisoformat(row.created_at), used)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)
