"""Skirts, and the lower half of every dress."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infra.devstore.drawing.curves import (
    F32,
    across,
    f32,
    line,
    mirror,
    moved,
    spline,
)
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Crease, Flutes, Fold, Pleats, Rumple, scalloped
from infra.devstore.drawing.pieces import Piece, even, panel
from infra.devstore.drawing.stage import Stage

HANG = {"a-line": (0.9, 0.55), "pleated": (0.5, 0.45), "slip": (0.7, 0.85)}
"""`sway` and `belly` of each kind of skirt."""


def skirt(
    waist: F32,
    hem: float,
    length: float,
    fabric: Fabric,
    folds: tuple[Fold, ...],
    sway: float = 0.9,
    belly: float = 0.5,
) -> tuple[Piece, Piece]:
    """The inside back and the front of a skirt that falls from a waistline (left to right).

    It opens to `hem` (half width) over `length`; `belly` 0..1 is how early and `sway` how much
    the folds move the hem.
    """
    side = _side_seam(waist, hem, length, belly)
    other = mirror(side)
    far, near = _hems(float(waist[-1][1]) + length, hem, folds, sway)
    back = panel(other, side, fabric, bottom=far, flare=1.0, round=-3.0, lift=0.0, shade=0.42, edge=0.2)
    front = panel(other, side, fabric, near, waist, folds=folds, flare=1.0, round=4.5, lift=0.7, edge=0.35)
    return back, front


def _side_seam(waist: F32, hem: float, length: float, belly: float) -> F32:
    """The right side from the waist to the hem."""
    x0, y0 = (float(n) for n in waist[-1])
    mid = x0 + (hem - x0) * belly
    return spline(
        (x0, y0),
        (x0 + (mid - x0) * 0.72, y0 + length * 0.26),
        (mid + (hem - mid) * 0.12, y0 + length * 0.52),
        (hem, y0 + length),
    )


def _hems(low: float, hem: float, folds: tuple[Fold, ...], sway: float) -> tuple[F32, F32]:
    """The far and the near lower edge, both at y = `low` at the sides; folds move them against each other."""
    u = np.linspace(-1, 1, 160, dtype=np.float32)
    drop, sag = scalloped(u, folds) * sway, 1 - u * u
    near = np.stack([u * hem, low + 1.6 * sag + drop - drop.mean()], 1)
    far = np.stack([u * hem * 0.97, low - 0.6 + 0.9 * 1.6 * sag * 0.4 - (drop - drop.mean()) * 0.8], 1)
    return f32(far), f32(near)


def tiered(
    stage: Stage, waist: F32, fabric: Fabric, tiers: int, length: float, hem: float, seed: int
) -> None:
    """Lay a skirt of that many ruffled tiers, the upper ones over the lower; 0 is one flowing skirt."""
    if not tiers:
        folds = (
            Flutes(9, 3.9, 0.02, 0.75, seed),
            Flutes(22, 0.55, 0.25, 0.5, seed + 20, up=True),
            Rumple(0.5, 3, 3, seed),
        )
        stage.lay(*skirt(waist, hem, length, fabric, folds))
        return
    parts = [_tier(k, tiers, waist, fabric, length, hem, seed) for k in range(tiers)]
    stage.lay(parts[-1][0])
    for _, front in reversed(parts):
        stage.lay(front)


def _tier(
    k: int, tiers: int, waist: F32, fabric: Fabric, length: float, hem: float, seed: int
) -> tuple[Piece, Piece]:
    """Tier `k` from above, a skirt of its own that hangs from a little under the tier over it."""
    x0, y0 = float(waist[-1][0]), float(waist[-1][1])
    top, low = k / tiers, (k + 1) / tiers
    if k > 0:
        wide, y = x0 + (hem - x0) * (top**0.8) * 0.93, y0 + length * top
        waist = across((0, y + 2), (wide / 2, y + 1.5), (wide, y))
    folds = (
        Flutes(9 + 3 * k, 2.1 + 0.4 * k, 0.0, 0.8, seed + 31 * k),
        Flutes(26 + 7 * k, 0.65, 0.35, 0.5, seed + 40 + k, up=True),
        Rumple(0.4, 4, 2, seed + k),
    )
    end = x0 + (hem - x0) * low**0.8
    return skirt(waist, end, length * (low - top) + 1.2, fabric, folds, belly=0.62, sway=0.8)


def skirt_alone(
    stage: Stage,
    fabric: Fabric,
    *,
    kind: str = "a-line",
    length: float = 76.0,
    hem: float = 36.0,
    band: Fabric | None = None,
    seed: int = 0,
) -> None:
    """A skirt with a waistband; kind is a-line, pleated, slip or tulle."""
    waist = across((0, 5.4), (8, 5.0), (17, 4))
    back = across((0, -1.0), (16.6, 0))
    stage.lay(even(line((16.6, 0), (16.4, 5)), fabric, top=back, round=-2, lift=0, shade=0.45))
    if kind == "tulle":
        _tulle(stage, waist, fabric, length, hem, seed)
    else:
        sway, belly = HANG[kind]
        stage.lay(*skirt(waist, hem, length, fabric, _folds(kind, seed), sway, belly))
    stage.lay(_waistband(waist, band or fabric, seed))


def _folds(kind: str, seed: int) -> tuple[Fold, ...]:
    """How the cloth of that kind of skirt falls."""
    if kind == "pleated":
        return Pleats(15, 1.3), Rumple(0.5, 2.5, 2, seed), Flutes(6, 1.4, 0.3, 0.8, seed)
    if kind == "slip":
        return (
            Flutes(5, 1.6, 0.25, 0.8, seed),
            Rumple(0.9, 2.2, 2.6, seed),
            Crease((-0.7, 0.08), (0.5, 0.42), 0.5, 0.12),
            Crease((0.8, 0.05), (-0.2, 0.5), 0.4, 0.12),
        )
    return (
        Flutes(8, 2.6, 0.05, 0.8, seed),
        Flutes(20, 0.35, 0.5, 0.4, seed + 5, up=True),
        Rumple(0.4, 3, 2, seed),
    )


def _waistband(waist: F32, fabric: Fabric, seed: int) -> Piece:
    """The band above the waistline."""
    right, top = line((16.8, 0.2), (17, 4.4)), across((0, 1.6), (8, 1.2), (16.8, 0.2))
    folds = (Rumple(0.2, 4, 1, seed),)
    bottom = moved(waist, 0, 0.4)
    return even(right, fabric, bottom, top, folds=folds, round=2, lift=0.3, edge=0.35)


def _tulle(stage: Stage, waist: F32, fabric: Fabric, length: float, hem: float, seed: int) -> None:
    """A lining under four layers of net, each with folds of its own."""
    lining = replace(fabric, cover=1.0, weave="plain")
    _, front = skirt(waist, hem * 0.80, length * 0.93, lining, (Flutes(7, 1.6, 0.1, 0.8, seed),), belly=0.6)
    stage.lay(front)
    for k in range(4):
        folds = (Flutes(9 + 3 * k, 2.2, 0.0, 0.8, seed + 9 * k), Flutes(30, 0.5, 0.3, 0.5, seed + k, up=True))
        _, net = skirt(
            waist,
            hem * (0.93 + 0.03 * k),
            length * (0.97 + 0.012 * k),
            replace(fabric, cover=0.36),
            folds,
            belly=0.62,
            sway=0.9,
        )
        stage.lay(replace(net, lift=0.15))
