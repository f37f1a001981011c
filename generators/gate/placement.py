"""Where a picture's product reappears inside another picture: first by landmarks, then by its outline.

Landmarks (seams, prints, buttons) find it at any turn and on any background. Plain cloth has none, but then
its outline is clear, and that is searched for over all sizes and places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generators.gate.palette import Floats
from generators.gate.views import Landmarks, View

DISTINCT = 0.8
"""A landmark counts when its best match is this much nearer than the second best (Lowe 2004)."""
REACH = 4.0
"""Pixels of the image within which a landmark must land."""
MIN_LANDMARKS = 5
"""Unrelated pictures agree on two or three landmarks by chance, hardly ever on five."""
SCALES = 0.1, 8.0
"""Sizes, relative to the photo's, at which a product in a picture is still a product."""

OUTLINE_AREA = 20_000
"""Pixels of the image while outlines are compared."""
MARGIN = 6
"""Pixels around both while outlines are compared: a product may touch the image's edge."""
OUTLINE_SIZES = np.geomspace(0.3, 1.0, 22)
"""Sizes tried, as shares of the largest that fits."""
OUTLINE_LIMIT = 0.58
"""Correlation of outlines from which a place is worth comparing pixel by pixel; plain cloth reaches 0.8."""


@dataclass(frozen=True, eq=False)
class Placement:
    """`matrix` (2, 3) maps points of the source to the image."""

    matrix: Floats

    @property
    def scale(self) -> float:
        return float(np.hypot(self.matrix[0, 0], self.matrix[1, 0]))


def by_landmarks(source: View, image: View) -> Placement | None:
    """The turn, scale and shift on which matched landmarks of the product agree, or None."""
    return _agreed(source.product_landmarks, image)


def by_all_landmarks(source: View, image: View) -> Placement | None:
    """The same with the source's background: a copy brings it along."""
    return _agreed(source.landmarks, image)


def _agreed(ours: Landmarks, image: View) -> Placement | None:
    here, there = _matches(ours, image.landmarks)
    if len(here) < MIN_LANDMARKS:
        return None
    cv2.setRNGSeed(1)
    matrix, agree = cv2.estimateAffinePartial2D(
        here, there, method=cv2.RANSAC, ransacReprojThreshold=REACH, maxIters=3000, confidence=0.999
    )
    if matrix is None or agree.sum() < MIN_LANDMARKS:
        return None
    placement = Placement(matrix.astype(np.float32))
    return placement if SCALES[0] < placement.scale < SCALES[1] else None


def _matches(ours: Landmarks, theirs: Landmarks) -> tuple[Floats, Floats]:
    """Points of two pictures that show the same thing, pairwise (n, 2)."""
    (points, found), (others, targets) = ours, theirs
    if len(found) < 2 or len(targets) < 2:
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    nearest = cv2.BFMatcher(cv2.NORM_L2).knnMatch(found, targets, k=2)
    pairs = [(m.queryIdx, m.trainIdx) for m, second in nearest if m.distance < DISTINCT * second.distance]
    index = np.array(pairs, int).reshape(-1, 2)
    return points[index[:, 0]], others[index[:, 1]]


def by_outline(source: View, image: View) -> Placement | None:
    """The upright scale and shift at which the product's outline and inner edges fit best, or None."""
    return _fitted((source.product > 0.5).astype(np.uint8), source, image)


def by_frame(source: View, image: View) -> Placement | None:
    """The same for the photo as a whole: framed, on a busy floor, a product has no clear outline."""
    return _fitted(np.ones(source.rgb.shape[:2], np.uint8), source, image)


def _fitted(mask: NDArray[np.uint8], source: View, image: View) -> Placement | None:
    """The best fit of the edges within the mask over all sizes and places."""
    light, shrink = _shrunk(image.lab[..., 0], (OUTLINE_AREA / image.lab[..., 0].size) ** 0.5)
    edges = cv2.copyMakeBorder(_edges(light), *(MARGIN,) * 4, cv2.BORDER_CONSTANT)
    left, top, width, height = cv2.boundingRect(mask)
    largest = min(light.shape[0] / height, light.shape[1] / width)
    ours, pre = _shrunk(source.lab[..., 0], min(1.0, largest))
    cover, _ = _shrunk(mask, pre)
    best, matrix = OUTLINE_LIMIT, None
    for size in OUTLINE_SIZES * largest:
        box = round(width * size) + 2 * MARGIN, round(height * size) + 2 * MARGIN
        if min(box) < 4 * MARGIN or box[0] > edges.shape[1] or box[1] > edges.shape[0]:
            continue
        step = size / pre
        move = np.array([[step, 0, MARGIN - left * size], [0, step, MARGIN - top * size]], np.float32)
        found = cv2.matchTemplate(edges, _outline(ours, cover, move, box), cv2.TM_CCOEFF_NORMED)
        _, fit, _, (x, y) = cv2.minMaxLoc(found)
        if fit > best:
            best = fit
            matrix = np.array([[size, 0, x - left * size], [0, size, y - top * size]], np.float32) / shrink
    return None if matrix is None else Placement(matrix)


def _outline(light: Floats, mask: NDArray[np.uint8], move: Floats, box: tuple[int, int]) -> Floats:
    """The product's edges at one size; what lies around the product is left out."""
    soft = cv2.GaussianBlur(light, (0, 0), 0.3 / float(move[0, 0]) + 0.01)
    small = cv2.warpAffine(soft, move, box, borderMode=cv2.BORDER_REPLICATE)
    near = cv2.dilate(cv2.warpAffine(mask, move, box), np.ones((5, 5), np.uint8))
    return np.asarray(_edges(small) * near, np.float32)


def _shrunk(values: NDArray[Any], scale: float) -> tuple[NDArray[Any], float]:
    return cv2.resize(values, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), scale


def _edges(light: NDArray[Any]) -> Floats:
    """Gradient magnitudes, their root taken so that a hem counts beside a stark outline."""
    soft = cv2.GaussianBlur(light, (0, 0), 1.0)
    across, down = cv2.Scharr(soft, cv2.CV_32F, 1, 0), cv2.Scharr(soft, cv2.CV_32F, 0, 1)
    return np.asarray(np.sqrt(np.hypot(across, down)), np.float32)
