"""What the stand-in paints: by default a picture of the photo's own product, at the model's exact pixels."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from io import BytesIO
from typing import Any, cast

import numpy as np
from PIL import Image

from generators.profiles import profiles
from generators.studio.painter import StudioPainter
from generators.style import plain_style
from infra.model import Format, PaintTask, Product, Size

PRODUCT = Product("gid://shopify/Product/0", "", datetime(2026, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Wanted:
    """One image asked for: encoded references in their order, the canonical pixels of ratio and size."""

    model: str
    prompt: str
    ratio: str
    size: str
    references: tuple[bytes, ...]

    @property
    def pixels(self) -> tuple[int, int]:
        slug = self.model.removesuffix("-preview")
        model = next(one for one in profiles().values() if one.slugs["openrouter"] == slug)
        return model.pixels_of(self.ratio, cast(Size, self.size))


def wanted_by_images(body: dict[str, Any]) -> Wanted:
    """What a body of `POST /images` asks for."""
    parts = body.get("input_references", [])
    return Wanted(
        body["model"],
        body["prompt"],
        body.get("aspect_ratio", "1:1"),
        body.get("resolution", "1K"),
        tuple(_bytes(part["image_url"]["url"]) for part in parts),
    )


def wanted_by_chat(body: dict[str, Any]) -> Wanted:
    """What a body of `POST /chat/completions` with image modality asks for."""
    parts = [part for m in body["messages"] if isinstance(m["content"], list) for part in m["content"]]
    config = body.get("image_config", {})
    return Wanted(
        body["model"],
        "\n".join(part["text"] for part in parts if part["type"] == "text"),
        config.get("aspect_ratio", "1:1"),
        config.get("image_size", "1K"),
        tuple(_bytes(part["image_url"]["url"]) for part in parts if part["type"] == "image_url"),
    )


def paint(wanted: Wanted) -> bytes:
    """The first reference's product on a studio backdrop; an empty room where there is no reference."""
    photo = wanted.references[0] if wanted.references else b""
    return _painted(photo, wanted.ratio, wanted.pixels)


def plain(size: tuple[int, int], kind: str = "JPEG") -> bytes:
    """A wall above a floor in soft light, width x height pixels."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    light = 1.04 - 0.14 * (x / width) - np.where(y > 0.7 * height, 0.16, 0.05 * y / height)
    grain = np.random.default_rng(3).normal(0, 1.5, (height, width, 1))
    pixels = np.array((214, 206, 194)) * light[..., None] + grain
    out = BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(out, kind)
    return out.getvalue()


@lru_cache(maxsize=64)
def _painted(photo: bytes, ratio: str, pixels: tuple[int, int]) -> bytes:
    if not photo:
        return plain(pixels)
    task = PaintTask(PRODUCT, photo, (), plain_style(PRODUCT), Format(ratio, *pixels))
    return _studio().paint(task).data


@cache
def _studio() -> StudioPainter:
    return StudioPainter()


def data_uri(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _bytes(uri: str) -> bytes:
    head, _, tail = uri.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        raise ValueError(f"not a data URI of an image: {uri[:40]}")
    return base64.b64decode(tail, validate=True)
