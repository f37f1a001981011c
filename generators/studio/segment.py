"""Where the product is: a binary mask found by GrabCut from a model of the photo's border.

A product photo shows the thing in the middle of something else, so what the border looks like is background.
Colours that the border lacks, and that no smooth path leads to from the border, seed GrabCut
(Rother et al. 2004).
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from generators.studio.arrays import Bytes, Floats, Mask

RING = 0.045
"""Width of the border strip that shows the background, as a share of the shorter side."""
RIM = 0.01
"""Width of the strip that is background whatever it shows."""


def ring(shape: tuple[int, ...], share: float = RING) -> Mask:
    """The border strip of an image of this shape."""
    height, width = shape[:2]
    edge = max(2, round(min(height, width) * share))
    strip = np.ones((height, width), bool)
    strip[edge:-edge, edge:-edge] = False
    return strip


def colour_distance(
    lab: Floats, samples: Floats, colours: int, least: float, spread: tuple[float, float, float]
) -> Floats:
    """How far each pixel is from the samples' main colours, in standard deviations of at least `spread`.

    A colour that fewer than `least` (share) of the samples have does not count.
    """
    cv2.setRNGSeed(1)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 0.5)
    _, labels, centres = cv2.kmeans(samples, colours, None, criteria, 2, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    distance = np.full(lab.shape[:2], np.inf, np.float32)
    for k, centre in enumerate(centres):
        members = samples[labels[:, 0] == k]
        if len(members) < least * len(samples):
            continue
        deviation = np.clip(members.std(axis=0), spread, np.multiply(spread, 2)).astype(np.float32)
        distance = np.minimum(distance, np.sqrt((((lab - centre) / deviation) ** 2).sum(axis=2)))
    return distance


def border_distance(lab: Floats) -> Floats:
    """How far each pixel's colour is from the border's; what lies about in a corner is left out of that."""
    return colour_distance(lab, lab[ring(lab.shape)], 6, 0.04, (6, 3, 3))


def geodesic_distance(lab: Floats, side: int = 96) -> Floats:
    """The colour climbed on the gentlest path from the border to each pixel (Wei et al. 2012)."""
    height, width = lab.shape[:2]
    scale = side / max(height, width)
    small = cv2.resize(
        lab, (max(8, round(width * scale)), max(8, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    rows, cols = small.shape[:2]
    index = np.arange(rows * cols).reshape(rows, cols)
    steps = [
        (index[:, :-1], index[:, 1:], np.linalg.norm(small[:, 1:] - small[:, :-1], axis=2)),
        (index[:-1], index[1:], np.linalg.norm(small[1:] - small[:-1], axis=2)),
    ]
    source = rows * cols
    rim = index[ring(small.shape, 0.0)]
    tail = np.concatenate([a.ravel() for a, _, _ in steps] + [np.full(len(rim), source)])
    head = np.concatenate([b.ravel() for _, b, _ in steps] + [rim])
    cost = np.concatenate(
        [np.maximum(c.ravel() - 3.0, 0.01) for _, _, c in steps] + [np.full(len(rim), 0.01)]
    )
    graph = coo_matrix((cost, (tail, head)), shape=(source + 1, source + 1)).tocsr()
    climbed = dijkstra(graph, directed=False, indices=source)[:source].reshape(rows, cols).astype(np.float32)
    return np.asarray(cv2.resize(climbed, (width, height), interpolation=cv2.INTER_LINEAR))


def _unit(values: Floats) -> Floats:
    low, high = np.percentile(values, (5, 97))
    return np.asarray(np.clip((values - low) / max(float(high - low), 1e-3), 0, 1))


def saliency(lab: Floats) -> Floats:
    """0..1 for every pixel: unlike the border, cut off from it by colour, near the middle."""
    likeness = 0.5 * _unit(border_distance(lab)) + 0.5 * _unit(geodesic_distance(lab))
    return _unit(likeness * _near_middle(lab.shape, 0.55))


def _near_middle(shape: tuple[int, ...], steepness: float) -> Floats:
    height, width = shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    from_middle = ((x / width - 0.5) / 0.46) ** 2 + ((y / height - 0.5) / 0.46) ** 2
    return np.asarray(np.exp(-steepness * from_middle))


def grab(pixels: Floats | Bytes, trimap: Bytes, rounds: int = 4) -> Mask:
    """GrabCut of three-channel pixels (0..255) from a trimap of cv2.GC_* marks."""
    marks = trimap.copy()
    if not {cv2.GC_FGD, cv2.GC_PR_FGD} & set(np.unique(marks)):
        return np.zeros(marks.shape, bool)
    if not {cv2.GC_BGD, cv2.GC_PR_BGD} & set(np.unique(marks)):
        return np.ones(marks.shape, bool)
    cv2.setRNGSeed(2)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(pixels.clip(0, 255).astype(np.uint8), marks, None, *models, rounds, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    return np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD))


def _otsu(values: Floats) -> float:
    level, _ = cv2.threshold((values * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    return level / 255


def seed_firmly(salient: Floats) -> Bytes:
    """Marks from Otsu's threshold on a saliency, with what is far to either side of it settled."""
    cut = _otsu(salient)
    marks = np.full(salient.shape, cv2.GC_PR_BGD, np.uint8)
    marks[salient > cut] = cv2.GC_PR_FGD
    marks[salient > cut + 0.6 * (1 - cut)] = cv2.GC_FGD
    marks[salient < 0.25 * cut] = cv2.GC_BGD
    marks[ring(salient.shape, RIM)] = cv2.GC_BGD
    return marks


def seed_loosely(lab: Floats) -> Bytes:
    """Marks from the border's colours alone, nothing settled but the rim: a second, independent opinion."""
    salient = _unit(border_distance(lab)) * _near_middle(lab.shape, 0.35)
    marks = np.where(salient > _otsu(salient), cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[ring(lab.shape, RIM)] = cv2.GC_BGD
    return marks


def seed_around(mask: Mask, reach: float) -> Bytes:
    """Marks that leave GrabCut free only within `reach` (share of the longer side) of the mask's outline."""
    size = max(3, round(max(mask.shape) * reach)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    as_bytes = mask.astype(np.uint8)
    marks = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[cv2.erode(as_bytes, kernel, borderValue=1) > 0] = cv2.GC_FGD
    marks[cv2.dilate(as_bytes, kernel) == 0] = cv2.GC_BGD
    return marks


def lookalikes(lab: Floats, mask: Mask) -> Mask:
    """Patches of the mask that are painted in the background's colours: floor between legs, under an arm."""
    kernel = np.ones((5, 5), np.uint8)
    far = cv2.dilate(mask.astype(np.uint8), kernel) == 0
    if far.sum() < 500 or mask.sum() < 500:
        return np.zeros(mask.shape, bool)
    samples = lab[far]
    samples = samples[:: max(1, len(samples) // 6000)]
    foreign = np.linalg.norm(lab[..., 1:] - np.median(lab[mask], axis=0)[1:], axis=2) > 12
    alike = colour_distance(lab, samples, 10, 0.01, (5, 2.5, 2.5)) < 1.7
    alike |= foreign & (colour_distance(lab, samples, 10, 0.01, (14, 3.5, 3.5)) < 1.7)  # the same in shade
    opened = cv2.morphologyEx((alike & mask).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    large = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= 0.003 * mask.sum())
    return np.isin(labels, large[large > 0])


def without_lookalikes(lab: Floats, mask: Mask) -> Mask:
    """The mask grown anew with its background-coloured patches ruled out, unless too little of it remains."""
    patches = lookalikes(lab, mask)
    if not 0 < patches.sum() < 0.2 * mask.sum():
        return mask
    marks = seed_around(mask & ~patches, 0.05)
    marks[patches] = cv2.GC_BGD
    anew = tidy(grab(lab, marks, rounds=2))
    return anew if anew.sum() > 0.8 * mask.sum() else mask


def tidy(mask: Mask) -> Mask:
    """The main pieces of a mask: specks dropped, pinholes closed, true openings (straps, sleeves) kept."""
    size = max(3, round(max(mask.shape) * 0.008)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel)
    kept = _pieces(closed.astype(bool), 0.12)
    return kept | (~kept & ~_pieces(~kept, 0.006))


def holes(mask: Mask) -> Mask:
    """What the mask encloses."""
    _, labels = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=4)
    rim = np.unique(labels[ring(mask.shape, 0.0)])
    return ~mask & ~np.isin(labels, rim)


def _pieces(mask: Mask, share: float) -> Mask:
    """The connected pieces that have at least `share` of the largest piece's area."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    if areas.max(initial=0) == 0:
        return np.zeros(mask.shape, bool)
    return np.isin(labels, np.flatnonzero(areas >= share * areas.max()))
