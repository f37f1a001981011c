"""Where things go in a format: a box for the product, a box for the text, margins in proportion."""

from __future__ import annotations

from dataclasses import dataclass

from infra.model import Format


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class Layout:
    """`product` is the room a product may fill; `text` is None for a picture without words."""

    product: Box
    text: Box | None


def lay_out(format_: Format, fill: float, *, words: bool, right_to_left: bool = False) -> Layout:
    """The boxes of a format; with words, the reading starts on the text's side."""
    if not words:
        return Layout(_centred(format_, fill), None)
    return _side_by_side(format_, fill, right_to_left) if format_.width > format_.height else _stacked(format_, fill)


def _centred(format_: Format, fill: float) -> Box:
    """The product spans `fill` of the shorter side, and may use the longer one a little more freely."""
    short = min(format_.width, format_.height)
    share = min(max(fill, 0.55), 0.86)
    width = round(share * short if format_.width <= format_.height else min(0.86 * format_.width, 1.5 * share * short))
    height = round(share * short if format_.height <= format_.width else min(0.8 * format_.height, 1.35 * share * short))
    return Box((format_.width - width) // 2, (format_.height - height) // 2, width, height)


def _side_by_side(format_: Format, fill: float, right_to_left: bool) -> Layout:
    width, height = format_.width, format_.height
    margin = round(min(0.16 * height, 0.06 * width))
    room = round(min(0.46 * width, 1.7 * height))
    tall = round(min(max(fill + 0.08, 0.74), 0.88) * height)
    inset = round(max(margin, 0.05 * width))
    product = Box(width - inset - room, (height - tall) // 2, room, tall)
    text = Box(inset, margin, product.left - inset - margin, height - 2 * margin)
    if right_to_left:
        product = Box(width - product.right, product.top, room, tall)
        text = Box(width - text.right, text.top, text.width, text.height)
    return Layout(product, text)


def _stacked(format_: Format, fill: float) -> Layout:
    width, height = format_.width, format_.height
    margin = round(0.09 * width)
    words = round(min(0.3 * height, 0.75 * width))
    room = height - words - 2 * margin
    wide = round(min(max(fill + 0.1, 0.7), 0.86) * width)
    tall = round(min(0.94 * room, 1.5 * wide))
    product = Box((width - wide) // 2, margin + (room - tall) // 2, wide, tall)
    return Layout(product, Box(margin, height - margin - words, width - 2 * margin, words))
