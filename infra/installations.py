"""The shops that this app is installed in, and what it needs to know of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import sqlalchemy as sa

from infra.database import Database, installations, metadata, paintings, runs, upsert
from infra.shopify.replies import Shop


@dataclass(frozen=True, slots=True)
class Installation:
    """One shop. `address` is where its webhooks are sent, `left_at` when the app was uninstalled.

    `reconciled_at` is when its new listings were last looked through for one whose webhook never came.
    """

    shop: str
    timezone: str
    locale: str
    address: str
    connected_at: datetime
    left_at: datetime | None
    reconciled_at: datetime | None

    @property
    def active(self) -> bool:
        return self.left_at is None


class Installations:
    """Reads and writes what is known of each shop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def connect(self, about: Shop, locale: str, address: str) -> None:
        """Remember a shop, new or again; one that had left is connected from now on.

        `reconciled_at` stays as it is: leaving has cleared it.
        """
        known = self.get(about.domain)
        since = known.connected_at if known and known.active else datetime.now(UTC)
        row = {
            "shop": about.domain,
            "timezone": about.timezone,
            "locale": locale,
            "address": address,
            "connected_at": since.isoformat(),
            "left_at": None,
        }
        with self._database.begin() as db:
            upsert(db, installations, row)

    def refresh(self, about: Shop, locale: str) -> None:
        """Take over what a connected shop says of itself; one that has left or is unknown stays so."""
        self._update(about.domain, timezone=about.timezone, locale=locale)

    def get(self, shop: str) -> Installation | None:
        """A shop that is connected, or was until it left; None for one we do not know."""
        with self._database.read() as db:
            found = db.execute(sa.select(installations).where(installations.c.shop == shop)).first()
        return _installation(found) if found else None

    def is_active(self, shop: str) -> bool:
        """Whether a shop is connected, and has not left."""
        found = self.get(shop)
        return found is not None and found.active

    def active(self) -> list[Installation]:
        """The shops that are connected, by name."""
        query = sa.select(installations).where(installations.c.left_at.is_(None))
        with self._database.read() as db:
            return [_installation(row) for row in db.execute(query.order_by(installations.c.shop))]

    def leave(self, shop: str) -> None:
        """Note that a shop has uninstalled the app."""
        self._update(shop, left_at=datetime.now(UTC).isoformat(), reconciled_at=None)

    def reconciled(self, shop: str, until: datetime) -> None:
        """Note that every product listed before `until` was looked at."""
        self._update(shop, reconciled_at=until.isoformat())

    def by_digest(self, digest: str) -> str | None:
        """The shop that `digest` was made of, if any table holds a row of it.

        Credentials are there before the installation is, and stay where connecting the shop has failed.
        """
        named = [sa.select(table.c.shop) for table in metadata.sorted_tables if table is not paintings]
        with self._database.read() as db:
            shops = db.scalars(sa.union(*named)).all()
        return next((shop for shop in shops if shop_digest(shop) == digest), None)

    def rows(self, shop: str) -> dict[str, int]:
        """How many rows each table holds of a shop, where there are any."""
        with self._database.read() as db:
            counts = {table.name: _count(db, table, shop) for table in metadata.sorted_tables}
        return {name: count for name, count in counts.items() if count}

    def erase(self, shop: str, *, wholly: bool) -> None:
        """Delete every row of a shop in every table; `wholly` takes along that it was ever installed."""
        held = sa.select(runs.c.run_id).where(runs.c.shop == shop).with_for_update()
        with self._database.begin() as db:
            db.execute(held).all()  # nobody adds a painting to a run that is about to go
            db.execute(paintings.delete().where(_of(paintings, shop)))
            for table in metadata.sorted_tables:
                if table is not paintings and (wholly or table is not installations):
                    db.execute(table.delete().where(_of(table, shop)))

    def _update(self, shop: str, **values: str | None) -> None:
        """Change a shop that is connected; what is written late brings none back that has left."""
        where = (installations.c.shop == shop) & installations.c.left_at.is_(None)
        with self._database.begin() as db:
            db.execute(installations.update().where(where).values(values))


def shop_digest(shop: str) -> str:
    """A shop's name made unreadable, for what must not name it."""
    return sha256(shop.encode()).hexdigest()[:32]


def _count(db: sa.Connection, table: sa.Table, shop: str) -> int:
    return db.scalar(sa.select(sa.func.count()).select_from(table).where(_of(table, shop))) or 0


def _of(table: sa.Table, shop: str) -> sa.ColumnElement[bool]:
    """The rows of a shop. Every table has a column for it but the paintings, which belong to runs."""
    if table is paintings:
        return paintings.c.run_id.in_(sa.select(runs.c.run_id).where(runs.c.shop == shop))
    return table.c.shop == shop


def _installation(row: sa.Row[tuple[str, ...]]) -> Installation:
    found = dict(row._mapping)
    return Installation(
        **{name: value for name, value in found.items() if not name.endswith("_at")},
        connected_at=datetime.fromisoformat(found["connected_at"]),
        left_at=_time(found["left_at"]),
        reconciled_at=_time(found["reconciled_at"]),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
