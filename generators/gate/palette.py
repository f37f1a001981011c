"""Colours as a shopper tells them apart: a product's main ones, their names, and how far two are apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

NAMED = {
    "black": "#151515", "charcoal": "#3c3f42", "grey": "#85878a", "light grey": "#c4c6c8", "white": "#f8f8f6",
    "cream": "#efe4cc", "beige": "#d3bd9c", "camel": "#b98a52", "brown": "#6b4226", "red": "#c8202c",
    "burgundy": "#6b1529", "pink": "#eda3b8", "magenta": "#d01c74", "orange": "#ee7a1f", "yellow": "#f2d232",
    "olive": "#6c6b33", "green": "#2c8b47", "dark green": "#1e4632", "mint": "#a7dcc3", "teal": "#1b7c80",
    "light blue": "#9fc4e6", "blue": "#2a62c0", "denim blue": "#4c6a92", "navy": "#1a2446",
    "purple": "#6b2f8e", "lilac": "#bfa4d8",
}  # fmt: skip
COLOURS = 6
SAMPLE = 6000
"""Pixels, evenly spread, that a palette is taken from."""
SAME = 12.0
"""CIE94 difference under which two of a product's colours are one: a fold's light side and its dark side."""


@dataclass(frozen=True, eq=False)
class Palette:
    """A product's main colours: `lab` (n, 3), and their `shares` (n,) of it, largest first."""

    lab: Floats
    shares: Floats


def palette(pixels: Floats) -> Palette:
    """The main colours of Lab pixels (n, 3), near ones merged."""
    pixels = pixels[:: 1 + len(pixels) // SAMPLE]
    count = min(COLOURS, len(pixels))
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 15, 0.5)
    _, labels, centres = cv2.kmeans(pixels, count, np.empty(0), stop, 2, cv2.KMEANS_PP_CENTERS)
    shares = np.bincount(labels.ravel(), minlength=count) / len(pixels)
    kept: list[tuple[Floats, float]] = []
    for k in np.argsort(-shares):
        twin = next((i for i, (lab, _) in enumerate(kept) if difference(centres[k], lab) < SAME), None)
        if twin is None:
            kept.append((centres[k], float(shares[k])))
        else:
            kept[twin] = kept[twin][0], kept[twin][1] + float(shares[k])
    return Palette(np.array([lab for lab, _ in kept], np.float32), np.array([s for _, s in kept], np.float32))


def difference(one: Floats, other: Floats) -> Floats:
    """CIE94 between Lab colours (..., 3), with the constants for textiles: lightness counts half.

    https://en.wikipedia.org/wiki/Color_difference#CIE94
    """
    light, *_ = np.moveaxis(one - other, -1, 0)
    chroma_one, chroma_other = (np.hypot(c[..., 1], c[..., 2]) for c in (one, other))
    chroma = chroma_one - chroma_other
    hue = np.maximum(((one - other)[..., 1:] ** 2).sum(axis=-1) - chroma**2, 0)
    mean = np.sqrt(chroma_one * chroma_other)
    squares = (light / 2) ** 2 + (chroma / (1 + 0.048 * mean)) ** 2 + hue / (1 + 0.014 * mean) ** 2
    return np.asarray(np.sqrt(squares), np.float32)


def name(lab: Floats) -> str:
    """What a shopper would call a colour."""
    words, known = _named()
    return words[int(np.argmin(((known - lab) ** 2).sum(axis=1)))]


@cache
def _named() -> tuple[tuple[str, ...], Floats]:
    rgb = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in NAMED.values()], np.float32)
    return tuple(NAMED), np.asarray(cv2.cvtColor(rgb[None], cv2.COLOR_RGB2LAB)[0], np.float32)
