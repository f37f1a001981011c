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
    return (
        _side_by_side(format_, fill, right_to_left)
        if format_.width > format_.height
        else _stacked(format_, fill)
    )


def _centred(format_: Format, fill: float) -> Box:
    """The product spans `fill` of the shorter side; along the longer one it may go further."""
    width, height = format_.width, format_.height
    share = min(max(fill, 0.6), 0.84)
    if width == height:
        return _around(width / 2, height / 2, share * width, share * height)
    if width < height:
        wide = min(share + 0.08, 0.86) * width
        return _around(width / 2, height / 2, wide, min(0.8 * height, 1.5 * wide))
    tall = min(share + 0.06, 0.86) * height
    return _around(width / 2, height / 2, min(0.8 * width, 1.8 * tall), tall)


def _around(x: float, y: float, width: float, height: float) -> Box:
    return Box(round(x - width / 2), round(y - height / 2), round(width), round(height))


def _side_by_side(format_: Format, fill: float, right_to_left: bool) -> Layout:
    width, height = format_.width, format_.height
    margin = round(min(0.16 * height, 0.06 * width))
    room = round(min(0.42 * width, 1.6 * height))
    tall = round(min(max(fill + 0.08, 0.74), 0.88) * height)
    inset = round(max(margin, 0.05 * width))
    product = Box(width - inset - room, (height - tall) // 2, room, tall)
    text = Box(inset, margin, product.left - inset - margin, height - 2 * margin)
    if right_to_left:
        product = Box(width - product.right, product.top, room, tall)
        text = Box(width - text.right, text.top, text.width, text.height)
    return Layout(product, text)


def _stacked(format_: Format, fill: float) -> Layout:
    """Product above words, the two together in the middle of however tall a picture."""
    width, height = format_.width, format_.height
    margin = round(0.09 * width)
    wide = round(min(max(fill + 0.1, 0.7), 0.86) * width)
    words = round(min(0.3 * height, 0.62 * width))
    room = min(height - words - 3 * margin, round(1.3 * wide))
    top = (height - room - margin - words) // 2
    product = Box((width - wide) // 2, top, wide, room)
    return Layout(product, Box(margin, product.bottom + margin, width - 2 * margin, words))
