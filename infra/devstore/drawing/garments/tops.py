"""Draped tops and slips, gathered blouses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from infra.devstore.drawing.curves import (
    F32,
    across,
    join,
    line,
    mirror,
    resample,
    spline,
)
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Cowl, Crease, Flutes, Fold, Rumple
from infra.devstore.drawing.garments.dresses import BODICE
from infra.devstore.drawing.garments.parts import both, hanger, upper_folds
from infra.devstore.drawing.garments.skirts import skirt
from infra.devstore.drawing.garments.sleeves import puff_sleeve
from infra.devstore.drawing.pieces import Piece, even, ribbon
from infra.devstore.drawing.stage import Stage


def cowl_top(
    stage: Stage,
    fabric: Fabric,
    *,
    length: float = 60.0,
    hem: float = 22.5,
    thin: bool = False,
    seed: int = 0,
) -> None:
    """A sleeveless top, or short dress, whose neck hangs in soft loops; `thin` has spaghetti straps."""
    top = 6.5 if thin else 0.0
    s = 13.6 if thin else 17.0
    if thin:
        _straps(stage, fabric, line((11.6, 9), (10.2, 0)), lift=0.1, shade=0.75)
    n = s - 6.0 if not thin else s - 1.6
    rim = across((0, top + 3.2), (n * 0.6, top + 2.4), (n, top + 0.1))
    stage.lay(even(line((n, top + 0.1), (n, 24)), fabric, top=rim, round=-2, lift=0, shade=0.45))
    neckline = across((0, top + 11.0), (n * 0.36, top + 9.6), (n * 0.72, top + 5.2), (n, top))
    arm = spline((s, top + (0.4 if thin else 3.4)), (s - 0.9, 12.5), (s + 1.0, 19), (20.6, 23.5))
    side = _cowl_side(length, hem)
    low = spline((hem, length), (hem * 0.5, length + 1.0), (0, length + 1.4))
    right = join(arm, side, low)
    outline = join(neckline, right, mirror(right)[::-1])
    follow = join(line((20, top - 1)), side)
    share = 1 / (length - top)
    folds: tuple[Fold, ...] = (
        Cowl(5.5, 1.7, 33 * share, 21 * share, seed),
        Crease((0.75, 26 * share), (0.05, 40 * share), 0.5, 0.10),
        Crease((-0.8, 24 * share), (-0.1, 37 * share), 0.5, 0.10),
        Flutes(7, 1.5, 34 * share, 0.8, seed + 4, soft=0.9, drift=0.6),
        Crease((0.9, 38 * share), (0.2, 58 * share), 0.4, 0.10),
        Crease((-0.9, 42 * share), (-0.3, 62 * share), 0.4, 0.10),
        Rumple(0.9, 2.6, 2.4, seed),
    )
    stage.lay(Piece(outline, mirror(follow), follow, fabric, folds, round=3.6, lift=0.8, edge=0.35))
    if thin:
        _straps(stage, fabric, line((12.6, top + 1.2), (11.4, 1)), lift=0.2)


def _straps(stage: Stage, fabric: Fabric, low: F32, **traits: Any) -> None:
    """Two thin straps that meet the back ones above the shoulders."""
    strap = resample(spline(*((float(x), float(y)) for x, y in low), (8.8, -6)), 24)
    both(stage, ribbon(strap, 0.7, fabric, round=0.3, **traits))


def _cowl_side(length: float, hem: float) -> F32:
    """The right side seam: a soft waist, then straight down to the hem."""
    if length <= 66:
        return spline((20.6, 23.5), (19.4, 40), (hem, length))
    return spline(
        (20.6, 23.5), (18.6, 40), (21.6, 58), (21.6 + (hem - 21.6) * 0.45, (58 + length) / 2), (hem, length)
    )


def slip_dress(stage: Stage, fabric: Fabric, *, length: float = 112.0, seed: int = 0) -> None:
    """A bias-cut slip with a draped neck."""
    cowl_top(stage, fabric, length=length, hem=26.0, thin=True, seed=seed)


def peasant(stage: Stage, fabric: Fabric, *, seed: int = 0) -> None:
    """A gathered blouse with puffed sleeves and a frilled hem."""

    body = replace(BODICE, shape="square", neck=11.0, front=11.5, waist=19.5, hem=20.5, length=44)
    hanger(stage, body)
    stage.lay(body.back_neck(fabric))
    both(stage, *puff_sleeve(body, fabric, seed))
    waist = across((0, 45.3), (10, 45), (20.3, 44))
    stage.lay(
        *skirt(
            waist,
            25,
            14,
            fabric,
            (Flutes(11, 1.3, 0.0, 0.7, seed), Flutes(26, 0.6, 0.3, 0.5, seed, up=True)),
            belly=0.7,
        )
    )
    stage.lay(
        body.front_piece(
            fabric,
            (
                *upper_folds(seed),
                Flutes(12, 0.8, 0.2, 0.7, seed + 3),
                Flutes(14, 0.7, 0.6, 0.3, seed + 8, up=True),
            ),
            sag=1.2,
            lift=0.5,
        )
    )
    stage.seam(resample(waist, 40), 0.3, 0.25)
