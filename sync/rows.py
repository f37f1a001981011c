"""One product as the mirror and the memory beside it hold it."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from infra import keywords
from infra.milvus import MirrorRow
from infra.model import Product
from infra.seen import NOWHERE, Seen


def has_a_place(product: Product) -> bool:
    """Whether a product belongs into the mirror: it is for sale and has a photo."""
    return product.status == "ACTIVE" and bool(product.photos)


def fingerprint(product: Product) -> str:
    """Changes when, and only when, the product's first photo, its text or its price changes."""
    parts = (product.photos[0].id, keywords.document_text(product), str(product.price))
    return sha256("\0".join(parts).encode()).hexdigest()


def seconds(moment: datetime) -> int:
    """A time of the store, which tells whole seconds."""
    return int(moment.timestamp())


def mirror_row(product: Product, photo_key: str, vector: NDArray[np.float32], sales: int) -> MirrorRow:
    return MirrorRow(
        product_id=product.id,
        title=product.title,
        category=product.category,
        color=product.color,
        style=product.style,
        season=product.season,
        price=float(product.price or 0),
        sales_count=sales,
        photo_key=photo_key,
        fingerprint=fingerprint(product),
        dense=vector,
        sparse=keywords.document_vector(keywords.document_text(product)),
    )


def seen_as(row: MirrorRow, product: Product, collection: str) -> Seen:
    """What is remembered of a product that was written to a collection."""
    return Seen(
        product_id=product.id,
        updated_at=seconds(product.updated_at),
        collection=collection,
        fingerprint=row.fingerprint,
        category=row.category,
        sales_count=row.sales_count,
        terms=frozenset(row.sparse),
    )


def left_out(product_id: str, updated_at: int) -> Seen:
    """What is remembered of a product that has no place in the mirror."""
    return Seen(product_id, updated_at, NOWHERE, "", "", 0)
