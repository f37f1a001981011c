"""The product cut out of its photo, or the honest answer that it cannot be done cleanly."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from generators.studio.arrays import Bytes, Floats, Mask
from generators.studio.matte import own_colour, soften
from generators.studio.segment import (
    grab,
    saliency,
    seed_firmly,
    seed_loosely,
    tidy,
    without_lookalikes,
)
from generators.studio.trust import AGREEMENT, Evidence, gather, objections, overlap

SEARCH_SIDE = 320
"""Pixels of the longer side at which the mask is searched: GrabCut's time grows with the area."""
WORK_SIDE = 1400
"""Pixels of the longer side of the cut-out; no format shows more of a phone photo than that."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A first mask at search size: `rgb` bytes and `lab` (smoothed, 8-bit L scale) as it was found on."""

    rgb: Bytes
    lab: Floats
    mask: Mask


@dataclass(frozen=True, slots=True)
class Find:
    """The final mask at search size, what was measured on it, and why not to cut along it (empty: cut)."""

    mask: Mask
    evidence: Evidence
    objections: tuple[str, ...]


def cut_out(image: Image.Image) -> Bytes | None:
    """The product of an RGB photo, edges soft and clean; None when no cut can be trusted.

    RGBA (h, w, 4), alpha not premultiplied, cropped to what is visible.
    """
    found = find(image)
    if found.objections:
        return None
    rgb = np.asarray(fitted(image, WORK_SIDE))
    radius = max(2, round(max(rgb.shape) / 200))
    alpha = soften(rgb, _enlarged(found.mask, (rgb.shape[1], rgb.shape[0])), radius)
    rgba = np.dstack([own_colour(rgb, alpha, radius), (alpha * 255).round().astype(np.uint8)])
    rows, cols = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    return rgba[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]


def find(image: Image.Image) -> Find:
    """The product's mask, trusted or not."""
    first = draft(image)
    mask = without_lookalikes(first.lab, first.mask)
    evidence = gather(first.lab, mask, first.mask)
    against = objections(evidence)
    if not against and overlap(mask, _second_opinion(first) & ~(first.mask & ~mask)) < AGREEMENT:
        against = ("other seeds find something else",)
    return Find(mask, evidence, against)


def draft(image: Image.Image) -> Draft:
    """Where the product is, roughly and quickly."""
    rgb = np.asarray(fitted(image, SEARCH_SIDE))
    smooth = cv2.bilateralFilter(rgb, 7, 30, 5)
    lab = cv2.cvtColor(smooth, cv2.COLOR_RGB2LAB).astype(np.float32)
    return Draft(rgb, lab, tidy(grab(lab, seed_firmly(saliency(lab)))))


def _second_opinion(first: Draft) -> Mask:
    """The mask found in other pixels (RGB, unsmoothed) from other, looser seeds."""
    lab = cv2.cvtColor(first.rgb, cv2.COLOR_RGB2LAB).astype(np.float32)
    return tidy(grab(first.rgb, seed_loosely(lab)))


def _enlarged(mask: Mask, size: tuple[int, int]) -> Floats:
    """The mask at (width, height), its outline smooth again."""
    large = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    smooth = cv2.GaussianBlur(large, (0, 0), 1.1 * max(1.0, size[0] / mask.shape[1]))
    return (smooth > 0.5).astype(np.float32)


def fitted(image: Image.Image, side: int) -> Image.Image:
    """The picture in RGB, its longer side at most `side` pixels."""
    copy = image.convert("RGB")
    copy.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return copy
