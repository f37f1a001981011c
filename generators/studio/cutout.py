"""The product cut out of its photo, or the honest answer that it cannot be done cleanly."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from generators.studio.matte import own_colour, soften
from generators.studio.segment import (
    Bytes,
    Floats,
    Mask,
    grab,
    saliency,
    seed_firmly,
    seed_loosely,
    tidy,
    without_lookalikes,
)
from generators.studio.trust import Evidence, gather, objections

SEARCH_SIDE = 320
"""Pixels of the longer side at which the mask is searched: GrabCut's time grows with the area."""
WORK_SIDE = 1400
"""Pixels of the longer side of the cut-out; no format shows more of a phone photo than that."""


@dataclass(frozen=True, slots=True)
class Cutout:
    """The product on nothing: RGBA bytes (h, w, 4) cropped to what is visible, alpha not premultiplied."""

    rgba: Bytes
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Find:
    """A mask at search size, the Lab pixels it was found on, and what speaks for it."""

    lab: Floats
    mask: Mask
    evidence: Evidence


def cut_out(image: Image.Image) -> Cutout | None:
    """The product of an RGB photo with clean, soft edges; None when no cut can be trusted."""
    rgb = np.asarray(_fit(image, WORK_SIDE))
    found = find(image)
    if objections(found.evidence):
        return None
    height, width = rgb.shape[:2]
    mask = cv2.resize(found.mask.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    mask = cv2.GaussianBlur(mask, (0, 0), 1.1 * max(1.0, width / found.mask.shape[1]))
    radius = max(2, round(max(height, width) / 200))
    alpha = soften(rgb, (mask > 0.5).astype(np.float32), radius)
    rows, cols = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    colour = own_colour(rgb, alpha, radius)
    return Cutout(np.dstack([colour, (alpha * 255).round().astype(np.uint8)])[box], found.evidence)


def find(image: Image.Image) -> Find:
    """The product's mask at search size, trusted or not."""
    small = np.asarray(_fit(image, SEARCH_SIDE))
    lab = cv2.cvtColor(cv2.bilateralFilter(small, 7, 30, 5), cv2.COLOR_RGB2LAB).astype(np.float32)
    first = tidy(grab(lab, seed_firmly(saliency(lab))))
    mask = without_lookalikes(lab, first)
    raw = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    second = tidy(grab(small.astype(np.float32), seed_loosely(raw)))
    return Find(lab, mask, gather(lab, mask, first, second))


def _fit(image: Image.Image, side: int) -> Image.Image:
    scale = min(1.0, side / max(image.size))
    if scale == 1.0:
        return image.convert("RGB")
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.convert("RGB").resize(
        size, Image.Resampling.BOX if scale < 0.25 else Image.Resampling.LANCZOS, reducing_gap=2.0
    )
