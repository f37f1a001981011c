"""Bytes on disk: staged uploads, and image files named by their own digest. Written whole or not at all."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.devstore.naming import safe_name
from infra.devstore.state import Staged, now
from infra.files import write_whole

TARGET_LIFE = timedelta(hours=24)
"""How long a target takes uploads. A guess: Shopify's are signed for about a day."""


class FileStore:
    """The files of one store: `staged` by token, `images` by SHA-256."""

    def __init__(self, folder: Path) -> None:
        self._staged = folder / "staged"
        self._images = folder / "images"
        self._staged.mkdir(parents=True, exist_ok=True)
        self._images.mkdir(parents=True, exist_ok=True)

    def stage(self, token: str, data: bytes) -> None:
        """Keep what was sent to a staged target; a second upload replaces the first."""
        write_whole(self._staged / token, data)

    def staged(self, token: str) -> bytes | None:
        """What was sent to a target, or None when nothing has been."""
        return _read(self._staged / token)

    def keep(self, data: bytes) -> str:
        """Keep an image for good; returns its digest."""
        digest = hashlib.sha256(data).hexdigest()
        if not (self._images / digest).exists():
            write_whole(self._images / digest, data)
        return digest

    def image(self, digest: str) -> bytes | None:
        """An image by its digest."""
        return _read(self._images / digest) if digest else None

    def sweep(self, tokens: set[str]) -> None:
        """Remove what was staged for targets that are no more."""
        for path in self._staged.iterdir():
            if path.name not in tokens:
                path.unlink()


def new_target(session: Session, filename: str, method: str) -> Staged:
    """A fresh staged target for a file of that name."""
    target = Staged(
        token=uuid4().hex, filename=safe_name(filename), method=method, expires_at=now() + TARGET_LIFE
    )
    session.add(target)
    return target


def open_target(session: Session, token: str) -> Staged | None:
    """The target of that token while it may still be used."""
    target = session.get(Staged, token)
    return target if target and target.expires_at > now() else None


def forget_expired(session: Session, files: FileStore) -> None:
    """Drop targets whose time is over, and their bytes."""
    for target in session.scalars(select(Staged).where(Staged.expires_at <= now())):
        session.delete(target)
    session.flush()
    files.sweep(set(session.scalars(select(Staged.token))))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
