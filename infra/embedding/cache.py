"""Vectors that were bought, by what they were bought for: the same picture is never paid for twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from time import time

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from infra.database import Database, insert_into

Vector = NDArray[np.float32]

MOST = 10_000
"""Vectors kept; of 2048 numbers, these take 80 MB."""
DAYS = 30
"""How long one is kept. What lasts are the mirrors; this only bridges crashes, retries and re-triggers."""

# Not among the tables of infra/database.py, for it holds nothing of a shop: neither its name nor its picture.
vectors = sa.Table(
    "vectors",
    sa.MetaData(),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("kept_at", sa.Integer, nullable=False, index=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
    comment="Bought embeddings by the hash of model and content, as little-endian float32",
)


class VectorCache:
    """Vectors by key, the newest MOST of them, for at most DAYS."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.begin() as db:
            vectors.metadata.create_all(db)

    def read(self, keys: Collection[str]) -> dict[str, Vector]:
        """Those of the vectors that are kept."""
        query = sa.select(vectors.c.key, vectors.c.data).where(vectors.c.key.in_(set(keys)))
        with self._database.read() as db:
            return {row.key: np.frombuffer(row.data, "<f4").astype(np.float32) for row in db.execute(query)}

    def write(self, found: Mapping[str, Vector]) -> None:
        """Keep vectors, and let go of what is old or too much."""
        if not found:
            return
        now = int(time())
        rows = [{"key": k, "kept_at": now, "data": v.astype("<f4").tobytes()} for k, v in found.items()]
        newest = sa.select(vectors.c.key).order_by(vectors.c.kept_at.desc(), vectors.c.key)
        with self._database.begin() as db:
            db.execute(insert_into(db, vectors).values(rows).on_conflict_do_nothing())
            old = (vectors.c.kept_at < now - DAYS * 86_400) | vectors.c.key.in_(newest.offset(MOST))
            db.execute(vectors.delete().where(old))
