"""The arranger: several products laid out on one backdrop, all on this machine and for nothing.

What is photographed lying flat stays lying flat: pieces of like visual weight in rows, seen from above, under
one light. No piece overlaps another, so that each can be recognised in the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import dist
from threading import Lock

import numpy as np
from PIL import Image

from generators.studio import light
from generators.studio.arrays import Bytes
from generators.studio.backdrop import backdrop_colour, paint_backdrop, to_bytes
from generators.studio.colour import Lab
from generators.studio.frame import framed
from generators.studio.layout import Box
from generators.studio.painter import Subject, jpeg, lay, mean_colour, scaled, subject_of
from infra.model import Format, Painted, PaintTask, StyleBrief

MARGIN = 0.07
"""Of the shorter side, kept free all round."""
GAP = 0.13
"""Between two pieces at least, in sides of a piece of weight 1."""
WIDEST_GAP = 3.0
"""Where there is room to spare, pieces move apart to this many gaps; further, they would be strangers."""

Shape = tuple[float, float]
"""Width and height of a piece; only in proportion to others'."""


@dataclass(frozen=True, slots=True)
class Row:
    """Pieces side by side."""

    shapes: tuple[Shape, ...]

    @property
    def width(self) -> float:
        return sum(width for width, _ in self.shapes) + GAP * (len(self.shapes) - 1)

    @property
    def height(self) -> float:
        return max(height for _, height in self.shapes)


class Arranger:
    """Composes a task's photo and its companions on a studio backdrop in the brief's colours and light."""

    name = "arranger-1"

    def __init__(self, photos_kept: int = 16) -> None:
        self._subject = lru_cache(maxsize=photos_kept)(subject_of)
        self._one_at_a_time = Lock()

    def price(self, _task: PaintTask) -> Decimal:
        """Nothing is bought."""
        return Decimal(0)

    def paint(self, task: PaintTask) -> Painted:
        """One JPEG of the format's exact size, without words; ImageError for an unusable photo."""
        photos = (task.photo, *task.companions)
        with self._one_at_a_time:  # the formats of a scene are painted side by side; one of them cuts out
            subjects = [self._subject(photo) for photo in photos]
        boxes = arrange([_shape(subject.rgba) for subject in subjects], _room(task.format))
        picture = _compose(task.format, task.brief, subjects, boxes)
        prints = sum(not subject.is_cut_out for subject in subjects)
        return Painted(
            data=jpeg(picture),
            media_type="image/jpeg",
            method="framed" if prints else "cut-out",
            notes=(f"{prints} of {len(photos)} could not be cut out and are shown as prints",)
            if prints
            else (),
        )


def arrange(shapes: Sequence[Shape], room: Box) -> tuple[Box, ...]:
    """A box in the room for each shape, in reading order: in as many rows as let the pieces be largest."""
    rows, scale = max(
        ((rows, _scale(rows, room)) for rows in _in_rows(tuple(shapes))),
        key=lambda found: (round(found[1], 6), -len(found[0])),
    )
    height = scale * sum(row.height for row in rows)
    gap = _gap(room.height - height, len(rows), scale)
    top = room.top + (room.height - height - gap * (len(rows) - 1)) / 2
    boxes: list[Box] = []
    for row in rows:
        boxes += _placed(row, room, top, scale)
        top += scale * row.height + gap
    return tuple(boxes)


def _shape(rgba: Bytes) -> Shape:
    """A piece's width and height at weight 1: a thin one may be longer than a full one, but not by much."""
    height, width = rgba.shape[:2]
    weight = width * height * float((rgba[..., 3] / 255).mean()) ** 0.5
    return width / weight**0.5, height / weight**0.5


def _room(format_: Format) -> Box:
    margin = round(MARGIN * min(format_.width, format_.height))
    return Box(margin, margin, format_.width - 2 * margin, format_.height - 2 * margin)


def _in_rows(shapes: tuple[Shape, ...]) -> Iterator[tuple[Row, ...]]:
    """Every way to break the shapes into rows, order kept."""
    if not shapes:
        yield ()
    for end in range(1, len(shapes) + 1):
        for rest in _in_rows(shapes[end:]):
            yield (Row(shapes[:end]), *rest)


def _scale(rows: Sequence[Row], room: Box) -> float:
    """Pixels that a side of 1 may have."""
    height = sum(row.height for row in rows) + GAP * (len(rows) - 1)
    return min(room.width / max(row.width for row in rows), room.height / height)


def _gap(free: float, pieces: int, scale: float) -> float:
    """Pixels between neighbours that leave the same free on both sides, within bounds."""
    return min(max(free / (pieces + 1), GAP * scale), WIDEST_GAP * GAP * scale)


def _placed(row: Row, room: Box, top: float, scale: float) -> Iterator[Box]:
    width = scale * sum(width for width, _ in row.shapes)
    gap = _gap(room.width - width, len(row.shapes), scale)
    left = room.left + (room.width - width - gap * (len(row.shapes) - 1)) / 2
    for wide, high in row.shapes:
        middle = top + scale * row.height / 2
        yield Box(round(left), round(middle - scale * high / 2), int(scale * wide), int(scale * high))
        left += scale * wide + gap


def _compose(
    format_: Format, brief: StyleBrief, subjects: Sequence[Subject], boxes: Sequence[Box]
) -> Image.Image:
    canvas = paint_backdrop((format_.width, format_.height), _backdrop(brief, subjects), brief)
    alpha = np.zeros(canvas.shape[:2], np.float32)
    pieces = [_piece(subject, box) for subject, box in zip(subjects, boxes, strict=True)]
    for rgba, left, top in pieces:
        height, width = rgba.shape[:2]
        spot = alpha[top : top + height, left : left + width]
        np.maximum(spot, rgba[..., 3] / np.float32(255), out=spot)
    size = float(np.mean([np.hypot(*rgba.shape[:2]) for rgba, _, _ in pieces]))
    canvas = light.shade(canvas, light.lying(alpha, size, brief))
    for rgba, left, top in pieces:
        lay(canvas, rgba, left, top)
    return Image.fromarray(to_bytes(canvas))


def _piece(subject: Subject, box: Box) -> tuple[Bytes, int, int]:
    """A subject in the middle of its box, with its left and top edge there."""
    rgba = scaled(subject.rgba, box)
    rgba = rgba if subject.is_cut_out else framed(rgba)
    height, width = rgba.shape[:2]
    return rgba, box.left + (box.width - width) // 2, box.top + (box.height - height) // 2


def _backdrop(brief: StyleBrief, subjects: Sequence[Subject]) -> Lab:
    """Of the backdrops that suit one of the pieces, the one that all of them stand out from best."""
    colours = [mean_colour(subject.rgba) for subject in subjects if subject.is_cut_out]
    offered = [backdrop_colour(brief, colour) for colour in colours] or [backdrop_colour(brief, None)]
    return max(offered, key=lambda tone: min((dist(tone, colour) for colour in colours), default=0.0))
