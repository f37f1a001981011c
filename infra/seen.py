"""What was last mirrored of each product: fingerprints, sales and keyword counts, per shop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from infra.database import Database, insert_into, products, term_counts


@dataclass(frozen=True, slots=True)
class Seen:
    """One product as it was mirrored. `terms` are the hashed keywords of its text."""

    product_id: str
    fingerprint: str
    category: str
    sales_count: int
    terms: frozenset[int]


class SeenProducts:
    """The memory beside the mirror. Keyword counts change in the same transaction as the product.

    One writer of a shop at a time, or products are counted twice: see `writing` in sync/catalog.py.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def fingerprints(self, shop: str) -> dict[str, tuple[str, int]]:
        """product_id → (fingerprint, sales_count) of everything mirrored."""
        query = sa.select(products.c.product_id, products.c.fingerprint, products.c.sales_count)
        with self._database.read() as db:
            rows = db.execute(query.where(products.c.shop == shop))
            return {row.product_id: (row.fingerprint, row.sales_count) for row in rows}

    def sales_of(self, shop: str, product_ids: Collection[str]) -> dict[str, int]:
        """Units sold of these products, as far as they are mirrored."""
        where = (products.c.shop == shop) & products.c.product_id.in_(list(product_ids))
        with self._database.read() as db:
            rows = db.execute(sa.select(products.c.product_id, products.c.sales_count).where(where))
            return {row.product_id: row.sales_count for row in rows}

    def sales(self, shop: str, category: str | None = None) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Units sold of every mirrored product, of one category or of all."""
        query = sa.select(products.c.sales_count).where(products.c.shop == shop)
        if category is not None:
            query = query.where(products.c.category == category)
        with self._database.read() as db:
            return np.array(db.scalars(query).all(), dtype=np.int64)

    def put(self, shop: str, seen: Iterable[Seen]) -> None:
        """Record products as mirrored, new or again."""
        counts: Counter[int] = Counter()
        with self._database.begin() as db:
            for one in seen:
                counts.subtract(_forget(db, shop, one.product_id))
                counts.update(one.terms)
                row = {
                    "shop": shop, "product_id": one.product_id, "fingerprint": one.fingerprint,
                    "category": one.category, "sales_count": one.sales_count, "terms": sorted(one.terms),
                }  # fmt: skip
                db.execute(products.insert().values(row))
            _count(db, shop, counts)

    def put_sales(self, shop: str, sales: Mapping[str, int]) -> None:
        """Record new units sold of products that are mirrored already."""
        with self._database.begin() as db:
            for product_id, count in sales.items():
                where = (products.c.shop == shop) & (products.c.product_id == product_id)
                db.execute(products.update().where(where).values(sales_count=count))

    def forget(self, shop: str, product_ids: Iterable[str]) -> None:
        """Drop products that left the mirror."""
        counts: Counter[int] = Counter()
        with self._database.begin() as db:
            for product_id in product_ids:
                counts.subtract(_forget(db, shop, product_id))
            _count(db, shop, counts)

    def frequencies(self, shop: str, terms: Collection[int]) -> tuple[int, dict[int, int]]:
        """How many products are mirrored, and in how many of them each of these terms stands."""
        where = (term_counts.c.shop == shop) & term_counts.c.term.in_(list(terms))
        query = sa.select(term_counts.c.term, term_counts.c.documents).where(where)
        total = sa.select(sa.func.count()).select_from(products).where(products.c.shop == shop)
        with self._database.read() as db:
            counted = {row.term: row.documents for row in db.execute(query)}
            return db.scalar(total) or 0, counted


def _forget(db: sa.Connection, shop: str, product_id: str) -> list[int]:
    """Delete a product's row and return the terms it had."""
    where = (products.c.shop == shop) & (products.c.product_id == product_id)
    terms: list[int] = db.scalar(sa.select(products.c.terms).where(where)) or []
    db.execute(products.delete().where(where))
    return terms


def _count(db: sa.Connection, shop: str, counts: Counter[int]) -> None:
    """Add to the document counts; rows come in one order, so that two writers cannot deadlock."""
    changes = [{"shop": shop, "term": t, "documents": n} for t, n in sorted(counts.items()) if n]
    if changes:
        insert = insert_into(db, term_counts)
        total = term_counts.c.documents + insert.excluded.documents
        db.execute(
            insert.on_conflict_do_update(index_elements=["shop", "term"], set_={"documents": total}), changes
        )
