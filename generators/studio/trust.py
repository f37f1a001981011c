"""Is a mask good enough to cut along? Figures measured on the photo, and the limits they must keep.

A butchered product is far worse than a framed photo, so every limit must hold. The limits were set by eye
on some hundreds of phone photos of clothes on floors, beds, carpets and hangers.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generators.studio.arrays import Floats, Mask
from generators.studio.segment import RIM, holes, lookalikes, ring

AGREEMENT = 0.94
"""Overlap with an independent opinion under which a mask is not trusted."""
STEP = 9.0
"""Lab units (8-bit L scale) between just inside and just outside that an eye takes for an edge."""
SAME_GROUND = 14.0
"""Lab units (8-bit L scale) within which a gap in the product shows the same ground as lies beside it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against a mask; shares run 0..1.

    `area`: of the frame. `touching`: of the frame's rim. `solid`: area over convex hull. `rough`: outline
    over smoothed outline. `edged`: outline with a visible step in colour. `gap`: its longest stretch without
    one. `leak`, `loss`: the band inside (outside) the outline that looks like the other side. `alike`:
    patches that may be product or ground.
    """

    area: float
    touching: float
    solid: float
    rough: float
    edged: float
    gap: float
    leak: float
    loss: float
    alike: float


def gather(lab: Floats, mask: Mask, first: Mask) -> Evidence:
    """Measures a mask on its photo (Lab, float32), with the first draft of it."""
    dropped = first & ~mask
    gaps = holes(mask)  # under an arm, through a handle; or is it a pale print?
    doubtful = lookalikes(lab, mask) | (dropped & gaps) | _unlike_ground(lab, mask, gaps) | _glare(lab, mask)
    steps = _steps(lab, mask)
    inside, outside = _confusions(lab, mask)
    return Evidence(
        area=float(mask.mean()),
        touching=float(mask[_inner_rim(mask.shape)].mean()),
        solid=_solidity(mask),
        edged=float((steps > STEP).mean()) if len(steps) else 0.0,
        gap=_longest_run(steps <= STEP),
        leak=inside,
        rough=_roughness(mask),
        loss=outside,
        alike=float(doubtful.sum() / max(1, mask.sum())),
    )


def objections(evidence: Evidence) -> tuple[str, ...]:
    """Why not to cut along the mask; empty when nothing speaks against it."""
    limits = {
        "too small": evidence.area < 0.05,
        "fills the frame": evidence.area > 0.85,
        "cut off by the frame": evidence.touching > 0.03,
        "too ragged": evidence.rough > 1.12 or evidence.solid < 0.42,
        "no edge to cut along": evidence.edged < 0.97 or evidence.gap > 0.006,
        "background in the product": evidence.leak > 0.12 or evidence.alike > 0.006,
        "product in the background": evidence.loss > 0.16,
    }
    return tuple(why for why, holds in limits.items() if holds)


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return float((one & other).sum() / max(1, (one | other).sum()))


def _outlines(mask: Mask) -> list[NDArray[np.float32]]:
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return [c[:, 0].astype(np.float32) for c in found if len(c) >= 24]


def _steps(lab: Floats, mask: Mask) -> NDArray[np.float32]:
    """The difference in colour across the outline, at each of its points."""
    depth = max(3.0, max(mask.shape) * 0.011)
    soft: Floats = cv2.GaussianBlur(lab, (0, 0), depth / 3).astype(np.float32)
    away = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), depth)
    slope = np.dstack([cv2.Sobel(away, cv2.CV_32F, 1, 0), cv2.Sobel(away, cv2.CV_32F, 0, 1)])
    differences = []
    for outline in _outlines(mask):
        x, y = outline.T
        normal = slope[y.astype(int), x.astype(int)]
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
        ends = [_sample(soft, outline + sign * depth * normal) for sign in (1, -1)]
        differences.append(np.linalg.norm(ends[0] - ends[1], axis=1))
    return np.concatenate(differences) if differences else np.zeros(0, np.float32)


def _sample(image: Floats, points: NDArray[np.float32]) -> Floats:
    height, width = image.shape[:2]
    x = points[:, 0].round().astype(int).clip(0, width - 1)
    y = points[:, 1].round().astype(int).clip(0, height - 1)
    return np.asarray(image[y, x])


def _longest_run(weak: NDArray[np.bool_]) -> float:
    """The longest run of True, as a share of all points; few good points in between do not end it."""
    if not len(weak):
        return 1.0
    window = max(1, len(weak) // 100)
    smooth = np.convolve(weak, np.ones(window) / window, "same") > 0.5
    bounds = np.flatnonzero(np.diff(np.concatenate([[0], smooth, [0]])))
    runs = bounds[1::2] - bounds[::2]
    return float(runs.max(initial=0) / len(weak))


def _inner_rim(shape: tuple[int, ...]) -> Mask:
    """The strip next to the rim that every seed declares background."""
    rim = ring(shape, RIM).astype(np.uint8)
    return np.asarray((cv2.dilate(rim, np.ones((5, 5), np.uint8)) > 0) & (rim == 0))


def _solidity(mask: Mask) -> float:
    points = cv2.findNonZero(mask.astype(np.uint8))
    return 0.0 if points is None else float(mask.sum() / max(1.0, cv2.contourArea(cv2.convexHull(points))))


def _roughness(mask: Mask) -> float:
    smooth = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(mask.shape) * 0.008) > 0.5
    lengths = [sum(float(cv2.arcLength(o, True)) for o in _outlines(m)) for m in (mask, smooth)]
    return lengths[0] / max(lengths[1], 1.0)


def _unlike_ground(lab: Floats, mask: Mask, gaps: Mask) -> Mask:
    """Gaps that may be a print or a lining: not quite in the colour of the ground beside the product."""
    beside = cv2.dilate(mask.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
    ground = lab[beside & ~mask & ~gaps]
    count, labels = cv2.connectedComponents(gaps.astype(np.uint8), connectivity=4)
    if not len(ground):
        return gaps
    means = (lab[labels == n].mean(axis=0) for n in range(1, count))
    odd = [n for n, mean in enumerate(means, 1) if np.linalg.norm(mean - ground.mean(axis=0)) > SAME_GROUND]
    return np.isin(labels, odd)


def _glare(lab: Floats, mask: Mask) -> Mask:
    """White patches of the mask beside which the ground shines too: a lamp on a polished floor."""
    white = mask & (lab[..., 0] > 215) & (np.abs(lab[..., 1:] - 128).max(axis=2) < 18)
    kernel = np.ones((3, 3), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        cv2.morphologyEx(white.astype(np.uint8), cv2.MORPH_OPEN, kernel), connectivity=4
    )
    usual = np.median(lab[~mask][:, 0]) if not mask.all() else 255.0
    odd = []
    for n in range(1, count):
        if stats[n, cv2.CC_STAT_AREA] < 0.003 * mask.sum():
            continue
        beside = (cv2.dilate((labels == n).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0) & ~mask
        if beside.sum() > 20 and np.median(lab[beside][:, 0]) > usual + 22:
            odd.append(n)
    return np.isin(labels, odd)


def _confusions(lab: Floats, mask: Mask) -> tuple[float, float]:
    """Shares of the band inside and outside the outline that look more like the other side's far field."""
    size = max(5, round(max(mask.shape) * 0.06)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    core = cv2.erode(mask.astype(np.uint8), kernel, borderValue=1) > 0
    near = cv2.dilate(mask.astype(np.uint8), kernel) > 0
    if core.sum() < 50 or (~near).sum() < 50:
        return 1.0, 1.0
    to_inside, to_outside = _distance(lab, lab[core]), _distance(lab, lab[~near])
    odd = to_outside < 0.7 * to_inside
    lost = to_inside < 0.7 * to_outside
    return float(odd[mask & ~core].mean()), float(lost[near & ~mask].mean())


def _distance(lab: Floats, samples: Floats) -> Floats:
    cv2.setRNGSeed(3)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 8, 1.0)
    picked = samples[:: max(1, len(samples) // 3000)]
    _, _, centres = cv2.kmeans(picked, 6, None, criteria, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    squared = [((lab - centre) ** 2).sum(axis=2) for centre in centres]
    return np.asarray(np.sqrt(np.minimum.reduce(squared))) + 2.0
