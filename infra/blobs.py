"""Blobs: image bytes by key (`<shop>/<kind>/<name>`), in a folder. A blob appears whole or not at all."""

from __future__ import annotations

import re
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from infra.errors import InputError, NotFound
from infra.files import write_whole

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")


class Blobs(Protocol):
    """The port: keys are checked, writes are atomic, the last write of a key counts."""

    def write(self, key: str, data: bytes) -> None: ...

    def read(self, key: str) -> bytes:
        """The bytes under a key; NotFound when there are none."""

    def count(self, shop: str) -> int:
        """How many blobs a shop has."""

    def erase(self, shop: str) -> None:
        """Delete every blob of a shop."""


class FolderBlobs:
    """Blobs as files below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, key: str, data: bytes) -> None:
        write_whole(self._path(key), data)

    def read(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"no blob {key}") from None

    def count(self, shop: str) -> int:
        return sum(path.is_file() for path in self._path(shop).rglob("*"))

    def erase(self, shop: str) -> None:
        # What a step under way adds meanwhile is for the next sweep: `count` tells.
        shutil.rmtree(self._path(shop), ignore_errors=True)

    def _path(self, key: str) -> Path:
        return self._folder.joinpath(*check_key(key))


def check_key(key: str) -> list[str]:
    """The parts of a key; InputError for anything that could leave its folder."""
    parts = key.split("/")
    if not all(_PART.fullmatch(part) for part in parts):
        raise InputError(f"{key!r} is not a blob key")
    return parts


def content_key(shop: str, kind: str, data: bytes, suffix: str) -> str:
    """A key made of the bytes themselves: the same photo is kept once."""
    return f"{shop}/{kind}/{sha256(data).hexdigest()[:32]}{suffix}"
