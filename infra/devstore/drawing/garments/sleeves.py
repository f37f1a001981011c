"""Sleeves, cut to a body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from infra.devstore.drawing.curves import (
    F32,
    join,
    line,
    resample,
    spline,
)
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Crease, Flutes, Fold, Rumple, Slump
from infra.devstore.drawing.garments.parts import Body
from infra.devstore.drawing.pieces import Piece, panel, ribbon


@dataclass(frozen=True)
class Sleeve:
    """A set-in sleeve. `spread` is its angle from the body in degrees; widths are measured across."""

    length: float = 58.0
    elbow: float = 15.0
    wrist: float = 10.5
    spread: float = 20.0
    bend: float = -6.0
    puff: float = 0.0
    cap: float = 0.6
    gather: float = 0.0
    seed: int = 0

    def edges(self, body: Body) -> tuple[F32, F32]:
        """Inner and outer edge of the right sleeve, top to bottom."""
        a, b = np.radians(self.spread), np.radians(self.spread + self.bend)
        upper, lower = np.array([np.sin(a), np.cos(a)]), np.array([np.sin(b), np.cos(b)])
        out, out2 = np.array([upper[1], -upper[0]]), np.array([lower[1], -lower[0]])
        start, reach, puff = np.array([body.shoulder, body.slope]), self.length, self.puff
        along = [start + upper * t * reach for t in (0.055, 0.20, 0.36, 0.52)]
        fore, wrist = along[3] + lower * 0.30 * reach, along[3] + lower * 0.48 * reach
        bulge = (2.5, 3.7, 3.4 + puff * 0.4, 2.4 + puff * 0.8)
        outside = [p + out * (w + self.cap) for p, w in zip(along, bulge, strict=True)]
        outside += [fore + out2 * (1.4 + self.cap + puff * 1.3), wrist + out2 * (0.8 + self.cap)]
        outer = spline(tuple(start - [1.5, 0.45]), *(tuple(p) for p in outside))
        near = (self.elbow + self.wrist) / 2 + puff * 2.4
        hidden = ((body.shoulder - 6, body.slope + 3), (body.shoulder - 6.5, body.arm_depth - 5))
        under = (body.underarm - 4.5, body.arm_depth + 2)
        inside = (
            outside[3] - out * (self.elbow + puff * 1.6),
            outside[4] - out2 * near,
            outside[5] - out2 * self.wrist,
        )
        inner = spline(*hidden, under, *(tuple(p) for p in inside))
        pinch = np.linspace(0, 1, 9)[:, None] ** 2 * self.gather
        outer[-9:] -= (pinch * out2).astype(np.float32)
        inner[-9:] += (pinch * out2).astype(np.float32)
        return inner, outer

    def piece(
        self, body: Body, fabric: Fabric, folds: tuple[Fold, ...] | None = None, **traits: Any
    ) -> Piece:
        """The right sleeve down to its wrist."""
        inner, outer = self.edges(body)
        if folds is None:
            folds = (
                Slump(0.54, 0.14, 2.0, 0.75, self.seed, 0.7),
                Slump(0.93, 0.09, 1.7, 0.55, self.seed + 5, -0.5),
                Rumple(0.5, 2.0, 5.0, self.seed + 9),
            )
        return panel(inner, outer, fabric, folds=folds, **({"round": 3.4, "lift": 0.5} | traits))

    def cuff(
        self, body: Body, fabric: Fabric, depth: float, width: float | None = None, **traits: Any
    ) -> Piece:
        """A band at the wrist, `width` across at its end."""
        inner, outer = self.edges(body)
        way = outer[-1] - outer[-6]
        way = way / np.linalg.norm(way)
        middle = (inner[-1] + outer[-1]) / 2
        across = (outer[-1] - inner[-1]) / np.linalg.norm(outer[-1] - inner[-1])
        half = (width or self.wrist) / 2
        up, low = middle - way * 0.3, middle + way * depth
        left = spline(
            tuple(up - across * (half + 0.35)),
            tuple((up + low) / 2 - across * (half + 0.3)),
            tuple(low - across * half),
        )
        right = spline(
            tuple(up + across * (half + 0.35)),
            tuple((up + low) / 2 + across * (half + 0.3)),
            tuple(low + across * half),
        )
        bottom = spline(tuple(left[-1]), tuple(low + way * 0.45), tuple(right[-1]))
        return panel(
            left, right, fabric, bottom=bottom, **({"round": 2.2, "lift": 0.25, "edge": 0.35} | traits)
        )


def short_sleeve(body: Body, fabric: Fabric, seed: int) -> Piece:
    """The right sleeve of a tee."""
    s, y, u, d = body.shoulder, body.slope, body.underarm, body.arm_depth
    outer = spline((s - 1.5, y - 0.45), (s + 3.2, y + 1.4), (s + 6.6, y + 8), (s + 10.6, y + 17.5))
    inner = spline((s - 6, y + 3), (s - 5, d - 5), (u - 3.0, d + 0.5), (u + 0.2, d + 3.6))
    bottom = spline((u + 0.2, d + 3.6), (u + 4.4, d + 2.6), (s + 10.6, y + 17.5))
    folds = (
        Rumple(0.6, 2, 2, seed),
        Crease((-0.7, 0.55), (0.5, 0.98), 0.6, 0.16),
        Crease((-0.4, 0.25), (0.2, 0.8), 0.5, 0.18),
    )
    return panel(inner, outer, fabric, bottom=bottom, folds=folds, round=3.4, lift=0.5)


def flutter(body: Body, fabric: Fabric, seed: int) -> Piece:
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
    return Piece(
        outline,
        line(tuple(inner[-1]), tuple(end[-1])),
        line(tuple(inner[0]), tuple(end[2])),
        fabric,
        folds,
        round=1.6,
        lift=0.7,
        edge=0.3,
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


def balloon(body: Body, fabric: Fabric, seed: int) -> tuple[Piece, ...]:
    arm = Sleeve(length=52, elbow=13.5, wrist=8.6, spread=20, bend=-6, puff=1.9, cap=0.8, seed=seed)
    folds = (
        Flutes(6, 1.1, 0.30, 0.5, seed + 80),
        Flutes(7, 0.6, 0.7, 0.3, seed + 81, up=True),
        Slump(0.5, 0.2, 3, 0.5, seed),
        Rumple(0.5, 2, 4, seed),
    )
    return arm.piece(body, fabric, folds), arm.cuff(body, fabric, 4.5, 7.4)
