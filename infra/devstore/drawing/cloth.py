"""Cloth: a piece's folds and threads in light."""

from __future__ import annotations

import cv2
import numpy as np

from infra.devstore.drawing.curves import F32, f32, ladder
from infra.devstore.drawing.fabrics import Fabric, relief
from infra.devstore.drawing.fields import linear
from infra.devstore.drawing.light import Light, shade
from infra.devstore.drawing.pieces import Piece
from infra.devstore.drawing.prints import pattern


def cloth(piece: Piece, cover: F32, left: F32, right: F32, scale: float, flat: float, light: Light) -> F32:
    """The colour of a piece, (h, w, 3) in linear light, over the box in which it covers `cover`.

    `left` and `right` are its edges in the box's pixels, `scale` pixels per centimetre.
    """
    form, u, v, wide, length = _form(piece, cover, left, right, scale, flat)
    across, down = _threads(piece, form, u, v, wide, length)
    fabric, tile_scale = piece.fabric, round(scale, 3)
    texture = relief(fabric.weave, fabric.size, tile_scale).at(across, down) * (1 - 0.9 * fabric.sheen)
    plain = fabric.printed == "none"
    albedo = linear(fabric.color) if plain else pattern(fabric, tile_scale).at(across, down)
    lit, glint = shade(form + texture, light, 0.9 * scale)
    return _dimmed(_tint(albedo, lit, glint, fabric), albedo, piece.shade)


def _form(
    piece: Piece, cover: F32, left: F32, right: F32, scale: float, flat: float
) -> tuple[F32, F32, F32, F32, float]:
    """How far the piece stands off, in pixels, and its cloth coordinates (see `ladder`).

    Folds are smooth: they are worked out at half size.
    """
    height, width = cover.shape
    u, v, wide, length = ladder(f32(left / 2), f32(right / 2), (-(-height // 2), -(-width // 2)))
    form = piece.round * scale * flat * np.sqrt(np.clip(1 - 0.94 * u * u, 0.02, 1))
    for fold in piece.folds:
        form = form + fold(u, v) * (scale * (0.45 + 0.55 * flat))
    form, u, v, wide = (f32(cv2.resize(f32(f), (width, height))) for f in (form, u, v, wide * 2))
    return f32(form + _edge(cover, piece.edge * scale)), u, v, wide, length * 2


def _threads(piece: Piece, form: F32, u: F32, v: F32, wide: F32, length: float) -> tuple[F32, F32]:
    """Where each pixel lies on the cloth, in pixels: folds pull the pattern along with them."""
    mean = float(np.median(wide)) if piece.flare else 1.0
    across = u * (wide * (1 - piece.flare) + mean * piece.flare)
    down = f32(v * length)
    across, down = (down, across) if piece.turn else (across, down)
    away = 4096  # keeps every coordinate above zero, where the tiles repeat evenly
    return f32(across + 0.30 * form + away), f32(down + 0.18 * form + away)


def _edge(cover: F32, radius: float) -> F32:
    """A rolled edge: the piece falls off over `radius` pixels along its outline."""
    inside = (cover > 0.5).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    t = np.clip(depth / max(radius, 1.0), 0, 1)
    return f32(np.sqrt(1 - (1 - t) ** 2) * radius * 0.5)


def _dimmed(color: F32, albedo: F32, shade: float) -> F32:
    """Cloth in its own shade: bright cloth lights itself, so it darkens less."""
    if shade == 1.0:
        return color
    dimmed: F32 = color * (shade / (1 - (1 - shade) * 0.8 * albedo))
    return dimmed


def _tint(albedo: F32, lit: F32, glint: F32, fabric: Fabric) -> F32:
    """Cloth in light: shadows grow more saturated, satin shines, wool glows where it turns away."""
    color = albedo ** (1 + 0.22 * np.clip(1 - lit, -0.4, 0.9)) * lit
    if fabric.sheen:
        shine = fabric.sheen * (glint**9 * 0.75 + glint**45 * 0.55 - 0.42)[..., None]
        color = color * np.clip(1 + 1.15 * shine, 0.2, 3) + np.clip(shine, 0, 1) * (0.10 + 0.22 * albedo)
    if fabric.fuzz:
        rim = np.clip(0.80 - glint, 0, 1)[..., None]
        color = color + fabric.fuzz * rim * (0.25 * albedo + 0.02)
    return f32(color)
