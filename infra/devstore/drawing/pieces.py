"""Pieces: the panels that a garment is sewn from, in centimetres."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from infra.devstore.drawing.curves import F32, f32, join, mirror, normals
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Fold


@dataclass(frozen=True)
class Piece:
    """One panel: its outline, its cloth, and the edges that folds and threads run between, top to bottom.

    `round` is how far its middle stands off, `lift` how far it floats over what is below (its shadow) and
    `edge` the width of its rolled edge, all in cm; `shade` darkens it (the inside of a neck), `flare` 0..1 is
    how much the pattern opens with the panel and `turn` lays the threads across.
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
    left: F32, right: F32, fabric: Fabric, bottom: F32 | None = None, top: F32 | None = None, **traits: Any
) -> Piece:
    """A piece between two edges; `top` and `bottom` run from left to right and replace the straight ends."""
    lower = line_between(left[-1], right[-1]) if bottom is None else bottom
    upper = line_between(left[0], right[0]) if top is None else top
    outline = join(left, lower, right[::-1], upper[::-1])
    return Piece(outline, left, right, fabric, **traits)


def even(
    right: F32, fabric: Fabric, bottom: F32 | None = None, top: F32 | None = None, **traits: Any
) -> Piece:
    """A panel whose left edge mirrors its right one."""
    return panel(mirror(right), right, fabric, bottom, top, **traits)


def line_between(a: F32, b: F32) -> F32:
    """The straight curve from a to b."""
    return np.stack([a, b]).astype(np.float32)


def ribbon(curve: F32, width: float | F32, fabric: Fabric, **traits: Any) -> Piece:
    """A band along a curve: a collar rib, a belt, a strap. `width` in cm, or one value per point."""
    reach = normals(curve) * (f32(width).reshape(-1, 1) / 2)
    left, right = (curve - reach).astype(np.float32), (curve + reach).astype(np.float32)
    settings: dict[str, Any] = {"round": 0.5, "lift": 0.25, "edge": 0.3} | traits
    return Piece(join(left, right[::-1]), left, right, fabric, **settings)


def flip(piece: Piece) -> Piece:
    """The piece of the other side."""
    return replace(piece, outline=mirror(piece.outline), left=mirror(piece.right), right=mirror(piece.left))
