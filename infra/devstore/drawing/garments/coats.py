"""Coats and blazers: heavier cloth, lapels, pockets, belts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infra.devstore.drawing.curves import (
    across,
    join,
    line,
    mirror,
    moved,
    resample,
    spline,
)
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Crease, Flutes, Fold, Rumple, Slump
from infra.devstore.drawing.garments.parts import Body, both, hanger, upper_folds
from infra.devstore.drawing.garments.sleeves import Sleeve
from infra.devstore.drawing.pieces import Piece, even, flip, panel, ribbon
from infra.devstore.drawing.stage import Stage

COAT = Body(
    neck=8.0,
    front=30,
    shoulder=20.5,
    slope=4.8,
    underarm=23.6,
    arm_depth=25,
    waist=22.0,
    waist_at=46,
    hem=27,
    length=116,
    shape="v",
)


ARM = Sleeve(length=65, elbow=15.5, wrist=12.2, spread=16, bend=-5, cap=0.6)


def coat(
    stage: Stage,
    fabric: Fabric,
    *,
    double: bool = True,
    trench: bool = False,
    buttons: str = "#4a3222",
    length: float = 116.0,
    seed: int = 0,
) -> None:
    """A long coat with lapels, closed and belted; `trench` adds the storm flap and epaulettes."""
    body = replace(COAT, length=length, waist=20.4, hem=28.0)
    hanger(stage, body)
    stage.lay(body.back_neck(fabric, rise=1.6), collar_stand(fabric))
    body.label(stage)
    both(stage, ARM.piece(body, fabric, sleeve_folds(seed), round=4.0))
    if trench:
        both(stage, *_cuff_tabs(body, fabric))
    folds: tuple[Fold, ...] = (
        *upper_folds(seed, 0.8),
        Flutes(6, 2.2, 0.40, 0.6, seed, soft=0.3),
        Flutes(9, 0.8, 0.58, 0.25, seed + 3, up=True, soft=0.6),
    )
    stage.lay(body.front_piece(fabric, folds, sag=1.0, round=4.2))
    for curve in (body.armhole, mirror(body.armhole)):
        stage.seam(curve, 0.2, 0.3)
    overlap = 6.0 if double else 1.6
    edge = resample(
        spline(
            (0.4, body.front),
            (overlap, body.front + 8),
            (overlap, length * 0.6),
            (overlap - 0.6, length + 0.6),
        ),
        80,
    )
    stage.seam(edge, 0.35, 0.55)
    both(stage, _slant_pocket(fabric, 60.0))
    if trench:
        stage.lay(_storm_flap(fabric))
    _lapels(stage, fabric, body.front)
    for y in (33, 57, 70) if double else (36, 50, 64):
        for x in (-7.4, 4.0) if double else (0.0,):
            stage.button(x, y, 1.25, buttons)
    _belt(stage, fabric, 46.0, 20.8, buckle=trench)


def blazer(stage: Stage, fabric: Fabric, buttons: str = "#3b2c22", seed: int = 0) -> None:
    """A single-breasted blazer."""
    body = replace(COAT, front=34.0, length=72, waist=22.0, waist_at=44, hem=25.0)
    lining = Fabric("#8d7a66", sheen=0.6)
    hanger(stage, body)
    stage.lay(body.back_neck(lining, rise=1.6), collar_stand(fabric))
    body.label(stage)
    both(stage, ARM.piece(body, fabric, sleeve_folds(seed), round=4.0))
    stage.lay(
        body.front_piece(
            fabric, (*upper_folds(seed, 0.7), Crease((0.3, 0.62), (0.9, 0.85), 0.4, 0.2)), sag=0.6, round=4.0
        )
    )
    for curve in (body.armhole, mirror(body.armhole)):
        stage.seam(curve, 0.2, 0.3)
    edge = resample(spline((0.4, 34), (1.6, 42), (1.6, 58), (-1.0, 68), (-6.0, 72.8)), 60)
    stage.seam(edge, 0.35, 0.55)
    for side in (1, -1):
        dart = spline((side * 10.5, 26), (side * 10.0, 40), (side * 11.0, 54))
        stage.seam(dart, 0.16, 0.2)
        pocket = flap(fabric, 8.6, 52.0, 13.0, 5.0)
        stage.lay(pocket if side == 1 else flip(pocket))
    stage.lay(ribbon(resample(line((8.2, 25.2), (17.0, 23.8)), 16), 2.0, fabric, lift=0.25))
    _lapels(stage, fabric, 34.0)
    for y in (38.0, 47.5):
        stage.button(0.2, y, 1.1, buttons)


def sleeve_folds(seed: int) -> tuple[Fold, ...]:
    return (
        Slump(0.52, 0.12, 2.2, 0.55, seed, 0.9),
        Slump(0.88, 0.10, 2.0, 0.35, seed + 4, -0.6),
        Rumple(0.7, 1.6, 4, seed),
        Crease((-0.6, 0.15), (0.4, 0.5), 0.5, 0.2),
    )


def collar_stand(fabric: Fabric) -> Piece:
    top = across((0, -4.0), (4.6, -3.4), (7.6, -1.2))
    return even(line((8.0, -1.4), (8.4, 2.2)), fabric, top=top, round=-1.5, lift=0.0, shade=0.70)


def _lapels(stage: Stage, fabric: Fabric, depth: float) -> None:
    """Notched lapels below a turned-down collar."""
    inner = spline((7.6, -1.4), (6.4, depth * 0.30), (3.2, depth * 0.72), (0.2, depth + 0.5))
    outer = join(
        line((9.0, 1.0), (14.8, 9.4)),
        spline((14.8, 9.4), (12.4, depth * 0.52), (6.8, depth * 0.80), (0.2, depth + 0.5)),
    )
    lapel = Piece(
        join(inner[::-1], outer[:-1]),
        line((7, 0), (0, depth)),
        line((15, 6), (4, depth)),
        fabric,
        (Rumple(0.2, 2, 2, 4),),
        round=0.9,
        lift=0.6,
        edge=0.45,
    )
    inside = spline((6.6, -2.6), (6.6, 0.6), (6.4, 3.4), (5.8, 6.0))
    outside = spline((6.6, -2.6), (9.0, -1.4), (12.4, 2.0), (14.6, 5.8))
    collar = Piece(
        join(inside[::-1], outside, line((13.8, 8.0), (7.2, 8.8))),
        line((6, -2), (6, 8)),
        line((10, -1), (14, 7)),
        fabric,
        (Rumple(0.15, 2, 2, 3),),
        round=0.8,
        lift=0.5,
        edge=0.45,
    )
    stage.lay(flip(lapel), lapel, flip(collar), collar)


def _slant_pocket(fabric: Fabric, y: float) -> Piece:
    """A welt pocket, leaning outward."""
    return ribbon(resample(line((13.4, y - 3), (17.0, y + 13)), 20), 3.0, fabric, lift=0.35, round=0.4)


def flap(fabric: Fabric, x: float, y: float, width: float, height: float) -> Piece:
    bottom = spline(
        (x + 0.2, y + height), (x + width / 2, y + height + 0.5), (x + width - 0.2, y + height + 0.2)
    )
    return panel(
        line((x, y), (x + 0.2, y + height)),
        line((x + width, y + 0.4), (x + width - 0.2, y + height + 0.2)),
        fabric,
        bottom=bottom,
        round=0.5,
        lift=0.35,
        edge=0.35,
    )


def _storm_flap(fabric: Fabric) -> Piece:
    """The loose yoke over one shoulder."""
    low = spline((3.0, 22), (9, 26.5), (16, 27), (20.4, 22.5))
    outline = join(
        spline((8.5, 0.4), (15, 2.6), (21.2, 5.0)),
        spline((21.2, 5), (19.8, 14), (20.4, 22.5)),
        low[::-1],
        line((5, 12)),
    )
    return Piece(
        outline,
        line((4, 0), (4, 26)),
        line((21, 0), (21, 26)),
        fabric,
        (Rumple(0.4, 2, 2, 5),),
        round=0.8,
        lift=0.6,
    )


def _cuff_tabs(body: Body, fabric: Fabric) -> tuple[Piece, ...]:
    inner, outer = ARM.edges(body)
    a, b = inner[-12], outer[-9]
    return (ribbon(resample(np.stack([a + (b - a) * 0.02, b - (b - a) * 0.01]), 16), 2.2, fabric, lift=0.3),)


def _belt(stage: Stage, fabric: Fabric, y: float, half: float, buckle: bool) -> None:
    band = resample(across((0, y + 1.3), (half * 0.5, y + 1.0), (half, y)), 60)
    stage.lay(ribbon(band, 4.0, fabric, lift=0.55, round=0.5, folds=(Rumple(0.25, 1.5, 8, 3),)))
    for seam in (-1.5, 1.5):
        stage.seam(moved(band, 0, seam), 0.08, 0.2)
    tail = resample(spline((2.5, y + 1.6), (7, y + 4.5), (9.5, y + 14), (8.6, y + 26)), 40)
    stage.lay(ribbon(tail, 3.8, fabric, lift=0.6, round=0.5, folds=(Slump(0.3, 0.3, 2, 0.3, 3),)))
    if not buckle:
        other = resample(spline((1.0, y + 1.6), (-1.5, y + 6), (-0.6, y + 20)), 30)
        stage.lay(
            ribbon(other, 3.8, fabric, lift=0.6, round=0.5),
            ribbon(resample(line((-1.2, y - 1.4), (3.4, y + 4.2)), 14), 4.4, fabric, lift=0.6, round=0.8),
        )
        return
    ring = join(line((-1, y - 2), (5.4, y - 1.6), (5.4, y + 4.4), (-1, y + 4.0), (-1, y - 2)))
    stage.lay(ribbon(resample(ring, 60), 0.9, Fabric("#5a3d29", sheen=0.5), lift=0.3, round=0.4))
