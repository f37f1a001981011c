"""A veil over one side of a picture, just strong enough for words to be read on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from generators.studio.arrays import Floats
from generators.studio.backdrop import to_bytes
from generators.studio.colour import Rgb, contrast, luminance, to_lab, to_rgb

VEILS = np.arange(0.0, 0.93, 0.04)
"""Strengths of the veil, weakest first: no more of the picture is covered than reading needs."""


@dataclass(frozen=True, slots=True)
class Veil:
    """An ink, and the colour and strength (0..1) of the veil under which it can be read."""

    ink: Rgb
    colour: Rgb
    strength: float


def veil_for(ground: Floats, least: float) -> Veil:
    """The weakest veil under which one ink has the least contrast (WCAG) on the ground, (h, w, 3) in 0..1."""
    pixels = ground.reshape(-1, 3)
    _, a, b = to_lab(_rgb(np.median(pixels, axis=0)))
    pairs = (
        (to_rgb((17, 0.5 * a, 0.5 * b)), to_rgb((96, 0.4 * a, 0.4 * b))),
        (to_rgb((98, 0.15 * a, 0.15 * b)), to_rgb((13, 0.6 * a, 0.6 * b))),
    )
    veils = (_weakest(pixels, ink, colour, least) for ink, colour in pairs)
    return min(veils, key=lambda veil: veil.strength)


def _weakest(pixels: Floats, ink: Rgb, colour: Rgb, least: float) -> Veil:
    extremes = _extremes(pixels)
    for strength in VEILS:
        veiled = extremes + (np.asarray(colour) - extremes) * strength
        if min(contrast(ink, _rgb(pixel)) for pixel in veiled) >= least:
            break
    return Veil(ink, colour, float(strength))


def _extremes(pixels: Floats) -> Floats:
    """The darkest and the lightest pixel, (2, 3), but for one in fifty."""
    order = np.argsort(luminance(pixels))
    return np.asarray(pixels[order[[len(order) // 50, -1 - len(order) // 50]]])


def lay_veil(image: Image.Image, side: str, veil: Veil, full: int, end: int) -> None:
    """Lays the veil over one side, in place: whole for `full` pixels from the edge, gone after `end`."""
    (width, height), slope = image.size, _slope(end, full)
    strip, strength = {
        "left": ((0, 0, end, height), slope[None, :]),
        "right": ((width - end, 0, width, height), slope[None, ::-1]),
        "top": ((0, 0, width, end), slope[:, None]),
        "bottom": ((0, height - end, width, height), slope[::-1, None]),
    }[side]
    part = np.asarray(image.crop(strip), np.float32) / 255
    veiled = part + (np.asarray(veil.colour, np.float32) - part) * strength[..., None] * veil.strength
    image.paste(Image.fromarray(to_bytes(veiled)), strip[:2])


def _slope(end: int, full: int) -> Floats:
    """1 at first, 0 at last, and smooth between."""
    past = np.clip((np.arange(end, dtype=np.float32) - full) / max(1, end - full), 0, 1)
    return np.asarray(1 - past * past * (3 - 2 * past))


def _rgb(pixel: Floats) -> Rgb:
    return float(pixel[0]), float(pixel[1]), float(pixel[2])
