"""The exports that runs wait for: a resumed run goes on with its own, and a webhook finds whom to wake."""

from __future__ import annotations

import sqlalchemy as sa

from infra.database import Database, exports, upsert

FINISHED = "bulk_operations/finish"
"""The topic of the webhook, and of the message to the run, whose text is the operation's gid."""


class Exports:
    """What is noted of each export until its run is done with it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, shop: str, operation_id: str, run_id: str, kind: str) -> None:
        """A run has started an export, and waits for it."""
        row = {"shop": shop, "operation_id": operation_id, "run_id": run_id, "kind": kind}
        with self._database.begin() as db:
            upsert(db, exports, row)

    def under_way(self, shop: str, run_id: str, kind: str) -> str | None:
        """The export of that kind which a run has started and is not done with."""
        where = (exports.c.shop == shop) & (exports.c.run_id == run_id) & (exports.c.kind == kind)
        with self._database.read() as db:
            return db.scalar(sa.select(exports.c.operation_id).where(where))

    def waiting(self, shop: str, operation_id: str) -> str | None:
        """The run that waits for an export, or None."""
        where = (exports.c.shop == shop) & (exports.c.operation_id == operation_id)
        with self._database.read() as db:
            return db.scalar(sa.select(exports.c.run_id).where(where))

    def done(self, shop: str, operation_id: str) -> None:
        """Nobody waits for that export any more."""
        where = (exports.c.shop == shop) & (exports.c.operation_id == operation_id)
        with self._database.begin() as db:
            db.execute(exports.delete().where(where))
