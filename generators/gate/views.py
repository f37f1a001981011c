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

from infra.pixels import decode
from infra.silhouette import silhouette

Floats = NDArray[np.float32]

PHOTO_AREA = 400 * 400
IMAGE_AREA = 768 * 768
"""Pixels that a view keeps: enough for a logo to have landmarks, few enough for a tenth of a second."""
LANDMARKS = 1500


@dataclass(frozen=True, eq=False)
class View:
    """A picture at working size: `rgb` is (height, width, 3) uint8."""

    rgb: NDArray[np.uint8]

    @cached_property
    def lab(self) -> Floats:
        """CIE Lab, (height, width, 3): L 0..100, a and b about -100..100."""
        return cv2.cvtColor(self.rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).astype(np.float32)

    @cached_property
    def landmarks(self) -> tuple[Floats, Floats]:
        """Points (n, 2) in x, y and their RootSIFT descriptors (n, 128); Arandjelović 2012."""
        # Black cloth has few edges over SIFT's usual contrast; local equalising finds its seams.
        grey = cv2.createCLAHE(2.0, (8, 8)).apply(cv2.cvtColor(self.rgb, cv2.COLOR_RGB2GRAY))
        points, found = cv2.SIFT_create(LANDMARKS, contrastThreshold=0.015).detectAndCompute(grey, None)  # type: ignore[attr-defined]
        if found is None:
            return np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32)
        root = np.sqrt(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-6))
        return np.float32([p.pt for p in points]), root.astype(np.float32)

    @cached_property
    def product(self) -> Floats:
        """Where the product is, (height, width), 0..1; rough."""
        return silhouette(self.rgb)


def view(image: Image.Image, area: int = IMAGE_AREA) -> View:
    """The view of decoded pixels, shrunk to `area` pixels at most."""
    scale = min(1.0, (area / (image.width * image.height)) ** 0.5)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return View(np.asarray(image.resize(size, Image.Resampling.BOX) if scale < 1 else image))


@lru_cache(maxsize=12)
def view_of(data: bytes) -> View:
    """The view of a photo's or reference's encoded bytes; ImageError when they are no picture."""
    return view(decode(data), PHOTO_AREA)
