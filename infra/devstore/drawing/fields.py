"""Smooth random fields and colour arithmetic. Colours are linear light, 0..1, red first."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from infra.devstore.drawing.curves import F32, f32

Rng = np.random.Generator


def linear(color: str) -> F32:
    """Linear red, green, blue of a colour as "#rrggbb"."""
    rgb = f32([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return f32(np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4))


@lru_cache(maxsize=1)
def _exposures() -> F32:
    """Display values for linear light of 0..2, whose brightest part rolls off toward white."""
    x = np.linspace(0, 2, 8193)
    x = np.where(x > 0.75, 0.75 + 0.25 * np.tanh((x - 0.75) / 0.30), x)
    return f32(np.where(x <= 0.0031308, x * 12.92, 1.055 * x ** (1 / 2.4) - 0.055))


def exposed(light: F32) -> F32:
    """Linear light → display values 0..1, as film answers to it; by table."""
    return _exposures()[(np.clip(light, 0, 2) * 4096).astype(np.int32)]


def noise(shape: tuple[int, int], cell: float | tuple[float, float], rng: Rng) -> F32:
    """Smooth noise of about -1..1 with features of `cell` pixels (or (down, across))."""
    down, across = cell if isinstance(cell, tuple) else (cell, cell)
    rows, cols = int(shape[0] / down) + 4, int(shape[1] / across) + 4
    grid = rng.uniform(-1, 1, (rows, cols)).astype(np.float32)
    big = cv2.resize(grid, (int(cols * across) + 1, int(rows * down) + 1), interpolation=cv2.INTER_CUBIC)
    y, x = int(1.5 * down), int(1.5 * across)
    return f32(big[y : y + shape[0], x : x + shape[1]])


def clouds(shape: tuple[int, int], cell: float, rng: Rng, octaves: int = 4) -> F32:
    """Noise with ever finer detail on top of it."""
    total = noise(shape, cell, rng)
    for octave in range(1, octaves):
        total = total + noise(shape, max(cell / 2**octave, 1.5), rng) * 0.55**octave
    return total


def blur(field: F32, sigma: float) -> F32:
    """Gaussian blur; wide ones are made on a smaller copy."""
    shrink = int(max(1, sigma // 3))
    if shrink == 1:
        return f32(cv2.GaussianBlur(field, (0, 0), sigma))
    h, w = field.shape[:2]
    small = cv2.resize(field, (-(-w // shrink), -(-h // shrink)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_REPLICATE)
    return f32(cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR))


def ramp(low: float, high: float, x: F32) -> F32:
    """0 below `low`, 1 above `high`, smooth between."""
    s = np.clip((x - low) / (high - low), 0, 1)
    return f32(s * s * (3 - 2 * s))


def mix(a: F32, b: F32, share: F32) -> F32:
    """`a` where share is 0, `b` where it is 1; `share` is one value per pixel."""
    mixed: F32 = a + (b - a) * share[..., None]
    return mixed
