"""A photo that cannot be cut out, shown as a print: whole, with a paper edge and barely rounded corners."""

from __future__ import annotations

import cv2
import numpy as np

from generators.studio.arrays import Bytes

PAPER = (252, 251, 249)


def framed(rgba: Bytes) -> Bytes:
    """The photo with its edge and corners, of the same size."""
    height, width = rgba.shape[:2]
    edge = max(2, round(0.022 * min(height, width)))
    picture = np.full_like(rgba, 255)
    picture[..., :3] = PAPER
    inner = (width - 2 * edge, height - 2 * edge)
    picture[edge:-edge, edge:-edge, :3] = cv2.resize(rgba[..., :3], inner, interpolation=cv2.INTER_AREA)
    picture[..., 3] = _rounded(width, height, max(2, edge // 3))
    return picture


def _rounded(width: int, height: int, radius: int) -> Bytes:
    shape = np.zeros((height * 2, width * 2), np.uint8)
    r = 2 * radius
    cv2.rectangle(shape, (r, 0), (2 * width - r - 1, 2 * height - 1), 255, -1)
    cv2.rectangle(shape, (0, r), (2 * width - 1, 2 * height - r - 1), 255, -1)
    for x in (r, 2 * width - r - 1):
        for y in (r, 2 * height - r - 1):
            cv2.circle(shape, (x, y), r, 255, -1)
    return np.asarray(cv2.resize(shape, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
