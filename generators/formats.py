"""Formats: a ratio and a size tier become exact pixels, and whether text is set in the picture.

Pixels are those the Nano Banana models paint natively; 2K and 4K are 1K times two and four, 512 is half.
https://ai.google.dev/gemini-api/docs/image-generation#aspect_ratios_and_image_size
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from infra.errors import SettingsError
from infra.model import Format, Size

PIXELS_1K: dict[str, tuple[int, int]] = {
    "1:1": (1024, 1024),
    "2:3": (848, 1264),
    "3:2": (1264, 848),
    "3:4": (896, 1200),
    "4:3": (1200, 896),
    "4:5": (928, 1152),
    "5:4": (1152, 928),
    "9:16": (768, 1376),
    "16:9": (1376, 768),
    "21:9": (1584, 672),
    "1:4": (512, 2048),
    "4:1": (2048, 512),
    "1:8": (384, 3072),
    "8:1": (3072, 384),
}
SCALE: dict[str, float] = {"512": 0.5, "1K": 1, "2K": 2, "4K": 4}

BANNER_FROM = 2.5
"""A picture at least this many times wider than high is a banner: title and price are set in it."""

LONGEST_SIDE = 4472
"""Pixels; the strictest side limit that Shopify's documentation names for an image."""


def parse_format(ratio: str, size: Size = "1K") -> Format:
    """The format for a ratio as people write it ("4:1", "4x1"); SettingsError names what is allowed."""
    name = ratio.strip().lower().replace("x", ":")
    if name not in PIXELS_1K:
        raise SettingsError(f"{ratio!r} is not a format; use one of {', '.join(PIXELS_1K)}")
    if size not in get_args(Size):
        raise SettingsError(f"{size!r} is not an image size; use one of {', '.join(get_args(Size))}")
    width, height = PIXELS_1K[name]
    scale = min(SCALE[size], LONGEST_SIDE / max(width, height))
    return Format(name, round(width * scale), round(height * scale), with_text=width / height >= BANNER_FROM)


def parse_formats(ratios: str | Iterable[str], size: Size = "1K") -> tuple[Format, ...]:
    """Formats from "1:1,3:4" or a list, in the order given, each once."""
    names = ratios.split(",") if isinstance(ratios, str) else list(ratios)
    formats = {f.ratio: f for f in (parse_format(name, size) for name in names if name.strip())}
    if not formats:
        raise SettingsError(f"no format given; use some of {', '.join(PIXELS_1K)}")
    return tuple(formats.values())
