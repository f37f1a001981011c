"""Runs and their paintings as records: what the page shows, the manifest says, a person looks up later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from infra.database import Database, insert_into, paintings, runs, upsert
from infra.errors import NotFound
from infra.model import Format, Painting, Product, RunStatus, load, plain

ENDED: tuple[RunStatus, ...] = ("published", "needs_review", "failed")

PaintingStatus = Literal["approved", "refused", "published"]

BLANK: dict[str, Any] = {
    "title": "",
    "category": "",
    "price": None,
    "currency": "",
    "step": "photo",
    "reason": "",
    "ended_at": None,
    "photo_key": None,
    "retrieval": None,
    "references": [],
    "brief": None,
}
"""What a run's record holds before its first step; `step` is the one under way."""


class Runs:
    """Reads and writes run records. A write may be repeated: a step that runs twice leaves one record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, run_id: str, shop: str, product_id: str, formats: Sequence[Format]) -> None:
        """Begin a run's record; a run that is open already stays as it is."""
        sizes = {f.ratio: [f.width, f.height] for f in formats}
        row = {
            "run_id": run_id,
            "shop": shop,
            "product_id": product_id,
            "status": "waiting",
            "started_at": _now(),
            "record": BLANK | {"formats": list(sizes), "sizes": sizes},
        }
        with self._database.begin() as db:
            db.execute(insert_into(db, runs).values(row).on_conflict_do_nothing())

    def describe(self, run_id: str, product: Product) -> None:
        """Note what the product is called, so that a person recognises the run."""
        price = None if product.price is None else str(product.price)
        self.note(
            run_id, title=product.title, category=product.category, price=price, currency=product.currency
        )

    def begin(self, run_id: str, **parts: Any) -> None:
        """The wait is over: set parts of the record, unless another look at the photo has done so."""
        self._change(run_id, "running", parts, only_if="waiting")

    def note(self, run_id: str, *, status: RunStatus | None = None, **parts: Any) -> None:
        """Set parts of the record (JSON-ready values); ending statuses also set the end time."""
        ended = {"ended_at": _now()} if status in ENDED else {}
        self._change(run_id, status, parts | ended)

    def fail(self, run_id: str, why: str, only_if: RunStatus) -> None:
        """End a run that could not go on, unless its status has moved on meanwhile."""
        self._change(run_id, "failed", {"reason": why, "ended_at": _now()}, only_if)

    def _change(
        self, run_id: str, status: RunStatus | None, parts: dict[str, Any], only_if: RunStatus | None = None
    ) -> None:
        with self._database.begin() as db:
            query = sa.select(runs.c.status, runs.c.record).where(runs.c.run_id == run_id)
            found = db.execute(query.with_for_update()).one()
            if only_if in (None, found.status):
                changed = {"status": status or found.status, "record": {**found.record, **parts}}
                db.execute(runs.update().where(runs.c.run_id == run_id).values(changed))

    def keep(self, run_id: str, painting: Painting, status: PaintingStatus) -> None:
        """Write one painting's record under its format."""
        row = {"run_id": run_id, "format": painting.format, "status": status, "record": plain(painting)}
        with self._database.begin() as db:
            upsert(db, paintings, row)

    def read(self, shop: str, run_id: str) -> dict[str, Any] | None:
        """A run's whole record with its paintings, or None when this shop has no such run."""
        found = self._select((runs.c.shop == shop) & (runs.c.run_id == run_id), 1)
        return found[0] if found else None

    def need(self, shop: str, run_id: str) -> dict[str, Any]:
        """A run that must be there; NotFound otherwise."""
        record = self.read(shop, run_id)
        if record is None:
            raise NotFound(f"no run {run_id}")
        return record

    def of_product(self, shop: str, product_id: str) -> dict[str, Any] | None:
        """The newest run of a product, or None."""
        found = self._select((runs.c.shop == shop) & (runs.c.product_id == product_id), 1)
        return found[0] if found else None

    def count(self, shop: str, product_id: str) -> int:
        """How many runs a product has had."""
        where = (runs.c.shop == shop) & (runs.c.product_id == product_id)
        with self._database.read() as db:
            return db.scalar(sa.select(sa.func.count()).select_from(runs).where(where)) or 0

    def media(self, shop: str, product_id: str) -> set[str]:
        """The media ids that we ourselves gave a product, in all its runs."""
        query = sa.select(paintings.c.record).join(runs, runs.c.run_id == paintings.c.run_id)
        with self._database.read() as db:
            records = db.scalars(query.where((runs.c.shop == shop) & (runs.c.product_id == product_id)))
            return {record["media_id"] for record in records if record["media_id"]}

    def recent(self, shop: str, limit: int = 50) -> list[dict[str, Any]]:
        """The newest runs of a shop, newest first."""
        return self._select(runs.c.shop == shop, limit)

    def _select(self, where: sa.ColumnElement[bool], limit: int) -> list[dict[str, Any]]:
        query = sa.select(runs).where(where).order_by(runs.c.started_at.desc()).limit(limit)
        with self._database.read() as db:
            found = [dict(row._mapping) for row in db.execute(query)]
            ids = [row["run_id"] for row in found]
            images = db.execute(sa.select(paintings).where(paintings.c.run_id.in_(ids))).all()
        return [_whole(row, [image for image in images if image.run_id == row["run_id"]]) for row in found]


def _whole(row: dict[str, Any], images: Sequence[Any]) -> dict[str, Any]:
    record = row.pop("record")
    order = {ratio: place for place, ratio in enumerate(record["formats"])}
    kept = [
        {**image.record, "status": image.status, "refusals": list(load(Painting, image.record).refusals)}
        for image in sorted(images, key=lambda image: order.get(image.format, 0))
    ]
    cost = sum((Decimal(image["cost_usd"]) for image in kept), Decimal(0))
    return {**row, **record, "paintings": kept, "cost_usd": str(cost), "seconds": _seconds(row, record)}


def _seconds(row: dict[str, Any], record: dict[str, Any]) -> float:
    """Seconds from a run's start to its end, or until now."""
    end = datetime.fromisoformat(record["ended_at"]) if record["ended_at"] else datetime.now(UTC)
    return round((end - datetime.fromisoformat(row["started_at"])).total_seconds(), 2)


def _now() -> str:
    return datetime.now(UTC).isoformat()
