"""The seamless backdrop: a colour from the brief, a sweep of light across it, no banding."""

from __future__ import annotations

from collections.abc import Iterable
from math import cos, radians, sin

import cv2
import numpy as np

from generators.studio.arrays import Bytes, Floats
from generators.studio.colour import Lab, parse_hex, to_lab
from infra.model import StyleBrief

LIGHT_TONES = tuple(range(70, 94))
"""Lightness of a light studio. Between light and dark lies mud."""
DARK_TONES = tuple(range(26, 43))
CLEAR_OF_PRODUCT = 20.0
"""Lab units that the backdrop keeps from the product's mean colour; a dark one is darker than the product."""
LEAST_CLEAR = 13.0
"""What must do where the brief asks for a light backdrop and the product is light too: shadows part them."""
CALM = 20.0
"""The most chroma that a backdrop has: the product is the colourful thing in the picture."""


def backdrop_colour(brief: StyleBrief, product: Lab | None) -> Lab:
    """The brief's backdrop as a studio would paint it: calm, never muddy, unlike the product (if given)."""
    lightness, a, b = to_lab(parse_hex(brief.palette[0]))
    calm = min(1.0, CALM / max(float(np.hypot(a, b)), 1e-3))
    a, b = a * calm, b * calm + 3.0 * brief.warmth
    wanted = float(np.interp(0.6 * lightness + 40 * brief.brightness, (10, 46, 54, 95), (26, 42, 72, 93)))
    return min(_clear_tones(wanted, product, a, b), key=lambda tone: abs(tone - wanted)), a, b


def _clear_tones(wanted: float, product: Lab | None, a: float, b: float) -> list[float]:
    """Tones that a product stands out from: of the side the brief asks for, as long as there are any."""
    if product is None:
        return [*LIGHT_TONES, *DARK_TONES]
    aside = float(np.hypot(a - product[1], b - product[2]))

    def clear(tones: Iterable[int], by: float) -> list[float]:
        return [tone for tone in tones if np.hypot(tone - product[0], aside) >= by]

    dark = [float(tone) for tone in DARK_TONES if product[0] - tone >= 0.7 * CLEAR_OF_PRODUCT]
    light = clear(LIGHT_TONES, CLEAR_OF_PRODUCT) or clear(LIGHT_TONES, LEAST_CLEAR)
    return (light or dark) if wanted > max(DARK_TONES) else (dark or light)


def paint_backdrop(size: tuple[int, int], colour: Lab, brief: StyleBrief) -> Floats:
    """RGB in 0..1, shape (height, width, 3): brighter toward the light, falling off into the corners."""
    width, height = size
    small_w, small_h = max(2, width // 8), max(2, height // 8)
    y, x = np.mgrid[0:small_h, 0:small_w].astype(np.float32)
    x, y = x / (small_w - 1) - 0.5, y / (small_h - 1) - 0.5
    angle = radians(brief.light_from)
    toward = x * cos(angle) - y * sin(angle)
    depth = 5.0 + 7.0 * (1 - brief.softness) + 3.0 * brief.contrast
    pool = np.exp(-((x - 0.18 * cos(angle)) ** 2 + (y + 0.18 * sin(angle)) ** 2) / 0.28)
    lightness = colour[0] + depth * (0.55 * toward + 0.55 * (pool - 0.62))
    lightness -= (2.5 + 2.5 * brief.contrast) * np.clip(np.hypot(x, y) / 0.7, 0, 1) ** 3
    warm = 1.5 * brief.warmth * (toward + 0.3)
    lab = np.dstack([np.clip(lightness, 4, 98.5), np.full_like(x, colour[1]), colour[2] + warm]).astype(
        np.float32
    )
    rgb = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    return cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC).clip(0, 1).astype(np.float32)


def to_bytes(rgb: Floats) -> Bytes:
    """0..1 floats to 8 bits with one level of triangular noise, under which no gradient shows bands."""
    random = np.random.default_rng(7)
    tile = random.random((256, 256), np.float32) - random.random((256, 256), np.float32)
    height, width = rgb.shape[:2]
    noise = np.tile(tile, (-(-height // 256), -(-width // 256)))[:height, :width, None]
    return (rgb * 255 + 0.5 + 0.5 * noise).clip(0, 255).astype(np.uint8)
