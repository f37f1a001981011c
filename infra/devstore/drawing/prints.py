"""Prints: repeating tiles of colour on cloth."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from infra.devstore.drawing.curves import F32, f32
from infra.devstore.drawing.fabrics import Fabric, Tile
from infra.devstore.drawing.fields import linear, mix, noise, ramp


@lru_cache(maxsize=4)
def pattern(fabric: Fabric, scale: float) -> Tile:
    """The colour of a fabric, in linear light; one flat pixel where nothing is printed."""
    ground = linear(fabric.color)
    if fabric.printed == "none":
        return Tile(np.broadcast_to(ground, (4, 4, 3)).copy())
    draw = {
        "floral": _floral,
        "stripes": _stripes,
        "breton": _breton,
        "gingham": _gingham,
        "dots": _dots,
        "windowpane": _windowpane,
        "marl": _marl,
    }[fabric.printed]
    return Tile(draw(ground, [linear(c) for c in fabric.ink], scale * fabric.print_size))


def _square(size: float, scale: float) -> tuple[F32, F32]:
    n = max(8, round(size * scale))
    x, y = np.meshgrid((np.arange(n) + 0.5) / n, (np.arange(n) + 0.5) / n)
    return x.astype(np.float32), y.astype(np.float32)


def _band(x: F32, count: int, share: float, scale: float, size: float) -> F32:
    """1 inside `count` evenly spaced bands that take `share` of the tile, with edges one pixel soft."""
    soft = 0.7 * count / (scale * size)
    away = np.abs((x * count) % 1 - 0.5) - share / 2
    return 1 - ramp(-soft, soft, away)


def _flat(ground: F32, shape: tuple[int, int]) -> F32:
    return np.broadcast_to(ground, (*shape, 3)).astype(np.float32)


def _stripes(ground: F32, ink: list[F32], scale: float) -> F32:
    x, _ = _square(8, scale)
    return mix(_flat(ground, x.shape), _flat(ink[0], x.shape), _band(x, 8, 0.36, scale, 8))


def _breton(ground: F32, ink: list[F32], scale: float) -> F32:
    _, y = _square(10.4, scale)
    return mix(_flat(ground, y.shape), _flat(ink[0], y.shape), _band(y, 4, 0.38, scale, 10.4))


def _gingham(ground: F32, ink: list[F32], scale: float) -> F32:
    x, y = _square(8, scale)
    share = (_band(x, 4, 0.5, scale, 8) + _band(y, 4, 0.5, scale, 8)) / 2
    return mix(_flat(ground, x.shape), _flat(ink[0], x.shape), f32(share))


def _windowpane(ground: F32, ink: list[F32], scale: float) -> F32:
    x, y = _square(12, scale)
    thread = np.maximum(_band(x, 2, 0.06, scale, 12), _band(y, 2, 0.06, scale, 12)) * 0.7
    second = np.maximum(_band(x + 0.06, 2, 0.03, scale, 12), _band(y + 0.06, 2, 0.03, scale, 12)) * 0.5
    checked = mix(_flat(ground, x.shape), _flat(ink[0], x.shape), f32(thread))
    return mix(checked, _flat(ink[-1], x.shape), f32(second))


def _dots(ground: F32, ink: list[F32], scale: float) -> F32:
    x, y = _square(6, scale)
    soft = 0.7 / scale
    total = np.zeros_like(x)
    for shift in (0.0, 0.5):
        dx, dy = ((x * 2 + shift) % 1 - 0.5) * 3, ((y * 2 + shift) % 1 - 0.5) * 3
        total = np.maximum(total, 1 - ramp(0.36 - soft, 0.36 + soft, np.hypot(dx, dy)))
    return mix(_flat(ground, x.shape), _flat(ink[0], x.shape), total)


def _marl(ground: F32, ink: list[F32], scale: float) -> F32:
    x, _ = _square(14, scale)
    rng = np.random.default_rng(11)
    fleck = ramp(0.1, 0.7, noise(x.shape, (1.6, 2.6), rng)) * 0.7
    return mix(_flat(ground, x.shape), _flat(ink[0], x.shape), fleck)


def _floral(ground: F32, ink: list[F32], scale: float) -> F32:
    """Loose sprigs: five-petalled flowers, buds and leaves; the last ink is the leaves' colour."""
    size, fine = 16.0, 3
    n = round(size * scale) * fine
    scale = n / size
    rng = np.random.default_rng(5)
    tile = _flat(ground, (n, n)).copy()
    *petals, green = ink
    placed: list[tuple[float, float]] = []
    for attempt in range(240):
        x, y = rng.uniform(0, size, 2)
        big = len(placed) < 11
        if any(_apart(x, y, *p, size) < (3.3 if big else 1.7) for p in placed):
            continue
        placed.append((x, y))
        turn = rng.uniform(0, 2 * np.pi)
        if big:
            _sprig(tile, x, y, turn, rng.uniform(0.95, 1.35), petals[attempt % len(petals)], green, scale)
        elif rng.random() < 0.6:
            _leaf(tile, x, y, turn, 0.9, green, scale)
        else:
            _flower(tile, x, y, turn, 0.5, petals[attempt % len(petals)], scale)
    return f32(cv2.resize(tile, (n // fine, n // fine), interpolation=cv2.INTER_AREA))


def _apart(x: float, y: float, px: float, py: float, size: float) -> float:
    dx, dy = abs(x - px), abs(y - py)
    return float(np.hypot(min(dx, size - dx), min(dy, size - dy)))


def _sprig(t: F32, x: float, y: float, turn: float, r: float, petal: F32, green: F32, scale: float) -> None:
    for side in (0.7, 2.4, 4.4):
        _leaf(
            t,
            x + r * 1.1 * np.cos(turn + side),
            y + r * 1.1 * np.sin(turn + side),
            turn + side,
            r,
            green,
            scale,
        )
    _flower(t, x, y, turn, r, petal, scale)


def _flower(t: F32, x: float, y: float, turn: float, r: float, petal: F32, scale: float) -> None:
    for k in range(5):
        a = turn + k * 2 * np.pi / 5
        _blob(
            t,
            x + 0.52 * r * np.cos(a),
            y + 0.52 * r * np.sin(a),
            0.56 * r,
            0.42 * r,
            a,
            petal * (0.86 + 0.05 * k),
            scale,
        )
    for k in range(5):
        a = turn + k * 2 * np.pi / 5
        _blob(
            t, x + 0.36 * r * np.cos(a), y + 0.36 * r * np.sin(a), 0.26 * r, 0.08 * r, a, petal * 0.55, scale
        )
    _blob(t, x, y, 0.2 * r, 0.2 * r, 0, linear("#e3b74c"), scale)


def _leaf(t: F32, x: float, y: float, turn: float, r: float, green: F32, scale: float) -> None:
    _blob(t, x, y, 0.62 * r, 0.23 * r, turn, green, scale)
    _blob(t, x, y, 0.5 * r, 0.04 * r, turn, green * 0.6, scale)


def _blob(t: F32, x: float, y: float, a: float, b: float, turn: float, color: F32, scale: float) -> None:
    """A soft-edged ellipse, drawn again across each border so that the tile repeats."""
    n = t.shape[0]
    points = f32(cv2.ellipse2Poly((0, 0), (1000, max(1, round(1000 * b / a))), 0, 0, 360, 12))
    c, s = np.cos(turn), np.sin(turn)
    points = points @ f32([[c, s], [-s, c]]) * (a * scale / 1000)
    for dx in (-n, 0, n):
        for dy in (-n, 0, n):
            centre = f32([x * scale + dx, y * scale + dy])
            if np.all(np.abs(centre - n / 2) < n / 2 + a * scale + 2):
                at = np.round((points + centre) * 16).astype(np.int32)
                cv2.fillPoly(t, [at], tuple(float(c) for c in color), lineType=cv2.LINE_8, shift=4)
