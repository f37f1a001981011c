"""Runs and their paintings as records: what the page shows, the manifest says, a person looks up later."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from infra.database import Database, insert_into, installations, paintings, runs, upsert
from infra.errors import Cancelled, NotFound
from infra.model import Format, Painting, Product, RunStatus, load, plain

ENDED: tuple[RunStatus, ...] = ("published", "needs_review", "failed", "cancelled", "restored")
OPEN: tuple[RunStatus, ...] = ("waiting", "running")
PRODUCT_GONE, SHOP_GONE = "the product was deleted", "the app was uninstalled"
"""Why a run was cancelled."""

PaintingStatus = Literal["approved", "refused", "published", "restored"]

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
    "brief_note": "",
    "is_draft": False,
    "size": "2K",
    "approved_at": None,
    "store_away_since": None,
    "media_before": None,
    "banners_before": {},
    "restore_problem": "",
    "scene": None,
}
"""What a run's record holds before its first step; `step` is the one under way.

`store_away_since` is from when on its images have been waiting to get into the store.
`media_before` and `banners_before` are what publishing found: the product's media in their order, and the
file, or None, that each metafield pointed to. `scene` is what was wished for and what was taken for it, in a
run that is of no one product (its `product_id` is empty).
"""


class Runs:
    """Reads and writes run records. A write may be repeated: a step that runs twice leaves one record.

    "cancelled" is final: whoever writes to such a run meets `Cancelled`, in the same transaction that would
    have written, so that a step under way when its product or shop went leaves no trace.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(
        self,
        run_id: str,
        shop: str,
        product_id: str,
        formats: Sequence[Format],
        status: RunStatus = "waiting",
        **parts: Any,
    ) -> None:
        """Begin a run's record; one that is there already stays as it is. Cancelled for a shop that left."""
        sizes = {f.ratio: [f.width, f.height] for f in formats}
        row = {
            "run_id": run_id,
            "shop": shop,
            "product_id": product_id,
            "status": status,
            "started_at": _now(),
            "record": BLANK | {"formats": list(sizes), "sizes": sizes} | parts,
        }
        left = sa.select(installations.c.left_at).where(installations.c.shop == shop).with_for_update()
        with self._database.begin() as db:
            if db.scalar(left):
                raise Cancelled(SHOP_GONE)
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
        ended = {"ended_at": _now()} if status in ENDED and status != "restored" else {}
        self._change(run_id, status, parts | ended)

    def approve(self, run_id: str) -> None:
        """A person has approved what a run made: it goes on, unless it waits for nobody any more."""
        parts = {"approved_at": _now(), "ended_at": None, "reason": ""}
        self._change(run_id, "running", parts, only_if="needs_review")

    def fail(self, run_id: str, why: str, only_if: RunStatus) -> None:
        """End a run that could not go on, unless its status has moved on meanwhile."""
        self._change(run_id, "failed", {"reason": why, "ended_at": _now()}, only_if)

    def cancel(self, shop: str, why: str, *, run_id: str = "", product_id: str = "") -> int:
        """End what is open as cancelled: one run, a product's, or all of the shop. Returns how many."""
        where = (runs.c.shop == shop) & runs.c.status.in_(OPEN)
        if run_id:
            where &= runs.c.run_id == run_id
        if product_id:
            where &= runs.c.product_id == product_id
        ended = {"reason": why, "ended_at": _now()}
        with self._database.begin() as db:
            found = db.execute(sa.select(runs.c.run_id, runs.c.record).where(where).with_for_update()).all()
            for row in found:
                changed = {"status": "cancelled", "record": {**row.record, **ended}}
                db.execute(runs.update().where(runs.c.run_id == row.run_id).values(changed))
        return len(found)

    def _change(
        self, run_id: str, status: RunStatus | None, parts: dict[str, Any], only_if: RunStatus | None = None
    ) -> None:
        with self._database.begin() as db:
            found = _held(db, run_id)
            if only_if is None:
                _refuse_if_cancelled(found.status, found.record)
            if only_if in (None, found.status):
                changed = {"status": status or found.status, "record": {**found.record, **parts}}
                db.execute(runs.update().where(runs.c.run_id == run_id).values(changed))

    def keep(self, run_id: str, painting: Painting, status: PaintingStatus) -> None:
        """Write one painting's record under its format."""
        row = {"run_id": run_id, "format": painting.format, "status": status, "record": plain(painting)}
        with self._database.begin() as db:
            held = _held(db, run_id)
            _refuse_if_cancelled(held.status, held.record)
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

    def live(self, shop: str, run_id: str) -> dict[str, Any]:
        """A run that work may be done for; Cancelled when its product or shop is gone."""
        record = self.need(shop, run_id)
        _refuse_if_cancelled(record["status"], record)
        return record

    def of_product(self, shop: str, product_id: str) -> dict[str, Any] | None:
        """The newest run of a product, or None."""
        found = self._select((runs.c.shop == shop) & (runs.c.product_id == product_id), 1)
        return found[0] if found else None

    def history(self, shop: str, product_id: str) -> list[dict[str, Any]]:
        """Every run of a product, newest first."""
        return self._select((runs.c.shop == shop) & (runs.c.product_id == product_id), None)

    def count(self, shop: str, product_id: str) -> int:
        """How many runs a product has had."""
        where = (runs.c.shop == shop) & (runs.c.product_id == product_id)
        with self._database.read() as db:
            return db.scalar(sa.select(sa.func.count()).select_from(runs).where(where)) or 0

    def ours(self, shop: str, media_ids: Collection[str]) -> set[str]:
        """Which of these media are our own images, of any run of the shop."""
        media_id = paintings.c.record["media_id"].as_string()
        query = sa.select(media_id).join(runs, runs.c.run_id == paintings.c.run_id)
        with self._database.read() as db:
            return set(db.scalars(query.where((runs.c.shop == shop) & media_id.in_(list(media_ids)))))

    def waiting(self, shop: str) -> dict[str, str]:
        """run_id → product_id of the runs that still wait for a photo."""
        query = sa.select(runs.c.run_id, runs.c.product_id)
        with self._database.read() as db:
            found = db.execute(query.where((runs.c.shop == shop) & (runs.c.status == "waiting")))
            return {row.run_id: row.product_id for row in found}

    def recent(self, shop: str, limit: int = 50) -> list[dict[str, Any]]:
        """The newest runs of a shop, newest first."""
        return self._select(runs.c.shop == shop, limit)

    def _select(self, where: sa.ColumnElement[bool], limit: int | None) -> list[dict[str, Any]]:
        query = sa.select(runs).where(where).order_by(runs.c.started_at.desc()).limit(limit)
        with self._database.read() as db:
            found = [dict(row._mapping) for row in db.execute(query)]
            ids = [row["run_id"] for row in found]
            images = db.execute(sa.select(paintings).where(paintings.c.run_id.in_(ids))).all()
        return [_whole(row, [image for image in images if image.run_id == row["run_id"]]) for row in found]


def refuse_foreign(shop: str, run_id: str) -> None:
    """NotFound when a run is another shop's; records are written by run id alone."""
    if not run_id.startswith(f"{shop}:"):
        raise NotFound(f"no run {run_id} in {shop}")


def _held(db: sa.Connection, run_id: str) -> sa.Row[str, dict[str, Any]]:
    """A run's status and record, held until the transaction ends; NotFound once it was erased."""
    query = sa.select(runs.c.status, runs.c.record).where(runs.c.run_id == run_id)
    found = db.execute(query.with_for_update()).first()
    if found is None:
        raise NotFound(f"no run {run_id}")
    return found


def _refuse_if_cancelled(status: str, record: Mapping[str, Any]) -> None:
    if status == "cancelled":
        raise Cancelled(record["reason"])


def _whole(row: dict[str, Any], images: Sequence[Any]) -> dict[str, Any]:
    record = BLANK | row.pop("record")  # one that an older version opened lacks what came since
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
