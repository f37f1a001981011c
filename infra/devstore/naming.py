"""Names that are free and safe: product handles and file names."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.devstore.state import Media, Product


def free_handle(session: Session, text: str) -> str:
    """A handle made of a title, numbered when others have it: "red-knit", "red-knit-1"."""
    base = "-".join(re.findall(r"\w+", text.lower())) or "product"
    taken = set(
        session.scalars(select(Product.handle).where(Product.handle.startswith(base, autoescape=True)))
    )
    numbered = (f"{base}-{number}" for number in range(1, len(taken) + 1))
    return next((name for name in (base, *numbered) if name not in taken), base)


def free_filename(session: Session, name: str) -> str:
    """That file name, with a UUID appended when it is in use, as Shopify's APPEND_UUID does."""
    name = safe_name(name)
    if session.scalar(select(Media.id).where(Media.filename == name)) is None:
        return name
    path = PurePosixPath(name)
    return f"{path.stem}_{uuid4()}{path.suffix}"


def safe_name(name: str) -> str:
    """A file name without folders, and without the characters that mean something in a URL."""
    base = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in base)
    return plain.lstrip(".")[-200:] or "file"
