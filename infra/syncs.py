"""Syncs as records: what was asked for, how far it has come, what came of it, and which products failed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from infra.database import Database, insert_into, syncs
from infra.errors import Cancelled

SyncStatus = Literal["waiting", "running", "done", "failed", "cancelled"]
SyncMode = Literal["changes", "full", "verify"]
AskedBy = Literal["command", "admin", "night", "install", "app"]

OPEN: tuple[SyncStatus, ...] = ("waiting", "running")
FAILURES_KEPT = 100
"""Products that are kept by name; beyond, they are only counted."""

COUNTS = ("seen", "new", "changed", "sales_only", "deleted", "failed", "embedding_calls")

BLANK: dict[str, Any] = {
    "mode": "changes",
    "dry_run": False,
    "asked_by": "",
    "reason": "",
    "ended_at": None,
    "price_usd": "0",
}
"""What a record holds from the start; steps note more."""
NOTHING_YET: dict[str, Any] = {
    "stage": "",
    "done": 0,
    "total": None,
    "counts": dict.fromkeys(COUNTS, 0),
    "failures": [],
}
"""How far a sync is that has done nothing. `total` is None where nobody knows it."""


class Syncs:
    """Reads and writes the records of syncs.

    A sync that has ended stays as it ended, and one that was erased stays away: who writes to it too late
    changes nothing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, run_id: str, shop: str, *, mode: SyncMode, dry_run: bool, asked_by: AskedBy) -> None:
        """Begin a record, "waiting"; one that is there already stays as it is."""
        row = {
            "run_id": run_id,
            "shop": shop,
            "status": "waiting",
            "started_at": _now(),
            "record": BLANK | {"mode": mode, "dry_run": dry_run, "asked_by": asked_by},
            "progress": NOTHING_YET,
        }
        with self._database.begin() as db:
            db.execute(insert_into(db, syncs).values(row).on_conflict_do_nothing())

    def drop(self, run_id: str) -> None:
        """Forget a sync that never began."""
        where = (syncs.c.run_id == run_id) & (syncs.c.status == "waiting")
        with self._database.begin() as db:
            db.execute(syncs.delete().where(where))

    def begin(self, run_id: str) -> None:
        """A worker has taken the sync up."""
        self._change(run_id, {}, "running")

    def note(self, run_id: str, **values: Any) -> None:
        """Put JSON-ready values into the record."""
        self._change(run_id, values)

    def end(self, run_id: str, status: Literal["done", "failed", "cancelled"], reason: str = "") -> None:
        """How the sync ended, and why if it did not go well."""
        self._change(run_id, {"reason": reason, "ended_at": _now()}, status)

    def cancel(self, shop: str, why: str) -> None:
        """End what is open of a shop."""
        for run_id in self.open_ones(shop):
            self.end(run_id, "cancelled", why)

    def report(self, run_id: str) -> SyncReport:
        """What a step reports to; it goes on from what is recorded."""
        query = sa.select(syncs.c.progress).where(syncs.c.run_id == run_id)
        with self._database.read() as db:
            return SyncReport(self._database, run_id, db.scalar(query) or NOTHING_YET)

    def read(self, shop: str, run_id: str) -> dict[str, Any] | None:
        """A sync's record, or None when this shop has no such sync.

        run_id, shop, mode, dry_run, asked_by, status, reason, started_at, ended_at, seconds, stage, done,
        total, counts, price_usd (of one embedding) and cost_usd (of all) as decimal text, failures
        [{product_id, title, why}], and what was noted.
        """
        found = self._select((syncs.c.shop == shop) & (syncs.c.run_id == run_id), 1)
        return found[0] if found else None

    def recent(self, shop: str, limit: int = 20) -> list[dict[str, Any]]:
        """The newest syncs of a shop, newest first."""
        return self._select(syncs.c.shop == shop, limit)

    def open_ones(self, shop: str, before: datetime | None = None) -> set[str]:
        """The ids of a shop's syncs that have not ended; only those asked for `before`."""
        where = (syncs.c.shop == shop) & syncs.c.status.in_(OPEN)
        if before:
            where &= syncs.c.started_at < before.isoformat()
        with self._database.read() as db:
            return set(db.scalars(sa.select(syncs.c.run_id).where(where)))

    def _change(self, run_id: str, values: dict[str, Any], status: SyncStatus | None = None) -> None:
        where = (syncs.c.run_id == run_id) & syncs.c.status.in_(OPEN)
        with self._database.begin() as db:
            query = sa.select(syncs.c.status, syncs.c.record).where(where).with_for_update()
            found = db.execute(query).first()
            if found is not None:
                changed = {"status": status or found.status, "record": {**found.record, **values}}
                db.execute(syncs.update().where(syncs.c.run_id == run_id).values(changed))

    def _select(self, where: sa.ColumnElement[bool], limit: int) -> list[dict[str, Any]]:
        query = sa.select(syncs).where(where).order_by(syncs.c.started_at.desc()).limit(limit)
        with self._database.read() as db:
            return [_whole(dict(row._mapping)) for row in db.execute(query)]


class SyncReport:
    """What a step says as it goes; every call is one UPDATE. One step at a time reports of a sync."""

    def __init__(self, database: Database, run_id: str, progress: dict[str, Any]) -> None:
        self._database, self._run_id = database, run_id
        self._progress = {**NOTHING_YET, **progress}

    def check(self) -> None:
        """Cancelled when the sync was ended by another meanwhile: it was called off, or given up for lost."""
        query = sa.select(syncs.c.status).where(syncs.c.run_id == self._run_id)
        with self._database.read() as db:
            if db.scalar(query) not in OPEN:
                raise Cancelled("the sync was called off")

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins. That of the catalog tries every product again: what failed so far is forgotten."""
        forgotten: dict[str, Any] = {}
        if name == "catalog":
            forgotten = {"failures": [], "counts": {**self._progress["counts"], "failed": 0}}
        self._write(stage=name, done=0, total=total, **forgotten)

    def add(self, done: int = 0, **counts: int) -> None:
        """Products that are done with in this stage, and what they add to the counts."""
        before = self._progress["counts"]
        more = {name: before.get(name, 0) + count for name, count in counts.items()}
        self._write(done=self._progress["done"] + done, counts={**before, **more})

    def put(self, **counts: int) -> None:
        """Counts as they are from now on."""
        self._write(counts={**self._progress["counts"], **counts})

    def fail(self, product_id: str, title: str, why: str) -> None:
        """A product that could not be mirrored; said again, only the reason is new."""
        kept, counts = list(self._progress["failures"]), self._progress["counts"]
        one = {"product_id": product_id, "title": title, "why": why}
        places = [place for place, other in enumerate(kept) if other["product_id"] == product_id]
        if places:
            kept[places[0]] = one
            self._write(failures=kept)
            return
        if len(kept) < FAILURES_KEPT:
            kept.append(one)
        self._write(failures=kept, counts={**counts, "failed": counts["failed"] + 1})

    def _write(self, **changed: Any) -> None:
        self._progress = {**self._progress, **changed}
        where = (syncs.c.run_id == self._run_id) & syncs.c.status.in_(OPEN)
        with self._database.begin() as db:
            db.execute(syncs.update().where(where).values(progress=self._progress))


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    record, progress = BLANK | row.pop("record"), NOTHING_YET | row.pop("progress")
    end = datetime.fromisoformat(record["ended_at"]) if record["ended_at"] else datetime.now(UTC)
    seconds = round((end - datetime.fromisoformat(row["started_at"])).total_seconds(), 2)
    cost = Decimal(record["price_usd"]) * progress["counts"]["embedding_calls"]
    return {**row, **progress, **record, "seconds": seconds, "cost_usd": str(cost)}


def _now() -> str:
    return datetime.now(UTC).isoformat()
