"""Dresses: a fitted bodice over light cloth that hangs from the waist."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infra.devstore.drawing.curves import (
    F32,
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
    body = _cut(neck)
    waist = across((0, 40.6), (8, 40.2), (16.4, 39))
    gather = Flutes(13, 0.55, 0.45, 0.5, seed + 7)
    hanger(stage, body)
    if not straps:
        stage.lay(body.back_neck(fabric))
        body.label(stage)
    if sleeves == "long":
        both(stage, *balloon(body, fabric, seed))
    tiered(stage, waist, fabric, tiers, length - 39, hem, seed)
    if sleeves == "puff":
        both(stage, *puff_sleeve(body, fabric, seed))
    if straps:
        _strap_bodice(stage, fabric, gather)
    else:
        _bodice(stage, body, fabric, gather, seed, bare=sleeves == "none")
    if sleeves == "flutter":
        both(stage, flutter(body, fabric, seed))
    _waistline(stage, resample(waist, 60), fabric, belt)
    if buttons:
        _buttons(stage, body.front + 1.5, buttons)


def _cut(neck: str) -> Body:
    """The bodice with a neckline of that shape."""
    return replace(
        BODICE,
        shape=neck,
        front={"v": 17.0, "square": 12.5, "round": 9.0, "boat": 4.5}[neck],
        neck={"square": 11.0, "boat": 12.5}.get(neck, 8.8),
    )


def _bodice(stage: Stage, body: Body, fabric: Fabric, gather: Fold, seed: int, bare: bool) -> None:
    """The front, its neck facing and, where the arms are `bare`, the facings of the armholes."""
    darts = Crease((-0.5, 0.52), (-0.12, 0.95), 0.35), Crease((0.5, 0.52), (0.12, 0.95), 0.35)
    stage.lay(body.front_piece(fabric, (*upper_folds(seed, 0.9), gather, *darts), sag=1.4, lift=0.5))
    stage.seam(resample(moved(stretched(body.neckline, 1.03, 1.0), 0, 0.9), 60), 0.14, 0.22)
    if bare:
        for side in (body.armhole, mirror(body.armhole)):
            stage.seam(stretched(side, 0.97, 1), 0.14, 0.22)


def _strap_bodice(stage: Stage, fabric: Fabric, gather: Fold) -> None:
    """A bodice that hangs from two slim straps; its far side shows above the neckline."""
    strap = resample(spline((11.2, 12), (11.2 * 0.93, 3), (11.2 * 0.86, -2.5)), 24)
    straps = strap, mirror(strap)
    stage.lay(*(ribbon(moved(strap, 0, -0.4), 1.3, fabric, shade=0.7, lift=0.0) for strap in straps))
    back = across((0, 14.0), (8, 14.2), (14.6, 15.5))
    stage.lay(even(line((14.6, 14), (14.6, 24)), fabric, top=back, round=-2, lift=0, shade=0.46))
    neck = across((0, 17.2), (3.6, 16.2), (8, 14.4), (11.9, 10.2))
    stage.lay(_strap_front(neck, fabric, gather))
    stage.seam(resample(moved(neck, 0, 0.9), 50), 0.14, 0.24)
    stage.lay(*(ribbon(strap, 1.3, fabric, lift=0.3) for strap in straps))


def _strap_front(neck: F32, fabric: Fabric, gather: Fold) -> Piece:
    """The front below that neckline, cut away to the underarm."""
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
    return Piece(outline, mirror(follow), follow, fabric, folds, round=3.4, lift=0.5)


def _waistline(stage: Stage, band: F32, fabric: Fabric, belt: bool) -> None:
    """Where the bodice meets the skirt: a tied belt of the unprinted cloth, or a seam."""
    if not belt:
        stage.seam(band, 0.5, 0.30)
        return
    plain = replace(fabric, printed="none")
    stage.lay(ribbon(band, 2.6, plain, lift=0.35))
    for side in (-1, 1):
        stage.lay(_bow_tail(plain, side), _bow_loop(plain, side))
    knot = resample(spline((4, 39.4), (4.2, 41), (4, 42.9)), 12)
    stage.lay(ribbon(knot, 2.0, plain, lift=0.4))


def _bow_tail(fabric: Fabric, side: int) -> Piece:
    """A hanging end of the bow, wider toward its tip; `side` is -1 or 1."""
    way = spline((4 + side * 0.6, 41.5), (4 + side * 1.8, 48), (4 + side * 2.6, 56), (4 + side * 2.0, 62))
    width = np.linspace(1.4, 2.6, 30, dtype=np.float32)
    return ribbon(resample(way, 30), width, fabric, lift=0.4, folds=(Slump(0.3, 0.4, 2, 0.2, 3),))


def _bow_loop(fabric: Fabric, side: int) -> Piece:
    """A loop of the bow; `side` is -1 or 1."""
    outline = spline(
        (4, 41),
        (4 + side * 3, 38.4),
        (4 + side * 6.2, 39),
        (4 + side * 6.0, 42.4),
        (4 + side * 3, 42.6),
        (4, 41.4),
    )
    upper, lower = line((4, 39), (4 + side * 6.4, 38.6)), line((4, 43), (4 + side * 6.4, 42.6))
    gathers = (Flutes(2, 0.5, 0, 0.6, 3, up=True),)
    return Piece(outline, upper, lower, fabric, gathers, round=0.9, lift=0.4)


def _buttons(stage: Stage, top: float, color: str) -> None:
    """Five buttons from `top` to the waist."""
    for y in np.linspace(top, 37, 5):
        stage.button(0, float(y), 0.75, color, holes=2)
