"""Is it the same product to an embedder's eye as well? A second opinion, of the product as a whole."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
from PIL import Image

from generators.gate.scene import Alike, Box
from generators.gate.seen import Seen
from generators.gate.views import View, view_of
from infra.embedding import Embedder
from infra.errors import Refused
from infra.model import Check

LIMITS: dict[str, float] = {"builtin-1": 0.45}
"""Least cosine between the photo and a product painted anew, by embedder: the built-in one gives 0.47 to 0.93
to the same product in a scene, and to another one 0.2 to 0.7 (tests/bench/gate_scenes.py). An embedder that
is not listed was not measured: its figure is recorded and refuses nothing."""
SIDE = 512
"""Pixels of the longer side that an embedder is shown."""
AROUND = 0.06
"""What is shown around the product, as a share of its longer side."""


def check_likeness(photo: bytes, image: Image.Image, where: Seen | Alike | None, embedder: Embedder) -> Check:
    """The cosine between the photo and the part of the image where the product is.

    The product's own pixels, found again, need no such opinion: there the figure is recorded alone.
    OutsideError where the embedder is a service that may work later; what it refuses for good is noted.
    """
    limit = LIMITS.get(embedder.name) if isinstance(where, Alike) else None
    shown = _parts(image, where, view_of(photo)) if isinstance(where, Alike) else [image]
    try:
        ours, *theirs = embedder.embed_images([photo, *map(_small_jpeg, shown)])
    except Refused as error:
        return Check(True, None, limit, f"not compared: {error}")
    figure = max(float(ours @ vector) for vector in theirs)
    passed = limit is None or figure >= limit
    return Check(passed, figure, limit, "" if passed else "the product looks like another one")


def _parts(image: Image.Image, where: Alike, photo: View) -> list[Image.Image]:
    """The region, and as much of it from its top as the product is high: skin below may have its colour."""
    left, top, right, bottom = where.box
    _, _, wide, high = cv2.boundingRect((photo.product > 0.5).astype(np.uint8))
    tall = (right - left) * image.width * high / max(wide, 1) / image.height
    boxes = {(left, top, right, bottom), (left, top, right, min(bottom, top + tall))}
    return [_around(image, box) for box in sorted(boxes)]


def _around(image: Image.Image, box: Box) -> Image.Image:
    left, top, right, bottom = box
    width, height = image.size
    margin = AROUND * max((right - left) * width, (bottom - top) * height)
    corner = max(0, int(left * width - margin)), max(0, int(top * height - margin))
    return image.crop(
        (*corner, min(width, int(right * width + margin)), min(height, int(bottom * height + margin)))
    )


def _small_jpeg(image: Image.Image) -> bytes:
    out = BytesIO()
    small = image.copy()
    small.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    small.save(out, "JPEG", quality=92)
    return out.getvalue()
