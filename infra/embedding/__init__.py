"""Photos and texts as vectors of one space: the port, and which embedders are at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from infra.database import Database
from infra.embedding.builtin import BuiltinEmbedder
from infra.embedding.cache import VectorCache
from infra.embedding.local import WEIGHTS, FastEmbedder, is_installed
from infra.embedding.nemotron import NemotronEmbedder
from infra.errors import SettingsError
from infra.openrouter import OpenRouter
from infra.settings import Settings

__all__ = ["BuiltinEmbedder", "Embedder", "FastEmbedder", "NemotronEmbedder", "embedders"]

LACKING = {
    "nemotron": "needs OPENROUTER_API_KEY",
    "clip": "needs the extra `embed`: pip install 'bestshot[embed]'",
    "siglip2": "needs the extra `embed`: pip install 'bestshot[embed]'",
}


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


def embedders(
    settings: Settings,
    database: Database,
    openrouter: OpenRouter | None,
    on_cost: Callable[[Decimal], None],
) -> tuple[Embedder, ...]:
    """The embedder that was chosen, then the others at hand, for a mirror may still hold their vectors.

    Nothing is loaded or asked for yet. `on_cost` is told the US dollars of each request that was paid for.
    SettingsError when the chosen one is not to be had.
    """
    at_hand: dict[str, Embedder] = {"builtin": BuiltinEmbedder()}
    if openrouter:
        at_hand["nemotron"] = NemotronEmbedder(openrouter, VectorCache(database), on_cost)
    if is_installed():
        at_hand |= {name: FastEmbedder(name, settings.home / "models") for name in WEIGHTS}
    if settings.embedder not in at_hand:
        raise SettingsError(f"BESTSHOT_EMBEDDER={settings.embedder} {LACKING[settings.embedder]}")
    return at_hand.pop(settings.embedder), *at_hand.values()
