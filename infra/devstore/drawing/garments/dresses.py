"""Dresses: a fitted bodice over light cloth that hangs from the waist."""

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
    stretched,
)
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Crease, Flutes, Fold, Rumple, Slump
from infra.devstore.drawing.garments.parts import Body, both, hanger, upper_folds
from infra.devstore.drawing.garments.skirts import tiered
from infra.devstore.drawing.garments.sleeves import balloon, flutter, puff_sleeve
from infra.devstore.drawing.pieces import Piece, even, ribbon
from infra.devstore.drawing.stage import Stage

BODICE = Body(
    neck=8.5,
    front=11,
    shoulder=18.0,
    slope=4.3,
    underarm=20.5,
    arm_depth=21.5,
    waist=16.6,
    waist_at=39.0,
    hem=16.4,
    length=39.5,
)


def summer_dress(
    stage: Stage,
    fabric: Fabric,
    *,
    neck: str = "v",
    sleeves: str = "flutter",
    tiers: int = 0,
    length: float = 118.0,
    hem: float = 38.0,
    straps: bool = False,
    buttons: str = "",
    belt: bool = False,
    seed: int = 0,
) -> None:
    """A dress with a fitted bodice; `tiers` ruffled tiers instead of one flowing skirt."""
    body = replace(
        BODICE,
        shape=neck,
        front={"v": 17.0, "square": 12.5, "round": 9.0, "boat": 4.5}[neck],
        neck={"square": 11.0, "boat": 12.5}.get(neck, 8.8),
    )
    hanger(stage, body)
    if not straps:
        stage.lay(body.back_neck(fabric))
        body.label(stage)
    waist = across((0, 40.6), (8, 40.2), (16.4, 39))
    if sleeves == "long":
        both(stage, *balloon(body, fabric, seed))
    tiered(stage, waist, fabric, tiers, length - 39, hem, seed)
    if sleeves == "puff":
        both(stage, *puff_sleeve(body, fabric, seed))
    gather = Flutes(13, 0.55, 0.45, 0.5, seed + 7)
    if straps:
        _strap_bodice(stage, fabric, gather)
    else:
        stage.lay(
            body.front_piece(
                fabric,
                (
                    *upper_folds(seed, 0.9),
                    gather,
                    Crease((-0.5, 0.52), (-0.12, 0.95), 0.35),
                    Crease((0.5, 0.52), (0.12, 0.95), 0.35),
                ),
                sag=1.4,
                lift=0.5,
            )
        )
        stage.seam(resample(moved(stretched(body.neckline, 1.03, 1.0), 0, 0.9), 60), 0.14, 0.22)
    if sleeves == "flutter":
        both(stage, flutter(body, fabric, seed))
    elif not straps and sleeves == "none":
        for side in (body.armhole, mirror(body.armhole)):
            stage.seam(stretched(side, 0.97, 1), 0.14, 0.22)
    band = resample(waist, 60)
    if belt:
        stage.lay(
            ribbon(
                band,
                2.6,
                replace(fabric, printed="none" if fabric.printed != "none" else fabric.printed),
                lift=0.35,
            )
        )
        _bow(stage, fabric)
    else:
        stage.seam(band, 0.5, 0.30)
    if buttons:
        for y in np.linspace(body.front + 1.5, 37, 5):
            stage.button(0, float(y), 0.75, buttons, holes=2)


def _strap_bodice(stage: Stage, fabric: Fabric, gather: Fold) -> None:
    """A bodice that hangs from two slim straps; its far side shows above the neckline."""
    straps = [
        resample(stretched(spline((x, 12), (x * 0.93, 3), (x * 0.86, -2.5)), side, 1), 24)
        for side in (1, -1)
        for x in (11.2,)
    ]
    for strap in straps:
        stage.lay(ribbon(moved(strap, 0, -0.4), 1.3, fabric, shade=0.7, lift=0.0))
    back = across((0, 14.0), (8, 14.2), (14.6, 15.5))
    stage.lay(even(line((14.6, 14), (14.6, 24)), fabric, top=back, round=-2, lift=0, shade=0.46))
    neck = across((0, 17.2), (3.6, 16.2), (8, 14.4), (11.9, 10.2))
    side = spline((11.9, 10.2), (14.6, 14.6), (18.2, 19), (20.0, 22.5))
    seam = spline((20.0, 22.5), (17.8, 31), (16.4, 39.5))
    low = across((0, 41), (16.4, 39.5))
    outline = join(neck, side, seam, low[::-1], mirror(seam)[::-1], mirror(side)[::-1])
    follow = join(line((19.4, 8)), seam)
    folds = (
        gather,
        Flutes(12, 0.6, 0.3, 0.6, 9, up=True),
        Rumple(0.4, 3, 3, 5),
        Crease((-0.5, 0.35), (-0.2, 0.9), 0.5, 0.2),
        Crease((0.5, 0.35), (0.2, 0.9), 0.5, 0.2),
    )
    stage.lay(Piece(outline, mirror(follow), follow, fabric, folds, round=3.4, lift=0.5))
    stage.seam(resample(moved(neck, 0, 0.9), 50), 0.14, 0.24)
    for strap in straps:
        stage.lay(ribbon(strap, 1.3, fabric, lift=0.3))


def _bow(stage: Stage, fabric: Fabric) -> None:
    plain = replace(fabric, printed="none") if fabric.printed != "none" else fabric
    for side in (-1, 1):
        tail = resample(
            spline((4 + side * 0.6, 41.5), (4 + side * 1.8, 48), (4 + side * 2.6, 56), (4 + side * 2.0, 62)),
            30,
        )
        stage.lay(
            ribbon(
                tail,
                np.linspace(1.4, 2.6, 30, dtype=np.float32),
                plain,
                lift=0.4,
                folds=(Slump(0.3, 0.4, 2, 0.2, 3),),
            )
        )
        loop = spline(
            (4, 41),
            (4 + side * 3, 38.4),
            (4 + side * 6.2, 39),
            (4 + side * 6.0, 42.4),
            (4 + side * 3, 42.6),
            (4, 41.4),
        )
        stage.lay(
            Piece(
                loop,
                line((4, 39), (4 + side * 6.4, 38.6)),
                line((4, 43), (4 + side * 6.4, 42.6)),
                plain,
                (Flutes(2, 0.5, 0, 0.6, 3, up=True),),
                round=0.9,
                lift=0.4,
            )
        )
    knot = resample(spline((4, 39.4), (4.2, 41), (4, 42.9)), 12)
    stage.lay(ribbon(knot, 2.0, plain, lift=0.4))
