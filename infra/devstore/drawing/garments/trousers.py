"""Trousers and jeans."""

from __future__ import annotations

from dataclasses import replace

from infra.devstore.drawing.curves import across, line, moved, resample, spline, stretched
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Crease, Flutes, Fold, Rumple, Slump
from infra.devstore.drawing.pieces import Piece, even, flip, panel, ribbon
from infra.devstore.drawing.stage import Stage

LENGTH, RISE = 103.0, 30.0


def trousers(
    stage: Stage,
    fabric: Fabric,
    *,
    hem: float = 16.0,
    pleats: bool = False,
    jeans: bool = False,
    tie: bool = False,
    button: str = "#5a4636",
    thread: str = "#c98f4a",
    seed: int = 0,
) -> None:
    """Full-length trousers; `hem` is half of a leg's width at the ankle."""
    back = across((0, -1.3), (17.4, 0))
    stage.lay(even(line((17.4, 0), (17.2, 4)), fabric, top=back, round=-2, lift=0, shade=0.42))
    leg = replace(_leg(fabric, hem), folds=_leg_folds(hem, pleats, jeans, seed))
    other = replace(flip(leg), folds=_leg_folds(hem, pleats, jeans, seed + 13))
    stage.lay(other, leg)
    _fly(stage)
    for side in (1, -1):
        _pocket(stage, jeans, side, thread)
        if jeans:
            stage.stitches(resample(stretched(moved(leg.right, -1, 0), side, 1), 90)[6:44], thread)
        _hemline(stage, hem, side, thread if jeans else "")
    _waistband(stage, fabric, jeans, tie, button, thread)


def _leg(fabric: Fabric, hem: float) -> Piece:
    """The right leg from the waistband to the ankle, its left edge the inseam and its right the outseam."""
    foot, narrow = _foot(hem), 1.0 if hem <= 13 else 0.80
    inseam = spline(
        (0, 3), (0.1, RISE * 0.6), (0.2, RISE), (foot - hem * 0.88, LENGTH * 0.62), (foot - hem, LENGTH - 0.6)
    )
    outseam = spline(
        (17.6, 3), (20.4, 11), (22.8, 22), (foot + hem * narrow, LENGTH * 0.62), (foot + hem, LENGTH)
    )
    bottom = spline(tuple(inseam[-1]), (foot, LENGTH + 1.6), tuple(outseam[-1]))
    return panel(inseam, outseam, fabric, bottom=bottom, round=5.2, lift=0.7, edge=0.6)


def _foot(hem: float) -> float:
    """How far from the middle a leg's ankle lies: wide legs stand further apart."""
    return 15.0 if hem > 13 else 13.5


def _fly(stage: Stage) -> None:
    """The front seam and the curved stitching beside it."""
    stage.seam(resample(spline((0.1, 5), (0.1, 16), (0.15, RISE)), 40), 0.2, 0.4)
    stage.seam(spline((-3.4, 5), (-3.4, 15), (-2.2, 19.5), (0, 21.4)), 0.14, 0.25)


def _pocket(stage: Stage, jeans: bool, side: int, thread: str) -> None:
    """The opening of a front pocket: curved and topstitched on jeans, slanted otherwise."""
    curved, slanted = (
        spline((9.5, 5.2), (10.8, 9.6), (15.2, 12.4), (19.8, 12.4)),
        line((14.2, 5.2), (20.6, 18.0)),
    )
    opening = stretched(curved if jeans else slanted, side, 1)
    stage.seam(resample(opening, 30), 0.22, 0.42)
    if jeans:
        stage.stitches(resample(moved(opening, 0, 0.8), 30), thread)


def _hemline(stage: Stage, hem: float, side: int, thread: str) -> None:
    """The turned-up hem of a leg; an empty `thread` leaves its stitches unseen."""
    foot = _foot(hem)
    curve = spline((foot - hem + 0.1, LENGTH - 3.4), (foot, LENGTH - 1.4), (foot + hem - 0.1, LENGTH - 2.8))
    curve = stretched(curve, side, 1)
    stage.seam(curve, 0.12, 0.25)
    if thread:
        stage.stitches(resample(curve, 20), thread)


def _leg_folds(hem: float, pleats: bool, jeans: bool, seed: int) -> tuple[Fold, ...]:
    drag = (
        Crease((-0.95, 0.30), (0.5, 0.20), 0.7, 0.12),
        Crease((-0.95, 0.31), (0.7, 0.36), 0.6, 0.12),
        Crease((-0.95, 0.33), (0.3, 0.46), 0.5, 0.14),
    )
    if jeans:
        return (
            *drag,
            Slump(0.58, 0.07, 1.8, 0.55, seed, 1.0),
            Slump(0.94, 0.05, 2.0, 0.5, seed + 3, 0.7),
            Rumple(0.9, 2.2, 6, seed),
            Crease((0.8, 0.45), (-0.6, 0.62), 0.4, 0.15),
        )
    press = Crease((0.02, 0.05), (0.0, 1.15), 0.9, 0.10)
    wide = (Flutes(3, 2.2, 0.15, 0.7, seed),) if hem > 13 else (Slump(0.94, 0.06, 2.0, 0.5, seed, 0.4),)
    tucks = (
        (Crease((0.10, 0.02), (0.05, 0.30), 0.7, 0.06), Crease((0.42, 0.02), (0.30, 0.22), 0.6, 0.06))
        if pleats
        else ()
    )
    return (*drag, press, *wide, *tucks, Rumple(0.5, 2, 5, seed))


def _waistband(stage: Stage, fabric: Fabric, jeans: bool, tie: bool, button: str, thread: str) -> None:
    """The band with its belt loops, closed by a button or by a tie."""
    right = line((17.6, 0.2), (18, 4.6))
    top = across((0, 1.6), (8, 1.3), (17.6, 0.2))
    bottom = across((0, 6.1), (8, 5.8), (18.0, 4.6))
    stage.lay(even(right, fabric, top=top, bottom=bottom, round=1.5, lift=0.3, edge=0.4, turn=jeans))
    for x in (-13.0, -6.2, 6.2, 13.0):
        y = 1.2 - abs(x) * 0.05
        stage.lay(ribbon(resample(line((x, y - 0.4), (x, y + 5.2)), 12), 1.2, fabric, lift=0.3))
    if jeans:
        for curve in (moved(top, 0, 0.6), moved(bottom, 0, -0.6)):
            stage.stitches(resample(curve, 60), thread)
    if tie:
        _tie(stage, fabric)
    else:
        stage.button(0, 3.7, 1.0 if jeans else 0.8, button, holes=0 if jeans else 4)


def _tie(stage: Stage, fabric: Fabric) -> None:
    """A drawstring in a bow: both ends, then both loops over them."""
    for side in (-1, 1):
        end = spline((0, 3.6), (side * 2.2, 8), (side * 2.8, 15), (side * 2.2, 22))
        stage.lay(ribbon(resample(end, 30), 1.0, fabric, lift=0.4))
    for side in (-1, 1):
        loop = spline((0, 3.4), (side * 3.2, 2.4), (side * 5.2, 5.2), (side * 2.8, 6.4), (0, 4.0))
        stage.lay(ribbon(resample(loop, 30), 0.9, fabric, lift=0.4))
