"""What is written to the mirror, what it is asked for, and what it says of itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infra import keywords

TEXT = ("title", "category", "color", "style", "season", "photo_key", "fingerprint")
MAX_TEXT = 1024
WORDLESS = {keywords.BUCKETS: 1.0}
"""The keywords of a text without any ("!!!"): Milvus takes no empty vector, and no word has this bucket."""


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
    """The units that a product has sold by now, and the collection that its row is in."""

    product_id: str
    sales_count: int
    collection: str


@dataclass(frozen=True, slots=True)
class Held:
    """What the mirror itself says of a product, to be compared with what was written."""

    product_id: str
    sales_count: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Look:
    """What the mirror keeps of a product's photo: which it is (by fingerprint), its blob and its vector."""

    fingerprint: str
    photo_key: str
    dense: NDArray[np.float32]


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


def entity(row: MirrorRow) -> dict[str, Any]:
    """A row as Milvus takes it."""
    texts: dict[str, Any] = {field: clipped(getattr(row, field)) for field in TEXT}
    return texts | {
        "product_id": row.product_id,
        "sales_count": row.sales_count,
        "price": row.price,
        "dense": row.dense.tolist(),
        "sparse": row.sparse or WORDLESS,
    }


def clipped(text: str) -> str:
    """Milvus counts a VARCHAR's length in bytes."""
    return text.encode()[:MAX_TEXT].decode(errors="ignore")


def _quoted(values: Sequence[str]) -> str:
    """A list literal in Milvus's filter language, which reads strings as JSON does."""
    return json.dumps(list(values), ensure_ascii=False)
