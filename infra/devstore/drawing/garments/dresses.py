"""Dresses and skirts: light cloth that hangs from a waist."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infra.devstore.drawing.curves import F32, across, join, line, mirror, resample, spline
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Crease, Flutes, Fold, Pleats, Rumple, Slump
from infra.devstore.drawing.garments.parts import Body, Sleeve, both, hanger, skirt, upper_folds
from infra.devstore.drawing.stage import Piece, Stage, panel, ribbon

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
        both(stage, *_balloon(body, fabric, seed))
    _skirts(stage, waist, fabric, tiers, length - 39, hem, seed)
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
        stage.seam(resample(body.neckline * np.float32([1.03, 1.0]) + np.float32([0, 0.9]), 60), 0.14, 0.22)
    if sleeves == "flutter":
        both(stage, _flutter(body, fabric, seed))
    elif not straps and sleeves == "none":
        for side in (body.armhole, mirror(body.armhole)):
            stage.seam(side * np.float32([0.97, 1]), 0.14, 0.22)
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
        resample(spline((x, 12), (x * 0.93, 3), (x * 0.86, -2.5)) * np.float32([side, 1]), 24)
        for side in (1, -1)
        for x in (11.2,)
    ]
    for strap in straps:
        stage.lay(ribbon(strap + np.float32([0, -0.4]), 1.3, fabric, shade=0.7, lift=0.0))
    back = across((0, 14.0), (8, 14.2), (14.6, 15.5))
    stage.lay(
        panel(
            line((-14.6, 14), (-14.6, 24)),
            line((14.6, 14), (14.6, 24)),
            fabric,
            top=back,
            round=-2,
            lift=0,
            shade=0.46,
        )
    )
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
    stage.seam(resample(neck + np.float32([0, 0.9]), 50), 0.14, 0.24)
    for strap in straps:
        stage.lay(ribbon(strap, 1.3, fabric, lift=0.3))


def _skirts(
    stage: Stage, waist: F32, fabric: Fabric, tiers: int, length: float, hem: float, seed: int
) -> None:
    folds: tuple[Fold, ...]
    if not tiers:
        folds = (
            Flutes(9, 3.9, 0.02, 0.75, seed),
            Flutes(22, 0.55, 0.25, 0.5, seed + 20, up=True),
            Rumple(0.5, 3, 3, seed),
        )
        stage.lay(*skirt(waist, hem, length, fabric, folds))
        return
    x0, y0 = float(waist[-1][0]), float(waist[-1][1])
    parts: list[tuple[Piece, Piece]] = []
    for k in range(tiers):
        top, low = k / tiers, (k + 1) / tiers
        wide = x0 + (hem - x0) * (top**0.8) * 0.93
        line_top = (
            waist
            if k == 0
            else across(
                (0, y0 + length * top + 2), (wide / 2, y0 + length * top + 1.5), (wide, y0 + length * top)
            )
        )
        end = x0 + (hem - x0) * low**0.8
        folds = (
            Flutes(9 + 3 * k, 2.1 + 0.4 * k, 0.0, 0.8, seed + 31 * k),
            Flutes(26 + 7 * k, 0.65, 0.35, 0.5, seed + 40 + k, up=True),
            Rumple(0.4, 4, 2, seed + k),
        )
        parts.append(skirt(line_top, end, length * (low - top) + 1.2, fabric, folds, belly=0.62, sway=0.8))
    stage.lay(parts[-1][0])
    for _, front in reversed(parts):
        stage.lay(front)


def _flutter(body: Body, fabric: Fabric, seed: int) -> Piece:
    """A short loose ruffle over the shoulder."""
    s, y = body.shoulder, body.slope
    inner = spline((s - 2.4, y - 0.7), (s - 2.6, y + 7), (s - 1.2, y + 13), (s + 1.2, body.arm_depth - 1))
    outer = spline((s + 0.5, y - 0.2), (s + 6.5, y + 4), (s + 10.0, y + 11), (s + 8.4, body.arm_depth - 2.5))
    folds = (Flutes(5, 1.5, 0.1, 0.8, seed + 60), Rumple(0.3, 3, 3, seed))
    end = resample(outer, 24)
    end = end + np.stack(
        [0.5 * np.sin(np.linspace(0, 15, 24)), 0.45 * np.cos(np.linspace(0, 13, 24))], 1
    ).astype(np.float32)
    bottom = spline(tuple(end[-1]), (s + 5.6, body.arm_depth + 0.3), tuple(inner[-1]))
    outline = join(inner[::-1], end, bottom)
    top, low = join(inner[::-1]), end[::-1]
    return (
        Piece(
            outline,
            line((s - 3, y + 16), (s + 5, y + 19)),
            line((s - 2, y - 2), (s + 9, y + 1)),
            fabric,
            folds,
            round=1.6,
            lift=0.7,
            edge=0.3,
        )
        if top is low
        else Piece(
            outline,
            line(tuple(inner[-1]), tuple(end[-1])),
            line(tuple(inner[0]), tuple(end[2])),
            fabric,
            folds,
            round=1.6,
            lift=0.7,
            edge=0.3,
        )
    )


def puff_sleeve(body: Body, fabric: Fabric, seed: int) -> tuple[Piece, ...]:
    s, y, d = body.shoulder, body.slope, body.arm_depth
    outer = spline(
        (s - 1.2, y - 0.6), (s + 5.0, y - 0.2), (s + 10.6, y + 6), (s + 11.8, y + 14), (s + 9.0, y + 19.5)
    )
    inner = spline((s - 2.4, y + 4), (s - 2.0, d - 6), (s + 0.2, d + 0.5), (s + 1.2, y + 20.5))
    folds = (
        Flutes(8, 0.9, 0.4, 0.5, seed + 70),
        Flutes(9, 0.8, 0.45, 0.5, seed + 71, up=True),
        Rumple(0.5, 2, 2, seed),
    )
    bottom = spline((s + 1.2, y + 20.5), (s + 5, y + 21.4), (s + 9.0, y + 19.5))
    sleeve = panel(inner, outer, fabric, bottom=bottom, folds=folds, round=3.6, lift=0.5)
    band = ribbon(resample(bottom, 20), 1.8, fabric, lift=0.3)
    return sleeve, band


def _balloon(body: Body, fabric: Fabric, seed: int) -> tuple[Piece, ...]:
    arm = Sleeve(length=52, elbow=13.5, wrist=8.6, spread=20, bend=-6, puff=1.9, cap=0.8, seed=seed)
    folds = (
        Flutes(6, 1.1, 0.30, 0.5, seed + 80),
        Flutes(7, 0.6, 0.7, 0.3, seed + 81, up=True),
        Slump(0.5, 0.2, 3, 0.5, seed),
        Rumple(0.5, 2, 4, seed),
    )
    return arm.piece(body, fabric, folds), arm.cuff(body, fabric, 4.5, 7.4)


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


def skirt_alone(
    stage: Stage,
    fabric: Fabric,
    *,
    kind: str = "a-line",
    length: float = 76.0,
    hem: float = 36.0,
    band: Fabric | None = None,
    seed: int = 0,
) -> None:
    """A skirt with a waistband; kind is a-line, pleated, slip or tulle."""
    waist = across((0, 5.4), (8, 5.0), (17, 4))
    inside = panel(
        line((-16.6, 0), (-16.4, 5)),
        line((16.6, 0), (16.4, 5)),
        fabric,
        top=across((0, -1.0), (16.6, 0)),
        round=-2,
        lift=0,
        shade=0.45,
    )
    stage.lay(inside)
    folds: tuple[Fold, ...]
    if kind == "pleated":
        folds = (Pleats(15, 1.3), Rumple(0.5, 2.5, 2, seed), Flutes(6, 1.4, 0.3, 0.8, seed))
        stage.lay(*skirt(waist, hem, length, fabric, folds, sway=0.5, belly=0.45))
    elif kind == "slip":
        folds = (
            Flutes(5, 1.6, 0.25, 0.8, seed),
            Rumple(0.9, 2.2, 2.6, seed),
            Crease((-0.7, 0.08), (0.5, 0.42), 0.5, 0.12),
            Crease((0.8, 0.05), (-0.2, 0.5), 0.4, 0.12),
        )
        stage.lay(*skirt(waist, hem, length, fabric, folds, sway=0.7, belly=0.85))
    elif kind == "tulle":
        _tulle(stage, waist, fabric, length, hem, seed)
    else:
        folds = (
            Flutes(8, 2.6, 0.05, 0.8, seed),
            Flutes(20, 0.35, 0.5, 0.4, seed + 5, up=True),
            Rumple(0.4, 3, 2, seed),
        )
        stage.lay(*skirt(waist, hem, length, fabric, folds, belly=0.55))
    top = across((0, 1.6), (8, 1.2), (16.8, 0.2))
    stage.lay(
        panel(
            line((-16.8, 0.2), (-17, 4.4)),
            line((16.8, 0.2), (17, 4.4)),
            band or fabric,
            top=top,
            bottom=waist + np.float32([0, 0.4]),
            round=2,
            lift=0.3,
            edge=0.35,
            folds=(Rumple(0.2, 4, 1, seed),),
        )
    )


def _tulle(stage: Stage, waist: F32, fabric: Fabric, length: float, hem: float, seed: int) -> None:
    """A lining under four layers of net, each with folds of its own."""
    lining = replace(fabric, cover=1.0, weave="plain")
    back, front = skirt(
        waist, hem * 0.80, length * 0.93, lining, (Flutes(7, 1.6, 0.1, 0.8, seed),), belly=0.6
    )
    stage.lay(front)
    for k in range(4):
        folds = (Flutes(9 + 3 * k, 2.2, 0.0, 0.8, seed + 9 * k), Flutes(30, 0.5, 0.3, 0.5, seed + k, up=True))
        _, net = skirt(
            waist,
            hem * (0.93 + 0.03 * k),
            length * (0.97 + 0.012 * k),
            replace(fabric, cover=0.36),
            folds,
            belly=0.62,
            sway=0.9,
        )
        stage.lay(replace(net, lift=0.15))
