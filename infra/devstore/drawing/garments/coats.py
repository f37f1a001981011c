"""Coats and jackets: heavier cloth, lapels, pockets, belts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infra.devstore.drawing.curves import across, join, line, mirror, resample, spline
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Crease, Flutes, Fold, Rumple, Slump
from infra.devstore.drawing.garments.parts import Body, Sleeve, both, hanger, upper_folds
from infra.devstore.drawing.garments.shirts import collar_leaf
from infra.devstore.drawing.stage import Piece, Stage, flip, panel, ribbon

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
SHORT = Body(
    neck=7.8,
    front=8,
    shoulder=21.0,
    slope=4.8,
    underarm=24.5,
    arm_depth=24,
    waist=23.5,
    waist_at=42,
    hem=23.5,
    length=54,
)
ARM = Sleeve(length=65, elbow=15.5, wrist=12.2, spread=16, bend=-5, cap=0.6)


def _sleeve_folds(seed: int) -> tuple[Fold, ...]:
    return (
        Slump(0.52, 0.12, 2.2, 0.55, seed, 0.9),
        Slump(0.88, 0.10, 2.0, 0.35, seed + 4, -0.6),
        Rumple(0.7, 1.6, 4, seed),
        Crease((-0.6, 0.15), (0.4, 0.5), 0.5, 0.2),
    )


def coat(
    stage: Stage,
    fabric: Fabric,
    *,
    belt: bool = True,
    double: bool = True,
    trench: bool = False,
    buttons: str = "#4a3222",
    length: float = 116.0,
    seed: int = 0,
) -> None:
    """A long coat with lapels, closed, belted or not; `trench` adds the storm flap and epaulettes."""
    body = replace(COAT, length=length, waist=20.4 if belt else 23.0, hem=28.0 if belt else 26.5)
    hanger(stage, body)
    stage.lay(body.back_neck(fabric, rise=1.6), _collar_stand(fabric))
    body.label(stage)
    both(stage, ARM.piece(body, fabric, _sleeve_folds(seed), round=4.0))
    if trench:
        both(stage, *_cuff_tabs(body, fabric))
    folds = (
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
    for y in (33, 57, 70) if double and belt else (33, 45, 57) if double else (36, 50, 64):
        for x in (-7.4, 4.0) if double else (0.0,):
            stage.button(x, y, 1.25, buttons)
    if belt:
        _belt(stage, fabric, 46.0, 20.8, buckle=trench)


def _collar_stand(fabric: Fabric) -> Piece:
    top = across((0, -4.0), (4.6, -3.4), (7.6, -1.2))
    return panel(
        line((-8.0, -1.4), (-8.4, 2.2)),
        line((8.0, -1.4), (8.4, 2.2)),
        fabric,
        top=top,
        round=-1.5,
        lift=0.0,
        shade=0.70,
    )


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


def _flap(fabric: Fabric, x: float, y: float, width: float, height: float) -> Piece:
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
        stage.seam(band + np.float32([0, seam]), 0.08, 0.2)
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


def denim_jacket(stage: Stage, fabric: Fabric, thread: str = "#c98f4a", seed: int = 0) -> None:
    """A trucker jacket with chest pockets, copper buttons and contrast stitching."""
    body, arm = SHORT, Sleeve(length=59, elbow=15.5, wrist=11.5, spread=15, bend=-5)
    hanger(stage, body)
    stage.lay(body.back_neck(fabric, rise=1.4), _collar_stand(fabric))
    body.label(stage)
    folds = (
        Slump(0.55, 0.16, 3.2, 0.8, seed, 0.6),
        Slump(0.9, 0.1, 2.5, 0.4, seed, -0.4),
        Rumple(0.6, 2, 4, seed),
    )
    both(stage, arm.piece(body, fabric, folds), arm.cuff(body, fabric, 4.5, 10.2, lift=0.35))
    stage.lay(body.front_piece(fabric, (*upper_folds(seed, 1.0), Rumple(0.3, 8, 5, seed + 8))))
    for side in (1, -1):
        flip_x = np.float32([side, 1])
        for curve in (
            body.armhole,
            spline((1.6, 15.5), (12, 16.2), (21.4, 15.6)),
            line((13.5, 24), (9.2, 53.5)),
            line((7.8, 24), (6.8, 53.5)),
        ):
            at = resample(curve * flip_x, 40)
            stage.seam(at, 0.16, 0.34)
            stage.stitches(at + np.float32([0.45 * side, 0.45]), thread)
    for x in (-15.8, 5.6):
        stage.lay(
            panel(
                line((x, 16), (x + 0.6, 26)),
                line((x + 10.2, 16), (x + 9.6, 26)),
                fabric,
                bottom=line((x + 0.6, 26), (x + 5.1, 28.2), (x + 9.6, 26)),
                round=0.3,
                lift=0.2,
                edge=0.25,
            )
        )
        flap = line((x - 0.2, 15.8), (x - 0.1, 18.8), (x + 5.1, 21.0), (x + 10.3, 18.8), (x + 10.4, 15.8))
        stage.lay(
            Piece(
                flap,
                line((x - 0.2, 15.8), (x, 20)),
                line((x + 10.4, 15.8), (x + 10.3, 20)),
                fabric,
                round=0.4,
                lift=0.4,
                edge=0.3,
            )
        )
        stage.stitches(resample(flap[1:4] + np.float32([0, -0.6]), 24), thread)
        stage.button(x + 5.1, 19.4, 0.72, "#b0703c", holes=0)
    stage.lay(
        ribbon(
            resample(line((0, 7), (0, 54)), 40),
            4.2,
            fabric,
            lift=0.35,
            round=0.3,
            folds=(Rumple(0.2, 1, 5, 3),),
        )
    )
    for x in (-1.6, 1.6):
        stage.stitches(resample(line((x, 8), (x, 53)), 40), thread)
    h = body.hem
    band = resample(across((0, 57), (h - 0.2, 56)), 60)
    stage.lay(ribbon(band, 4.4, fabric, lift=0.35, round=0.4))
    for y in (-1.6, 1.6):
        stage.stitches(band + np.float32([0, y]), thread)
    for y in (12, 21.5, 31, 40.5, 50, 57):
        stage.button(0, y, 0.85, "#b0703c", holes=0)
    both(stage, collar_leaf(fabric, (9.6, 10.4), 7.4))


def boucle_jacket(
    stage: Stage, fabric: Fabric, trim: Fabric, buttons: str = "#c9a24e", seed: int = 0
) -> None:
    """A short collarless jacket with braid along its edges and four pockets."""
    body, arm = (
        replace(SHORT, front=9.0, length=56),
        Sleeve(length=56, elbow=15, wrist=12.5, spread=15, bend=-5),
    )
    hanger(stage, body)
    stage.lay(body.back_neck(Fabric("#d8cbb8", sheen=0.6)))
    body.label(stage)
    both(stage, arm.piece(body, fabric, _sleeve_folds(seed), round=4.0))
    both(stage, _cuff_braid(arm, body, trim))
    stage.lay(body.front_piece(fabric, upper_folds(seed, 0.7), round=4.0, lift=0.5))
    for curve in (body.armhole, mirror(body.armhole)):
        stage.seam(curve, 0.25, 0.25)
    for y, w in ((22.0, 9.0), (40.0, 11.0)):
        for side in (1, -1):
            pocket = _flap(fabric, 6.8, y, w, 10.5)
            braid = ribbon(resample(line((6.6, y + 0.6), (7.0 + w, y + 0.9)), 16), 1.3, trim, lift=0.2)
            for piece in (pocket, braid):
                stage.lay(piece if side == 1 else flip(piece))
            stage.button(side * (6.8 + w / 2), y + 2.9, 0.75, buttons, holes=0)
    neck = resample(body.neckline, 60)
    stage.lay(
        ribbon(neck, 1.5, trim, lift=0.25),
        ribbon(resample(line((0, body.front), (0, 56.6)), 40), 0.6, fabric, lift=0.4),
    )
    for x in (-1.4, 1.4):
        stage.lay(ribbon(resample(line((x, body.front - 0.2), (x, 56.5)), 40), 1.4, trim, lift=0.2))
    h = body.hem
    stage.lay(ribbon(resample(across((0, 56.4), (h, 55.4)), 50), 1.4, trim, lift=0.2))
    for y in (15, 26, 37, 48):
        stage.button(2.6, y, 0.85, buttons, holes=0)


def _cuff_braid(arm: Sleeve, body: Body, trim: Fabric) -> Piece:
    inner, outer = arm.edges(body)
    return ribbon(resample(np.stack([inner[-2], outer[-2]]), 16), 1.4, trim, lift=0.2)


def blazer(stage: Stage, fabric: Fabric, buttons: str = "#3b2c22", seed: int = 0) -> None:
    """A single-breasted blazer."""
    body = replace(COAT, front=34.0, length=72, waist=22.0, waist_at=44, hem=25.0)
    lining = Fabric("#8d7a66", sheen=0.6)
    hanger(stage, body)
    stage.lay(body.back_neck(lining, rise=1.6), _collar_stand(fabric))
    body.label(stage)
    both(stage, ARM.piece(body, fabric, _sleeve_folds(seed), round=4.0))
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
        flap = _flap(fabric, 8.6, 52.0, 13.0, 5.0)
        stage.lay(flap if side == 1 else flip(flap))
    stage.lay(ribbon(resample(line((8.2, 25.2), (17.0, 23.8)), 16), 2.0, fabric, lift=0.25))
    _lapels(stage, fabric, 34.0)
    for y in (38.0, 47.5):
        stage.button(0.2, y, 1.1, buttons)
