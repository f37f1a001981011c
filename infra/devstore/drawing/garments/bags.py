"""Bags. Drawn about 40 cm wide, upright, the opening at y = 0."""

from __future__ import annotations

from dataclasses import replace

from infra.devstore.drawing.curves import across, join, line, mirror, moved, resample, spline
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Crease, Flutes, Rumple, Slump
from infra.devstore.drawing.pieces import Piece, even, ribbon
from infra.devstore.drawing.stage import Stage

BRASS = Fabric("#c8a460", sheen=1.0)


def tote(
    stage: Stage,
    fabric: Fabric,
    handle: Fabric,
    *,
    seed: int = 0,
    thread: str = "",
) -> None:
    """An open bag with two handles."""
    tall, w, b = 36.0, 20.0, 17.2
    _handle(stage, handle, w * 0.52, -0.5, 24.0, 1.6, far=True)
    rim = across((0, -1.9), (w * 0.5, -1.5), (w, 0))
    lip = across((0, 1.6), (w * 0.5, 1.2), (w, 0))
    stage.lay(even(line((w, 0), (w, 3)), fabric, top=rim, round=-1, lift=0, shade=0.38))
    right = spline((w, 0), (w * 1.01, tall * 0.35), (b * 1.06, tall * 0.72), (b, tall - 2.4), (b - 2.6, tall))
    bottom = spline((-b + 2.6, tall), (-b * 0.4, tall + 0.9), (b * 0.4, tall + 0.9), (b - 2.6, tall))
    folds = (
        Rumple(0.7, 2.2, 1.8, seed),
        Crease((-0.7, 0.05), (-0.2, 0.6), 0.5, 0.14),
        Crease((0.75, 0.10), (0.35, 0.7), 0.5, 0.14),
        Slump(0.85, 0.12, 2, 0.35, seed, 0.6),
    )
    stage.lay(even(right, fabric, top=lip, bottom=bottom, folds=folds, round=5.0, lift=0.8, edge=0.9))
    stage.seam(moved(lip, 0, 2.2), 0.14, 0.3)
    if thread:
        stage.stitches(resample(moved(lip, 0, 1.9), 80), thread)
    _handle(stage, handle, w * 0.52, 0.6, 22.0, 1.7, far=False)


def _handle(
    stage: Stage, fabric: Fabric, half: float, y: float, rise: float, width: float, far: bool
) -> None:
    arc = across((0, y - rise), (half * 0.86, y - rise * 0.62), (half, y), (half, y + 7))
    if far:
        arc = moved(arc, 1.4, -0.8)
    stage.lay(
        ribbon(
            resample(arc, 90), width, fabric, lift=0.1 if far else 0.5, round=0.8, shade=0.8 if far else 1.0
        )
    )


def crescent(stage: Stage, leather: Fabric, seed: int = 0) -> None:
    """A soft half-moon shoulder bag with a knotted strap."""
    strap = across((0, -25.5), (9.6, -20), (15.4, -7), (17, 6))
    stage.lay(ribbon(resample(moved(strap, 1.2, -0.6), 90), 2.4, leather, shade=0.7, lift=0.0))
    top = across((0, 7.4), (12, 6.0), (19.4, 3.0))
    right = spline((19.4, 3.0), (21.4, 3.6), (22.6, 7.5), (21.8, 16), (17.2, 25), (9, 30.4), (0, 32))
    body = Piece(
        join(top, right, mirror(right)[::-1]),
        line((-22, 2), (-22, 32)),
        line((22, 2), (22, 32)),
        leather,
        (
            Rumple(1.1, 2.4, 1.6, seed),
            Crease((-0.80, 0.10), (-0.30, 0.75), 0.9, 0.12, 0.06),
            Crease((0.80, 0.10), (0.25, 0.80), 0.9, 0.12, -0.06),
            Crease((0.62, 0.10), (0.02, 0.62), 0.6, 0.09, -0.08),
            Crease((-0.55, 0.12), (-0.05, 0.50), 0.5, 0.08, 0.08),
        ),
        round=6.0,
        lift=0.8,
        edge=1.6,
    )
    stage.lay(body)
    zip_line = resample(moved(top, 0, 1.3), 80)[4:-4]
    stage.lay(ribbon(zip_line, 0.9, replace(leather, sheen=0.1), shade=0.55, lift=0.15))
    stage.stitches(zip_line, "#c8a460", 0.32)
    stage.lay(ribbon(resample(strap, 90), 2.6, leather, lift=0.6, round=0.8))
    for side in (-1, 1):
        stage.button(side * 17.0, 6.0, 1.5, BRASS.color, holes=0)
    stage.lay(ribbon(resample(line((15.5, 6.8), (14.6, 10.4)), 10), 0.9, leather, lift=0.4))


def bucket(stage: Stage, leather: Fabric, cord: Fabric, seed: int = 0) -> None:
    """A drawstring bucket bag."""
    strap = across((0, -27.5), (7, -24), (13, -10), (14.6, 5))
    stage.lay(ribbon(resample(strap, 90), 2.0, leather, lift=0.2, round=0.6))
    rim = across((0, -3), (7, -2.4), (14, 0))
    lip = across((0, 2.4), (7, 1.8), (14, 0))
    stage.lay(
        even(
            line((14, 0), (14, 4)),
            leather,
            top=rim,
            folds=(Flutes(9, 0.8, 0, 0.5, 3),),
            round=-2,
            lift=0,
            shade=0.36,
        )
    )
    right = spline((14, 0), (13.0, 5), (15.4, 14), (16.2, 25), (15.2, 32))
    base = across((0, 35.3), (8, 34.6), (15.2, 32))
    folds = (
        Flutes(8, 1.6, 0.35, 0.6, seed, up=True),
        Rumple(0.7, 2, 2, seed),
        Slump(0.5, 0.3, 1.6, 0.4, seed),
    )
    stage.lay(even(right, leather, top=lip, bottom=base, folds=folds, round=6.5, lift=0.7, edge=1.0))
    stage.seam(moved(base, 0, -3.4), 0.2, 0.35)
    tie = across((0, 8.0), (6, 7.4), (13.2, 5))
    for k in range(8):
        at = resample(tie, 17)[1 + 2 * k]
        stage.button(float(at[0]), float(at[1]), 0.55, BRASS.color, holes=0)
    stage.lay(ribbon(resample(tie, 60), 0.7, cord, lift=0.3, round=0.3))
    for side in (-1, 1):
        end = resample(spline((side * 0.6, 8), (side * 2.2, 12), (side * 1.4, 17)), 20)
        stage.lay(ribbon(end, 0.7, cord, lift=0.3, round=0.3))
        stage.button(side * 1.4, 17.4, 0.8, BRASS.color, holes=0)
