"""The photo's own pixels, found again in the image: every part can then be compared with its origin.

This is what a composite or a framed photo shows, and what a copied reference shows too.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generators.gate.placement import Placement, by_landmarks, by_outline
from generators.gate.views import Floats, View

WINDOW = 7.0
"""Pixels of the photo's view (sigma) over which structure is compared: a button, a pocket's edge."""
SAME_STRUCTURE = 0.4
"""Correlation of two windows from which they show the same thing under another light."""
FLAT = 2.0, 4.0
"""Spread of L in a window with nothing to compare: in the photo, and in the image once it is lit anew."""


@dataclass(frozen=True, eq=False)
class Seen:
    """The image, seen from where the photo was taken: `lab` (h, w, 3) in the photo's frame.

    `found` is the share of the product that reappears, `cut_off` the share that the image's edge cuts away.
    """

    lab: Floats
    same: Floats
    found: float
    cut_off: float


def seen(photo: View, image: View) -> Seen | None:
    """The product where its own pixels reappear; None when they do not."""
    placement = by_landmarks(photo, image) or by_outline(photo, image)
    return None if placement is None else _compared(photo, image, placement)


def _compared(photo: View, image: View, placement: Placement) -> Seen:
    back = _as_photographed(photo, image, placement)
    inside = back[..., 3]
    same = _same_structure(photo.lab[..., 0], back[..., 0]) * (inside > 0.5)
    product = photo.product
    weight = max(float(product.sum()), 1.0)
    return Seen(
        lab=back[..., :3],
        same=same,
        found=float((product * same).sum()) / weight,
        cut_off=float((product * _cut_off(same, inside)).sum()) / weight,
    )


def _as_photographed(photo: View, image: View, placement: Placement) -> Floats:
    """The image's Lab in the photo's frame, and in a fourth channel where the image has pixels at all."""
    blur = placement.scale * 0.5
    lab = cv2.GaussianBlur(image.lab, (0, 0), blur) if blur > 0.6 else image.lab
    whole = np.dstack([lab, np.ones(lab.shape[:2], np.float32)])
    height, width = photo.rgb.shape[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(whole, placement.matrix, (width, height), flags=flags), np.float32)


def _same_structure(ours: Floats, theirs: Floats) -> Floats:
    """1 where windows of two lightness maps correlate, or are both flat."""
    a, b = _local_mean(ours), _local_mean(theirs)
    spread_a = np.sqrt(np.maximum(_local_mean(ours * ours) - a * a, 0))
    spread_b = np.sqrt(np.maximum(_local_mean(theirs * theirs) - b * b, 0))
    together = (_local_mean(ours * theirs) - a * b) / (spread_a * spread_b + 1e-3)
    both_flat = (spread_a < FLAT[0]) & (spread_b < FLAT[1])
    return ((together > SAME_STRUCTURE) | both_flat).astype(np.float32)


def _local_mean(values: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), WINDOW), np.float32)


def _cut_off(same: Floats, inside: Floats) -> Floats:
    """1 where the photo lies beyond the image's edge and the product reaches that edge.

    What is beyond the edge but starts away from the product was never painted: background in a rough mask.
    """
    beyond = (inside <= 0.5).astype(np.uint8)
    reached = cv2.dilate(same, np.ones((21, 21), np.uint8))
    _, labels = cv2.connectedComponents(beyond)
    touching = np.unique(labels[(reached > 0) & (beyond > 0)])
    return (np.isin(labels, touching[touching > 0])).astype(np.float32)
