"""What was last seen of each product, per shop: fingerprint, time of change, sales, keyword counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from infra.database import Database, insert_into, products, term_counts

NOWHERE = ""
"""The collection of a product that has no place in the mirror: no photo, not for sale, or deleted."""
NEVER_AGAIN = 2**62
"""The time of change of a deleted product: no word on it is newer, for ids are not given out twice."""
SLICE = 500
"""Ids in one statement; SQLite takes 32,766 parameters."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One product as it was mirrored. `updated_at` is in seconds since 1970, by the store's own clock.

    `collection` names where its row is; `terms` are the hashed keywords of its text.
    """

    product_id: str
    updated_at: int
    collection: str
    fingerprint: str
    category: str
    sales_count: int
    terms: frozenset[int] = frozenset()


_COLUMNS = [products.c[name] for name in Seen.__slots__ if name != "terms"]


class SeenProducts:
    """The memory beside the mirror. Keyword counts change in the same transaction as the product.

    One writer of a shop at a time, or products are counted twice: see `writing` in sync/writing.py.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def stamps(self, shop: str) -> dict[str, int]:
        """When each product had last changed as we saw it."""
        query = sa.select(products.c.product_id, products.c.updated_at).where(products.c.shop == shop)
        with self._database.read() as db:
            tuples: Any = db.execute(query).cursor  # the driver's own: Rows take three times as long
            return dict(tuples)

    def sold(self, shop: str) -> dict[str, tuple[int, str]]:
        """product_id → (units sold, collection) of everything mirrored that sold at all."""
        query = sa.select(products.c.product_id, products.c.sales_count, products.c.collection)
        where = _mirrored(shop) & (products.c.sales_count > 0)
        with self._database.read() as db:
            tuples: Any = db.execute(query.where(where)).cursor
            return {product_id: (units, collection) for product_id, units, collection in tuples}

    def elsewhere(self, shop: str, collection: str) -> set[str]:
        """The products whose rows are in other collections than this."""
        place = products.c.collection
        before, after = (place > NOWHERE) & (place < collection), place > collection
        query = sa.select(products.c.product_id).where(products.c.shop == shop)
        with self._database.read() as db:  # each a range of an index, where NOT IN would read all of it
            return {*db.scalars(query.where(before)), *db.scalars(query.where(after))}

    def fingerprints(self, shop: str) -> dict[str, tuple[str, int]]:
        """product_id → (fingerprint, units sold) of everything mirrored."""
        query = sa.select(products.c.product_id, products.c.fingerprint, products.c.sales_count)
        with self._database.read() as db:
            return {
                row.product_id: (row.fingerprint, row.sales_count)
                for row in db.execute(query.where(_mirrored(shop)))
            }

    def of(self, shop: str, product_ids: Collection[str]) -> dict[str, Seen]:
        """What was seen of these products, without their terms."""
        found = {}
        with self._database.read() as db:
            for part in _slices(product_ids):
                where = (products.c.shop == shop) & products.c.product_id.in_(part)
                for row in db.execute(sa.select(*_COLUMNS).where(where)):
                    found[row.product_id] = Seen(*row)
        return found

    def every(self, shop: str, collection: str) -> list[Seen]:
        """What was seen of each product of a collection, without their terms."""
        where = (products.c.shop == shop) & (products.c.collection == collection)
        with self._database.read() as db:
            return [Seen(*row) for row in db.execute(sa.select(*_COLUMNS).where(where))]

    def count(self, shop: str, collection: str) -> int:
        """How many products have their row in a collection."""
        return self._count(products.c.shop == shop, products.c.collection == collection)

    def count_current(self, shop: str, collection: str) -> int:
        """How many products need no new look unless they change: in that collection, or rightly in none."""
        at = products.c.updated_at
        places = products.c.collection.in_([collection, NOWHERE])
        return self._count(products.c.shop == shop, places, at > 0, at < NEVER_AGAIN)

    def sales(self, shop: str, category: str | None = None) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Units sold of every mirrored product, of one category or of all."""
        query = sa.select(products.c.sales_count, sa.func.count()).where(_mirrored(shop))
        if category is not None:
            query = query.where(products.c.category == category)
        with self._database.read() as db:
            found = db.execute(query.group_by(products.c.sales_count)).all()
        units, counts = np.array(found, dtype=np.int64).reshape(-1, 2).T
        return np.repeat(units, counts)

    def put(self, shop: str, seen: Collection[Seen]) -> None:
        """Record products as they are now, new or again."""
        counts: Counter[int] = Counter(term for one in seen for term in one.terms)
        with self._database.begin() as db:
            counts.subtract(_forget(db, shop, [one.product_id for one in seen]))
            rows = [
                {name: getattr(one, name) for name in Seen.__slots__}
                | {"shop": shop, "terms": sorted(one.terms)}
                for one in seen
            ]
            if rows:
                db.execute(products.insert(), rows)
            _count(db, shop, counts)

    def put_sales(self, shop: str, sales: Mapping[str, int]) -> None:
        """Record new units sold of products that are mirrored already."""
        self._change(shop, products.c.sales_count, sales)

    def touch(self, shop: str, updated_at: Mapping[str, int]) -> None:
        """Record that products which had changed are, to us, the same as before; newer times stay."""
        older = products.c.updated_at < sa.bindparam("value")
        self._change(shop, products.c.updated_at, updated_at, older, products.c.collection != NOWHERE)

    def outdate(self, shop: str, product_ids: Collection[str] | None = None) -> None:
        """Take these products, or all, for out of date: the next pass writes them anew."""
        everything = [sa.true()]
        parts = everything if product_ids is None else map(products.c.product_id.in_, _slices(product_ids))
        with self._database.begin() as db:
            for part in parts:
                where = (products.c.shop == shop) & (products.c.updated_at < NEVER_AGAIN) & part
                db.execute(products.update().where(where).values(fingerprint="", updated_at=0))

    def misplace(self, shop: str, product_ids: Collection[str]) -> None:
        """Record that products are in no collection, but should be; what they sold is kept."""
        with self._database.begin() as db:
            for part in _slices(product_ids):
                where = (products.c.shop == shop) & products.c.product_id.in_(part)
                db.execute(products.update().where(where).values(collection=NOWHERE, updated_at=0))

    def forget(self, shop: str, product_ids: Collection[str]) -> None:
        """Drop what was seen of products."""
        with self._database.begin() as db:
            _count(db, shop, _negated(_forget(db, shop, product_ids)))

    def frequencies(self, shop: str, terms: Collection[int]) -> tuple[int, dict[int, int]]:
        """How many products are mirrored, and in how many of them each of these terms stands."""
        where = (term_counts.c.shop == shop) & term_counts.c.term.in_(list(terms))
        query = sa.select(term_counts.c.term, term_counts.c.documents).where(where)
        total = sa.select(sa.func.count()).select_from(products).where(_mirrored(shop))
        with self._database.read() as db:
            counted = {row.term: row.documents for row in db.execute(query)}
            return db.scalar(total) or 0, counted

    def _count(self, *where: sa.ColumnElement[bool]) -> int:
        with self._database.read() as db:
            return db.scalar(sa.select(sa.func.count()).select_from(products).where(*where)) or 0

    def _change(
        self, shop: str, column: sa.Column[int], values: Mapping[str, int], *only: sa.ColumnElement[bool]
    ) -> None:
        if not values:
            return
        where = (products.c.shop == shop, products.c.product_id == sa.bindparam("id"), *only)
        update = products.update().where(*where).values({column: sa.bindparam("value")})
        with self._database.begin() as db:
            db.execute(update, [{"id": product_id, "value": value} for product_id, value in values.items()])


def _mirrored(shop: str) -> sa.ColumnElement[bool]:
    return (products.c.shop == shop) & (products.c.collection != NOWHERE)


def _forget(db: sa.Connection, shop: str, product_ids: Collection[str]) -> Counter[int]:
    """Delete products' rows and return how often each term stood in them."""
    terms: Counter[int] = Counter()
    for part in _slices(product_ids):
        where = (products.c.shop == shop) & products.c.product_id.in_(part)
        for found in db.scalars(sa.select(products.c.terms).where(where)):
            terms.update(found)
        db.execute(products.delete().where(where))
    return terms


def _negated(counts: Counter[int]) -> Counter[int]:
    negative: Counter[int] = Counter()
    negative.subtract(counts)
    return negative


def _count(db: sa.Connection, shop: str, counts: Counter[int]) -> None:
    """Add to the document counts; rows come in one order, so that two writers cannot deadlock."""
    changes = [{"shop": shop, "term": t, "documents": n} for t, n in sorted(counts.items()) if n]
    if changes:
        insert = insert_into(db, term_counts)
        total = term_counts.c.documents + insert.excluded.documents
        db.execute(
            insert.on_conflict_do_update(index_elements=["shop", "term"], set_={"documents": total}), changes
        )


def _slices(ids: Iterable[str]) -> Iterable[list[str]]:
    every = list(ids)
    return (every[start : start + SLICE] for start in range(0, len(every), SLICE))
