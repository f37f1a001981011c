"""Pictures made ready for measuring: shrunk, in Lab, with their landmarks and what is likely the product.

The same photo and references are asked about once per format, so views of bytes are kept for a short while.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generators.gate.palette import Floats, Mask, Palette, difference, palette
from infra.pixels import decode
from infra.silhouette import silhouette

Landmarks = tuple[Floats, Floats]
"""Points (n, 2) in x, y and their RootSIFT descriptors (n, 128); Arandjelović and Zisserman 2012."""

PHOTO_AREA = 400 * 400
REFERENCE_AREA = 240 * 240
IMAGE_AREA = 720 * 720
"""Pixels that a view keeps: enough for a logo to have landmarks, few enough for a tenth of a second."""
LANDMARKS = 1500
CONTRAST = 0.01
"""SIFT's threshold, a quarter of the usual, for the seams of black cloth."""


@dataclass(frozen=True, eq=False)
class View:
    """A picture at working size: `rgb` is (height, width, 3) uint8."""

    rgb: NDArray[np.uint8]

    @cached_property
    def lab(self) -> Floats:
        """CIE Lab, (height, width, 3): L 0..100, a and b about -100..100."""
        return cv2.cvtColor(self.rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).astype(np.float32)

    @cached_property
    def product(self) -> Floats:
        """Where the product is, (height, width), 0..1; rough."""
        return silhouette(self.rgb)

    @cached_property
    def rim(self) -> Palette:
        """The colours along the picture's four edges: floor, wall, backdrop."""
        edge = np.ones(self.rgb.shape[:2], bool)
        strip = max(2, min(edge.shape) // 24)
        edge[strip:-strip, strip:-strip] = False
        return palette(self.lab[edge])

    def like_rim(self, lab: Floats, reach: float) -> Mask:
        """Which of the Lab pixels (..., 3) are within `reach` (CIE94) of this picture's background."""
        return np.asarray(difference(lab[..., None, :], self.rim.lab).min(axis=-1) < reach)

    @cached_property
    def landmarks(self) -> Landmarks:
        """Everything that can be recognised again."""
        return _landmarks(self.rgb, None)

    @cached_property
    def product_landmarks(self) -> Landmarks:
        """What can be recognised on and around the product; a busy carpet would use up the count."""
        around = cv2.dilate((self.product > 0.3).astype(np.uint8), np.ones((15, 15), np.uint8))
        return _landmarks(self.rgb, np.asarray(around, np.uint8))


def _landmarks(rgb: NDArray[np.uint8], where: NDArray[np.uint8] | None) -> Landmarks:
    # Black cloth has few edges over SIFT's usual contrast; local equalising finds its seams.
    grey = cv2.createCLAHE(2.0, (8, 8)).apply(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
    points, found = cv2.SIFT_create(LANDMARKS, contrastThreshold=CONTRAST).detectAndCompute(grey, where)  # type: ignore[attr-defined]
    if found is None:
        return np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32)
    root = np.sqrt(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-6))
    return np.array([p.pt for p in points], np.float32), root.astype(np.float32)


def view(image: Image.Image, area: int = IMAGE_AREA) -> View:
    """The view of decoded pixels, shrunk to `area` pixels at most."""
    scale = min(1.0, (area / (image.width * image.height)) ** 0.5)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return View(np.asarray(image.resize(size, Image.Resampling.BOX) if scale < 1 else image))


@lru_cache(maxsize=12)
def view_of(data: bytes, area: int = PHOTO_AREA) -> View:
    """The view of a photo's or reference's encoded bytes; ImageError when they are no picture."""
    return view(decode(data), area)
