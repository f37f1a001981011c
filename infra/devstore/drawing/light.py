"""Light: where it comes from, and how a height field looks in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from infra.devstore.drawing.curves import F32, f32
from infra.devstore.drawing.fields import blur


@dataclass(frozen=True)
class Light:
    """A key light and the fill around it, both in linear light; flat cloth facing us is lit with 1.

    `angle` in degrees, 0 from the right, 90 from above, 180 from the left. `hard` 0..1 is the key's share of
    the light; the rest comes from everywhere. `height` is how far the key stands in front of the picture.
    """

    angle: float = 125.0
    hard: float = 0.55
    key: tuple[float, float, float] = (1.0, 0.98, 0.95)
    fill: tuple[float, float, float] = (0.96, 0.98, 1.02)
    height: float = 0.72

    @property
    def toward(self) -> tuple[float, float, float]:
        """The unit vector to the light: x right, y down, z to the viewer."""
        turn, flat = np.radians(self.angle), np.sqrt(1 - self.height**2)
        return float(np.cos(turn) * flat), float(-np.sin(turn) * flat), self.height

    @property
    def cast(self) -> tuple[float, float]:
        """The direction in which shadows fall, on the picture plane."""
        x, y, _ = self.toward
        return -x / float(np.hypot(x, y)), -y / float(np.hypot(x, y))


def slopes(height: F32) -> tuple[F32, F32]:
    """The height's rise per pixel: to the right, downward."""
    return (
        f32(cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)),
        f32(cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)),
    )


def shade(height: F32, light: Light, hollow: float) -> tuple[F32, F32]:
    """Brightness of each pixel as (h, w, 3), and the shine of a satin in the same place as (h, w).

    `hollow` is the size in pixels of the hollows that the fill light does not reach.
    """
    dx, dy = slopes(height)
    up = 1 / np.sqrt(1 + dx * dx + dy * dy)
    lx, ly, lz = light.toward
    facing = np.clip((lz - lx * dx - ly * dy) * up, 0, None)
    occluded = np.clip((blur(height, hollow) - height) / hollow, -0.35, 1.2)
    fill = (0.62 + 0.38 * up) * np.clip(1 - 0.95 * occluded, 0.15, 1.2) * (1 - 0.10 * dy * up)
    key = light.hard * facing / lz * np.clip(1 - 0.5 * occluded, 0.3, 1.1)
    lit = key[..., None] * f32(light.key) + ((1 - light.hard) * fill)[..., None] * f32(light.fill)
    half = math.sqrt(lx * lx + ly * ly + (lz + 1) ** 2)
    glint = np.clip((lz + 1 - lx * dx - ly * dy) * (up / half), 0, 1)
    return f32(lit), f32(glint)
