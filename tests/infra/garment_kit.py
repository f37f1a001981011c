"""Product photos drawn by code: simple garments on floors, carpets and walls."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIZE = 300, 400

SHAPES: dict[str, list[list[tuple[int, int]]]] = {
    "t-shirt": [
        [(105, 90), (135, 100), (165, 100), (195, 90), (265, 140), (240, 185), (210, 165), (212, 310),
         (88, 310), (90, 165), (60, 185), (35, 140)],
    ],
    "dress": [
        [(115, 50), (130, 80), (170, 80), (185, 50), (195, 60), (190, 160), (245, 360), (55, 360), (110, 160),
         (105, 60)],
    ],
    "trousers": [
        [(100, 40), (200, 40), (225, 370), (168, 370), (150, 130), (132, 370), (75, 370)],
    ],
    "shoes": [
        [(60, 150), (105, 130), (125, 180), (130, 290), (95, 310), (65, 285)],
        [(240, 150), (195, 130), (175, 180), (170, 290), (205, 310), (235, 285)],
    ],
}  # fmt: skip


def floor(kind: str) -> Image.Image:
    """A backdrop: "wall" is plain, "wood" has boards, "carpet" is coarse and speckled."""
    rows, columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    light = rows / SIZE[1] * 20
    if kind == "wall":
        base, grain = (225, 222, 215), light
    elif kind == "wood":
        base, grain = (190, 140, 90), light + (columns % 60 < 2) * -50 + np.sin(columns / 3 + rows / 40) * 8
    else:
        base, grain = (60, 110, 95), np.random.default_rng(5).normal(0, 22, (SIZE[1], SIZE[0]))
    return Image.fromarray(np.clip(np.array(base) + grain[..., None], 0, 255).astype(np.uint8))


def photo(shape: str, colour: str, background: str = "wall") -> Image.Image:
    """A garment of one colour with a little cloth shading, on a backdrop."""
    columns = np.arange(SIZE[0])[None, :, None]
    cloth = np.array(Image.new("RGB", SIZE, colour)) * (1 + 0.08 * np.sin(columns / 15))
    image = floor(background)
    image.paste(Image.fromarray(np.clip(cloth, 0, 255).astype(np.uint8)), mask=outline(shape))
    return image


def outline(shape: str) -> Image.Image:
    """The true mask of a shape, mode "L", 0 or 255."""
    mask = Image.new("L", SIZE)
    for polygon in SHAPES[shape]:
        ImageDraw.Draw(mask).polygon(polygon, fill=255)
    return mask


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The image as a file's bytes."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def overlap(mask: NDArray[np.float32], shape: str) -> float:
    """Intersection over union of a mask and the true one."""
    found, true = mask > 0.5, np.asarray(outline(shape)) > 127
    return float((found & true).sum() / (found | true).sum())
