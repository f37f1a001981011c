"""One photo in figures: its backdrop, its light, its colours, how the product sits in the frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from sklearn.cluster import KMeans

from generators.studio.arrays import Floats, Mask
from generators.studio.colour import Lab
from generators.studio.cutout import draft
from infra.pixels import decode

ACCENTS = 4
"""Colours that a palette takes from the product, after the backdrop's one."""


@dataclass(frozen=True, slots=True)
class Look:
    """`backdrop` and `accents` are CIE Lab (L 0..100); the last five are as in StyleBrief.

    `busy` is the backdrop's fine texture in Lab units, `lean` its rise in lightness to the right and the top.
    """

    backdrop: Lab
    accents: tuple[Lab, ...]
    busy: float
    lean: tuple[float, float]
    brightness: float
    contrast: float
    warmth: float
    softness: float
    fill: float


def look_at(photo: bytes) -> Look:
    """Measures an encoded photo; ImageError when it is none."""
    found = draft(decode(photo))
    lab: Floats = cv2.cvtColor(found.rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).astype(np.float32)
    mask = found.mask if 0.02 < found.mask.mean() < 0.9 else _middle(found.mask.shape)
    near = cv2.dilate(mask.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    ground = ~near if (~near).mean() > 0.05 else ~mask
    light, backdrop = lab[..., 0], _main_colours(lab[ground], 3)[0]
    low, high = np.percentile(light, (5, 95))
    return Look(
        backdrop=backdrop,
        accents=_main_colours(lab[_inside(mask)], ACCENTS),
        busy=_busy(lab, ground),
        lean=_lean(light, ground),
        brightness=float(np.clip((light[ground].mean() - 15) / 75, 0, 1)),
        contrast=float(np.clip((high - low) / 90, 0, 1)),
        warmth=float(np.clip((backdrop[2] + 0.4 * backdrop[1]) / 26, -1, 1)),
        softness=_softness(light, mask, near),
        fill=_fill(mask),
    )


def _inside(mask: Mask) -> Mask:
    """The mask without its rim, where the shadow and the backdrop shine through."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    return inner if inner.any() else mask


def _middle(shape: tuple[int, ...]) -> Mask:
    height, width = shape
    mask = np.zeros(shape, bool)
    mask[height // 4 : -height // 4, width // 4 : -width // 4] = True
    return mask


def _main_colours(pixels: Floats, count: int) -> tuple[Lab, ...]:
    """KMeans centres, the commonest first; fewer where there are fewer colours."""
    sample = pixels[:: max(1, len(pixels) // 3000)].astype(np.float64)
    count = min(count, len(np.unique(sample.round(), axis=0)))
    means = KMeans(count, n_init=2, random_state=0).fit(sample)
    shares = np.bincount(means.labels_, minlength=count)
    order = np.argsort(-shares, kind="stable")
    return tuple((float(x), float(y), float(z)) for x, y, z in means.cluster_centers_[order])


def _busy(lab: Floats, ground: Mask) -> float:
    fine = lab - cv2.GaussianBlur(lab, (0, 0), 6)
    return float(np.linalg.norm(fine[ground], axis=1).mean())


def _lean(light: Floats, ground: Mask) -> tuple[float, float]:
    """The slope of a plane through the backdrop's lightness: L units over the frame's width and height."""
    rows, cols = np.nonzero(ground)
    height, width = light.shape
    plane = np.column_stack([cols / width - 0.5, 0.5 - rows / height, np.ones(len(rows))])
    slope, *_ = np.linalg.lstsq(plane, light[ground], rcond=None)
    return float(slope[0]), float(slope[1])


def _softness(light: Floats, mask: Mask, near: Mask) -> float:
    """1 where the ground beside the product is no darker than elsewhere, towards 0 for deep shadows."""
    beside, away = light[near & ~mask], light[~near]
    if not len(beside) or not len(away):
        return 0.7
    return float(np.clip(1 - (np.median(away) - np.percentile(beside, 10)) / 60, 0.1, 1))


def _fill(mask: Mask) -> float:
    """The share of the frame's shorter side that the product spans across it."""
    _, _, width, height = cv2.boundingRect(mask.astype(np.uint8))
    rows, cols = mask.shape
    return float(np.clip(width / cols if cols <= rows else height / rows, 0.4, 0.95))
