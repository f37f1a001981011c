"""Channels: where a picture is shown, what is asked of it there, and the white-background picture they want.

The figures are data (channels.toml), with the page that each comes from. A channel that wants a photograph
gets one: `white_pack` sets the real photo's product on white, and no painted scene passes `check_channel`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from io import BytesIO

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict

from generators.gate.fidelity import COMPOSITED
from generators.studio.cutout import cut_out
from generators.studio.painter import CLEAR_ENLARGEMENT
from infra.errors import PaintError, SettingsError
from infra.model import Check, Painted
from infra.pixels import decode

SHAPE_SLACK = 0.02
"""How far width / height may be from what is asked, as a share."""
WHITE = 250
"""Least of R, G and B that a JPEG's white still has beside an edge; what is darker is the product's."""
RIM_WHITE = 0.99
"""Least share of white along the picture's edges."""
PACK_FILL = 0.92
"""Share of the frame that the product spans in a white pack: above every channel's least, off the edges."""
QUALITIES = (92, 84, 72, 55)
"""JPEG qualities tried until a file is small enough."""


class Channel(BaseModel):
    """What a channel asks of a picture; channels.toml says what the fields mean and in which units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    source: str
    advised: tuple[int, int]
    sides: tuple[int, int]
    megabytes: float
    megapixels: float = 64
    shape: tuple[float, float] | None = None
    words: bool = True
    scenes: bool = True
    white: bool = False
    fill: float = 0


@cache
def channels() -> dict[str, Channel]:
    """Every channel by name, in the order of the file."""
    tables = tomllib.loads(files("generators").joinpath("channels.toml").read_text("utf-8"))
    return {name: Channel(name=name, **table) for name, table in tables.items()}


def channel(name: str) -> Channel:
    """A channel by name; SettingsError names those there are."""
    try:
        return channels()[name.strip().lower()]
    except KeyError:
        raise SettingsError(f"{name!r} is not a channel; use one of {', '.join(channels())}") from None


def check_channel(painted: Painted, wanted: Channel) -> dict[str, Check]:
    """A picture against a channel's rules: scene, shape, sides, bytes, words, white, fill.

    `white` and `fill` are there only where the channel asks for them. ImageError for bytes that are no image.
    """
    image = decode(painted.data)
    checks = {
        "scene": _scene(painted, wanted),
        "shape": _shape(image, wanted),
        "sides": _sides(image, wanted),
        "bytes": _at_most(len(painted.data) / 1e6, wanted.megabytes, "megabytes"),
        "pixels": _at_most(image.width * image.height / 1e6, wanted.megapixels, "megapixels"),
        "words": _words(painted, wanted),
    }
    return checks | (_on_white(image, wanted) if wanted.white else {})


def white_pack(photo: bytes, wanted: Channel) -> Painted:
    """The photo's product, its own pixels, on pure white in the channel's shape and within its limits.

    As large as the channel advises, or as the photo's sharpness allows. PaintError when the product cannot
    be cut out cleanly or the photo is too small, ImageError when it is no image.
    """
    cut = cut_out(decode(photo))
    if cut is None:
        raise PaintError("the product cannot be cut out cleanly; photograph it on a plain, unlike background")
    width, height = _canvas(cut.shape[1], cut.shape[0], wanted)
    share = PACK_FILL * min(width / cut.shape[1], height / cut.shape[0])
    size = max(1, round(cut.shape[1] * share)), max(1, round(cut.shape[0] * share))
    product = Image.fromarray(cut).resize(size, Image.Resampling.LANCZOS)
    picture = Image.new("RGB", (width, height), "white")
    picture.paste(product, ((width - size[0]) // 2, (height - size[1]) // 2), product)
    return Painted(_jpeg_within(picture, wanted.megabytes), "image/jpeg", method="white")


def _canvas(width: int, height: int, wanted: Channel) -> tuple[int, int]:
    """The advised size, or a smaller one of its shape at which a product of this size still looks clear."""
    across, down = wanted.advised
    scale = CLEAR_ENLARGEMENT / (PACK_FILL * min(across / width, down / height))
    if scale >= 1:
        return across, down
    if min(across, down) * scale < wanted.sides[0]:
        raise PaintError(f"the photo is too small: {wanted.title} asks for {wanted.sides[0]} pixels a side")
    return round(across * scale), round(down * scale)


def _scene(painted: Painted, wanted: Channel) -> Check:
    is_photograph = painted.method in COMPOSITED
    note = f"{wanted.title} shows photographs, and a model painted this" if not is_photograph else ""
    return Check(wanted.scenes or is_photograph, note="" if wanted.scenes else note)


def _shape(image: Image.Image, wanted: Channel) -> Check:
    if wanted.shape is None:
        return Check(True)
    shape, (narrowest, widest) = image.width / image.height, wanted.shape
    nearest = min(max(shape, narrowest), widest)
    off = abs(shape / nearest - 1)
    note = f"{image.width}×{image.height} is not the shape that {wanted.title} shows"
    return Check(off <= SHAPE_SLACK, off, SHAPE_SLACK, "" if off <= SHAPE_SLACK else note)


def _sides(image: Image.Image, wanted: Channel) -> Check:
    shortest, longest = wanted.sides
    if min(image.size) < shortest:
        return Check(False, min(image.size), shortest, f"{wanted.title} asks for {shortest} pixels a side")
    passed = max(image.size) <= longest
    return Check(passed, max(image.size), longest, "" if passed else f"no side over {longest} pixels")


def _at_most(figure: float, limit: float, unit: str) -> Check:
    return Check(figure <= limit, figure, limit, "" if figure <= limit else f"more than {limit:g} {unit}")


def _at_least(figure: float, limit: float, why: str) -> Check:
    return Check(figure >= limit, figure, limit, "" if figure >= limit else why)


def _words(painted: Painted, wanted: Channel) -> Check:
    passed = wanted.words or not painted.text
    return Check(passed, note="" if passed else f"{wanted.title} takes no text in a picture")


def _on_white(image: Image.Image, wanted: Channel) -> dict[str, Check]:
    """How white the rim is, and how much of the frame the product spans: the longer of its two shares."""
    dark = np.asarray(image).min(axis=2) < WHITE
    strip = max(1, min(dark.shape) // 100)
    rim = np.ones(dark.shape, bool)
    rim[strip:-strip, strip:-strip] = False
    white = 1 - float(dark[rim].mean())
    left, top, right, bottom = Image.fromarray(dark).getbbox() or (0, 0, 0, 0)
    fill = max((right - left) / image.width, (bottom - top) / image.height)
    return {
        "white": _at_least(white, RIM_WHITE, "the background is not pure white"),
        "fill": _at_least(fill, wanted.fill, "the product is too small in its frame"),
    }


def _jpeg_within(picture: Image.Image, megabytes: float) -> bytes:
    """The best JPEG that is small enough."""
    for quality in QUALITIES:
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality, subsampling=0)
        if out.tell() <= megabytes * 1e6:
            break
    return out.getvalue()
