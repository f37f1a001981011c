"""Nemotron Embed VL through OpenRouter: photos and words in one space.

https://openrouter.ai/docs/api_reference/embeddings
https://huggingface.co/nvidia/llama-nemotron-embed-vl-1b-v2
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infra.embedding.cache import Vector, VectorCache
from infra.errors import (
    Blocked,
    ImageError,
    KeyRefused,
    Mismatch,
    NotFound,
    OutOfCredit,
    Refused,
    Unavailable,
)
from infra.openrouter import OpenRouter
from infra.openrouter.parts import cost_of, image_part
from infra.pixels import thumbnail_jpeg

MODEL = "nvidia/llama-nemotron-embed-vl-1b-v2"
DIMENSION = 2048
SIDE = 512
"""Pixels of the longer side of a picture as it is sent; the model looks at tiles of this size."""
BATCH = 8
"""Pictures or texts in one request. No page says how many are taken; too many are answered by 413."""
OF_ALL = (KeyRefused, OutOfCredit, NotFound)
"""Refusals that would meet any request, whatever it holds."""

Content = dict[str, Any]


class NemotronEmbedder:
    """Asks for what is not in `kept`; `on_cost` is told the US dollars that each request cost.

    What a request brought is kept before the next one is made, so that an error in the middle of many
    pictures costs nothing twice. Change `name` with anything that changes what is sent.
    """

    name = "nemotron-embed-vl-1b-v2-512"
    dimension = DIMENSION
    price_usd = Decimal("0.00003")
    """An estimate from above, for the bill says the truth: seven tiles of 256 tokens at $0.0125 a million."""

    def __init__(self, client: OpenRouter, kept: VectorCache, on_cost: Callable[[Decimal], None]) -> None:
        self._client, self._kept, self._on_cost = client, kept, on_cost

    def embed_images(self, images: Sequence[bytes]) -> NDArray[np.float32]:
        """(n, 2048) float32, rows of length 1; ImageError when one is no picture, or one that is refused."""
        try:
            return self._rows("image", images, _picture)
        except (Refused, Blocked) as error:
            if isinstance(error, OF_ALL):
                raise
            raise ImageError(f"the embedding model does not take the picture: {error}") from None

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 2048) float32, rows of length 1, or zero for a text without a letter."""
        spoken = [bool(text.strip()) for text in texts]
        rows = np.zeros((len(texts), DIMENSION), np.float32)
        rows[spoken] = self._rows(
            "text", [text.encode(errors="replace") for text in texts if text.strip()], _words
        )
        return rows

    def _rows(
        self, kind: str, items: Sequence[bytes], content: Callable[[bytes], Content]
    ) -> NDArray[np.float32]:
        keys = [sha256(f"{self.name} {kind} ".encode() + item).hexdigest() for item in items]
        found = self._kept.read(keys)
        lacking = list({key: item for key, item in zip(keys, items, strict=True) if key not in found}.items())
        for start in range(0, len(lacking), BATCH):
            batch = [(key, content(item)) for key, item in lacking[start : start + BATCH]]
            found |= self._bought(batch)
        return np.stack([found[key] for key in keys]) if keys else np.zeros((0, DIMENSION), np.float32)

    def _bought(self, batch: Sequence[tuple[str, Content]]) -> dict[str, Vector]:
        """Vectors by key. What is refused together is asked for in halves, what was left out alone."""
        try:
            found = self._asked(batch)
        except (Refused, Blocked) as error:
            if len(batch) == 1 or isinstance(error, OF_ALL):
                raise
            middle = len(batch) // 2
            return self._bought(batch[:middle]) | self._bought(batch[middle:])
        if not found and len(batch) == 1:
            raise Unavailable(f"{MODEL} answered without a vector")
        for one in [one for one in batch if one[0] not in found]:
            found |= self._bought([one])
        return found

    def _asked(self, batch: Sequence[tuple[str, Content]]) -> dict[str, Vector]:
        """One request: the usable vectors by key."""
        inputs = [{"content": [content]} for _, content in batch]
        # In base64, which other clients ask for, this model's vectors come back empty.
        body = {"model": MODEL, "encoding_format": "float", "input": inputs}
        reply = self._client.post("/embeddings", body)
        cost = cost_of(reply)
        self._on_cost(self.price_usd * len(batch) if cost is None else cost)
        found = {batch[place][0]: vector for place, vector in _vectors(reply, len(batch)).items()}
        self._kept.write(found)
        return found


def _picture(data: bytes) -> Content:
    return image_part(thumbnail_jpeg(data, SIDE))


def _words(data: bytes) -> Content:
    return {"type": "text", "text": data.decode()}


def _vectors(reply: dict[str, Any], count: int) -> dict[int, Vector]:
    """The usable vectors by their place in the request; one that two answers claim is nobody's.

    Where `index` is missing the order counts, but only if as many came as were asked for.
    """
    data = reply.get("data")
    answers = [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []
    places = [index for one in answers if isinstance(index := one.get("index"), int)]
    if len(places) < len(answers):
        places = list(range(count)) if len(answers) == count else []
    claims = Counter(places)
    read = {place: _vector(one.get("embedding")) for place, one in zip(places, answers, strict=False)}
    return {
        place: vector
        for place, vector in read.items()
        if place in range(count) and claims[place] == 1 and vector is not None
    }


def _vector(numbers: object) -> Vector | None:
    """Numbers as a vector of length 1, or None where they are none."""
    try:
        values = np.asarray(numbers, np.float64)
    except (TypeError, ValueError):
        return None
    if values.ndim != 1 or not values.size:
        return None
    if values.size != DIMENSION:
        raise Mismatch(f"{MODEL} answered with {values.size} numbers in place of {DIMENSION}")
    length = float(np.sqrt(values @ values))
    if not math.isfinite(length) or length == 0:
        return None
    return (values / length).astype(np.float32)
