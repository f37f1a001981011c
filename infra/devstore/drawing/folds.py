"""Folds: how far a cloth stands off, in centimetres, as a function of its place on the panel.

A fold is called with u (-1..1 across), v (0..1 down) and the pixel grid's shape, and returns a height field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from infra.devstore.drawing.curves import F32, f32
from infra.devstore.drawing.fields import ramp

Fold = Callable[[F32, F32], F32]


def _table(seed: int, low: float, high: float, size: int = 64) -> F32:
    return np.random.default_rng(seed).uniform(low, high, size).astype(np.float32)


def _smooth(x: F32, table: F32) -> F32:
    """A smooth random curve over x, one new value per unit."""
    cell = np.floor(x)
    i = cell.astype(np.int32) % len(table)
    f = x - cell
    f = f * f * (3 - 2 * f)
    return f32(table[i] * (1 - f) + table[(i + 1) % len(table)] * f)


@dataclass(frozen=True)
class Flutes:
    """Folds that hang: rounded ridges with narrow valleys, starting at different heights, opening downward.

    `count` ridges over the width, `depth` cm high at the hem; `start` is the v at which the first begin and
    `up` turns the panel over, for gathers that die out on their way down. `soft` rounds the valleys, `spread`
    is the v that a ridge needs to grow, `drift` how far it wanders.
    """

    count: float
    depth: float
    start: float = 0.0
    spread: float = 0.6
    seed: int = 0
    up: bool = False
    drift: float = 0.25
    soft: float = 0.0

    def __call__(self, u: F32, v: F32) -> F32:
        v = 1 - v if self.up else v
        x = f32((u + 1) / 2 * self.count)
        x = x + 0.55 * _smooth(f32(x * 0.9), _table(self.seed + 1, -1, 1))
        x = x + self.drift * _smooth(f32(v * 2.2 + 3 + 0.3 * x), _table(self.seed + 2, -1, 1))
        cell = np.floor(x)
        i = cell.astype(np.int32) % 64
        tall = _table(self.seed + 3, 0.45, 1.0)[i]
        begin = self.start + _table(self.seed + 4, 0, 0.5)[i] * (1 - self.start)
        grow = np.clip((v - begin) / np.maximum(self.spread, 1e-3), 0, 1) ** 1.3
        return f32(np.abs(np.sin(np.pi * (x - cell))) ** (0.85 + self.soft) * tall * grow * self.depth)


@dataclass(frozen=True)
class Pleats:
    """Knife pleats: even, pressed folds that open a little toward the hem."""

    count: int
    depth: float

    def __call__(self, u: F32, v: F32) -> F32:
        x = (u + 1) / 2 * self.count
        x = x - np.floor(x)
        rise = np.minimum(x / 0.82, (1 - x) / 0.18)
        return f32(rise * self.depth * (0.35 + 0.65 * np.clip(v, 0, 1)))


@dataclass(frozen=True)
class Crease:
    """One soft ridge along a line from (u, v) to (u, v), bent by `bow`, `width` wide (in u and v)."""

    start: tuple[float, float]
    end: tuple[float, float]
    depth: float
    width: float = 0.10
    bow: float = 0.0
    aspect: float = 1.0

    def __call__(self, u: F32, v: F32) -> F32:
        (ax, ay), (bx, by) = self.start, self.end
        k = self.aspect
        dx, dy = bx - ax, (by - ay) * k
        length = np.hypot(dx, dy)
        px, py = u - ax, (v - ay) * k
        along = (px * dx + py * dy) / length**2
        off = (px * dy - py * dx) / length + self.bow * np.clip(4 * along * (1 - along), -1, 1)
        fade = ramp(-0.15, 0.25, along) * (1 - ramp(0.6, 1.15, along))
        wide = self.width * (0.7 + 0.5 * np.clip(along, 0, 1))
        ridge = np.exp(-((off / wide) ** 2)) - 0.55 * np.exp(-(((off - 1.7 * wide) / wide) ** 2))
        return f32(ridge * fade * self.depth)


@dataclass(frozen=True)
class Slump:
    """Rings where a long tube of cloth has slid together: at an elbow, above a cuff."""

    at: float
    spread: float
    count: float
    depth: float
    seed: int = 0
    tilt: float = 0.25

    def __call__(self, u: F32, v: F32) -> F32:
        x = (v - self.at) / self.spread
        wave = x * self.count + self.tilt * u + 0.5 * _smooth(u * 1.7 + 5, _table(self.seed, -1, 1))
        wave = wave + 0.6 * _smooth(wave * 0.6 + 11, _table(self.seed + 3, -1, 1))
        cell = np.floor(wave)
        tall = _table(self.seed + 1, 0.0, 1.0)[cell.astype(np.int32) % 64]
        lean = ramp(0.15, 0.8, _smooth(u * 1.5 + cell * 1.7 + 9, _table(self.seed + 2, 0.0, 1.0)))
        return f32(np.abs(np.sin(np.pi * (wave - cell))) ** 1.2 * tall * lean * np.exp(-(x**2)) * self.depth)


@dataclass(frozen=True)
class Rumple:
    """Broad, soft unevenness, longer in one direction: no cloth hangs perfectly flat."""

    depth: float
    across: float = 5.0
    down: float = 3.0
    seed: int = 0
    slant: float = 0.4

    def __call__(self, u: F32, v: F32) -> F32:
        x, y = (u + self.slant * v) * self.across + 20, v * self.down + 20
        rows = np.floor(y).astype(np.int32)
        f = y - rows
        f = f * f * (3 - 2 * f)
        table = _table(self.seed, -1, 1, 61)
        above = _smooth(x + rows * 7.31, table)
        below = _smooth(x + (rows + 1) * 7.31, table)
        return f32((above * (1 - f) + below * f) * self.depth)


@dataclass(frozen=True)
class Cowl:
    """Cloth that hangs in loops between the shoulders: ridges that sag to the middle, one below the other.

    `last` is the v of the lowest loop in the middle, `sag` how much higher it is at u = 0.7.
    """

    count: float
    depth: float
    last: float
    sag: float = 0.30
    seed: int = 0

    def __call__(self, u: F32, v: F32) -> F32:
        wander = 0.012 * _smooth(u * 3 + 9, _table(self.seed, -1, 1))
        q = f32((v + self.sag * (np.abs(u) / 0.7) ** 1.7 + wander) / self.last)
        x = np.clip(q, 0, None) ** 0.8 * self.count
        cell = np.floor(x)
        tall = _table(self.seed + 1, 0.6, 1.0)[cell.astype(np.int32) % 64]
        fade = (1 - ramp(0.45, 0.95, f32(np.abs(u)))) * (1 - ramp(0.75, 1.2, q)) * ramp(-0.05, 0.1, q)
        return f32(np.abs(np.sin(np.pi * (x - cell))) ** 0.8 * tall * fade * self.depth)


def scalloped(curve_u: F32, folds: tuple[Fold, ...]) -> F32:
    """How far the folds push a hem down at each u, in cm: what stands off toward the viewer hangs lower."""
    low = np.ones_like(curve_u)
    return f32(sum((f(curve_u, low) for f in folds), np.zeros_like(curve_u)))
