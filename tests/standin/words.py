"""What the stand-in says: structured answers that fit any schema, and vectors of pictures and texts."""

from __future__ import annotations

import base64
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infra.embedding.builtin import BuiltinEmbedder
from infra.keywords import words

DIMENSION = 2048
SAYING = "soft daylight on a calm, pale backdrop"


def sample(schema: dict[str, Any], whole: dict[str, Any] | None = None) -> Any:
    """A value that a JSON schema allows: its first choice, the middle of its ranges, its least lengths."""
    whole = whole or schema
    if "$ref" in schema:
        return sample(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if choices := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return sample(choices[0], whole)
    if "const" in schema or schema.get("enum"):
        return schema.get("const", (schema.get("enum") or [None])[0])
    match schema.get("type", "object"):
        case "object":
            return {name: sample(part, whole) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [sample(schema.get("items", {}), whole)] * max(1, schema.get("minItems", 1))
        case "string":
            return _fitting(schema)
        case "integer" | "number" as kind:
            middle = (schema.get("minimum", 0) + schema.get("maximum", 1)) / 2
            return middle if kind == "number" else round(middle)
        case other:
            return other == "boolean" or None


def _fitting(schema: dict[str, Any]) -> str:
    if schema.get("pattern", "").startswith("^#"):
        return "#d9cfc2"
    text = SAYING * (int(schema.get("minLength", 0)) // len(SAYING) + 1)
    return text[: int(schema.get("maxLength", len(text)))]


def vector(part: str | dict[str, Any]) -> NDArray[np.float32]:
    """(2048,) float32, the same for the same input: of a text, or of one `{"content": [...]}` item."""
    if isinstance(part, str):
        return _unit(_of_text(part))
    total = np.zeros(DIMENSION, np.float32)
    for piece in part["content"]:
        total += _of_text(piece["text"]) if piece["type"] == "text" else _of_image(piece["image_url"]["url"])
    return _unit(total)


def _of_image(uri: str) -> NDArray[np.float32]:
    data = base64.b64decode(uri.partition(",")[2], validate=True)
    return np.asarray(_projection() @ BuiltinEmbedder().embed_images([data])[0], np.float32)


def _of_text(text: str) -> NDArray[np.float32]:
    total = _projection() @ BuiltinEmbedder().embed_texts([text])[0] + 1e-4
    for word in words(text):
        total += 0.05 * _of_word(word)
    return np.asarray(total, np.float32)


def _of_word(word: str) -> NDArray[np.float32]:
    seed = int.from_bytes(sha256(word.encode()).digest()[:8])
    return _unit(np.random.default_rng(seed).normal(size=DIMENSION))


def _unit(values: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(values / np.linalg.norm(values), np.float32)


@cache
def _projection() -> NDArray[np.float32]:
    """(2048, builtin dimension): a random projection keeps likenesses (Johnson and Lindenstrauss 1984)."""
    shape = DIMENSION, BuiltinEmbedder.dimension
    return np.asarray(np.random.default_rng(20).normal(size=shape) / np.sqrt(DIMENSION), np.float32)
