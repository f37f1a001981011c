"""Is the image too close to a reference? We learn a bestseller's style; its picture stays its own."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from generators.gate.palette import Floats
from generators.gate.placement import by_all_landmarks, by_outline
from generators.gate.seen import Seen, seen
from generators.gate.views import View
from infra.model import Check

WAYS = by_all_landmarks, by_outline
COPY_LIMIT = 0.35
"""Share of a reference's product that may reappear: a like seam or label, never a third of a garment."""
OWN_MARGIN = 0.1
"""How much more of a reference than of the product must reappear: two sweaters of one cut share an outline."""
HASH_SIDE = 12
HASH_LIMIT = 0.86
"""Agreeing bits of the perceptual hash from which two pictures have one composition, drawn anew or not."""


def check_copy(image: View, references: Sequence[View], product: Seen | None) -> Check:
    """Whether a reference reappears in the image: its product's pixels, or its whole composition.

    A new product photographed like its bestseller may share pixels with it honestly: what the product's own
    photo explains as well as the reference does is no copy.
    """
    own = product.found if product else 0.0
    worst = 0.0
    for number, reference in enumerate(references, 1):
        again = seen(reference, image, WAYS)
        shared = again.found if again else 0.0
        if shared > COPY_LIMIT and shared > own + OWN_MARGIN:
            return Check(
                False, shared, COPY_LIMIT, f"the image repeats bestseller {number}, not its style alone"
            )
        alike = agreement(image, reference)
        if alike > HASH_LIMIT and own == 0:
            return Check(False, alike, HASH_LIMIT, f"the image is composed just like bestseller {number}")
        worst = max(worst, min(shared, COPY_LIMIT))
    return Check(True, worst, COPY_LIMIT)


def agreement(one: View, other: View) -> float:
    """The share of equal bits in two perceptual hashes: 0.5 by chance, 1 for the same picture."""
    return float((_hash(one) == _hash(other)).mean())


def _hash(picture: View) -> NDArray[np.bool_]:
    """pHash (Zauner 2010): the signs of the picture's coarsest waves."""
    grey: Floats = cv2.resize(picture.lab[..., 0], (48, 48), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = cv2.dct(grey)[:HASH_SIDE, :HASH_SIDE].ravel()[1:]
    return np.asarray(waves > np.median(waves))
