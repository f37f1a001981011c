"""The photo's own pixels, found again in the image: every part can then be compared with its origin.

This is what a composite or a framed photo shows, and what a copied reference shows too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from generators.gate.palette import Floats, Mask
from generators.gate.placement import Placement
from generators.gate.views import View

Way = Callable[[View, View], Placement | None]

CONVINCING = 0.6
"""Share of the product found from which no other way is tried."""
WINDOW = 7.0
"""Pixels of the photo's view (sigma) over which structure is compared: a button, a pocket's edge."""
SAME_STRUCTURE = 0.4
"""Correlation of two windows from which they show the same thing under another light."""
FLAT = 2.0, 4.0
"""Spread of L in a window with nothing to compare: in the photo, and in the image once it is lit anew."""
FLAT_TELLS = 0.1
"""Weight of a flat window: any wall is as flat as plain cloth."""
SHADED, UNSHADED = 16.0, 10.0
"""CIE94; how far from its rim's colours a photo's ground, in the product's shade, and an image's may be."""
MOSTLY = 0.5
"""Share of the mask from which it is not the ground that was replaced but the product."""


@dataclass(frozen=True, eq=False)
class Seen:
    """The image, seen from where the photo was taken: `ours` and `theirs` are the two in Lab, (h, w, 3).

    `product` (h, w) is where the product is; what was background in the photo and is backdrop in the image, a
    rough mask's fault, is taken out. `same` (h, w) is 1 where the two agree. `found` is the share of the
    product that reappears, `cut_off` the share that the image's edge cuts away.
    """

    ours: Floats
    theirs: Floats
    product: Floats
    same: Floats
    found: float
    cut_off: float


def seen(photo: View, image: View, ways: Sequence[Way]) -> Seen | None:
    """The product where its own pixels reappear, by the first way that convinces; None when none finds it."""
    best: Seen | None = None
    for way in ways:
        placement = way(photo, image)
        if placement is None:
            continue
        compared = _compared(photo, image, placement)
        if best is None or compared.found > best.found:
            best = compared
        if best.found > CONVINCING:
            break
    return best


def _compared(photo: View, image: View, placement: Placement) -> Seen:
    back = _as_photographed(photo, image, placement)
    lab, inside = back[..., :3], back[..., 3] > 0.5
    ours = _soft(photo.lab, 0.5 / placement.scale)
    same, telling = _same_structure(ours[..., 0], lab[..., 0])
    same = same * inside
    product = photo.product * ~_replaced_ground(photo, image, ours, lab, inside)
    telling *= product
    return Seen(
        ours=ours,
        theirs=lab,
        product=product,
        same=same,
        found=float((telling * same).sum() / max(telling.sum(), 1.0)),
        cut_off=float((product * _cut_off(same, inside)).sum() / max(product.sum(), 1.0)),
    )


def _as_photographed(photo: View, image: View, placement: Placement) -> Floats:
    """The image's Lab in the photo's frame, and in a fourth channel where the image has pixels at all."""
    lab = _soft(image.lab, 0.5 * placement.scale)
    whole = np.dstack([lab, np.ones(lab.shape[:2], np.float32)])
    height, width = photo.rgb.shape[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(whole, placement.matrix, (width, height), flags=flags), np.float32)


def _soft(lab: Floats, sigma: float) -> Floats:
    """The coarser of two pictures has lost its finest threads; the finer one must lose them too."""
    return np.asarray(cv2.GaussianBlur(lab, (0, 0), sigma), np.float32) if sigma > 0.6 else lab


def _replaced_ground(photo: View, image: View, ours: Floats, theirs: Floats, inside: Mask) -> Mask:
    """What a rough mask took for product: ground in the photo, and in the image the new ground.

    The photo's side is judged leniently, for the floor between two shoes lies in their shade; but were it
    most of the product, the product itself would be missing.
    """
    ground = photo.like_rim(ours, SHADED) & image.like_rim(theirs, UNSHADED) & inside
    share = float((photo.product * ground).sum() / max(photo.product.sum(), 1.0))
    return ground if share < MOSTLY else np.zeros_like(ground)


def _same_structure(ours: Floats, theirs: Floats) -> tuple[Floats, Floats]:
    """1 where windows of two lightness maps correlate, or are both flat; and how much a window tells."""
    a, b = _local_mean(ours), _local_mean(theirs)
    spread_a = np.sqrt(np.maximum(_local_mean(ours * ours) - a * a, 0))
    spread_b = np.sqrt(np.maximum(_local_mean(theirs * theirs) - b * b, 0))
    together = (_local_mean(ours * theirs) - a * b) / (spread_a * spread_b + 1e-3)
    both_flat = (spread_a < FLAT[0]) & (spread_b < FLAT[1])
    same = ((together > SAME_STRUCTURE) | both_flat).astype(np.float32)
    return same, np.where(spread_a < FLAT[0], FLAT_TELLS, 1).astype(np.float32)


def _local_mean(values: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), WINDOW), np.float32)


def _cut_off(same: Floats, inside: Mask) -> Floats:
    """1 where the photo lies beyond the image's edge and the product reaches that edge.

    What is beyond the edge but starts away from the product was never painted: background in a rough mask.
    """
    beyond = (~inside).astype(np.uint8)
    reached = cv2.dilate(same, np.ones((21, 21), np.uint8))
    _, labels = cv2.connectedComponents(beyond)
    touching = np.unique(labels[(reached > 0) & (beyond > 0)])
    return (np.isin(labels, touching[touching > 0])).astype(np.float32)
