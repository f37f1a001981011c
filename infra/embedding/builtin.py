"""The embedder that is always there: classical computer vision, no weights, no network, a core is enough."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from infra.embedding import descriptors
from infra.embedding.colours import RGB, colours_in
from infra.embedding.descriptors import distinct, unit
from infra.pixels import decode
from infra.silhouette import silhouette

PHOTO_SIZE = 192
"""Pixels of the longer side that a photo is looked at with."""

WEIGHTS = {"outline": 1.0, "inner_lines": 0.5, "texture": 0.5, "colour": 0.4}
"""How far each block counts: a likeness is the mean of its blocks' likenesses, by weight squared."""

_SHADING = (0.7, 0.85, 1.0, 1.1)
"""A cloth of one colour, as light and folds show it."""


class BuiltinEmbedder:
    """Garments by outline, inner lines, texture and colour; the background is left out.

    A text speaks through the colours it names ("a red dress", "vestido azul claro"): its vector is zero
    outside the colour block. A text that names no colour gives the zero vector, which is how a caller knows
    (`not vector.any()`) that only the keyword side can answer.
    """

    name = "builtin-1"
    price_usd = Decimal(0)
    dimension = (
        descriptors.OUTLINE_BINS + descriptors.LINE_BINS + descriptors.TEXTURE_BINS + descriptors.COLOUR_BINS
    )

    def embed_images(self, images: Sequence[bytes]) -> NDArray[np.float32]:
        """(n, dimension) float32, rows of length 1; ImageError when one of them is not a usable image."""
        return self._rows([_embed_photo(data) for data in images])

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, dimension) float32, rows of length 1, or zero for a text that names no colour."""
        return self._rows([self._embed_text(text) for text in texts])

    def _embed_text(self, text: str) -> NDArray[np.float32]:
        vector = np.zeros(self.dimension, np.float32)
        if colours := colours_in(text):
            vector[-descriptors.COLOUR_BINS :] = descriptors.colour(*_swatch(colours))
        return vector

    def _rows(self, vectors: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        return np.stack(vectors) if vectors else np.zeros((0, self.dimension), np.float32)


def _embed_photo(data: bytes) -> NDArray[np.float32]:
    image = decode(data)
    image.thumbnail((PHOTO_SIZE, PHOTO_SIZE), Image.Resampling.BOX)
    rgb = np.asarray(image)
    photo, mask = descriptors.framed(rgb, silhouette(rgb))
    blocks = {
        "outline": distinct(descriptors.outline(mask), _plain_outline()),
        "inner_lines": distinct(descriptors.inner_lines(photo, mask), _even(descriptors.LINE_BINS)),
        "texture": distinct(descriptors.texture(photo, mask), _even(descriptors.TEXTURE_BINS)),
        "colour": descriptors.colour(photo, mask),
    }
    return unit(np.concatenate([WEIGHTS[name] * block for name, block in blocks.items()]))


@cache
def _plain_outline() -> NDArray[np.float32]:
    return descriptors.plain_outline()


def _even(size: int) -> NDArray[np.float32]:
    return unit(np.ones(size))


def _swatch(colours: list[RGB]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A picture of cloths of these colours, and the mask that is all of it."""
    cloths = np.array(colours)[:, None, :] * np.array(_SHADING)[None, :, None]
    rgb = np.clip(cloths, 0, 255).astype(np.uint8)
    return rgb, np.ones(rgb.shape[:2], np.float32)
