"""Backdrops: the surfaces that products are photographed on, and the shadows that fall over them."""

from __future__ import annotations

import cv2
import numpy as np

from infra.devstore.drawing.curves import F32, f32, join, line, mask, spline
from infra.devstore.drawing.fabrics import relief
from infra.devstore.drawing.fields import Rng, blur, clouds, linear, mix, noise, ramp
from infra.devstore.drawing.light import Light, shade
from infra.devstore.drawing.stage import HEIGHT, WIDTH

SHAPE = (HEIGHT, WIDTH)


def _flat(color: str) -> F32:
    return np.broadcast_to(linear(color), (*SHAPE, 3)).astype(np.float32)


def _down() -> F32:
    return np.broadcast_to(np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None], SHAPE)


def _right() -> F32:
    return np.broadcast_to(np.linspace(0, 1, WIDTH, dtype=np.float32)[None, :], SHAPE)


def _lit(color: F32, relief: F32, light: Light, hollow: float = 6) -> F32:
    """A rough surface in light."""
    lit, _ = shade(relief, light, hollow)
    return color * lit


def plaster(color: str, light: Light, rng: Rng) -> F32:
    """A hand-trowelled wall."""
    sweeps = noise(SHAPE, (90, 170), rng) * 4 + noise(SHAPE, (34, 70), rng) * 1.0
    grain = noise(SHAPE, 2.2, rng) * 0.09 + noise(SHAPE, (7, 12), rng) * 0.10
    tone = 1 + 0.05 * clouds(SHAPE, 220, rng) + 0.015 * noise(SHAPE, 9, rng)
    return _lit(_flat(color) * tone[..., None], sweeps + grain, light)


def sweep(color: str, _: Light, rng: Rng) -> F32:
    """Seamless studio paper: wall and floor melt into each other."""
    turn = ramp(0.70, 0.90, _down())
    glow = np.exp(-(((_right() - 0.5) / 0.6) ** 2 + ((_down() - 0.42) / 0.55) ** 2))
    tone = 0.90 + 0.14 * glow - 0.09 * ramp(0.66, 0.80, _down()) * (1 - turn) + 0.05 * turn
    return f32(_flat(color) * (tone + 0.004 * noise(SHAPE, 3, rng))[..., None])


def arch(color: str, niche: str, light: Light, rng: Rng) -> F32:
    """A plaster wall with a round-arched niche of another colour behind the product."""
    wall, inner = plaster(color, light, rng), plaster(niche, light, rng)
    turn = np.linspace(np.pi, 2 * np.pi, 60)
    top = np.stack([450 + 345 * np.cos(turn), 430 + 345 * np.sin(turn)], 1).astype(np.float32)
    opening = mask(join(top, [[795, 1300], [105, 1300]]), SHAPE)
    x, y = light.cast
    rim = cv2.warpAffine(opening, f32([[1, 0, x * 26], [0, 1, y * 26]]), (WIDTH, HEIGHT))
    dark = 1 - 0.34 * blur(np.clip(opening - rim, 0, 1), 5)
    edge = 1 + 0.5 * np.clip(blur(opening, 1.2) - opening, 0, 1)
    return mix(wall * edge[..., None], inner * dark[..., None], opening)


def _wrinkles(rng: Rng, count: int, width: tuple[float, float], along: float, spread: float) -> F32:
    """Creases of a loosely spread cloth: long tapering ridges, most of them in one direction (radians)."""
    shrink = 4
    total = np.zeros((HEIGHT // shrink, WIDTH // shrink), np.float32)
    y, x = np.mgrid[0 : HEIGHT // shrink, 0 : WIDTH // shrink].astype(np.float32) * shrink
    bend = noise((HEIGHT // shrink, WIDTH // shrink), 70, rng) * 45
    for _ in range(count):
        a = along + rng.normal(0, spread)
        px, py = rng.uniform(-100, WIDTH + 100), rng.uniform(-100, HEIGHT + 100)
        ahead = (x - px) * np.cos(a) + (y - py) * np.sin(a)
        aside = (y - py) * np.cos(a) - (x - px) * np.sin(a) + bend + (ahead * rng.uniform(-1, 1)) ** 2 / 2600
        wide, long = rng.uniform(*width), rng.uniform(160, 520)
        ridge = np.exp(-((aside / wide) ** 2)) - 0.6 * np.exp(-(((aside - 1.8 * wide) / (1.4 * wide)) ** 2))
        total += ridge * np.exp(-((ahead / long) ** 2)) * wide * rng.uniform(0.25, 0.6)
    return f32(cv2.resize(total, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))


def linen(color: str, light: Light, rng: Rng) -> F32:
    """A linen cloth, loosely spread: long soft folds and a visible weave."""
    folds = _wrinkles(rng, 9, (26, 60), 1.0, 0.35) + _wrinkles(rng, 9, (12, 26), 1.1, 0.6) * 0.6
    folds = folds + noise(SHAPE, 200, rng) * 12
    weave = (noise(SHAPE, (1.5, 22), rng) + noise(SHAPE, (22, 1.5), rng)) * 0.22
    return _lit(_flat(color), folds + weave, light, 14)


def concrete(color: str, light: Light, rng: Rng) -> F32:
    """Cast concrete: clouded, with a few pores."""
    tone = 1 + 0.07 * clouds(SHAPE, 260, rng, 6)
    pores = ramp(0.80, 0.95, noise(SHAPE, 7, rng)) * ramp(0.2, 0.7, noise(SHAPE, 60, rng))
    relief = noise(SHAPE, 2, rng) * 0.12 - blur(pores, 0.8) * 2.0
    return _lit(_flat(color) * tone[..., None], relief.astype(np.float32), light)


def wood(color: str, light: Light, rng: Rng, planks: int = 5, upright: bool = True) -> F32:
    """Boards with grain and narrow gaps."""
    long, wide = (HEIGHT, WIDTH) if upright else (WIDTH, HEIGHT)
    board = wide / planks
    x = np.broadcast_to(np.arange(wide, dtype=np.float32)[None, :] + 0.4 * board, (long, wide))
    which = np.floor(x / board).astype(np.int32)
    tone = rng.uniform(0.86, 1.08, planks + 1).astype(np.float32)[which]
    bend = noise((long, wide), (420, 90), rng) * 34 + noise((long, wide), (200, 30), rng) * 6
    rings = np.sin((x + bend + which * 37) / 5.2) * 0.5 + np.sin((x + 1.7 * bend) / 13) * 0.5
    pores = noise((long, wide), (60, 1.6), rng)
    grain = tone * (1 + 0.055 * rings + 0.06 * pores)
    inside = np.abs(x / board - np.round(x / board)) * board
    relief = -3.0 * np.exp(-((inside / 2.2) ** 2)) + 0.25 * pores
    grain = grain * (1 - 0.55 * np.exp(-((inside / 1.6) ** 2)))
    if not upright:
        grain, relief = grain.T, relief.T
    return _lit(
        _flat(color) * np.ascontiguousarray(grain)[..., None], np.ascontiguousarray(relief, np.float32), light
    )


def seaside(_: Light, rng: Rng) -> F32:
    """Sky, sea and sand, far out of focus."""
    stops = [
        (0.0, "#b9d3e2"),
        (0.34, "#dfe6e4"),
        (0.46, "#f0e3d2"),
        (0.475, "#86b0bd"),
        (0.60, "#a6c8c8"),
        (0.66, "#e6e4d8"),
        (0.70, "#e2cfb2"),
        (1.0, "#d9bf98"),
    ]
    at = [s for s, _ in stops]
    table = np.stack([linear(c) for _, c in stops])
    rows = np.linspace(0, 1, HEIGHT)
    column = np.stack([np.interp(rows, at, table[:, i]) for i in range(3)], 1).astype(np.float32)
    view = np.repeat(column[:, None], WIDTH, 1)
    surf = ramp(0.60, 0.64, _down()) * (1 - ramp(0.65, 0.70, _down())) * noise(SHAPE, (8, 130), rng)
    sea = ramp(0.47, 0.50, _down()) * (1 - ramp(0.58, 0.64, _down())) * noise(SHAPE, (4, 40), rng)
    dunes = ramp(0.70, 0.75, _down()) * noise(SHAPE, (26, 170), rng)
    tone = 1 + 0.22 * np.clip(surf, 0, 1) + 0.10 * sea + 0.05 * dunes + 0.03 * noise(SHAPE, 300, rng)
    return f32(cv2.GaussianBlur(view * tone[..., None], (0, 0), 7))


def knit_throw(color: str, light: Light, rng: Rng) -> F32:
    """A chunky wool blanket, softly folded."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    bend = noise(SHAPE, 320, rng) * 34
    folds = _wrinkles(rng, 6, (40, 80), 0.5, 0.4) + noise(SHAPE, 220, rng) * 12
    stitch = relief("stockinette", 2.6, 12.0).at(
        x * 0.96 + y * 0.28 + bend + 2048, y * 0.96 - x * 0.28 + bend + 2048
    )
    wool = noise(SHAPE, 2.0, rng) * 0.35
    return _lit(_flat(color), (folds + stitch * 1.5 + wool).astype(np.float32), light, 9)


def sheet(color: str, light: Light, rng: Rng) -> F32:
    """Bed linen as it happens to lie."""
    folds = _wrinkles(rng, 10, (16, 44), 0.5, 0.9) + _wrinkles(rng, 12, (9, 20), 0.7, 1.1) * 0.6
    return _lit(_flat(color), folds + noise(SHAPE, 160, rng) * 7 + noise(SHAPE, 2, rng) * 0.04, light, 14)


def table(color: str, _: Light, rng: Rng) -> F32:
    """A plain painted table top, lit unevenly from a window."""
    fall = 1.04 - 0.20 * _right() - 0.10 * _down()
    tone = fall + 0.012 * clouds(SHAPE, 160, rng) + 0.006 * noise(SHAPE, (2, 9), rng)
    return f32(_flat(color) * tone[..., None])


def carpet(color: str, light: Light, rng: Rng) -> F32:
    """Short-pile carpet."""
    pile = noise(SHAPE, 4, rng) * 1.4 + noise(SHAPE, 2, rng) * 0.8
    tone = 1 + 0.06 * clouds(SHAPE, 200, rng)
    return _lit(_flat(color) * tone[..., None], pile, light)


def window(rng: Rng) -> F32:
    """Sun through a window's panes: 1 in the sun, lower in the bars' and the wall's shadow."""
    skew = rng.uniform(-40, 40)
    sun = np.zeros(SHAPE, np.float32)
    for column in range(3):
        for row in range(4):
            x, y = -150 + column * 420 + skew, -260 + row * 430
            pane = line((x, y), (x + 370, y + 118.4), (x + 370, y + 508.4), (x, y + 390))
            sun = np.maximum(sun, mask(pane, SHAPE))
    return 0.74 + 0.35 * blur(sun, 11)


def leaves(rng: Rng) -> F32:
    """Sun through a palm: fronds that reach in from two corners."""
    near = np.zeros(SHAPE, np.float32)
    far = np.zeros(SHAPE, np.float32)
    for field, x, y, turn in (
        (near, -60, 140, 0.30),
        (far, -90, 620, -0.12),
        (near, 960, 60, 2.5),
        (far, 980, 900, 3.6),
    ):
        _frond(field, x, y, turn + rng.uniform(-0.12, 0.12), rng)
    shadow = np.maximum(blur(near, 5), 0.75 * blur(far, 12))
    return f32(1.08 - 0.40 * shadow)


def _frond(field: F32, x: float, y: float, turn: float, rng: Rng) -> None:
    """One palm leaf into the field: a bent stem with long leaflets on both sides."""
    length = rng.uniform(420, 560)
    for k in range(22):
        t = 0.10 + 0.9 * k / 22
        bend = turn + 0.35 * t
        sx, sy = x + length * t * np.cos(bend), y + length * t * np.sin(bend)
        for side in (-1, 1):
            a = bend + side * (1.05 - 0.55 * t)
            reach = 210 * np.sin(np.pi * (0.12 + 0.82 * t)) * rng.uniform(0.85, 1.1)
            tip = (sx + reach * np.cos(a), sy + reach * np.sin(a) + 14)
            mid = ((sx + tip[0]) / 2, (sy + tip[1]) / 2)
            nx, ny = -np.sin(a) * 9, np.cos(a) * 9
            blade = join(
                spline((sx, sy), (mid[0] + nx, mid[1] + ny), tip, samples=6),
                spline(tip, (mid[0] - nx, mid[1] - ny), (sx, sy), samples=6),
            )
            np.maximum(field, mask(blade, SHAPE), out=field)
