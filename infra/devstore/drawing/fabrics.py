"""Fabrics: what a cloth is made of. Each is a repeating tile of relief (and of colour, for prints).

Sizes are in centimetres; a tile is made for one scale, so that it is sampled one to one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np

from infra.devstore.drawing.curves import F32, f32
from infra.devstore.drawing.fields import Rng, blur, noise

Weave = Literal["plain", "linen", "twill", "rib", "wide rib", "stockinette", "cable", "boucle", "wicker"]
Print = Literal["none", "floral", "stripes", "breton", "gingham", "dots", "windowpane", "marl"]


@dataclass(frozen=True)
class Fabric:
    """A cloth. `sheen` 0..1 (satin, leather), `fuzz` 0..1 (wool), `cover` below 1 lets light through.

    `size` scales its weave, `print_size` its print, whose colours are `ink`.
    """

    color: str
    weave: Weave = "plain"
    printed: Print = "none"
    ink: tuple[str, ...] = ()
    sheen: float = 0.0
    fuzz: float = 0.0
    cover: float = 1.0
    size: float = 1.0
    print_size: float = 1.0


@dataclass(frozen=True)
class Tile:
    """One repeat of a field: (n, m) or (n, m, 3), `height` and `width` in pixels of the picture."""

    field: F32

    def at(self, across: F32, down: F32) -> F32:
        """The field at cloth coordinates in pixels, repeated without end."""
        return f32(cv2.remap(self.field, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP))


def _axes(width: float, height: float, scale: float) -> tuple[F32, F32]:
    """Coordinates 0..1 over a tile of width × height centimetres: across, down."""
    cols, rows = max(4, round(width * scale)), max(4, round(height * scale))
    x, y = np.meshgrid((np.arange(cols) + 0.5) / cols, (np.arange(rows) + 0.5) / rows)
    return x.astype(np.float32), y.astype(np.float32)


def _wrapped(shape: tuple[int, int], cell: tuple[float, float], rng: Rng) -> F32:
    """Noise that repeats without a seam."""
    field = noise((shape[0] * 2, shape[1] * 2), cell, rng)
    h, w = shape
    fade = np.linspace(0, 1, w, dtype=np.float32)[None, :]
    field = field[:, :w] * fade + field[:, w:] * (1 - fade)
    drop = np.linspace(0, 1, h, dtype=np.float32)[:, None]
    return f32(field[:h] * drop + field[h:] * (1 - drop))


def _plain(scale: float, size: float, rng: Rng) -> F32:
    x, _ = _axes(12, 12, scale)
    return _wrapped(x.shape, (1.6 * size, 1.6 * size), rng) * 0.07


def _linen(scale: float, size: float, rng: Rng) -> F32:
    x, _ = _axes(14, 14, scale)
    threads = _wrapped(x.shape, (1.4 * size, 14), rng) + _wrapped(x.shape, (16, 1.4 * size), rng)
    return threads * 0.20 + _wrapped(x.shape, (1.3, 1.3), rng) * 0.06


def _twill(scale: float, size: float, rng: Rng) -> F32:
    x, y = _axes(10, 10, scale)
    lines = np.sin(2 * np.pi * (x + y) * round(10 / (0.32 * size)))
    return f32(lines * 0.16 + _wrapped(x.shape, (2.2, 1.4), rng) * 0.14)


def _rib(width: float, depth: float) -> Callable[[float, float, Rng], F32]:
    def tile(scale: float, size: float, rng: Rng) -> F32:
        x, y = _axes(width * size * 8, 6, scale)
        ridge = np.abs(np.sin(np.pi * x * 8)) ** 0.7
        stitch = np.sin(2 * np.pi * y * round(6 / (0.45 * size))) * ridge
        fibre = _wrapped(x.shape, (1.5, 1.5), rng)
        return f32((ridge * depth + stitch * 0.10 + fibre * 0.16) * scale * 0.1)

    return tile


def _stockinette(scale: float, size: float, rng: Rng) -> F32:
    wale, course = 0.62 * size, 0.48 * size
    wales, courses = 10, 12
    x, y = _axes(wale * wales, course * courses, scale)
    leg = np.abs((x * wales) % 1 - 0.5) * 2
    climb = (y * courses + 0.75 * leg) % 1
    yarn = np.sin(np.pi * climb) ** 0.8 * np.sin(np.pi * (0.12 + 0.8 * (1 - leg))) ** 0.6
    fibre = _wrapped(x.shape, (1.5, 1.5), rng)
    return f32((yarn * 1.5 + fibre * 0.22) * size * scale * 0.1)


def _cable(scale: float, size: float, rng: Rng) -> F32:
    """Two-strand twists between purl gutters, with moss stitch beside them."""
    width, height = 9 * size, 8 * size
    x, y = _axes(width, height, scale)
    relief = 0.5 * np.sin(2 * np.pi * x * 18) * np.sin(2 * np.pi * y * 16)
    for middle in (0.3, 0.7):
        for turn in (0.0, np.pi):
            angle = 2 * np.pi * y + turn + middle * 4
            strand = middle + 0.075 * np.sin(angle)
            over = 1 + 0.45 * np.cos(angle)
            across = np.clip(np.abs(x - strand) / 0.075, 0, 1)
            twist = 0.18 * np.sin(2 * np.pi * (y * 16 + across * 1.2))
            relief = np.maximum(relief, (np.sqrt(1 - across**2) * 5.0 * over + twist) * (across < 1))
    fibre = _wrapped(x.shape, (1.5, 1.5), rng) * 0.25
    return f32((blur(relief.astype(np.float32), 0.8) + fibre) * scale * 0.1)


def _boucle(scale: float, size: float, rng: Rng) -> F32:
    x, _ = _axes(12, 12, scale)
    cell = 0.45 * size * scale
    loops = np.abs(_wrapped(x.shape, (cell, cell), rng)) + 0.5 * _wrapped(x.shape, (cell / 2, cell / 2), rng)
    return f32(loops * 0.30 * cell)


def _wicker(scale: float, size: float, rng: Rng) -> F32:
    x, y = _axes(12 * size, 12 * size, scale)
    column, row = x * 12, y * 12
    odd = np.floor(column) % 2 == np.floor(row) % 2
    over = np.where(odd, np.sin(np.pi * (row % 1)), np.sin(np.pi * (column % 1)))
    dome = np.where(odd, np.sin(np.pi * (column % 1)) ** 0.5, np.sin(np.pi * (row % 1)) ** 0.5)
    straw = np.where(odd, noise(x.shape, (2, 20), rng), noise(x.shape, (20, 2), rng))
    return f32((over**0.6 * dome * 2.2 + straw * 0.3) * scale * size * 0.12)


WEAVES: dict[Weave, Callable[[float, float, Rng], F32]] = {
    "plain": _plain,
    "linen": _linen,
    "twill": _twill,
    "rib": _rib(0.55, 1.2),
    "wide rib": _rib(1.1, 2.4),
    "stockinette": _stockinette,
    "cable": _cable,
    "boucle": _boucle,
    "wicker": _wicker,
}


@lru_cache(maxsize=8)
def relief(weave: Weave, size: float, scale: float) -> Tile:
    """The height of a weave, in pixels."""
    return Tile(np.ascontiguousarray(WEAVES[weave](scale, size, np.random.default_rng(7))))
