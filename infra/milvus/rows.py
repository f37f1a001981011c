"""What is written to the mirror, what it is asked for, and which part of a collection holds it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

PARTITIONS = 16
"""Each category's products lie in one of these: a search in one category reads about a sixteenth of them.

Milvus Lite goes through all rows of what it searches, one by one in Python.
"""

TEXT = ("title", "category", "color", "style", "season", "photo_key", "fingerprint")
MAX_TEXT = 1024


@dataclass(frozen=True, slots=True)
class MirrorRow:
    """One product in the mirror. `dense` is an L2-normalised image vector, `sparse` {term: weight}."""

    product_id: str
    title: str
    category: str
    color: str
    style: str
    season: str
    price: float
    sales_count: int
    photo_key: str
    fingerprint: str
    dense: NDArray[np.float32]
    sparse: dict[int, float]


@dataclass(frozen=True, slots=True)
class SalesChange:
    """The units that a product has sold by now, and where its row is."""

    product_id: str
    sales_count: int
    category: str
    collection: str


@dataclass(frozen=True, slots=True)
class Held:
    """What the mirror itself says of a product, to be compared with what was written."""

    product_id: str
    category: str
    sales_count: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Where:
    """The scalar filter both sides of the search share. Values are quoted here, never spliced by a caller."""

    categories: tuple[str, ...] = ()
    min_sales: int = 0
    without: tuple[str, ...] = ()
    without_categories: tuple[str, ...] = ()

    def expression(self) -> str:
        parts = [f"sales_count >= {self.min_sales:d}"] if self.min_sales else []
        if self.categories:
            parts.append(f"category in {_quoted([clipped(name) for name in self.categories])}")
        if self.without_categories:
            parts.append(f"category not in {_quoted([clipped(name) for name in self.without_categories])}")
        if self.without:
            parts.append(f"product_id not in {_quoted(self.without)}")
        return " and ".join(parts)

    def partitions(self) -> list[str] | None:
        """The parts of a collection that can hold what is asked for; None for all of them."""
        return sorted({partition(category) for category in self.categories}) or None


def partition(category: str) -> str:
    """The part of a collection that a category's products lie in."""
    digest = sha256(clipped(category).encode()).digest()  # a search's answer names it clipped
    return partition_name(int.from_bytes(digest[:8]) % PARTITIONS)


def partition_name(number: int) -> str:
    return f"part_{number:02d}"


def entity(row: MirrorRow) -> dict[str, Any]:
    """A row as Milvus takes it."""
    texts: dict[str, Any] = {field: clipped(getattr(row, field)) for field in TEXT}
    return texts | {
        "product_id": row.product_id,
        "sales_count": row.sales_count,
        "price": row.price,
        "dense": row.dense.tolist(),
        "sparse": row.sparse,
    }


def clipped(text: str) -> str:
    """Milvus counts a VARCHAR's length in bytes."""
    return text.encode()[:MAX_TEXT].decode(errors="ignore")


def _quoted(values: Sequence[str]) -> str:
    """A list literal in Milvus's filter language, which reads strings as JSON does."""
    return json.dumps(list(values), ensure_ascii=False)
