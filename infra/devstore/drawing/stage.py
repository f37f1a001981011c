"""The stage: pieces of cloth laid one over the other, each shaded by its own folds.

Garments are drawn in centimetres around x = 0, on a transparent ground in linear light.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from infra.devstore.drawing.cloth import cloth
from infra.devstore.drawing.curves import F32, f32, mask, resample, stroke
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.fields import blur, linear
from infra.devstore.drawing.light import Light
from infra.devstore.drawing.pieces import Piece, line_between

WIDTH, HEIGHT = 900, 1200
"""Pixels of every picture."""

Box = tuple[slice, slice]


@dataclass
class Stage:
    """Where pieces are laid. `scale` is pixels per centimetre, `origin` the pixel of (0, 0).

    `flat` below 1 presses the garment down, as it lies on a table. `rgb` is premultiplied by `alpha`.
    """

    scale: float
    origin: tuple[float, float]
    light: Light
    flat: float = 1.0
    sway: tuple[float, float] = (0.0, 0.0)
    hung: bool = False
    rgb: F32 = field(default_factory=lambda: np.zeros((HEIGHT, WIDTH, 3), np.float32))
    alpha: F32 = field(default_factory=lambda: np.zeros((HEIGHT, WIDTH), np.float32))

    def pixels(self, curve: F32) -> F32:
        """Centimetres → pixels, with the slight sway that keeps a real garment from being symmetrical."""
        x, y = curve[..., 0], curve[..., 1]
        a, b = self.sway
        dx = 0.45 * np.sin(y / 19 + a) + 0.30 * np.sin(x / 13 + y / 31 + b)
        dy = 0.40 * np.sin(x / 17 + b) + 0.25 * np.sin(x / 9 + y / 23 + a)
        dx = dx + 0.10 * np.sin(y / 2.9 + x / 7 + a)
        dy = dy + 0.10 * np.sin(x / 2.6 + y / 8 + b)
        moved = np.stack([x + dx, y + dy], -1)
        return f32(moved * self.scale + f32(self.origin))

    def lay(self, *pieces: Piece) -> None:
        """Lay pieces on top of what is there, in order."""
        for piece in pieces:
            self._lay(piece)

    def _lay(self, piece: Piece) -> None:
        outline = self.pixels(piece.outline)
        box = _box(outline, round(4 + piece.lift * self.scale * 4))
        if box is None:
            return
        shape = (box[0].stop - box[0].start, box[1].stop - box[1].start)
        corner = f32([box[1].start, box[0].start])
        cover = mask(outline - corner, shape)
        left, right = self.pixels(piece.left) - corner, self.pixels(piece.right) - corner
        color = cloth(piece, cover, left, right, self.scale, self.flat, self.light)
        self._shadow(box, cover, piece.lift)
        self._blend(box, color, cover * piece.fabric.cover)

    def _shadow(self, box: Box, cover: F32, lift: float) -> None:
        """Darken what lies under a piece: close around it, and away from the light."""
        if lift <= 0:
            return
        reach = lift * self.scale
        x, y = self.light.cast
        move = f32([[1, 0, x * reach], [0, 1, y * reach]])
        size = (cover.shape[1], cover.shape[0])
        soft = cv2.warpAffine(blur(cover, max(0.8, reach * 0.8)), move, size)
        close = blur(cover, max(0.7, reach * 0.35))
        dark = 1 - 0.42 * np.clip(soft, 0, 1) - 0.28 * np.clip(close, 0, 1)
        self.rgb[box] *= dark[..., None]

    def _blend(self, box: Box, color: F32, cover: F32) -> None:
        self.rgb[box] = self.rgb[box] * (1 - cover[..., None]) + color * cover[..., None]
        self.alpha[box] = self.alpha[box] + (1 - self.alpha[box]) * cover

    def seam(self, curve: F32, width: float = 0.16, depth: float = 0.30) -> None:
        """A sewn line: a fine dark groove with a light edge beside it."""
        at = self.pixels(curve)
        box = _box(at, 8)
        if box is None:
            return
        corner = f32([box[1].start, box[0].start])
        shape = (box[0].stop - box[0].start, box[1].stop - box[1].start)
        groove = blur(stroke(at - corner, max(1.0, width * self.scale), shape), 0.7)
        x, y = self.light.cast
        edge = blur(stroke(at - corner + f32([x, y]) * 1.8, 1.2, shape), 0.7)
        self.rgb[box] *= (1 - depth * groove + 0.10 * edge)[..., None]

    def stitches(self, curve: F32, color: str, length: float = 0.45) -> None:
        """A row of visible stitches."""
        at = self.pixels(curve)
        far = float(np.sum(np.linalg.norm(np.diff(at, axis=0), axis=1)))
        count = max(2, int(far / (length * self.scale)))
        ends = resample(at, count * 3)
        for i in range(count):
            self.dab(f32([ends[3 * i], ends[3 * i + 1]]), max(1.1, 0.10 * self.scale), color)

    def dab(self, at: F32, width: float, color: str) -> None:
        """A short stroke of plain colour between points in pixels."""
        box = _box(at, 4)
        if box is None:
            return
        corner = f32([box[1].start, box[0].start])
        shape = (box[0].stop - box[0].start, box[1].stop - box[1].start)
        cover = stroke(at - corner, width, shape) * (self.alpha[box] > 0.5)
        self._blend(box, np.broadcast_to(linear(color), (*shape, 3)), cover.astype(np.float32))

    def button(self, x: float, y: float, radius: float, color: str, holes: int = 4) -> None:
        """A button with a turned rim and its thread holes."""
        turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        ring = np.stack([np.cos(turn), np.sin(turn)], 1).astype(np.float32)
        middle = f32([x, y])
        top, bottom = middle - f32([0, radius]), middle + f32([0, radius])
        side = f32([radius, 0])
        disc = Piece(
            ring * radius + middle,
            line_between(top - side, bottom - side),
            line_between(top + side, bottom + side),
            Fabric(color, sheen=0.5),
            round=0.0,
            lift=0.18,
            edge=radius * 0.45,
        )
        self.lay(disc)
        for k in range(holes):
            a = np.pi / 4 + k * 2 * np.pi / holes
            spot = self.pixels(middle + f32([np.cos(a), np.sin(a)]) * radius * 0.30)
            self.dab(
                f32([spot - f32([0.6, 0]), spot + f32([0.6, 0])]),
                max(1.0, 0.2 * radius * self.scale),
                "#2a211c",
            )


def _box(outline: F32, margin: int) -> Box | None:
    """The outline's bounding box in the picture, grown by a margin; None when it is outside."""
    x0, y0 = np.floor(outline.min(0)).astype(int) - margin
    x1, y1 = np.ceil(outline.max(0)).astype(int) + margin
    x0, y0, x1, y1 = max(0, int(x0)), max(0, int(y0)), min(WIDTH, int(x1)), min(HEIGHT, int(y1))
    return (slice(y0, y1), slice(x0, x1)) if x1 - x0 > 2 and y1 - y0 > 2 else None
