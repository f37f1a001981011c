"""Shirts and tees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infra.devstore.drawing.curves import (
    across,
    join,
    line,
    mirror,
    resample,
    spline,
)
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Crease, Fold, Rumple
from infra.devstore.drawing.garments.parts import Body, back_band, both, hanger, neck_band, upper_folds
from infra.devstore.drawing.garments.sleeves import Sleeve, short_sleeve
from infra.devstore.drawing.pieces import Piece, even, panel, ribbon
from infra.devstore.drawing.stage import Stage

SHIRT = Body(
    neck=7.2,
    front=9.0,
    shoulder=21.0,
    slope=4.6,
    underarm=24.6,
    arm_depth=24,
    waist=23.6,
    waist_at=46,
    hem=24.4,
    length=64,
    shape="v",
)


def shirt(
    stage: Stage,
    fabric: Fabric,
    *,
    buttons: str = "#efe9dc",
    pocket: bool = True,
    soft: bool = False,
    seed: int = 0,
) -> None:
    """A button-up shirt with collar, placket and cuffs; `soft` for a blouse with fuller sleeves."""
    arm = Sleeve(
        length=56,
        elbow=14.5,
        wrist=10.0,
        spread=15,
        bend=-5,
        gather=0.4,
        puff=1.2 if soft else 0.2,
        seed=seed,
    )
    hanger(stage, SHIRT)
    _stand(stage, fabric)
    stage.lay(SHIRT.back_neck(fabric))
    SHIRT.label(stage)
    both(stage, arm.piece(SHIRT, fabric), arm.cuff(SHIRT, fabric, 5.5, 9.0, lift=0.35))
    stage.lay(_shirt_front(fabric, seed))
    for side in (SHIRT.armhole, mirror(SHIRT.armhole)):
        stage.seam(side, 0.16, 0.28)
    if pocket:
        _patch(stage, fabric, 6.0, 20.0, 11.0, 12.5)
    _placket(stage, fabric, SHIRT.front - 0.5, 72.0, buttons)
    both(stage, collar_leaf(fabric))


def _shirt_front(fabric: Fabric, seed: int) -> Piece:
    b = SHIRT
    side = spline((b.underarm, b.arm_depth), (b.waist, b.waist_at), (b.hem, 62))
    tail = spline((b.hem, 62), (b.hem * 0.86, 66), (b.hem * 0.52, 71.5), (0, 73))
    right = join(b.armhole, side, tail)
    outline = join(b.neckline, right, mirror(right)[::-1])
    follow = join(line((b.underarm - 0.6, -1)), side, line((b.hem, 73)))
    folds: tuple[Fold, ...] = (
        *upper_folds(seed, 1.25),
        Crease((0.85, 0.30), (0.30, 0.62), 0.45, 0.08),
        Crease((-0.85, 0.32), (-0.25, 0.66), 0.45, 0.08),
        Crease((0.7, 0.95), (0.35, 0.5), 0.4, 0.07),
    )
    return Piece(outline, mirror(follow), follow, fabric, folds, round=3.0, lift=0.4, edge=0.35)


def _stand(stage: Stage, fabric: Fabric) -> None:
    """The inside of the collar at the back of the neck."""
    top = across((0, -3.9), (4, -3.5), (6.6, -2.2))
    stage.lay(even(line((6.8, -2.4), (7.4, 1.4)), fabric, top=top, round=-1.5, lift=0, shade=0.72, edge=0.3))


def collar_leaf(fabric: Fabric, tip: tuple[float, float] = (8.2, 9.6), front: float = 8.4) -> Piece:
    """The right leaf of a turned-down collar."""
    inner = spline((6.4, -2.6), (5.6, 0.6), (3.4, 4.6), (0.5, front))
    outer = join(spline((6.4, -2.6), (8.2, -1.6), (10.4, 1.6), (11.2, 4.4)), line(tip))
    outline = join(inner[::-1], outer)
    return Piece(
        outline,
        line((5.8, -2.2), (1.2, front)),
        line((9.6, -1.2), tip),
        fabric,
        (Rumple(0.15, 2, 2, 3),),
        round=0.8,
        lift=0.55,
        edge=0.35,
    )


def _placket(stage: Stage, fabric: Fabric, top: float, bottom: float, buttons: str) -> None:
    stage.lay(
        ribbon(
            resample(line((0, top), (0, bottom)), 40),
            3.2,
            fabric,
            lift=0.22,
            round=0.2,
            edge=0.2,
            folds=(Rumple(0.18, 1, 7, 5),),
        )
    )
    for x in (-1.2, 1.2):
        stage.seam(resample(line((x, top + 0.5), (x, bottom - 0.4)), 30), 0.08, 0.18)
    for y in np.arange(top + 3, bottom - 6, 9.4):
        stage.button(0, float(y), 0.62, buttons)


def _patch(stage: Stage, fabric: Fabric, x: float, y: float, width: float, height: float) -> None:
    """A patch pocket with a pointed foot."""
    left, right = (
        line((x, y), (x + 0.1, y + height * 0.86)),
        line((x + width, y), (x + width - 0.1, y + height * 0.86)),
    )
    foot = line(
        (x + 0.1, y + height * 0.86), (x + width / 2, y + height), (x + width - 0.1, y + height * 0.86)
    )
    stage.lay(
        panel(
            left, right, fabric, bottom=foot, round=0.3, lift=0.2, edge=0.25, folds=(Rumple(0.25, 2, 2, 9),)
        )
    )
    stage.seam(line((x + 0.3, y + 1.8), (x + width - 0.3, y + 1.8)), 0.08, 0.2)


def tee(stage: Stage, fabric: Fabric, *, neck: str = "crew", long: bool = False, seed: int = 0) -> None:
    """A jersey tee; neck is crew or v."""
    body = Body(
        neck=8.4,
        front=15.0 if neck == "v" else 7.5,
        shoulder=20.5,
        slope=4.4,
        underarm=23.6,
        arm_depth=22.5,
        waist=22.4,
        waist_at=42,
        hem=23.2,
        length=62,
        shape="v" if neck == "v" else "round",
    )
    hanger(stage, body)
    stage.lay(body.back_neck(fabric))
    band = replace(fabric, weave="rib", size=0.5, printed="none")
    back_band(body, band, 1.7, stage)
    body.label(stage)
    arm = Sleeve(length=58, elbow=13, wrist=9, spread=15, bend=-5, seed=seed)
    both(stage, arm.piece(body, fabric) if long else short_sleeve(body, fabric, seed))
    stage.lay(body.front_piece(fabric, upper_folds(seed, 1.2)))
    for curve in (body.armhole, mirror(body.armhole)):
        stage.seam(curve, 0.16, 0.24)
    h, y = body.hem, body.length
    stage.seam(across((0, y - 1.3), (h, y - 2.2)), 0.10, 0.2)
    neck_band(body, band, 1.8, stage)
