"""What a garment looks like, in numbers: outline, inner lines, colour, texture. Each block has length 1 or 0."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
Plane = NDArray[np.float32]

SIDE = 64
"""Pixels of the square that a garment's bounding box is brought to."""

MARGIN = 1.08
ORIENTATIONS = 12
LIGHTNESS = np.linspace(0, 100, 5)
CHROMA = np.linspace(-33, 33, 7)
COLOUR_BINS = len(LIGHTNESS) * len(CHROMA) ** 2
TEXTURE_BINS = 20


def framed(rgb: NDArray[np.uint8], mask: Plane) -> tuple[NDArray[np.uint8], Plane]:
    """Photo and mask, cut to a square around the mask's box and brought to SIDE x SIDE; proportions stay."""
    top, bottom = _extent(mask.sum(axis=1))
    left, right = _extent(mask.sum(axis=0))
    scale = SIDE / (max(bottom - top, right - left) * MARGIN)
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
    inner = scale * rgb.shape[0] / small.shape[0], scale * rgb.shape[1] / small.shape[1]
    shift = SIDE / 2 - scale * (left + right) / 2, SIDE / 2 - scale * (top + bottom) / 2
    to_photo = np.array([[inner[1], 0, shift[0]], [0, inner[0], shift[1]]])
    to_mask = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    photo = cv2.warpAffine(small, to_photo, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(photo, np.uint8), np.asarray(cv2.warpAffine(mask, to_mask, (SIDE, SIDE)), np.float32)


def outline(mask: Plane, cells: int) -> Vector:
    """Where the garment's edge runs and which way it faces, cell by cell; a mirrored garment gives the same."""
    layout = _gradients(cv2.GaussianBlur(mask, (0, 0), 1.0), np.ones_like(mask), cells)
    mirrored = layout[(ORIENTATIONS // 2 - np.arange(ORIENTATIONS)) % ORIENTATIONS][:, :, ::-1]
    return unit(np.sqrt((layout + mirrored)[:, :, : cells // 2]))


def inner_lines(rgb: NDArray[np.uint8], mask: Plane, cells: int) -> Vector:
    """Seams, buttons, collars and prints: edges inside the mask, whichever side is the darker."""
    layout = _gradients(cv2.GaussianBlur(_lightness(rgb), (0, 0), 1.0), _inside(mask), cells)
    half = ORIENTATIONS // 2
    layout = layout[:half] + layout[half:]
    mirrored = layout[(half - np.arange(half)) % half][:, :, ::-1]
    return unit(np.sqrt((layout + mirrored)[:, :, : cells // 2]))


def colour(rgb: NDArray[np.uint8], mask: Plane) -> Vector:
    """Shares of the perceptual colours inside the mask: CIE Lab, chroma compressed, linear soft bins.

    Square roots make the inner product of two such blocks the Bhattacharyya coefficient of their colours.
    """
    weights = _inside(mask).ravel()
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    lab, weights = lab[weights > 0.5], weights[weights > 0.5]
    # Eyes tell beige from grey sooner than one strong red from another.
    chroma = lab[:, 1:] / (1 + np.linalg.norm(lab[:, 1:], axis=1, keepdims=True) / 50)
    light, a, b = _soft(lab[:, 0], LIGHTNESS), _soft(chroma[:, 0], CHROMA), _soft(chroma[:, 1], CHROMA)
    shares = np.einsum("n,nl,na,nb->lab", weights, light, a, b, optimize=True)
    return unit(np.sqrt(shares))


def texture(rgb: NDArray[np.uint8], mask: Plane) -> Vector:
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


def unit(values: NDArray[np.floating]) -> Vector:
    """Flat and of length 1; zeros stay zeros."""
    flat = np.asarray(values, np.float32).ravel()
    length = float(np.linalg.norm(flat))
    return flat / np.float32(length) if length > 1e-6 else np.zeros_like(flat)


def _extent(profile: NDArray[np.floating]) -> tuple[int, int]:
    """First and last place of a mask's profile, without the outermost hundredths."""
    shares = np.cumsum(profile) / profile.sum()
    return int(np.searchsorted(shares, 0.01)), int(np.searchsorted(shares, 0.99)) + 1


def _gradients(plane: Plane, weights: Plane, cells: int) -> NDArray[np.float32]:
    """Gradient energy (ORIENTATIONS, cells, cells), shared linearly between neighbouring directions and cells."""
    dx, dy = cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1)
    energy = np.hypot(dx, dy) * weights
    turn = np.mod(np.arctan2(dy, dx) / (2 * np.pi), 1) * ORIENTATIONS
    lower = np.floor(turn).astype(np.int64)
    share = turn - lower
    layout = np.empty((ORIENTATIONS, cells, cells), np.float32)
    for k in range(ORIENTATIONS):
        part = energy * ((lower % ORIENTATIONS == k) * (1 - share) + ((lower + 1) % ORIENTATIONS == k) * share)
        blurred = cv2.GaussianBlur(part.astype(np.float32), (0, 0), SIDE / cells / 2.5)
        layout[k] = cv2.resize(blurred, (cells, cells), interpolation=cv2.INTER_AREA)
    return layout


def _inside(mask: Plane) -> Plane:
    """The mask without its rim, where the background shines through; the whole mask if nothing is left."""
    eroded = np.asarray(cv2.erode(mask, np.ones((5, 5), np.uint8)), np.float32)
    return eroded if eroded.sum() > 30 else mask


def _lightness(rgb: NDArray[np.uint8]) -> Plane:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[..., 0], np.float32)


def _soft(values: NDArray[np.floating], centres: NDArray[np.floating]) -> NDArray[np.float32]:
    """(n, len(centres)): each value shared between its two nearest centres."""
    step = centres[1] - centres[0]
    return np.clip(1 - np.abs(values[:, None] - centres[None]) / step, 0, 1).astype(np.float32)
