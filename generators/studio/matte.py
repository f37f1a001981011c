"""From a hard mask to a soft edge: alpha by guided filter, then the product's own colour under that alpha.

Without the second step a pale floor shines through every edge pixel and follows the product onto the new
backdrop as a fringe.
"""

from __future__ import annotations

import cv2
import numpy as np

from generators.studio.arrays import Bytes, Floats


def soften(rgb: Bytes, mask: Floats, radius: int) -> Floats:
    """Alpha 0..1 for a mask 0..1 of the photo's size; only within `radius` pixels of the outline is it soft.

    Guided filter (He et al. 2010) with the photo's grey as guide, so that alpha follows the photo's edges.
    """
    guide = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    alpha = _guided(guide, mask, radius, 2e-4)
    alpha = np.clip((alpha - 0.3) / 0.55, 0, 1)  # a little inside: better a hair less than a fringe
    size = 2 * radius + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    hard = (mask > 0.5).astype(np.uint8)
    alpha[cv2.erode(hard, kernel, borderValue=1) > 0] = 1
    alpha[cv2.dilate(hard, kernel) == 0] = 0
    return np.asarray(alpha)


def _guided(guide: Floats, target: Floats, radius: int, softness: float) -> Floats:
    def mean(values: Floats) -> Floats:
        return cv2.blur(values, (2 * radius + 1, 2 * radius + 1)).astype(np.float32)

    guide_mean, target_mean = mean(guide), mean(target)
    covariance = mean(guide * target) - guide_mean * target_mean
    variance = mean(guide * guide) - guide_mean * guide_mean
    slope = covariance / (variance + softness)
    return mean(slope) * guide + mean(target_mean - slope * guide_mean)


def own_colour(rgb: Bytes, alpha: Floats, radius: int) -> Bytes:
    """The product's colour with the old background taken out of its edge pixels (Forte 2021, blur fusion)."""
    image = rgb.astype(np.float32)
    front = image
    back = image
    for reach in (radius * 4, radius):
        front, back = _fuse(image, front, back, alpha, reach)
    return _rim_tint(np.where(alpha[..., None] > 0.995, image, front).clip(0, 255), alpha, radius)


def _rim_tint(colour: Floats, alpha: Floats, radius: int) -> Bytes:
    """The rim takes its tint from just inside: JPEG halves the size of colour, so the floor's bleeds in."""
    inside = cv2.erode(alpha, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)) > 0.995
    weight = inside.astype(np.float32)[..., None]
    box = (4 * radius + 1, 4 * radius + 1)
    lab = cv2.cvtColor((colour / 255).astype(np.float32), cv2.COLOR_RGB2LAB)
    share = cv2.GaussianBlur(weight, box, 0)[..., None]
    tint = cv2.GaussianBlur(lab * weight, box, 0) / np.maximum(share, 1e-4)
    rim = (share[..., 0] > 0.01) & ~inside & (alpha > 0)
    lab[rim, 1:] = tint[rim, 1:]
    return (cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).clip(0, 1) * 255).round().astype(np.uint8)


def _fuse(image: Floats, front: Floats, back: Floats, alpha: Floats, reach: int) -> tuple[Floats, Floats]:
    box = (2 * reach + 1, 2 * reach + 1)
    a = alpha[..., None]
    weight = cv2.blur(alpha, box)[..., None]
    front_mean = cv2.blur(front * a, box) / (weight + 1e-5)
    back_mean = cv2.blur(back * (1 - a), box) / (1 - weight + 1e-5)
    rest = image - a * front_mean - (1 - a) * back_mean
    return np.clip(front_mean + a * rest, 0, 255), back_mean
