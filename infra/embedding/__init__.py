"""Photos and texts as vectors of one space: the port, and the embedder that needs no weights."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from infra.embedding.builtin import BuiltinEmbedder

__all__ = ["BuiltinEmbedder", "Embedder"]


class Embedder(Protocol):
    """Turns photos and texts into vectors whose inner product is their likeness.

    Vectors of embedders with different `name`s never mix. Rows are float32 (n, dimension) of length 1, or
    all zeros where the embedder has nothing to say.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def price_usd(self) -> Decimal:
        """What one picture costs, in US dollars."""
        ...

    def embed_images(self, images: Sequence[bytes]) -> NDArray[np.float32]:
        """One row per encoded image; ImageError when one cannot be used."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text."""
        ...
