"""Shadows: a dark line where the product touches, a soft one where it keeps the light away."""

from __future__ import annotations

from math import cos, radians, sin

import cv2
import numpy as np

from generators.studio.arrays import Floats
from infra.model import StyleBrief


def lying(alpha: Floats, unit: float, brief: StyleBrief) -> Floats:
    """Shadow strength 0..1 of a product that lies flat under the light; `unit` is the product's size in px.

    Cloth lies close: a thin dark line all round, then a near and a wide faint shadow away from the light.
    """
    soft, hard = brief.softness, 1 - brief.softness
    contact = _cast(alpha, brief, shift=0.0025 * unit, blur=0.0028 * unit)
    near = _cast(alpha, brief, shift=0.012 * unit, blur=(0.006 + 0.006 * soft) * unit)
    far = _cast(alpha, brief, shift=(0.038 + 0.012 * hard) * unit, blur=(0.018 + 0.022 * soft) * unit)
    lit = (1 - 0.3 * contact) * (1 - (0.17 + 0.15 * hard) * near) * (1 - (0.16 + 0.12 * hard) * far)
    return np.asarray(1 - lit)


def _cast(alpha: Floats, brief: StyleBrief, *, shift: float, blur: float) -> Floats:
    angle = radians(brief.light_from)
    move = np.array([[1, 0, -shift * cos(angle)], [0, 1, shift * sin(angle)]])
    height, width = alpha.shape
    moved = cv2.warpAffine(alpha, move, (width, height), flags=cv2.INTER_LINEAR)
    return _blur(np.asarray(moved), max(0.8, blur))


def _blur(values: Floats, sigma: float) -> Floats:
    """A Gaussian at a size where it is cheap."""
    step = max(1, int(sigma / 3))
    height, width = values.shape
    small = cv2.resize(values, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def shade(backdrop: Floats, shadow: Floats) -> Floats:
    """The backdrop under a shadow: darker, and a little richer in its own colour, as real shadows are."""
    kept = 1 - shadow[..., None]
    return np.asarray(backdrop * kept ** np.array([1.06, 1.0, 0.96], np.float32))
