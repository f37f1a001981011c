"""Colour arithmetic: sRGB hex, CIE Lab (L 0..100) and WCAG contrast."""

from __future__ import annotations

import cv2
import numpy as np

from generators.studio.arrays import Floats

Rgb = tuple[float, float, float]
Lab = tuple[float, float, float]


def parse_hex(text: str) -> Rgb:
    """(r, g, b) in 0..1 of "#rrggbb"."""
    digits = text.removeprefix("#")
    return int(digits[0:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:6], 16) / 255


def to_hex(rgb: Rgb) -> str:
    """ "#rrggbb" of (r, g, b) in 0..1."""
    return "#" + "".join(f"{round(min(max(part, 0), 1) * 255):02x}" for part in rgb)


def to_lab(rgb: Rgb) -> Lab:
    """CIE Lab (D65) of an sRGB colour."""
    lab = cv2.cvtColor(np.array([[rgb]], np.float32), cv2.COLOR_RGB2LAB)[0, 0]
    return float(lab[0]), float(lab[1]), float(lab[2])


def to_rgb(lab: Lab) -> Rgb:
    """sRGB of a Lab colour, clipped to what a screen shows."""
    rgb = cv2.cvtColor(np.array([[lab]], np.float32), cv2.COLOR_LAB2RGB)[0, 0].clip(0, 1)
    return float(rgb[0]), float(rgb[1]), float(rgb[2])


def luminance(rgb: Floats) -> Floats:
    """WCAG relative luminance of sRGB values in 0..1, last axis the channels.

    https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
    """
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: Rgb, other: Rgb) -> float:
    """WCAG contrast ratio, 1..21."""
    light, dark = sorted((float(luminance(np.array(c))) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
