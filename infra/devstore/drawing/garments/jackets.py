"""Short jackets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infra.devstore.drawing.curves import (
    across,
    line,
    mirror,
    moved,
    resample,
    spline,
    stretched,
)
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Rumple, Slump
from infra.devstore.drawing.garments.coats import collar_stand, flap, sleeve_folds
from infra.devstore.drawing.garments.parts import Body, both, hanger, upper_folds
from infra.devstore.drawing.garments.shirts import collar_leaf
from infra.devstore.drawing.garments.sleeves import Sleeve
from infra.devstore.drawing.pieces import Piece, flip, panel, ribbon
from infra.devstore.drawing.stage import Stage

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
COPPER = "#b0703c"


def denim_jacket(stage: Stage, fabric: Fabric, thread: str = "#c98f4a", seed: int = 0) -> None:
    """A trucker jacket with chest pockets, copper buttons and contrast stitching."""
    hanger(stage, SHORT)
    stage.lay(SHORT.back_neck(fabric, rise=1.4), collar_stand(fabric))
    SHORT.label(stage)
    both(stage, *_denim_sleeve(fabric, seed))
    stage.lay(SHORT.front_piece(fabric, (*upper_folds(seed, 1.0), Rumple(0.3, 8, 5, seed + 8))))
    _denim_seams(stage, thread)
    for x in (-15.8, 5.6):
        _chest_pocket(stage, fabric, x, thread)
    _denim_bands(stage, fabric, thread)
    for y in (12, 21.5, 31, 40.5, 50, 57):
        stage.button(0, y, 0.85, COPPER, holes=0)
    both(stage, collar_leaf(fabric, (9.6, 10.4), 7.4))


def _denim_sleeve(fabric: Fabric, seed: int) -> tuple[Piece, Piece]:
    """The right sleeve and its cuff."""
    arm = Sleeve(length=59, elbow=15.5, wrist=11.5, spread=15, bend=-5)
    folds = (
        Slump(0.55, 0.16, 3.2, 0.8, seed, 0.6),
        Slump(0.9, 0.1, 2.5, 0.4, seed, -0.4),
        Rumple(0.6, 2, 4, seed),
    )
    return arm.piece(SHORT, fabric, folds), arm.cuff(SHORT, fabric, 4.5, 10.2, lift=0.35)


def _denim_seams(stage: Stage, thread: str) -> None:
    """Armholes, the yoke and the two slanted seams below each pocket, with their topstitching."""
    yoke = spline((1.6, 15.5), (12, 16.2), (21.4, 15.6))
    slants = line((13.5, 24), (9.2, 53.5)), line((7.8, 24), (6.8, 53.5))
    for side in (1, -1):
        for curve in (SHORT.armhole, yoke, *slants):
            at = resample(stretched(curve, side, 1), 40)
            stage.seam(at, 0.16, 0.34)
            stage.stitches(moved(at, 0.45 * side, 0.45), thread)


def _chest_pocket(stage: Stage, fabric: Fabric, x: float, thread: str) -> None:
    """A patch pocket, its left edge at `x`, under a pointed and buttoned flap."""
    left, right = line((x, 16), (x + 0.6, 26)), line((x + 10.2, 16), (x + 9.6, 26))
    foot = line((x + 0.6, 26), (x + 5.1, 28.2), (x + 9.6, 26))
    stage.lay(panel(left, right, fabric, bottom=foot, round=0.3, lift=0.2, edge=0.25))
    outline = line((x - 0.2, 15.8), (x - 0.1, 18.8), (x + 5.1, 21.0), (x + 10.3, 18.8), (x + 10.4, 15.8))
    left, right = line((x - 0.2, 15.8), (x, 20)), line((x + 10.4, 15.8), (x + 10.3, 20))
    stage.lay(Piece(outline, left, right, fabric, round=0.4, lift=0.4, edge=0.3))
    stage.stitches(resample(moved(outline[1:4], 0, -0.6), 24), thread)
    stage.button(x + 5.1, 19.4, 0.72, COPPER, holes=0)


def _denim_bands(stage: Stage, fabric: Fabric, thread: str) -> None:
    """The button band down the front and the waistband across its end."""
    placket = resample(line((0, 7), (0, 54)), 40)
    stage.lay(ribbon(placket, 4.2, fabric, lift=0.35, round=0.3, folds=(Rumple(0.2, 1, 5, 3),)))
    for x in (-1.6, 1.6):
        stage.stitches(resample(line((x, 8), (x, 53)), 40), thread)
    waistband = resample(across((0, 57), (SHORT.hem - 0.2, 56)), 60)
    stage.lay(ribbon(waistband, 4.4, fabric, lift=0.35, round=0.4))
    for y in (-1.6, 1.6):
        stage.stitches(moved(waistband, 0, y), thread)


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
    both(stage, arm.piece(body, fabric, sleeve_folds(seed), round=4.0))
    both(stage, _cuff_braid(arm, body, trim))
    stage.lay(body.front_piece(fabric, upper_folds(seed, 0.7), round=4.0, lift=0.5))
    for curve in (body.armhole, mirror(body.armhole)):
        stage.seam(curve, 0.25, 0.25)
    for y, w in ((22.0, 9.0), (40.0, 11.0)):
        for side in (1, -1):
            pocket = flap(fabric, 6.8, y, w, 10.5)
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
