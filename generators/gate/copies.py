"""Is the image too close to a reference? We learn a bestseller's style; its picture stays its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from generators.gate.placement import Placement, by_all_landmarks, by_frame, by_outline
from generators.gate.seen import Seen, Way, seen
from generators.gate.views import View
from infra.model import Check

COPY_LIMIT = 0.35
"""Share of a reference's product that may reappear: a like seam or label, never a third of a garment."""
OWN_MARGIN = 0.1
"""How much more of a reference than of the product must reappear: sweaters of one cut share an outline."""


def check_copy(image: View, references: Sequence[View], product: Seen | None) -> Check:
    """Whether a reference's product reappears in the image, whole or cropped, mirrored, relit or drawn over.

    A new product photographed like its bestseller may share pixels with it honestly: what the product's own
    photo explains as well as the reference does is no copy. A like backdrop alone is none either.
    """
    own = product.found if product else 0.0
    worst = 0.0
    for number, reference in enumerate(references, 1):
        ways = by_all_landmarks, by_outline, _by_crop
        turned = _shared(_mirrored(reference), image, (by_all_landmarks,), own)
        shared = max(_shared(reference, image, ways, own), turned)
        if shared > COPY_LIMIT:
            note = f"the image repeats bestseller {number}, not its style alone"
            return Check(False, shared, COPY_LIMIT, note)
        worst = max(worst, shared)
    return Check(True, worst, COPY_LIMIT)


def _shared(reference: View, image: View, ways: Sequence[Way], own: float) -> float:
    again = seen(reference, image, ways)
    return again.found if again and again.found > own + OWN_MARGIN else 0.0


@lru_cache(maxsize=12)
def _mirrored(reference: View) -> View:
    """A copy turned left to right has none of the reference's landmarks."""
    return View(np.ascontiguousarray(reference.rgb[:, ::-1]))


def _by_crop(reference: View, image: View) -> Placement | None:
    """Where the image as a whole lies in the reference: a plain picture, cropped to another ratio."""
    within = by_frame(image, reference)
    return within and Placement(np.asarray(cv2.invertAffineTransform(within.matrix), np.float32))
