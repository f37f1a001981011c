"""The credentials of each shop, sealed, one row a shop; a row is only ever replaced by a newer one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

import sqlalchemy as sa

from infra.database import Database, credentials, upsert
from infra.model import load, plain
from infra.shopify.oauth import Grant
from infra.vault import Vault

Kind = Literal["client_credentials", "admin_token", "offline"]
"""From the app's own id and secret · given to us as it is · from the merchant's consent."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a shop's credentials. `version` is the row's, new with every write.

    `spent` is the refresh token that was exchanged for this grant: it stays good until the grant's own one
    is used. `refusals` counts the tokens before this one that the store refused soon after it gave them.
    """

    kind: Kind
    grant: Grant
    spent: str = field(default="", repr=False)
    refusals: int = 0
    obtained_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    version: str = field(default_factory=lambda: uuid4().hex)


class Keyring:
    """Reads and writes the rows."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def kind(self, shop: str) -> Kind | None:
        """Of which kind a shop's credentials are; None when it has none."""
        with self._database.read() as db:
            found: Kind | None = db.scalar(sa.select(credentials.c.kind).where(credentials.c.shop == shop))
        return found

    def get(self, shop: str) -> Held | None:
        """A shop's credentials; SettingsError when they cannot be opened with the keys at hand."""
        with self._database.read() as db:
            row = db.execute(sa.select(credentials).where(credentials.c.shop == shop)).first()
        if row is None:
            return None
        opened = json.loads(self._vault.open(shop, row.kind, row.sealed))
        return load(Held, opened | {"kind": row.kind, "version": row.version})

    def put(self, shop: str, held: Held) -> None:
        """Store credentials, whatever was there."""
        row = self._row(shop, held)
        with self._database.begin() as db:
            upsert(db, credentials, row)

    def replace(self, shop: str, version: str, held: Held) -> bool:
        """Store credentials in place of that version; False when it is no longer the one that is there."""
        where = (credentials.c.shop == shop) & (credentials.c.version == version)
        row = self._row(shop, held)
        with self._database.begin() as db:
            return bool(db.execute(credentials.update().where(where).values(row)).rowcount)

    def delete(self, shop: str) -> None:
        """Forget a shop's credentials."""
        with self._database.begin() as db:
            db.execute(credentials.delete().where(credentials.c.shop == shop))

    def _row(self, shop: str, held: Held) -> dict[str, str]:
        secret = json.dumps(plain(held))
        sealed = self._vault.seal(shop, held.kind, secret)
        return {"shop": shop, "kind": held.kind, "version": held.version, "sealed": sealed}
