"""Knitwear: sweaters, cardigans, rollnecks, and dresses of the same cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infra.devstore.drawing.curves import across, join, line, mirror, resample, spline
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Flutes, Rumple, Slump
from infra.devstore.drawing.garments.parts import Body, back_band, both, hanger, neck_band, upper_folds
from infra.devstore.drawing.garments.skirts import skirt_alone
from infra.devstore.drawing.garments.sleeves import Sleeve
from infra.devstore.drawing.pieces import Piece, even, panel, ribbon
from infra.devstore.drawing.stage import Stage

SWEATER = Body(
    neck=8.6,
    front=7.5,
    shoulder=21.5,
    slope=5.0,
    underarm=25,
    arm_depth=25,
    waist=25.2,
    waist_at=44,
    hem=24.4,
    length=58,
)
FITTED = Body(
    neck=7.6,
    front=6.5,
    shoulder=18.6,
    slope=4.6,
    underarm=21.5,
    arm_depth=22,
    waist=17.6,
    waist_at=42,
    hem=22.0,
    length=64,
)
ARM = Sleeve(length=59, elbow=15.5, wrist=11.6, spread=15.5, bend=-5, gather=1.4)


def rib(fabric: Fabric, size: float = 1.0) -> Fabric:
    """The same yarn in a rib."""
    return replace(
        fabric, weave="rib", size=size, printed="none" if fabric.printed == "breton" else fabric.printed
    )


def sweater(
    stage: Stage, fabric: Fabric, body: Body = SWEATER, arm: Sleeve = ARM, neck: str = "crew", seed: int = 0
) -> None:
    """A pullover; `neck` is crew, v or roll."""
    if neck == "v":
        body = replace(body, shape="v", front=17.0)
    hanger(stage, body)
    stage.lay(body.back_neck(fabric))
    if neck in ("crew", "v"):
        back_band(body, rib(fabric), 2.4, stage)
        body.label(stage)
    both(
        stage,
        arm.piece(body, fabric),
        arm.cuff(body, rib(fabric), 6.0, arm.wrist - 2.8, folds=(Rumple(0.1, 3, 2),)),
    )
    stage.lay(body.front_piece(fabric, upper_folds(seed)))
    _welt(stage, body, fabric)
    _armhole_seams(stage, body)
    if neck == "roll":
        roll_neck(stage, body, rib(fabric), 9.5)
    else:
        neck_band(body, rib(fabric), 2.5, stage)


def _welt(stage: Stage, body: Body, fabric: Fabric, depth: float = 6.5) -> None:
    """The ribbed hem, drawn in a little."""
    h, y = body.hem, body.length
    left = spline((-h - 0.1, y - 0.6), (-h + 0.1, y + depth * 0.45), (-h + 1.1, y + depth))
    top = across((0, y + 0.5), (h, y - 0.4))
    bottom = across((0, y + depth + 0.9), (h * 0.5, y + depth + 0.7), (h - 1.1, y + depth))
    stage.lay(
        panel(
            left,
            mirror(left),
            rib(fabric),
            bottom=bottom,
            top=top,
            folds=(Rumple(0.35, 3, 1.2, 4),),
            round=3.0,
            lift=0.25,
            edge=0.45,
        )
    )


def _armhole_seams(stage: Stage, body: Body) -> None:
    for curve in (body.armhole, mirror(body.armhole)):
        stage.seam(curve[: len(curve) * 4 // 5], 0.3, 0.22)


def roll_neck(stage: Stage, body: Body, fabric: Fabric, height: float) -> None:
    """A tube around the neck, turned down on itself."""
    n, top = body.neck, -height + 1.5
    rim = n * 0.80
    opening = across((0, top - 1.7), (rim * 0.6, top - 1.3), (rim, top))
    lip = across((0, top + 1.6), (rim * 0.6, top + 1.2), (rim, top))
    stage.lay(even(line((rim, top), (rim, top + 3)), fabric, top=opening, round=-2, lift=0, shade=0.40))
    right = spline((rim, top), (n * 0.90, top + height * 0.5), (n * 1.0, 0.8), (n * 1.10, 3.2))
    base = across((0, 7.2), (n * 0.7, 5.6), (n * 1.10, 3.2))
    folds = (Slump(0.5, 0.4, 2.2, 0.5, 8, 0.4), Rumple(0.25, 3, 2, 6))
    stage.lay(even(right, fabric, bottom=base, top=lip, folds=folds, round=3.4, lift=0.6, edge=0.8))
    wide = n * 1.02
    turned = spline((rim + 0.2, top - 0.1), (wide, top + height * 0.25), (wide + 0.9, top + height * 0.62))
    low = top + height * 0.62
    edge = across((0, low + 3.2), (wide * 0.6, low + 2.3), (wide + 0.9, low))
    stage.lay(
        even(
            turned,
            fabric,
            bottom=edge,
            top=lip,
            folds=(Rumple(0.4, 3, 1.6, 3), Slump(0.6, 0.4, 1.6, 0.4, 2)),
            round=3.6,
            lift=0.55,
            edge=0.9,
        )
    )


def cardigan(
    stage: Stage,
    fabric: Fabric,
    buttons: str = "#6b4a33",
    body: Body = SWEATER,
    arm: Sleeve = ARM,
    seed: int = 3,
    deep: float = 26.0,
    count: int = 5,
) -> None:
    """A buttoned V-neck cardigan with ribbed bands."""
    body = replace(body, shape="v", front=deep)
    hanger(stage, body)
    stage.lay(body.back_neck(fabric))
    back_band(body, rib(fabric), 3.2, stage, inset=1.32)
    body.label(stage)
    both(stage, arm.piece(body, fabric), arm.cuff(body, rib(fabric), 6.0, arm.wrist - 2.8))
    stage.lay(body.front_piece(fabric, upper_folds(seed)))
    _welt(stage, body, fabric, 5.5)
    _armhole_seams(stage, body)
    end = body.length + 6.2
    stage.lay(*_front_bands(body, rib(fabric), end))
    for y in np.linspace(deep + 1.5, end - 2.5, count):
        stage.button(0.0, float(y), 1.05, buttons)


def _front_bands(body: Body, fabric: Fabric, end: float) -> tuple[Piece, Piece]:
    """The band that carries the buttonholes, down to `end`, after the one that it covers below the V."""
    n, deep = body.neck, body.front
    right = (
        (n - 0.3, 0.2),
        (n - 0.5, 2.0),
        (n * 0.74, deep * 0.42),
        (n * 0.30, deep * 0.82),
        (0.3, deep),
        (0.0, deep + 5),
    )
    over = resample(spline(*right, (0.0, end - 8), (0.0, end)), 120)
    under = resample(spline(*((-x, y) for x, y in right)), 60)
    return ribbon(under, 3.2, fabric, lift=0.3), ribbon(over, 3.2, fabric, lift=0.45, round=0.6)


def knit_dress(
    stage: Stage,
    fabric: Fabric,
    neck: str = "roll",
    length: float = 116.0,
    seed: int = 5,
    spread: float = 15.0,
) -> None:
    """A fitted knitted dress to the calf; neck is crew or roll, `spread` the angle of its sleeves."""
    arm = Sleeve(length=60, elbow=12.5, wrist=9.6, spread=spread, bend=-5, seed=seed, gather=0.8)
    hanger(stage, FITTED)
    stage.lay(FITTED.back_neck(fabric))
    if neck != "roll":
        back_band(FITTED, rib(fabric), 2.2, stage)
    both(stage, arm.piece(FITTED, fabric), arm.cuff(FITTED, rib(fabric), 6, 7.8))
    stage.lay(_long_front(fabric, length, seed))
    stage.seam(across((0, length - 3.4), (20, length - 5)), 0.3, 0.2)
    _armhole_seams(stage, FITTED)
    if neck == "roll":
        roll_neck(stage, FITTED, rib(fabric), 9.0)
    else:
        neck_band(FITTED, rib(fabric), 2.3, stage)


def _long_front(fabric: Fabric, length: float, seed: int) -> Piece:
    """The dress's front, one piece from shoulder to hem."""
    side = spline((21.0, 22), (17.8, 41), (20.6, 58), (21.4, 72), (20.6, length * 0.84), (19.8, length))
    hem = across((0, length + 1.5), (10, length + 1.2), (19.8, length))
    right = join(FITTED.armhole, side)
    outline = join(FITTED.neckline, right, hem[::-1], mirror(right)[::-1])
    follow = join(line((20.5, -1)), side)
    folds = (
        Rumple(0.7, 2.6, 3, seed),
        Slump(0.40, 0.10, 2.4, 0.6, seed + 1, 0.5),
        Flutes(5, 1.5, 0.45, 0.6, seed),
        Rumple(0.25, 6, 8, seed + 2),
    )
    return Piece(outline, mirror(follow), follow, fabric, folds, round=4.2, lift=0.4, edge=0.35)


def cardigan_and_skirt(stage: Stage, fabric: Fabric, net: Fabric) -> None:
    """A short cardigan laid over the waist of a tulle skirt."""
    lower = Stage(
        stage.scale,
        (stage.origin[0], stage.origin[1] + 47 * stage.scale),
        stage.light,
        stage.flat,
        stage.sway,
        rgb=stage.rgb,
        alpha=stage.alpha,
    )
    skirt_alone(lower, net, kind="tulle", length=66.0, hem=38.0)
    short = replace(SWEATER, length=50, waist_at=38, waist=23.4, hem=22.6, underarm=24)
    cardigan(stage, fabric, "#efe6d6", short, replace(ARM, length=54, spread=19), deep=20.0, count=5)
