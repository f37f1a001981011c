"""Title and price set in a box: broken into lines, sized to fit, in an ink that can be read.

Text is plain text from a stranger; it is measured and drawn, never interpreted.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from generators.studio.arrays import Floats
from generators.studio.colour import Rgb, contrast, luminance, to_lab, to_rgb
from generators.studio.fonts import font_for, is_right_to_left, readable, without_ornaments
from generators.studio.layout import Box

LEADING = 1.16
READABLE = 4.5
"""WCAG's least contrast for text: https://www.w3.org/TR/WCAG22/#contrast-minimum"""
LONGEST = 120
"""Letters of a line of text; a longer one is cut with an ellipsis."""
NOT_AT_START = "、。，．・：；？！ー」』）］｝〉》々ぁぃぅぇぉっゃゅょァィゥェォッャュョ%％"


@dataclass(frozen=True, slots=True)
class Line:
    """One line on the picture; `x` is its left edge (right edge when `anchor` is "rs"), `baseline` its y."""

    text: str
    font: ImageFont.FreeTypeFont
    x: int
    baseline: int
    anchor: str

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the ink."""
        left, top, right, bottom = self.font.getbbox(self.text, anchor=self.anchor)
        return (
            round(self.x + left),
            round(self.baseline + top),
            round(self.x + right),
            round(self.baseline + bottom),
        )


@dataclass(frozen=True, slots=True)
class Copy:
    """What will be set: headline, the lesser lines, and the signs that no font has."""

    headline: str
    details: tuple[str, ...]
    left_out: str

    @property
    def lines(self) -> tuple[str, ...]:
        return (self.headline, *self.details)


def prepare(lines: tuple[str, ...]) -> Copy | None:
    """Cleans the lines for setting; None when nothing is left, FontMissing when letters are."""
    cleaned = [without_ornaments(readable(line), "SemiBold") for line in lines]
    texts = [_shortened(text) for text, _ in cleaned if text]
    for text in texts:
        font_for(text, "SemiBold", 16)
    if not texts:
        return None
    return Copy(texts[0], tuple(texts[1:3]), "".join(dict.fromkeys("".join(lost for _, lost in cleaned))))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def set_copy(copy: Copy, box: Box) -> tuple[Line, ...]:
    """The largest setting that fits the box, its block centred on the box's height.

    At the least size that reads as a headline, words are hyphenated and the end gives way to an ellipsis.
    """
    wide = box.width > 5 * box.height
    most = 2 if wide else 3 if box.width > 1.6 * box.height else 4
    size, least = (
        round(box.height / (2.1 if wide else 3.1)),
        max(12, round(0.105 * min(box.height, box.width))),
    )
    while size > least:
        broken = break_lines(copy.headline, _measure(copy.headline, size), box.width)
        fits = _block_height(len(broken), copy, box, size) <= box.height
        if fits and len(broken) <= most and not _hyphens(copy.headline, broken):
            return _placed(copy, broken, box, size)
        size = max(least, min(size - 1, round(size * 0.95)))
    broken = break_lines(copy.headline, _measure(copy.headline, size), box.width)
    while most > 1 and _block_height(most, copy, box, size) > box.height:
        most -= 1
    return _placed(copy, _cut_short(broken, most, _measure(copy.headline, size), box.width), box, size)


def _measure(text: str, size: int) -> Callable[[str], float]:
    return font_for(text, "SemiBold", size).getlength


def _detail_size(size: int, box: Box) -> int:
    """The lesser lines' size beside a headline of `size`; never so small that a price is overlooked."""
    return max(12, round(0.56 * size), round(0.075 * min(box.height, box.width)))


def _block_height(lines: int, copy: Copy, box: Box, size: int) -> float:
    detail = LEADING * _detail_size(size, box) + 0.34 * size
    return LEADING * size * lines + detail * len(copy.details)


def _hyphens(text: str, broken: list[str]) -> bool:
    return "".join(broken).replace(" ", "") != text.replace(" ", "")


def _cut_short(lines: list[str], most: int, length: Callable[[str], float], width: float) -> list[str]:
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and length(last + "…") > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip(" -,;") + "…"]


def _placed(copy: Copy, broken: list[str], box: Box, size: int) -> tuple[Line, ...]:
    backward = is_right_to_left(copy.headline)
    x, anchor = (box.right, "rs") if backward else (box.left, "ls")
    top = box.top + (box.height - _block_height(len(broken), copy, box, size)) / 2
    font = font_for(copy.headline + "…", "SemiBold", size)
    placed = []
    for text in broken:
        placed.append(Line(text, font, x, round(top + 0.93 * size), anchor))
        top += LEADING * size
    for text in copy.details:
        small = _detail_size(size, box)
        top += 0.34 * size
        placed.append(_detail(text, x, top, box, small, anchor))
        top += LEADING * small
    return tuple(placed)


def _detail(text: str, x: int, top: float, box: Box, size: int, anchor: str) -> Line:
    while size > 11 and font_for(text, "Medium", size).getlength(text) > box.width:
        size -= 1
    return Line(text, font_for(text, "Medium", size), x, round(top + 0.93 * size), anchor)


def break_lines(text: str, length: Callable[[str], float], width: float) -> list[str]:
    """Balanced lines of at most `width`; a word that alone is wider is hyphenated where it must be."""
    pieces = [part for piece in _pieces(text) for part in _hyphenated(piece, length, width)]
    count = len(_greedy(pieces, length, width))
    low, high = width / 2, float(width)
    for _ in range(7):  # the narrowest measure with as many lines has the most even ones
        middle = (low + high) / 2
        if len(_greedy(pieces, length, middle)) <= count and max(map(length, pieces)) <= middle:
            high = middle
        else:
            low = middle
    return _greedy(pieces, length, high)


def _pieces(text: str) -> list[str]:
    """Where a line may end: after a space, and between any two CJK letters but before closing marks."""
    pieces = [""]
    for letter in text:
        wide = unicodedata.east_asian_width(letter) in "WF" and letter not in NOT_AT_START
        after_wide = bool(pieces[-1]) and unicodedata.east_asian_width(pieces[-1][-1]) in "WF"
        if (wide and pieces[-1]) or (after_wide and letter not in NOT_AT_START and letter != " "):
            pieces.append("")
        pieces[-1] += letter
        if letter == " ":
            pieces.append("")
    return [piece for piece in pieces if piece.strip()]


def _hyphenated(piece: str, length: Callable[[str], float], width: float) -> list[str]:
    parts = []
    while length(piece.rstrip()) > width and len(piece) > 2:
        end = max((n for n in range(1, len(piece)) if length(piece[:n] + "-") <= width), default=1)
        parts.append(piece[:end] + "-")
        piece = piece[end:]
    return [*parts, piece]


def _greedy(pieces: list[str], length: Callable[[str], float], width: float) -> list[str]:
    lines = [""]
    for piece in pieces:
        if lines[-1] and length((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def ink_for(ground: Floats) -> Rgb:
    """A near-black or near-white in the ground's hue, whichever reads better on all of the ground."""
    level = luminance(ground.reshape(-1, 3))
    dimmest, brightest = (ground.reshape(-1, 3)[i] for i in (level.argmin(), level.argmax()))
    extremes = [(float(c[0]), float(c[1]), float(c[2])) for c in (dimmest, brightest)]
    _, a, b = to_lab(extremes[1])
    inks = [
        to_rgb((17, 0.5 * a, 0.5 * b)),
        to_rgb((98, 0.15 * a, 0.15 * b)),
        (0.0, 0.0, 0.0),
        (1.0, 1.0, 1.0),
    ]
    worst = [min(contrast(ink, c) for c in extremes) for ink in inks]
    tinted = max((0, 1), key=lambda i: worst[i])
    return inks[tinted] if worst[tinted] >= READABLE else inks[int(np.argmax(worst))]


def draw(image: Image.Image, lines: tuple[Line, ...], ink: Rgb) -> None:
    """Sets the lines on the picture."""
    pen = ImageDraw.Draw(image)
    colour = tuple(round(part * 255) for part in ink)
    for line in lines:
        pen.text((line.x, line.baseline), line.text, font=line.font, fill=colour, anchor=line.anchor)
