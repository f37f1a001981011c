"""One product as the mirror and the memory beside it hold it."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import numpy as np
from numpy.typing import NDArray

from infra import keywords
from infra.milvus import MirrorRow
from infra.model import Product
from infra.seen import NOWHERE, Seen


def has_a_place(product: Product) -> bool:
    """Whether a product belongs into the mirror: it is for sale and has a photo."""
    return product.status == "ACTIVE" and product.published and bool(product.photos)


def fingerprint(product: Product) -> str:
    """Of what the mirror holds of a product: a part of its first photo, a colon, one of its words and price.

    A photo that was replaced in place keeps its id, but its address has another version.
    """
    photo = product.photos[0]
    version = parse_qs(urlsplit(photo.url).query).get("v", [""])
    words = (keywords.document_text(product), str(product.price))
    return f"{_digest(photo.id, *version)}:{_digest(*words)}"


def same_photo(one: str, other: str) -> bool:
    """Whether two fingerprints are of the same photo."""
    return one.partition(":")[0] == other.partition(":")[0]


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


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:32]


def left_out(product_id: str, updated_at: int) -> Seen:
    """What is remembered of a product that has no place in the mirror."""
    return Seen(product_id, updated_at, NOWHERE, "", "", 0)
