"""Where words can stand on a painted picture: rooms at its sides, off the product and all other things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from generators.gate.placement import by_landmarks, by_outline
from generators.gate.views import View, view, view_of
from generators.studio.arrays import Floats, Mask
from generators.studio.layout import Box

VIEW_SIDE = 96
"""Pixels of the shorter side of the view that is searched: sand and waves even out, things stay."""
EDGE = 4.5
"""Lab units between neighbours of the view from which there is an edge of something."""
GAP = 9
"""Pixels of the view that an outline may be broken by: a sleeve is where the light hides it."""
FOREIGN = 15.0
"""CIE94 from every colour of the picture's rim from which there is a thing, not ground."""
SPECK = 0.012
"""Share of the view under which a thing may be covered: a cloud, a glint, a lamp out of focus."""
WIDTHS = (0.46, 0.42, 0.38, 0.34, 0.3, 0.26)
HEIGHTS = (0.36, 0.32, 0.28, 0.24, 0.2)
"""Shares of a wide picture's width, and of another's height, that words get: as much as is free."""


@dataclass(frozen=True, slots=True)
class Room:
    """Where words may go: their box, and the picture's edge that it lies at."""

    box: Box
    side: str


@dataclass(frozen=True, eq=False)
class Ground:
    """A picture's view: where the `products` are, all `things` that words keep off, and `edges` of any kind.

    All are (h, w), and nowhere if not found; `scale` is the view's size relative to the picture's.
    """

    products: Mask
    things: Mask
    edges: Mask
    scale: float

    def share(self, box: tuple[float, float, float, float], of: Mask) -> float:
        """How much of a box (left, top, right, bottom, in the picture's pixels) a mask takes up."""
        height, width = of.shape
        left, top = (max(0, int(edge * self.scale)) for edge in box[:2])
        right, bottom = (
            min(width, int(np.ceil(box[2] * self.scale))),
            min(height, int(np.ceil(box[3] * self.scale))),
        )
        return float(of[top:bottom, left:right].mean()) if right > left and bottom > top else 0.0

    def free_until(self, side: str, start: int) -> int:
        """How far from a side's edge the first product past `start` is, or thing; in the picture's pixels."""
        there = self.products if self.products.any() else self.things
        turned = {"left": there, "right": there[:, ::-1], "top": there.T, "bottom": there[::-1].T}[side]
        first = int(start * self.scale)
        taken = np.flatnonzero(turned[:, first:].any(axis=0))
        return int((first + taken[0]) / self.scale) if len(taken) else int(turned.shape[1] / self.scale)


def ground_of(image: Image.Image, photos: Sequence[bytes]) -> Ground:
    """What is where in a picture; the products of `photos` (encoded) are looked for in it."""
    seen = view(image, round(VIEW_SIDE**2 * max(image.size) / min(image.size)))
    edges = _edges(seen.lab)
    things = _enclosed(edges) | _large(~seen.like_rim(seen.lab, FOREIGN))
    products = np.zeros(things.shape, bool)
    for photo in photos:
        products |= _product(view_of(photo), image, things.shape)
    return Ground(products, things | products, edges, seen.rgb.shape[1] / image.width)


def rooms(size: tuple[int, int], ground: Ground, *, right_to_left: bool = False) -> Iterator[Room]:
    """The rooms of a picture, largest first, and of two alike the calmer one first.

    Of two as calm, it is the one where reading begins.
    """
    sides = _sides(size, right_to_left)
    order = sorted(sides, key=lambda side: round(_unrest(ground, sides[side][2]), 1))
    for number in range(len(sides[order[0]])):
        for side in order:
            yield Room(sides[side][number], side)


def _unrest(ground: Ground, box: Box) -> float:
    edges = box.left, box.top, box.right, box.bottom
    return ground.share(edges, ground.things) + ground.share(edges, ground.edges)


def _sides(size: tuple[int, int], right_to_left: bool) -> dict[str, list[Box]]:
    width, height = size
    if width > 1.3 * height:
        margin = round(min(0.16 * height, 0.06 * width))
        inset = max(margin, round(0.05 * width))
        wide = [round(share * width) for share in WIDTHS]
        left = [Box(inset, margin, w, height - 2 * margin) for w in wide]
        right = [Box(width - inset - w, margin, w, height - 2 * margin) for w in wide]
        return {"right": right, "left": left} if right_to_left else {"left": left, "right": right}
    margin = round(0.08 * width)
    high = [round(share * height) for share in HEIGHTS]
    return {
        "top": [Box(margin, margin, width - 2 * margin, h) for h in high],
        "bottom": [Box(margin, height - margin - h, width - 2 * margin, h) for h in high],
    }


def _edges(lab: Floats) -> Mask:
    soft = cv2.GaussianBlur(lab, (0, 0), 1.2)
    across = np.linalg.norm(np.diff(soft, axis=1, append=soft[:, -1:]), axis=2)
    down = np.linalg.norm(np.diff(soft, axis=0, append=soft[-1:]), axis=2)
    edges = (np.maximum(across, down) > EDGE).astype(np.uint8)
    return cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0


def _enclosed(edges: Mask) -> Mask:
    """What no way leads to from the picture's rim but over an edge, gaps in it closed; with the edge."""
    walls = cv2.morphologyEx(edges.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((GAP, GAP), np.uint8)) > 0
    _, labels = cv2.connectedComponents((~walls).astype(np.uint8), connectivity=4)
    rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    inside = _large(~walls & ~np.isin(labels, rim))
    return cv2.dilate(inside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0


def _large(mask: Mask) -> Mask:
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    large = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= SPECK * mask.size)
    return np.isin(labels, large[large > 0])


def _product(photo: View, image: Image.Image, shape: tuple[int, int]) -> Mask:
    """Where the gate would find the product; nowhere if it would not."""
    seen = view(image)
    for way in (by_landmarks, by_outline):
        if placement := way(photo, seen):
            size = seen.rgb.shape[1], seen.rgb.shape[0]
            there = cv2.warpAffine(photo.product, placement.matrix, size)
            return cv2.resize(there, shape[::-1], interpolation=cv2.INTER_AREA) > 0.3
    return np.zeros(shape, bool)
