"""The region of a scene that looks like the product, when no point of the photo reappears as it was.

A model that dresses a person paints every thread anew, so nothing matches point by point; colours in their
shares, the weave's coarseness and the outline survive. This evidence is weaker: a like garment of the same
colour passes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generators.gate.palette import Floats, Mask, Palette, difference, palette
from generators.gate.views import View

WORK_AREA = 112 * 112
LEAST_AREA = 0.03
"""Share of the image under which a product is a detail, not the subject."""
REACH = 9.0
"""CIE94; how far light moves a garment's colour."""
CLOSE = 0.3
"""Share of the image that a region's box may have before it is looked at more closely."""
AROUND = 0.25
"""What is kept around that box, as a share of it: the ground beside a hem tells where the hem is."""
GROUND = 0.9
"""Share of an edge along which a colour is the floor's or the wall's, no product's that is cut through."""
COVERED = 0.4
"""A colour counts as kept when it has this share of the room it had: folds and arms hide parts."""


Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Alike:
    """The region of the image and the product of the photo, as Lab pixels (n, 3) of one coarseness.

    `likeness` is how alike they are, 0..1; `cut_off` the share of the region's height or width along which
    the image's edge cuts through it; `box` is left, top, right and bottom as shares of the image.
    """

    product: Floats
    pixels: Floats
    likeness: float
    cut_off: float
    box: Box


def alike(photo: View, image: View) -> Alike | None:
    """The region most like the product; None when nothing of its colours stands out from the rim."""
    product_lab, product = _small(photo.lab, photo.product)
    wanted = palette(product_lab[product > 0.5]) if (product > 0.5).sum() > 8 else None
    if wanted is None:
        return None
    lab, _ = _small(image.lab, None)
    region = _region(lab, wanted, image.rim)
    if region.mean() < LEAST_AREA:
        return None
    cut_off = _cut_off(lab, wanted)
    box = _box(region)
    if (box[2] - box[0]) * (box[3] - box[1]) < CLOSE:
        lab, region = _closer(image, wanted, box)
    outline = _outline_likeness(product > 0.5, region)
    weave = _weave_likeness(product_lab[..., 0], product > 0.5, lab[..., 0], region)
    colour = _colour_likeness(wanted, lab[region])
    likeness = colour * float(np.sqrt(outline * weave))
    return Alike(product_lab[product > 0.5], lab[region], likeness, cut_off, box)


def _box(region: Mask) -> Box:
    x, y, width, height = cv2.boundingRect(region.astype(np.uint8))
    tall, wide = region.shape
    return x / wide, y / tall, (x + width) / wide, (y + height) / tall


def _closer(image: View, wanted: Palette, box: Box) -> tuple[Floats, Mask]:
    """The region and what is around it, as coarse as the photo: small, in a banner, it lost its outline."""
    height, width = image.lab.shape[:2]
    left, top, right, bottom = box
    margin = AROUND * max((right - left) * width, (bottom - top) * height)
    rows = slice(max(0, int(top * height - margin)), int(bottom * height + margin))
    columns = slice(max(0, int(left * width - margin)), int(right * width + margin))
    lab, _ = _small(image.lab[rows, columns], None)
    return lab, _region(lab, wanted, image.rim)


def _cut_off(lab: Floats, wanted: Palette) -> float:
    """Along how much of itself the top or a side of the image cuts through the product, 0..1.

    The ground is what the three other edges show; what runs along the whole edge is ground too. At the bottom
    edge legs, arms and floors have a product's colours too often.
    """
    worst = 0.0
    for turn in (0, 1, 3):
        turned = np.rot90(lab, turn)
        others = np.concatenate([turned[-1], turned[:, 0], turned[:, -1]])
        region = _region(turned, wanted, palette(others))
        at_edge = region[:2].any(axis=0)
        if region.mean() >= LEAST_AREA and at_edge.mean() < GROUND:
            worst = max(worst, float(at_edge.sum() / max(region.any(axis=0).sum(), 1)))
    return worst


def _small(lab: Floats, mask: Floats | None) -> tuple[Floats, Floats]:
    height, width = lab.shape[:2]
    scale = min(1.0, (WORK_AREA / (height * width)) ** 0.5)
    size = max(8, round(width * scale)), max(8, round(height * scale))
    shrink = [cv2.resize(m, size, interpolation=cv2.INTER_AREA) for m in (lab, mask) if m is not None]
    return np.asarray(shrink[0], np.float32), np.asarray(shrink[-1], np.float32)


def _region(lab: Floats, wanted: Palette, rim: Palette) -> Mask:
    """Where the product's colours are more at home than the rim's: the large pieces."""
    likely = _likelihood(lab, wanted) > np.maximum(_likelihood(lab, rim), 0.3 * np.exp(-2))
    # Closed before it is opened: thin stripes would be lost.
    mask = cv2.morphologyEx(likely.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return np.isin(labels, np.flatnonzero(areas >= max(0.25 * areas.max(), 1)))


def _likelihood(lab: Floats, colours: Palette) -> Floats:
    distance = difference(lab[..., None, :], colours.lab)
    nearness = np.exp(-0.5 * (distance / REACH) ** 2)
    return np.asarray((nearness * np.sqrt(colours.shares)).max(axis=-1), np.float32)


def _colour_likeness(wanted: Palette, pixels: Floats) -> float:
    """The share of the product's colours that the region has, each in a fair part of its room."""
    nearest = difference(pixels[:, None, :], wanted.lab).argmin(axis=1)
    shares = np.bincount(nearest, minlength=len(wanted.shares)) / len(pixels)
    return float((wanted.shares * np.minimum(1, shares / (COVERED * wanted.shares))).sum())


def _outline_likeness(product: Mask, region: Mask) -> float:
    """How two outlines overlap once stretched to one box, less what the stretching changed."""
    (one, aspect), (other, like) = _boxed(product), _boxed(region)
    overlap = (one & other).sum() / max((one | other).sum(), 1)
    return float(overlap * min(aspect / like, like / aspect) ** 0.5)


def _boxed(mask: Mask) -> tuple[Mask, float]:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    crop = mask[y : y + height, x : x + width].astype(np.float32)
    return np.asarray(cv2.resize(crop, (48, 48), interpolation=cv2.INTER_AREA) > 0.5), width / height


def _weave_likeness(light: Floats, product: Mask, scene: Floats, region: Mask) -> float:
    one, other = _coarseness(light, product), _coarseness(scene, region)
    return float((min(one, other) + 1) / (max(one, other) + 1))


def _coarseness(light: Floats, mask: Mask) -> float:
    """The mean spread of L within a small window inside a mask."""
    mean = cv2.blur(light, (5, 5))
    spread = np.sqrt(np.maximum(cv2.blur(light * light, (5, 5)) - mean * mean, 0))
    inner = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return float(spread[inner].mean()) if inner.any() else float(spread[mask].mean())
