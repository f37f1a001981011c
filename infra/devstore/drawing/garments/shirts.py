"""Shirts, blouses, tees and draped tops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infra.devstore.drawing.curves import F32, across, join, line, mirror, resample, spline
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Cowl, Crease, Flutes, Fold, Rumple
from infra.devstore.drawing.garments.parts import (
    Body,
    Sleeve,
    back_band,
    both,
    hanger,
    neck_band,
    short_sleeve,
    upper_folds,
)
from infra.devstore.drawing.stage import Piece, Stage, panel, ribbon

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
    folds = (
        *upper_folds(seed, 1.25),
        Crease((0.85, 0.30), (0.30, 0.62), 0.45, 0.08),
        Crease((-0.85, 0.32), (-0.25, 0.66), 0.45, 0.08),
        Crease((0.7, 0.95), (0.35, 0.5), 0.4, 0.07),
    )
    return Piece(outline, mirror(follow), follow, fabric, folds, round=3.0, lift=0.4, edge=0.35)


def _stand(stage: Stage, fabric: Fabric) -> None:
    """The inside of the collar at the back of the neck."""
    top = across((0, -3.9), (4, -3.5), (6.6, -2.2))
    stage.lay(
        panel(
            line((-6.8, -2.4), (-7.4, 1.4)),
            line((6.8, -2.4), (7.4, 1.4)),
            fabric,
            top=top,
            round=-1.5,
            lift=0,
            shade=0.72,
            edge=0.3,
        )
    )


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
    """A jersey tee; neck is crew, boat or v."""
    shape = {"crew": "round", "boat": "boat", "v": "v"}[neck]
    body = Body(
        neck=11.5 if neck == "boat" else 8.4,
        front={"crew": 7.5, "boat": 5.0, "v": 15.0}[neck],
        shoulder=20.5,
        slope=4.4,
        underarm=23.6,
        arm_depth=22.5,
        waist=22.4,
        waist_at=42,
        hem=23.2,
        length=62,
        shape=shape,
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
        for side in (-1, 1):
            stage.lay(
                ribbon(
                    resample(spline((side * 11.6, 9), (side * 10.2, 0), (side * 8.8, -6)), 24),
                    0.7,
                    fabric,
                    round=0.3,
                    lift=0.1,
                    shade=0.75,
                )
            )
    n = s - 6.0 if not thin else s - 1.6
    rim = across((0, top + 3.2), (n * 0.6, top + 2.4), (n, top + 0.1))
    stage.lay(
        panel(
            line((-n, top + 0.1), (-n, 24)),
            line((n, top + 0.1), (n, 24)),
            fabric,
            top=rim,
            round=-2,
            lift=0,
            shade=0.45,
        )
    )
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
        for side_ in (-1, 1):
            stage.lay(
                ribbon(
                    resample(spline((side_ * 12.6, top + 1.2), (side_ * 11.4, 1), (side_ * 8.8, -6)), 24),
                    0.7,
                    fabric,
                    round=0.3,
                    lift=0.2,
                )
            )


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
    from infra.devstore.drawing.garments.dresses import BODICE, puff_sleeve, skirt

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
