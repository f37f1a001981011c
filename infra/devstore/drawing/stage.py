"""The stage: pieces of cloth laid one over the other, each shaded by its own folds.

Garments are drawn in centimetres around x = 0, on a transparent ground in linear light.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from infra.devstore.drawing.curves import F32, join, ladder, mask, mirror, normals, resample, stroke
from infra.devstore.drawing.fabrics import Fabric, relief
from infra.devstore.drawing.fields import blur, linear
from infra.devstore.drawing.folds import Fold
from infra.devstore.drawing.light import Light, shade
from infra.devstore.drawing.prints import pattern

WIDTH, HEIGHT = 900, 1200
"""Pixels of every picture."""

Box = tuple[slice, slice]


@dataclass(frozen=True)
class Piece:
    """One panel: its outline, the two edges that its folds and threads run between (top to bottom), its cloth.

    `round` is how far its middle stands off (cm), `lift` how far it floats over what is below (its shadow, cm),
    `shade` darkens it (the inside of a neck), `flare` 0..1 how much the pattern opens with the panel and
    `turn` lays the threads across.
    """

    outline: F32
    left: F32
    right: F32
    fabric: Fabric
    folds: tuple[Fold, ...] = ()
    round: float = 2.0
    lift: float = 0.5
    shade: float = 1.0
    flare: float = 0.0
    edge: float = 0.5
    turn: bool = False


def panel(
    left: F32, right: F32, fabric: Fabric, bottom: F32 | None = None, top: F32 | None = None, **traits: object
) -> Piece:
    """A piece between two edges; `top` and `bottom` run from left to right and replace the straight ends."""
    lower = line_between(left[-1], right[-1]) if bottom is None else bottom
    upper = line_between(left[0], right[0]) if top is None else top
    outline = join(left, lower, right[::-1], upper[::-1])
    return Piece(outline, left, right, fabric, **traits)  # type: ignore[arg-type]


def line_between(a: F32, b: F32) -> F32:
    """The straight curve from a to b."""
    return np.stack([a, b]).astype(np.float32)


def ribbon(curve: F32, width: float | F32, fabric: Fabric, **traits: object) -> Piece:
    """A band along a curve: a collar rib, a belt, a strap. `width` in cm, or one value per point."""
    reach = normals(curve) * (np.asarray(width, np.float32).reshape(-1, 1) / 2)
    left, right = (curve - reach).astype(np.float32), (curve + reach).astype(np.float32)
    settings: dict[str, object] = {"round": 0.5, "lift": 0.25, "edge": 0.3} | traits
    return Piece(join(left, right[::-1]), left, right, fabric, **settings)  # type: ignore[arg-type]


def flip(piece: Piece) -> Piece:
    """The piece of the other side."""
    return replace(piece, outline=mirror(piece.outline), left=mirror(piece.right), right=mirror(piece.left))


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
        return (moved * self.scale + np.float32(self.origin)).astype(np.float32)

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
        corner = np.float32([box[1].start, box[0].start])
        cover = mask(outline - corner, shape)
        left, right = self.pixels(piece.left) - corner, self.pixels(piece.right) - corner
        color, opacity = self._cloth(piece, cover, left, right)
        self._shadow(box, cover, piece.lift)
        self._blend(box, color, cover * opacity)

    def _cloth(self, piece: Piece, cover: F32, left: F32, right: F32) -> tuple[F32, F32 | float]:
        """The shaded colour of a piece and how opaque it is, over its box."""
        fabric, s = piece.fabric, self.scale
        size = (cover.shape[1], cover.shape[0])
        u, v, wide, length = ladder(left / 2, right / 2, (-(-size[1] // 2), -(-size[0] // 2)))
        form = piece.round * s * self.flat * np.sqrt(np.clip(1 - 0.94 * u * u, 0.02, 1))
        for fold in piece.folds:
            form = form + fold(u, v) * (s * fabric.body * (0.45 + 0.55 * self.flat))
        form, u, v, wide = (
            cv2.resize(f, size, interpolation=cv2.INTER_LINEAR) for f in (form, u, v, wide * 2)
        )
        length *= 2
        form = np.asarray(form + _edge(cover, piece.edge * s), np.float32)
        mean = float(np.median(wide)) if piece.flare else 1.0
        across = u * (wide * (1 - piece.flare) + mean * piece.flare)
        down = v * np.float32(length)
        across, down = (down, across) if piece.turn else (across, down)
        across, down = across + 0.30 * form + 4096, down + 0.18 * form + 4096
        texture = relief(fabric.weave, fabric.size, round(s, 3)).at(across, down)
        albedo = (
            pattern(fabric, round(s, 3)).at(across, down)
            if fabric.printed != "none"
            else linear(fabric.color)
        )
        lit, glint = shade(form + texture * (1 - 0.9 * fabric.sheen), self.light, 0.9 * s)
        return _dimmed(_tint(albedo, lit, glint, fabric), albedo, piece.shade), fabric.cover

    def _shadow(self, box: Box, cover: F32, lift: float) -> None:
        """Darken what lies under a piece: close around it, and away from the light."""
        if lift <= 0:
            return
        reach = lift * self.scale
        x, y = self.light.cast
        move = np.float32([[1, 0, x * reach], [0, 1, y * reach]])
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
        corner = np.float32([box[1].start, box[0].start])
        shape = (box[0].stop - box[0].start, box[1].stop - box[1].start)
        groove = blur(stroke(at - corner, max(1.0, width * self.scale), shape), 0.7)
        x, y = self.light.cast
        edge = blur(stroke(at - corner + np.float32([x, y]) * 1.8, 1.2, shape), 0.7)
        self.rgb[box] *= (1 - depth * groove + 0.10 * edge)[..., None]

    def stitches(self, curve: F32, color: str, length: float = 0.45) -> None:
        """A row of visible stitches."""
        at = self.pixels(curve)
        far = float(np.sum(np.linalg.norm(np.diff(at, axis=0), axis=1)))
        count = max(2, int(far / (length * self.scale)))
        ends = resample(at, count * 3)
        for i in range(count):
            self.dab(np.float32([ends[3 * i], ends[3 * i + 1]]), max(1.1, 0.10 * self.scale), color)

    def dab(self, at: F32, width: float, color: str) -> None:
        """A short stroke of plain colour between points in pixels."""
        box = _box(at, 4)
        if box is None:
            return
        corner = np.float32([box[1].start, box[0].start])
        shape = (box[0].stop - box[0].start, box[1].stop - box[1].start)
        cover = stroke(at - corner, width, shape) * (self.alpha[box] > 0.5)
        self._blend(box, np.broadcast_to(linear(color), (*shape, 3)), cover.astype(np.float32))

    def button(self, x: float, y: float, radius: float, color: str, holes: int = 4) -> None:
        """A button with a turned rim and its thread holes."""
        turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        ring = np.stack([np.cos(turn), np.sin(turn)], 1).astype(np.float32)
        middle = np.float32([x, y])
        top, bottom = middle - np.float32([0, radius]), middle + np.float32([0, radius])
        side = np.float32([radius, 0])
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
            spot = self.pixels(middle + np.float32([np.cos(a), np.sin(a)]) * radius * 0.30)
            self.dab(
                np.float32([spot - [0.6, 0], spot + [0.6, 0]]), max(1.0, 0.2 * radius * self.scale), "#2a211c"
            )


def _box(outline: F32, margin: int) -> Box | None:
    """The outline's bounding box in the picture, grown by a margin; None when it is outside."""
    x0, y0 = np.floor(outline.min(0)).astype(int) - margin
    x1, y1 = np.ceil(outline.max(0)).astype(int) + margin
    x0, y0, x1, y1 = max(0, int(x0)), max(0, int(y0)), min(WIDTH, int(x1)), min(HEIGHT, int(y1))
    return (slice(y0, y1), slice(x0, x1)) if x1 - x0 > 2 and y1 - y0 > 2 else None


def _edge(cover: F32, radius: float) -> F32:
    """A rolled edge: the piece falls off over `radius` pixels along its outline."""
    inside = (cover > 0.5).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    t = np.clip(depth / max(radius, 1.0), 0, 1)
    return np.asarray(np.sqrt(1 - (1 - t) ** 2) * radius * 0.5, np.float32)


def _dimmed(color: F32, albedo: F32, shade: float) -> F32:
    """Cloth in its own shade: bright cloth lights itself, so it darkens less."""
    if shade == 1.0:
        return color
    dimmed: F32 = color * (shade / (1 - (1 - shade) * 0.8 * albedo))
    return dimmed


def _tint(albedo: F32, lit: F32, glint: F32, fabric: Fabric) -> F32:
    """Cloth in light: shadows grow more saturated, satin shines, wool glows where it turns away."""
    color = albedo ** (1 + 0.22 * np.clip(1 - lit, -0.4, 0.9)) * lit
    if fabric.sheen:
        shine = fabric.sheen * (glint**9 * 0.75 + glint**45 * 0.55 - 0.42)[..., None]
        color = color * np.clip(1 + 1.15 * shine, 0.2, 3) + np.clip(shine, 0, 1) * (0.10 + 0.22 * albedo)
    if fabric.fuzz:
        rim = np.clip(0.80 - glint, 0, 1)[..., None]
        color = color + fabric.fuzz * rim * (0.25 * albedo + 0.02)
    return np.asarray(color, np.float32)
