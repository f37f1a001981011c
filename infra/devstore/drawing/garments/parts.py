"""What garments have in common: bodies, necks, sleeves, skirts, and the hanger they hang from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infra.devstore.drawing.curves import F32, across, join, line, mirror, normals, resample, spline
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Crease, Fold, Rumple, Slump, scalloped
from infra.devstore.drawing.stage import Piece, Stage, flip, panel, ribbon


@dataclass(frozen=True)
class Body:
    """The measures of an upper body, half widths. `neck` and `front` are the neckline's half width and depth."""

    neck: float = 8.0
    front: float = 8.0
    shoulder: float = 20.0
    slope: float = 4.5
    underarm: float = 24.0
    arm_depth: float = 23.0
    waist: float = 22.0
    waist_at: float = 42.0
    hem: float = 23.0
    length: float = 62.0
    shape: str = "round"

    @property
    def neckline(self) -> F32:
        """The front edge of the neck, left to right."""
        n, f = self.neck, self.front
        if self.shape == "v":
            half = spline((n, 0), (n * 0.60, f * 0.46), (n * 0.24, f * 0.82), (0, f))
        elif self.shape == "square":
            half = join(
                spline((n, 0), (n * 0.93, f * 0.5), (n * 0.9, f * 0.93)),
                spline((n * 0.86, f), (n * 0.4, f + 0.4), (0, f + 0.5)),
            )
        elif self.shape == "boat":
            half = spline((n, 0), (n * 0.6, f * 0.72), (0, f))
        else:
            half = spline((n, 0), (n * 0.93, f * 0.42), (n * 0.62, f * 0.84), (0, f))
        return join(mirror(half), half[::-1][1:])

    @property
    def armhole(self) -> F32:
        """The right armhole from shoulder to underarm."""
        s, u, d = self.shoulder, self.underarm, self.arm_depth
        return spline(
            (s, self.slope), (s - 1.6, self.slope + (d - self.slope) * 0.45), (s - 0.6, d - 4.5), (u, d)
        )

    @property
    def side(self) -> F32:
        """The right side seam from underarm to hem."""
        if self.waist_at >= self.length - 1:
            return spline(
                (self.underarm, self.arm_depth),
                ((self.underarm + self.hem) / 2, (self.arm_depth + self.length) / 2),
                (self.hem, self.length),
            )
        return spline((self.underarm, self.arm_depth), (self.waist, self.waist_at), (self.hem, self.length))

    @property
    def right(self) -> F32:
        """The right edge that folds and threads follow, from the height of the shoulder down."""
        return join(line((self.underarm - 0.6, -1.0)), self.side)

    def front_piece(
        self, fabric: Fabric, folds: tuple[Fold, ...] = (), sag: float = 0.8, **traits: object
    ) -> Piece:
        """The whole front, one piece from shoulder to hem."""
        hem = across(
            (0, self.length + sag), (self.hem * 0.5, self.length + sag * 0.8), (self.hem, self.length)
        )
        outline = join(
            self.neckline,
            self.armhole,
            self.side,
            hem[::-1],
            mirror(self.side)[::-1],
            mirror(self.armhole)[::-1],
        )
        return Piece(
            outline,
            mirror(self.right),
            self.right,
            fabric,
            folds,
            **({"round": 3.0, "lift": 0.4, "edge": 0.35} | traits),
        )  # type: ignore[arg-type]

    def back_neck(self, fabric: Fabric, rise: float = 0.4) -> Piece:
        """The inside of the back, seen through the neck."""
        n = self.neck + 0.6
        dip = 1.1 - rise + max(0.0, self.neck - 8.5) * 0.8
        top = across((0, dip), (n * 0.45, dip * 0.92), (n * 0.8, dip * 0.55), (n, 0.0))
        low = self.front + 3
        return panel(
            line((-n, 0.2), (-n * 0.9, low)),
            line((n, 0.2), (n * 0.9, low)),
            fabric,
            top=top,
            round=-2.4,
            lift=0.0,
            shade=0.46,
            edge=0.3,
        )

    def label(self, stage: Stage) -> None:
        """The woven label inside the back of the neck."""
        y = 1.9 + max(0.0, self.neck - 8.5) * 0.8
        stage.lay(
            panel(
                line((-1.9, y), (-1.8, y + 1.9)),
                line((1.9, y), (1.8, y + 1.9)),
                Fabric("#e9e2d4", "twill"),
                round=0.05,
                lift=0.1,
                edge=0.1,
                shade=0.72,
            )
        )


def upper_folds(seed: int, depth: float = 1.0) -> tuple[Fold, ...]:
    """The quiet unevenness of a front that hangs: drags from the arms, a slump at the waist."""
    return (
        Rumple(0.55 * depth, 3.2, 2.2, seed),
        Rumple(0.24 * depth, 6.0, 4.0, seed + 1, slant=-0.8),
        Crease((0.96, 0.36), (0.15, 0.70), 0.50 * depth, 0.10, 0.05),
        Crease((-0.96, 0.38), (-0.05, 0.78), 0.50 * depth, 0.11, -0.05),
        Crease((0.98, 0.52), (0.35, 0.94), 0.40 * depth, 0.09, 0.04),
        Crease((-0.97, 0.60), (-0.40, 0.92), 0.34 * depth, 0.09, -0.04),
        Slump(0.74, 0.16, 1.8, 0.20 * depth, seed + 2, tilt=1.1),
    )


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
        self, body: Body, fabric: Fabric, folds: tuple[Fold, ...] | None = None, **traits: object
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
        self, body: Body, fabric: Fabric, depth: float, width: float | None = None, **traits: object
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


def both(stage: Stage, *pieces: Piece) -> None:
    """Lay right-side pieces and their mirror images."""
    for piece in pieces:
        stage.lay(flip(piece), piece)


def skirt(
    waist: F32,
    hem: float,
    length: float,
    fabric: Fabric,
    folds: tuple[Fold, ...],
    sway: float = 0.9,
    belly: float = 0.5,
    curve: float = 1.6,
    **traits: object,
) -> tuple[Piece, Piece]:
    """A skirt below a waistline (left to right), opening to `hem` (half width) over `length`; its inside back and its front.

    `belly` 0..1 is how early it opens; `sway` how much the folds move the hem.
    """
    top_left, top_right = waist[0], waist[-1]
    y0 = float(top_right[1])
    x0 = float(top_right[0])
    mid = x0 + (hem - x0) * belly
    side = spline(
        (x0, y0),
        (x0 + (mid - x0) * 0.72, y0 + length * 0.26),
        (mid + (hem - mid) * 0.12, y0 + length * 0.52),
        (hem, y0 + length),
    )
    other = spline(
        (float(top_left[0]), y0),
        *(
            (-x, y)
            for x, y in (
                (x0 + (mid - x0) * 0.72, y0 + length * 0.26),
                (mid + (hem - mid) * 0.12, y0 + length * 0.52),
                (hem, y0 + length),
            )
        ),
    )
    u = np.linspace(-1, 1, 160, dtype=np.float32)
    drop = scalloped(u, folds) * sway * fabric.body
    edge = y0 + length + curve * (1 - u * u) + drop - drop.mean()
    front_hem = np.stack([u * hem, edge], 1).astype(np.float32)
    front = panel(
        other,
        side,
        fabric,
        bottom=front_hem,
        top=waist,
        folds=folds,
        flare=1.0,
        **({"round": 4.5, "lift": 0.7, "edge": 0.35} | traits),
    )
    inside = np.stack(
        [u * hem * 0.97, y0 + length - 0.6 + 0.9 * curve * (1 - u * u) * 0.4 - (drop - drop.mean()) * 0.8], 1
    )
    back = panel(
        other,
        side,
        fabric,
        bottom=inside.astype(np.float32),
        flare=1.0,
        round=-3.0,
        lift=0.0,
        shade=0.42,
        edge=0.2,
    )
    return back, front


def neck_band(body: Body, fabric: Fabric, width: float, stage: Stage) -> None:
    """A knitted band around the neck; its back half was laid with `back_band`."""
    n = body.neck + 0.32 * width
    curve = resample(body.neckline, 70)
    curve = curve - normals(curve) * (width * -0.32)
    curve = resample(join([[-n + 0.1, -0.5]], curve[2:-2], [[n - 0.1, -0.5]]), 70)
    stage.lay(ribbon(curve, width, fabric, round=0.55, lift=0.35))


def back_band(body: Body, fabric: Fabric, width: float, stage: Stage, inset: float = 0.0) -> None:
    """The far half of a neck band, its inner side toward us."""
    n = body.neck + 0.32 * width - inset
    curve = across((0, -0.5), (n * 0.84, -0.55), (n * 0.97, 0.1), (n, 0.9))
    stage.lay(ribbon(resample(curve, 50), width, fabric, round=0.3, lift=0.2, shade=0.62))


def hanger(stage: Stage, body: Body, color: str = "#b98a5e") -> None:
    """A wooden hanger with a steel hook, where the scene has a wall to hang it on; lay it first."""
    if not stage.hung:
        return
    s, y = body.shoulder - 2.2, body.slope - 0.2
    arm = resample(across((0, -2.6), (s * 0.5, y - 2.4), (s, y + 1.2)), 60)
    hook = spline(
        (0, -3),
        (0, -6.5),
        (0.4, -8.4),
        (2.5, -10.2),
        (3.2, -12.6),
        (1.2, -14.8),
        (-1.6, -14.4),
        (-2.6, -12.6),
    )
    stage.lay(ribbon(resample(hook, 50), 0.42, Fabric("#9a9a98", sheen=1.0), round=0.2, lift=0.0))
    stage.lay(ribbon(arm, 2.1, Fabric(color, sheen=0.25), round=0.8, lift=0.4))
