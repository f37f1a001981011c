"""Where the garment is in a plain product photo: a fast, rough foreground mask.

Made for one product on a bed, floor, carpet, wall or studio backdrop. What the frame's rim shows is
background; colours that the middle shows and the rim does not are the garment's; GrabCut draws the line.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Mask = NDArray[np.float32]

WORKING_SIZE = 96
"""Pixels of the longer side while working; GrabCut's time grows with the square."""

COLOURS = 14
"""Colours that a photo is reduced to for the first guess."""

SMALLEST = 0.02
"""Share of the frame; a smaller mask is a button or a reflection, and the garment was missed."""


def silhouette(rgb: Pixels) -> Mask:
    """The garment's mask (height, width), 0..1, of a photo (height, width, 3); same photo, same mask.

    Where garment and background cannot be told apart (white on white, stripes on stripes, a blank photo) the
    mask is an ellipse in the middle of the frame.
    """
    height, width = rgb.shape[:2]
    scale = WORKING_SIZE / max(height, width)
    size = max(round(width * scale), 8), max(round(height * scale), 8)
    # The bilateral filter quiets carpets and prints and keeps the garment's edge.
    small = cv2.bilateralFilter(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), 5, 30, 3)
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.uint8)
    mask = _tidy(_grab_cut(lab, *_first_guess(lab)))
    if mask.mean() < SMALLEST:
        y, x = _coordinates(lab)
        mask = (x**2 + y**2 < 0.6).astype(np.uint8)
    return np.asarray(cv2.resize(mask.astype(np.float32), (width, height)), np.float32)


def _first_guess(lab: Pixels) -> tuple[Mask, Mask]:
    """Per pixel, the probability of garment by colour and place, and by colour alone."""
    y, x = _coordinates(lab)
    middle = np.exp(-(x**2 + y**2) / 0.32)
    rim = (np.maximum(np.abs(x), np.abs(y)) > 1 - 6 / WORKING_SIZE).astype(np.float64)
    membership = _colour_membership(lab)
    inside = middle.ravel() @ membership / middle.sum()
    outside = rim.ravel() @ membership / rim.sum()
    colour = (membership @ (inside / (inside + outside + 1e-6))).reshape(x.shape)
    place = 0.15 + 0.75 * np.exp(-(np.abs(x) ** 3 + np.abs(y) ** 3) / 0.84)
    odds = colour / (1 - colour + 1e-6) * place / (1 - place)
    return _blurred(odds / (1 + odds), 1.2), _blurred(colour, 1.0)


def _colour_membership(lab: Pixels) -> NDArray[np.float64]:
    """(pixels, colours): how much each pixel belongs to each of the photo's main colours; rows sum to 1."""
    points = lab.reshape(-1, 3).astype(np.float32)
    points[:, 0] *= 0.6  # a shadow is no other colour
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 10, 1.0)
    _, _, centres = cv2.kmeans(points[::3].copy(), COLOURS, np.empty(0), criteria, 1, cv2.KMEANS_PP_CENTERS)
    distance = (centres**2).sum(axis=1) - 2 * points @ centres.T  # squared, less |point|², which cancels
    nearness = np.exp((distance.min(axis=1, keepdims=True) - distance) / 128)
    return np.asarray(nearness / nearness.sum(axis=1, keepdims=True))


def _grab_cut(lab: Pixels, guess: Mask, colour: Mask) -> Pixels:
    """1 where GrabCut sees garment (Rother et al. 2004, https://doi.org/10.1145/1015706.1015720)."""
    marks = np.where(guess > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    # Sure background: what the rim shows. Without it the cut closes the gap between trouser legs.
    marks[(guess < 0.15) | (colour < 0.36)] = cv2.GC_BGD
    marks[[0, -1]] = cv2.GC_BGD
    marks[:, [0, -1]] = cv2.GC_BGD
    if (marks & 1).mean() < SMALLEST / 2:
        return np.zeros_like(marks)
    # Hue tells a garment from the floor better than lightness does: stretch a and b.
    stretched = np.concatenate([lab[..., :1], (lab[..., 1:] - 128.0) * 2.5 + 128], axis=2)
    pixels = np.clip(stretched, 0, 255).astype(np.uint8)
    background, garment = np.zeros((1, 65)), np.zeros((1, 65))
    cut, _, _ = cv2.grabCut(pixels, marks, (0, 0, 0, 0), background, garment, 3, cv2.GC_INIT_WITH_MASK)
    return np.asarray(cut, np.uint8) & np.uint8(1)


def _tidy(mask: Pixels) -> Pixels:
    """Without specks and pinholes; large parts near the middle stay, and so does the gap between two legs."""
    opened = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    y, x = _coordinates(opened)
    centrality = np.exp(-(x**2 + y**2) / 0.64)
    count, parts = cv2.connectedComponents(opened)
    if count == 1:
        return opened
    weight = np.bincount(parts.ravel(), centrality.ravel(), count)
    weight[0] = 0
    kept: Pixels = (weight >= 0.2 * weight.max())[parts].astype(np.uint8)
    _, holes, stats, _ = cv2.connectedComponentsWithStats(1 - kept, connectivity=4)
    pinhole = stats[:, cv2.CC_STAT_AREA] < 0.03 * kept.sum()
    pinhole[0] = False
    kept[pinhole[holes]] = 1
    return kept


def _coordinates(image: NDArray[np.generic]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """y and x of the pixel centres, both (height, width), -1..1."""
    height, width = image.shape[:2]
    y, x = (np.arange(height) + 0.5) / height * 2 - 1, (np.arange(width) + 0.5) / width * 2 - 1
    grid_y, grid_x = np.meshgrid(y, x, indexing="ij")
    return grid_y, grid_x


def _blurred(plane: NDArray[np.floating], sigma: float) -> Mask:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)
