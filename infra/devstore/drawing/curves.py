"""Outlines: smooth curves through a few points, and the masks and coordinates they span.

A curve is an (n, 2) float32 array of x, y; x runs right and y runs down.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

F32 = NDArray[np.float32]


def f32(values: ArrayLike) -> F32:
    """The values as a float32 array; no copy where they are one."""
    return np.asarray(values, np.float32)


def line(*points: tuple[float, float]) -> F32:
    """A polyline with corners."""
    return f32(points)


def spline(*points: tuple[float, float], samples: int = 14) -> F32:
    """A centripetal Catmull-Rom curve through the points; it never overshoots into loops.

    https://en.wikipedia.org/wiki/Centripetal_Catmull%E2%80%93Rom_spline
    """
    p = np.asarray(points, np.float64)
    step = np.sqrt(np.linalg.norm(np.diff(p, axis=0), axis=1))[:, None]
    slope = np.diff(p, axis=0) / step
    inner = (slope[:-1] * step[1:] + slope[1:] * step[:-1]) / (step[:-1] + step[1:])
    tangent = np.concatenate([slope[:1], inner, slope[-1:]])
    s = np.linspace(0, 1, samples, endpoint=False)[None, :, None]
    a, b = p[:-1, None], p[1:, None]
    m, n = (tangent[:-1] * step)[:, None], (tangent[1:] * step)[:, None]
    curve = (
        (2 * s**3 - 3 * s**2 + 1) * a
        + (s**3 - 2 * s**2 + s) * m
        + (3 * s**2 - 2 * s**3) * b
        + (s**3 - s**2) * n
    )
    return np.concatenate([curve.reshape(-1, 2), p[-1:]]).astype(np.float32)


def join(*curves: ArrayLike) -> F32:
    """The curves one after the other."""
    return np.concatenate([f32(c).reshape(-1, 2) for c in curves])


def mirror(curve: F32) -> F32:
    """The curve on the other side of x = 0, in the same order."""
    return stretched(curve, -1, 1)


def moved(curve: F32, x: float, y: float) -> F32:
    """The curve, somewhere else."""
    return f32(curve + f32([x, y]))


def stretched(curve: F32, x: float, y: float) -> F32:
    """The curve, scaled about (0, 0)."""
    return f32(curve * f32([x, y]))


def across(*points: tuple[float, float]) -> F32:
    """A symmetric curve from left to right; `points` are its right half, from the middle outward."""
    return spline(*((-x, y) for x, y in points[:0:-1]), *points)


def resample(curve: F32, count: int) -> F32:
    """`count` points at equal steps along the curve."""
    far = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    at = np.linspace(0, far[-1], count)
    return np.stack([np.interp(at, far, curve[:, 0]), np.interp(at, far, curve[:, 1])], 1).astype(np.float32)


def normals(curve: F32) -> F32:
    """Unit vectors to the right of the direction of travel (screen coordinates)."""
    along = np.gradient(curve, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    return np.stack([-along[:, 1], along[:, 0]], 1).astype(np.float32)


def offset(curve: F32, distance: float) -> F32:
    """The curve moved sideways, to the right of its direction for a positive distance."""
    return f32(curve + normals(curve) * distance)


def mask(outline: F32, shape: tuple[int, int]) -> F32:
    """Coverage 0..1 of the closed outline (pixels), anti-aliased."""
    filled = np.zeros(shape, np.uint8)
    points = np.round(outline * 16).astype(np.int32)
    cv2.fillPoly(filled, [points], (255,), lineType=cv2.LINE_AA, shift=4)
    return f32(filled.astype(np.float32) / 255)


def stroke(curve: F32, width: float, shape: tuple[int, int]) -> F32:
    """Coverage 0..1 of the open curve (pixels) drawn `width` pixels wide."""
    half = width / 2
    return mask(join(offset(curve, half), offset(curve, -half)[::-1]), shape)


def ladder(left: F32, right: F32, shape: tuple[int, int]) -> tuple[F32, F32, F32, float]:
    """Cloth coordinates of the panel between two edges (pixels), both running from its top to its bottom.

    Returns u (-1 at the left edge, 1 at the right), v (0 top, 1 bottom), the panel's half width at each pixel
    and its length, all but the first two in pixels. Values run on smoothly outside the panel.
    """
    coarse, rungs = 4, 48
    left, right = resample(left, rungs), resample(right, rungs)
    centre, half = (left + right) / 2, np.linalg.norm(right - left, axis=1) / 2
    along = np.gradient(centre, axis=0)
    step = np.maximum(np.linalg.norm(along, axis=1), 1e-3)
    along /= step[:, None]
    side = np.sign(np.sum((right - left) * np.stack([-along[:, 1], along[:, 0]], 1)))
    height, width = (-(-n // coarse) for n in shape)
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).reshape(-1, 2).astype(np.float32)
    grid = grid * coarse + (coarse - 1) / 2
    nearest = np.argmin(_squares(grid, f32(centre)), axis=1)
    away = grid - centre[nearest]
    v = (nearest + np.sum(away * along[nearest], 1) / step[nearest]) / (rungs - 1)
    wide = np.interp(v, np.linspace(0, 1, rungs), half)
    across = (away[:, 1] * along[nearest, 0] - away[:, 0] * along[nearest, 1]) * side
    u = across / np.maximum(wide, 1e-3)
    full = (width * coarse, height * coarse)
    fields = [
        cv2.resize(f.reshape(height, width).astype(np.float32), full, interpolation=cv2.INTER_LINEAR)
        for f in (u, v, wide)
    ]
    length = float(np.sum(step[:-1]))
    u, v, wide = (f32(f[: shape[0], : shape[1]]) for f in fields)
    return u, v, wide, length


def _squares(points: F32, centres: F32) -> F32:
    """Squared distances (points, centres), up to a constant per point."""
    squares: F32 = np.sum(centres**2, 1)[None, :] - 2 * points @ centres.T
    return squares
