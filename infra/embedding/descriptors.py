"""What a garment looks like, in numbers: outline, inner lines, colour, texture; blocks of length 1 or 0."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Vector = NDArray[np.float32]
Plane = NDArray[np.float32]

SIDE = 64
"""Pixels of the square that a garment's bounding box is brought to."""

MARGIN = 1.08
CELLS = 6
"""Rows and columns of the layouts; a layout is folded left on right."""

ORIENTATIONS = 12
LIGHTNESS = np.linspace(0, 100, 5)
CHROMA = np.linspace(-33, 33, 7)

OUTLINE_BINS = ORIENTATIONS * CELLS * CELLS // 2
LINE_BINS = OUTLINE_BINS // 2
TEXTURE_BINS = 20
COLOUR_BINS = len(LIGHTNESS) * len(CHROMA) ** 2

COMMON_SHARE = 0.8
"""How much of the common part is taken out; all of it would leave noise where nothing is special."""


def framed(rgb: Pixels, mask: Plane) -> tuple[Pixels, Plane]:
    """Photo and mask, cut to a square around the mask's box and brought to SIDE x SIDE; proportions stay."""
    top, bottom = _extent(mask.sum(axis=1))
    left, right = _extent(mask.sum(axis=0))
    scale = SIDE / (max(bottom - top, right - left) * MARGIN)
    shift_x, shift_y = SIDE / 2 - scale * (left + right) / 2, SIDE / 2 - scale * (top + bottom) / 2
    height, width = rgb.shape[:2]
    # Averaged before it is warped: warping alone picks single pixels, and carpets turn to noise.
    size = max(round(width * min(scale, 1)), 1), max(round(height * min(scale, 1)), 1)
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    to_photo = np.array([[scale * width / size[0], 0, shift_x], [0, scale * height / size[1], shift_y]])
    to_mask = np.array([[scale, 0, shift_x], [0, scale, shift_y]])
    photo = cv2.warpAffine(small, to_photo, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(photo, np.uint8), np.asarray(cv2.warpAffine(mask, to_mask, (SIDE, SIDE)), np.float32)


def outline(mask: Plane) -> Vector:
    """Where the garment's edge runs and which way it faces, by cells; a mirrored garment gives the same."""
    layout = _gradients(mask, np.ones_like(mask))
    mirrored = layout[(ORIENTATIONS // 2 - np.arange(ORIENTATIONS)) % ORIENTATIONS, :, ::-1]
    return unit(np.sqrt((layout + mirrored)[:, :, : CELLS // 2]))


def inner_lines(rgb: Pixels, mask: Plane) -> Vector:
    """Seams, buttons, collars and prints: edges inside the mask, whichever side is the darker."""
    layout = _gradients(_lightness(rgb), _inside(mask))
    half = ORIENTATIONS // 2
    layout = layout[:half] + layout[half:]
    mirrored = layout[(half - np.arange(half)) % half, :, ::-1]
    return unit(np.sqrt((layout + mirrored)[:, :, : CELLS // 2]))


def colour(rgb: Pixels, mask: Plane) -> Vector:
    """Shares of the perceptual colours inside the mask: CIE Lab, chroma compressed, linear soft bins.

    Square roots make the inner product of two such blocks the Bhattacharyya coefficient of their colours.
    """
    weights = _inside(mask).ravel()
    garment = (rgb.reshape(-1, 1, 3)[weights >= weights.max() / 2] / 255).astype(np.float32)
    lab = np.asarray(cv2.cvtColor(garment, cv2.COLOR_RGB2LAB), np.float32).reshape(-1, 3)
    # Eyes tell beige from grey sooner than one strong red from another.
    chroma = lab[:, 1:] / (1 + np.linalg.norm(lab[:, 1:], axis=1, keepdims=True) / 50)
    light, a, b = _soft(lab[:, 0], LIGHTNESS), _soft(chroma[:, 0], CHROMA), _soft(chroma[:, 1], CHROMA)
    shares = np.einsum("nl,na,nb->lab", light, a, b, optimize=True)
    return unit(np.sqrt(shares))


def texture(rgb: Pixels, mask: Plane) -> Vector:
    """Uniform, rotation-invariant local binary patterns inside the mask, at one and two pixels.

    Ojala et al. 2002, https://doi.org/10.1109/TPAMI.2002.1017623
    """
    light, weights = _lightness(rgb), _inside(mask)
    histograms = []
    for radius in (1, 2):
        corners = [(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)]
        ring = np.stack([np.roll(light, (y * radius, x * radius), (0, 1)) for y, x in corners])
        bits = (ring > light + 1).astype(np.int64)
        changes = (bits != np.roll(bits, 1, axis=0)).sum(axis=0)
        codes = np.where(changes <= 2, bits.sum(axis=0), 9)
        histograms.append(np.bincount(codes.ravel(), weights.ravel(), 10))
    return unit(np.sqrt(np.concatenate(histograms)))


def plain_outline() -> Vector:
    """The outline that any compact thing has: the mean of a disc, a tall and a wide ellipse, and a block."""
    y, x = (np.mgrid[0:SIDE, 0:SIDE] + 0.5) / SIDE * 2 - 1
    shapes = ((1.0, 1.0, 2), (0.7, 1.0, 2), (1.0, 0.7, 2), (0.8, 0.9, 6))
    masks = [np.abs(x * MARGIN / w) ** power + np.abs(y * MARGIN / h) ** power < 1 for w, h, power in shapes]
    return unit(np.sum([outline(mask.astype(np.float32)) for mask in masks], axis=0))


def distinct(block: Vector, common: Vector) -> Vector:
    """A block without most of what it shares with every other (`common`, length 1), so that unlike things
    are near 0 and not all near 0.7."""
    return unit(block - COMMON_SHARE * (block @ common) * common)


def unit(values: NDArray[np.floating]) -> Vector:
    """Flat and of length 1; zeros stay zeros."""
    flat = np.asarray(values, np.float32).ravel()
    length = float(np.linalg.norm(flat))
    return flat / np.float32(length) if length > 1e-6 else np.zeros_like(flat)


def _extent(profile: NDArray[np.floating]) -> tuple[int, int]:
    """First and last place of a mask's profile, without the outermost hundredths."""
    shares = np.cumsum(profile) / profile.sum()
    return int(np.searchsorted(shares, 0.01)), int(np.searchsorted(shares, 0.99)) + 1


def _gradients(plane: Plane, weights: Plane) -> NDArray[np.float32]:
    """Gradient energy (ORIENTATIONS, CELLS, CELLS), shared between neighbouring directions and cells."""
    smooth = cv2.GaussianBlur(plane, (0, 0), 1.0)
    dx, dy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    energy = np.hypot(dx, dy) * weights
    turn = np.mod(np.arctan2(dy, dx) / (2 * np.pi), 1) * ORIENTATIONS
    layout = np.empty((ORIENTATIONS, CELLS, CELLS), np.float32)
    for direction in range(ORIENTATIONS):
        apart = np.abs(turn - direction)
        share = np.clip(1 - np.minimum(apart, ORIENTATIONS - apart), 0, 1)
        blurred = cv2.GaussianBlur(energy * share, (0, 0), SIDE / CELLS / 2.5)
        layout[direction] = cv2.resize(blurred, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    return layout


def _inside(mask: Plane) -> Plane:
    """The mask without its rim, where the background shines through; the whole mask if nothing is left."""
    eroded = np.asarray(cv2.erode(mask, np.ones((5, 5), np.uint8)), np.float32)
    return eroded if eroded.sum() > 30 else mask


def _lightness(rgb: Pixels) -> Plane:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[..., 0], np.float32)


def _soft(values: NDArray[np.floating], centres: NDArray[np.floating]) -> NDArray[np.float32]:
    """(n, len(centres)): each value shared between its two nearest centres."""
    step = centres[1] - centres[0]
    apart = np.abs(values[:, None] - centres[None]) / step
    return np.asarray(np.clip(1 - apart, 0, 1), np.float32)
