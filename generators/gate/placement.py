"""Where a picture reappears inside another: matched landmarks that agree on one turn, scale and shift."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generators.gate.views import Floats, View

DISTINCT = 0.8
"""A landmark counts when its best match is this much nearer than the second best (Lowe 2004)."""
REACH = 4.0
"""Pixels of the image within which a landmark must land."""
SCALES = (0.1, 8.0)
"""Sizes, relative to the photo's, at which a product in a picture is still a product."""


@dataclass(frozen=True, eq=False)
class Placement:
    """`matrix` (2, 3) maps source points to the image; `landmarks` counts those that agree, of `tried`."""

    matrix: Floats
    landmarks: int
    tried: int

    @property
    def scale(self) -> float:
        return float(np.hypot(self.matrix[0, 0], self.matrix[1, 0]))


def matches(source: View, image: View) -> tuple[Floats, Floats]:
    """Points of the source and of the image that show the same thing, pairwise (n, 2)."""
    points, found = source.landmarks
    others, targets = image.landmarks
    if len(found) < 2 or len(targets) < 2:
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    nearest = cv2.BFMatcher(cv2.NORM_L2).knnMatch(found, targets, k=2)
    pairs = [(m.queryIdx, m.trainIdx) for m, second in nearest if m.distance < DISTINCT * second.distance]
    index = np.array(pairs, int).reshape(-1, 2)
    return points[index[:, 0]], others[index[:, 1]]


def place(source: View, image: View) -> Placement | None:
    """How the source lies in the image, or None when too few landmarks agree on anything."""
    here, there = matches(source, image)
    if len(here) < 4:
        return None
    cv2.setRNGSeed(1)
    matrix, agree = cv2.estimateAffinePartial2D(
        here, there, method=cv2.RANSAC, ransacReprojThreshold=REACH, maxIters=3000, confidence=0.999
    )
    if matrix is None:
        return None
    placement = Placement(matrix.astype(np.float32), int(agree.sum()), len(here))
    return placement if SCALES[0] < placement.scale < SCALES[1] else None
