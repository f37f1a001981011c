"""A catalog folder's rows as products that have been in the store for long."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from infra.catalog import CatalogRow
from infra.devstore.media import Measured, measure
from infra.devstore.naming import free_filename, free_handle
from infra.devstore.state import Media, Product, gid, now
from infra.devstore.uploads import FileStore
from infra.pixels import fit_store


def catalog_gid(row_id: str) -> str:
    """The product gid of a catalog's own id in a store that stands alone; the same on every day."""
    return gid("Product", _number(row_id))


def load_rows(
    session: Session, files: FileStore, rows: Iterable[CatalogRow], numbers_from: int = 0
) -> dict[str, str]:
    """Bring the store to what the rows say; what is so already is left alone. Returns row id → product gid.

    The reader has decoded each photo; one that is over the store's limits raises MediaError.
    """
    return {row.id: gid("Product", _load(session, files, row, numbers_from)) for row in rows}


def _load(session: Session, files: FileStore, row: CatalogRow, numbers_from: int) -> int:
    number = numbers_from + _number(row.id)
    product = session.get(Product, number)
    if product is None:
        product = Product(id=number, handle=free_handle(session, row.title), title=row.title)
        session.add(product)
    _set(product, _product_fields(row))
    media = session.get(Media, number)
    if media is None:
        media = Media(id=number, filename=free_filename(session, row.image_path.name))
        session.add(media)
        product.arrange([*product.media, media])
    data = fit_store(row.image_path.read_bytes())
    if media.digest != hashlib.sha256(data).hexdigest():
        _set(media, _media_fields(measure(data), files.keep(data), row.title))
        product.updated_at = now()
    session.flush()
    return number


def _set(target: Product | Media, fields: dict[str, Any]) -> None:
    """Set what differs; `updated_at` moves only then."""
    changed = {name: value for name, value in fields.items() if getattr(target, name) != value}
    for name, value in changed.items():
        setattr(target, name, value)
    if changed:
        target.updated_at = now()


def _product_fields(row: CatalogRow) -> dict[str, Any]:
    described = {"color": row.color, "style": row.style, "season": row.season}
    return {
        "title": row.title,
        "description_html": f"<p>{html.escape(row.description)}</p>" if row.description else "",
        "product_type": row.category,
        "tags": sorted({*row.tags, *(f"{name}:{value}" for name, value in described.items() if value)}),
        "price": f"{row.price or 0:.2f}",
        "sku": row.id,
        "units_sold": row.sales_count,
    }


def _media_fields(measured: Measured, digest: str, title: str) -> dict[str, Any]:
    return {
        "alt": title,
        "status": "READY",
        "digest": digest,
        "mime_type": measured.mime_type,
        "width": measured.width,
        "height": measured.height,
    }


def _number(row_id: str) -> int:
    """A number of 13 digits, as Shopify's are; it fits a JavaScript number."""
    return 10**12 + int.from_bytes(hashlib.sha256(row_id.encode()).digest()[:8]) % 10**12
