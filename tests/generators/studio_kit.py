"""Drawn photos with a known outline, and tasks for the studio painter."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import cv2
import numpy as np
from PIL import Image

from generators.formats import parse_format
from generators.studio.arrays import Bytes, Mask
from infra.model import Format, PaintTask, Product, StyleBrief

TEE = ((30, 20), (42, 17), (50, 21), (58, 17), (70, 20), (88, 38), (78, 46), (70, 38), (70, 82), (30, 82),
       (30, 38), (22, 46), (12, 38))  # fmt: skip
RED, CREAM, NAVY = (186, 52, 58), (236, 231, 220), (38, 46, 84)


def tee(
    colour: tuple[int, int, int] = RED,
    ground: tuple[int, int, int] = CREAM,
    size: tuple[int, int] = (480, 600),
) -> tuple[bytes, Mask]:
    """A JPEG of a folded tee on an unevenly lit ground, with its shadow, and the tee's true mask."""
    width, height = size
    mask = np.zeros((height * 4, width * 4), np.uint8)
    cv2.fillPoly(
        mask, [np.array([(x * width * 4 // 100, y * height * 4 // 100) for x, y in TEE], np.int32)], 255
    )
    cover = cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    grain = np.random.default_rng(5).normal(0, 2.5, (height, width, 1))
    floor = np.array(ground) * (1.03 - 0.08 * y / height)[..., None] + grain
    shadow = cv2.GaussianBlur(np.roll(cover[..., 0], (6, 4), (0, 1)), (0, 0), 9)[..., None]
    cloth = np.array(colour) + (5 * np.sin(x / 11) + 6 * np.sin((x + y) / 47))[..., None] + grain
    pixels = floor * (1 - 0.18 * shadow) * (1 - cover) + cloth * cover
    return jpeg(pixels.clip(0, 255).astype(np.uint8)), cover[..., 0] > 0.5


def jpeg(pixels: Bytes) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=93)
    return out.getvalue()


def pixels(data: bytes) -> Bytes:
    """RGB bytes of an encoded image."""
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))


def brief(**changes: object) -> StyleBrief:
    """A warm, soft brief, or one that differs in what is named."""
    values: dict[str, object] = {
        "scene": "", "lighting": "", "pose": "", "mood": "", "prompt": "", "analyst": "test",
        "palette": ("#d9cfc2", "#8a6b4f"), "brightness": 0.75, "contrast": 0.4, "warmth": 0.3,
        "softness": 0.6, "light_from": 120.0, "fill": 0.7,
    }  # fmt: skip
    return StyleBrief(**(values | changes))  # type: ignore[arg-type]


def task(
    photo: bytes, format_: Format | str = "1:1", text: tuple[str, ...] = (), style: StyleBrief | None = None
) -> PaintTask:
    shape = parse_format(format_) if isinstance(format_, str) else format_
    product = Product("gid://shopify/Product/1", "Tee", datetime(2026, 1, 1, tzinfo=UTC))
    return PaintTask(product, photo, (), style or brief(), shape, text)
