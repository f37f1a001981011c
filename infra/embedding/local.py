"""CLIP and SigLIP 2 on this machine: ONNX weights, fetched from Hugging Face on first use; no torch.

https://qdrant.tech/documentation/embeddings/fastembed/
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from infra.errors import Unavailable
from infra.pixels import decode

BATCH = 16
"""Pictures that are decoded and go through the network together."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's two halves, as fastembed names them."""

    images: str
    texts: str
    dimension: int


Model = Literal["clip", "siglip2"]
_SIGLIP2 = "google/siglip2-base-patch16-224"
WEIGHTS: dict[Model, Weights] = {
    "clip": Weights("Qdrant/clip-ViT-B-32-vision", "Qdrant/clip-ViT-B-32-text", 512),
    "siglip2": Weights(_SIGLIP2, _SIGLIP2, 768),
}


def is_installed() -> bool:
    """Whether the extra `embed` is there."""
    return find_spec("fastembed") is not None


class FastEmbedder:
    """Photos and texts in one space, for nothing; `folder` keeps the weights. Needs `is_installed`.

    CLIP takes 0.6 GB and reads English, SigLIP 2 takes 1.5 GB and reads many languages.
    """

    price_usd = Decimal(0)

    def __init__(self, model: Model, folder: Path) -> None:
        self._weights, self._folder = WEIGHTS[model], folder
        self.name, self.dimension = f"{self._weights.images} 1", self._weights.dimension
        self._loaded: dict[str, Any] = {}
        self._turn = threading.Lock()

    def embed_images(self, images: Sequence[bytes]) -> NDArray[np.float32]:
        """(n, dimension) float32, rows of length 1; ImageError when one of them is not a usable image."""
        network = self._network("ImageEmbedding", self._weights.images)
        return self._rows(network.embed((decode(data) for data in images), batch_size=BATCH))

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, dimension) float32, rows of length 1, or zero for a text without a letter."""
        # SigLIP 2 was trained on lower case. https://huggingface.co/docs/transformers/model_doc/siglip2
        words = [text.strip().lower() for text in texts]
        spoken = [bool(text) for text in words]
        network = self._network("TextEmbedding", self._weights.texts)
        rows = np.zeros((len(texts), self.dimension), np.float32)
        rows[spoken] = self._rows(network.embed([text for text in words if text]))
        return rows

    def _network(self, kind: str, model: str) -> Any:
        """One half of the model, fetched and loaded the first time that it is asked for."""
        with self._turn:
            if kind not in self._loaded:
                try:
                    load = getattr(import_module("fastembed"), kind)
                    self._loaded[kind] = load(model_name=model, cache_dir=str(self._folder))
                except ValueError as error:  # what fastembed says when no source of theirs answers
                    raise Unavailable(f"the weights of {model} cannot be had: {error}") from None
            return self._loaded[kind]

    def _rows(self, vectors: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
        # One half of CLIP comes at length 1, the other does not.
        rows = np.array(list(vectors), np.float32).reshape(-1, self.dimension)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
