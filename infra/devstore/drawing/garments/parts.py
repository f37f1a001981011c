"""What garments have in common: the body block, neck bands, the hanger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra.devstore.drawing.curves import (
    F32,
    across,
    join,
    line,
    mirror,
    normals,
    resample,
    spline,
)
from infra.devstore.drawing.fabrics import Fabric
from infra.devstore.drawing.folds import Crease, Fold, Rumple, Slump
from infra.devstore.drawing.pieces import Piece, even, flip, ribbon
from infra.devstore.drawing.stage import Stage


@dataclass(frozen=True)
class Body:
    """The measures of an upper body; widths are halves.

    `neck` and `front` are the neckline's half width and depth; `shape` is round, v, square or boat.
    """

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
        self, fabric: Fabric, folds: tuple[Fold, ...] = (), sag: float = 0.8, **traits: Any
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
        )

    def back_neck(self, fabric: Fabric, rise: float = 0.4) -> Piece:
        """The inside of the back, seen through the neck."""
        n = self.neck + 0.6
        dip = 1.1 - rise + max(0.0, self.neck - 8.5) * 0.8
        top = across((0, dip), (n * 0.45, dip * 0.92), (n * 0.8, dip * 0.55), (n, 0.0))
        low = self.front + 3
        return even(
            line((n, 0.2), (n * 0.9, low)), fabric, top=top, round=-2.4, lift=0.0, shade=0.46, edge=0.3
        )

    def label(self, stage: Stage) -> None:
        """The woven label inside the back of the neck."""
        y = 1.9 + max(0.0, self.neck - 8.5) * 0.8
        stage.lay(
            even(
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


def both(stage: Stage, *pieces: Piece) -> None:
    """Lay right-side pieces and their mirror images."""
    for piece in pieces:
        stage.lay(flip(piece), piece)


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
