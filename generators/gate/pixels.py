"""Is it a picture of the asked size, with something in it?"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from generators.gate.views import View
from infra.errors import ImageError
from infra.model import Check, Format, Painted
from infra.pixels import decode

RATIO_LIMIT = 0.02
"""How far width / height may be from the format's, as a share: more shows as a strip of wall."""
SIZE_LIMIT = 0.9
"""Least side as a share of the format's: enlarging by a tenth cannot be seen, more can."""
BUSY_LIMIT = 0.02
"""Least share of the picture with any structure in it; a small ring in a wide banner has 3 %."""
CELLS = 24
STRUCTURE = 1.2
"""Spread of L within a cell, after a smooth gradient is taken out, from which there is something to see."""


def check_pixels(painted: Painted, wanted: Format) -> tuple[Check, Image.Image | None]:
    """The picture's ratio and size against the format's, and its pixels when they can be decoded."""
    try:
        image = decode(painted.data)
    except ImageError as error:
        return Check(False, note=f"the image cannot be opened: {error}"), None
    got, asked = f"{image.width}×{image.height}", f"{wanted.width}×{wanted.height}"
    off = abs(image.width / image.height / (wanted.width / wanted.height) - 1)
    if off > RATIO_LIMIT:
        return Check(False, off, RATIO_LIMIT, f"the image is {got}, not {wanted.ratio}"), image
    size = min(image.width / wanted.width, image.height / wanted.height)
    if size < SIZE_LIMIT:
        return Check(False, size, SIZE_LIMIT, f"the image is only {got}; {asked} was asked for"), image
    return Check(True, off, RATIO_LIMIT, got), image


def check_blank(image: View) -> Check:
    """Whether anything is in the picture: the share of its cells that have structure."""
    busy = _busy_share(image)
    return Check(busy >= BUSY_LIMIT, busy, BUSY_LIMIT, "" if busy >= BUSY_LIMIT else "the image is empty")


def _busy_share(image: View) -> float:
    light = image.lab[..., 0]
    if min(light.shape) < CELLS:
        return 0.0
    detail = light - cv2.blur(light, (15, 15))
    height, width = (np.array(light.shape) // CELLS) * CELLS
    cells = detail[:height, :width].reshape(height // CELLS, CELLS, width // CELLS, CELLS)
    return float((cells.std(axis=(1, 3)) > STRUCTURE).mean())
