"""One painting: paid for once, and kept before anything else happens to it.

What a painter returns is written to the blobs under a key derived from its whole recipe; whoever needs the
same image again (a resumed run, a second run with nothing changed) finds it there and does not paint.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256

from infra.blobs import Blobs
from infra.errors import NotFound
from infra.model import Painted, Painter, PaintTask, load, plain

SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A painter's answer as it is kept: the image's blob and what was said beside it."""

    key: str
    painted: Painted


def paint(blobs: Blobs, shop: str, painter: Painter, task: PaintTask) -> Kept:
    """The image of a task, painted now or found; raises what the painter raises."""
    base = f"{shop}/paintings/{recipe_key(painter.name, task)}"
    try:
        return _find(blobs, base)
    except NotFound:
        painted = painter.paint(task)
    key = base + SUFFIX.get(painted.media_type, ".img")
    blobs.write(key, painted.data)
    # The note is written last: once it is there, the image is whole.
    note = plain(replace(painted, data=b"")) | {"key": key}
    blobs.write(f"{base}.json", json.dumps(note).encode())
    return Kept(key, painted)


def recipe_key(painter: str, task: PaintTask) -> str:
    """A digest of everything that decides what is painted."""
    product = task.product
    recipe = {
        "painter": painter,
        "photo": sha256(task.photo).hexdigest(),
        "references": [sha256(reference).hexdigest() for reference in task.references],
        "product": [product.title, product.description, product.category, product.hint],
        "brief": plain(task.brief),
        "format": plain(task.format),
        "text": task.text,
        "attempt": task.attempt,
    }
    return sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:32]


def _find(blobs: Blobs, base: str) -> Kept:
    note = json.loads(blobs.read(f"{base}.json"))
    key = note.pop("key")
    return Kept(key, replace(load(Painted, note), data=blobs.read(key)))
