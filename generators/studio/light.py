"""Shadows: a dark line where the product touches, a soft one where it keeps the light away."""

from __future__ import annotations

from math import cos, radians, sin

import cv2
import numpy as np

from generators.studio.segment import Floats
from infra.model import StyleBrief


def lying(alpha: Floats, unit: float, brief: StyleBrief) -> Floats:
    """Shadow strength 0..1 of a product that lies flat under the light; `unit` is the product's size in px."""
    contact = _cast(alpha, brief, shift=0.006 * unit, blur=0.006 * unit)
    near = _cast(alpha, brief, shift=0.018 * unit, blur=(0.012 + 0.012 * brief.softness) * unit)
    far = _cast(alpha, brief, shift=(0.05 - 0.012 * brief.softness) * unit, blur=(0.03 + 0.035 * brief.softness) * unit)
    hard = 1 - brief.softness
    return 1 - (1 - 0.26 * contact) * (1 - (0.16 + 0.14 * hard) * near) * (1 - (0.2 + 0.12 * hard) * far)


def _cast(alpha: Floats, brief: StyleBrief, *, shift: float, blur: float) -> Floats:
    angle = radians(brief.light_from)
    move = np.float32([[1, 0, -shift * cos(angle)], [0, 1, shift * sin(angle)]])
    height, width = alpha.shape
    moved = cv2.warpAffine(alpha, move, (width, height), flags=cv2.INTER_LINEAR)
    return _blur(moved, max(0.8, blur))


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
    return backdrop * kept ** np.float32([1.06, 1.0, 0.96])
