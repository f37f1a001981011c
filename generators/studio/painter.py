"""The studio painter: cut out, light, set and print, all on this machine and for nothing.

The same task always gives the same bytes; each format is composed for itself, never cropped from another.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from threading import Lock

import cv2
import numpy as np
from PIL import Image

from generators.studio import light, typeset
from generators.studio.arrays import Bytes, Floats
from generators.studio.backdrop import backdrop_colour, paint_backdrop, to_bytes
from generators.studio.colour import Lab
from generators.studio.cutout import WORK_SIDE, cut_out, fitted
from generators.studio.fonts import is_right_to_left
from generators.studio.frame import framed
from generators.studio.layout import Box, Layout, lay_out
from infra.model import Painted, PaintTask
from infra.pixels import decode

CLEAR_ENLARGEMENT = 2.4
"""A photo may be enlarged this much before it looks soft; beyond, the product is set smaller."""
SMALLEST_SHARE = 0.7
"""…but never smaller than this share of the room it was given."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What goes into the picture: RGBA bytes, the product cut out or else the whole photo."""

    rgba: Bytes
    is_cut_out: bool


class StudioPainter:
    """Composes the product on a studio backdrop in the brief's colours and light."""

    name = "studio-1"

    def __init__(self, photos_kept: int = 8) -> None:
        self._subject = lru_cache(maxsize=photos_kept)(subject_of)
        self._one_at_a_time = Lock()

    def price(self, _task: PaintTask) -> Decimal:
        """Nothing: no model is asked."""
        return Decimal(0)

    def paint(self, task: PaintTask) -> Painted:
        """One JPEG of the format's exact size; ImageError for an unusable photo, FontMissing for its text."""
        copy = typeset.prepare(task.text) if task.format.with_text else None
        with self._one_at_a_time:  # the formats of a photo are painted side by side; one of them cuts it out
            subject = self._subject(task.photo)
        backward = copy is not None and is_right_to_left(copy.headline)
        layout = lay_out(task.format, task.brief.fill, words=copy is not None, right_to_left=backward)
        picture = _compose(task, subject, layout)
        text = _set(picture, copy, layout.text) if copy and layout.text else ()
        return Painted(
            data=jpeg(picture),
            media_type="image/jpeg",
            method="cut-out" if subject.is_cut_out else "framed",
            text=text,
            notes=(f"left out, no font has them: {copy.left_out}",) if copy and copy.left_out else (),
        )


def subject_of(photo: bytes) -> Subject:
    image = decode(photo)
    cut = cut_out(image)
    if cut is not None:
        return Subject(cut, is_cut_out=True)
    return Subject(np.asarray(fitted(image, WORK_SIDE).convert("RGBA")), is_cut_out=False)


def mean_colour(rgba: Bytes) -> Lab:
    seen = rgba[rgba[..., 3] > 250][:, :3].astype(np.float32) / 255
    lab = cv2.cvtColor(seen[None], cv2.COLOR_RGB2LAB)[0].mean(axis=0)
    return float(lab[0]), float(lab[1]), float(lab[2])


def _compose(task: PaintTask, subject: Subject, layout: Layout) -> Image.Image:
    brief = task.brief
    size = task.format.width, task.format.height
    rgba = scaled(subject.rgba, layout.product)
    if not subject.is_cut_out:
        rgba = framed(rgba)
    canvas = paint_backdrop(
        size, backdrop_colour(brief, mean_colour(subject.rgba) if subject.is_cut_out else None), brief
    )
    height, width = rgba.shape[:2]
    left = layout.product.left + (layout.product.width - width) // 2
    top = layout.product.top + (layout.product.height - height) // 2
    alpha = np.zeros(canvas.shape[:2], np.float32)
    alpha[top : top + height, left : left + width] = rgba[..., 3] / np.float32(255)
    canvas = light.shade(canvas, light.lying(alpha, float(np.hypot(height, width)), brief))
    lay(canvas, rgba, left, top)
    return Image.fromarray(to_bytes(canvas))


def lay(canvas: Floats, rgba: Bytes, left: int, top: int) -> None:
    height, width = rgba.shape[:2]
    spot = canvas[top : top + height, left : left + width]
    cover = rgba[..., 3:] / np.float32(255)
    spot += (rgba[..., :3] / np.float32(255) - spot) * cover


def scaled(rgba: Bytes, room: Box) -> Bytes:
    """The subject as large as its room and its own sharpness allow."""
    height, width = rgba.shape[:2]
    fitting = min(room.width / width, room.height / height)
    scale = min(fitting, max(CLEAR_ENLARGEMENT, SMALLEST_SHARE * fitting))
    size = max(1, int(width * scale)), max(1, int(height * scale))
    sharp = _premultiplied_resize(rgba, size)
    return sharp if scale <= 1 else _sharpened(sharp, scale)


def _premultiplied_resize(rgba: Bytes, size: tuple[int, int]) -> Bytes:
    """Pillow multiplies by alpha itself when it resizes RGBA, so that no hidden colour bleeds in."""
    return np.array(Image.fromarray(rgba).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def _sharpened(rgba: Bytes, scale: float) -> Bytes:
    colour = rgba[..., :3].astype(np.float32)
    soft = cv2.GaussianBlur(colour, (0, 0), 0.7 * scale)
    crisp = colour + 0.55 * np.clip(colour - soft, -28, 28)
    return np.dstack([crisp.clip(0, 255).astype(np.uint8), rgba[..., 3]])


def _set(picture: Image.Image, copy: typeset.Copy, box: Box) -> tuple[str, ...]:
    """Sets the copy in the box; returns the lines as they stand in the picture."""
    lines = typeset.set_copy(copy, box)
    ground = picture.crop((box.left, box.top, box.right, box.bottom)).resize((64, 32))
    typeset.draw(picture, lines, typeset.ink_for(np.asarray(ground) / np.float32(255)))
    return tuple(line.text for line in lines)


def jpeg(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=92, subsampling=0)
    return out.getvalue()
