"""The contact sheet of a listing: its photo, the bestsellers it learned from, and what was made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from generators.studio.fonts import Weight, font_for
from infra.errors import FontMissing, ImageError
from infra.pixels import decode

WIDTH = 1600
MARGIN = 56
GAP = 28
SOURCE_AREA = 250 * 250
RESULT_AREA = 366 * 366
"""Pixels; 1:1, 3:4 and 4:1 then fill one row."""
TALLEST = 480
NARROWEST = 150
"""Pixels of a cell, so that a caption fits under a 1:4 picture."""
PAPER, INK, GREY, HAIRLINE = "#ffffff", "#1d1d1f", "#75757a", "#e3e3e6"
LINE = 22
LINES = 3

Captioned = tuple[bytes, str]


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture at its size on the sheet, with the lines under it; `width` is that of its cell."""

    picture: Image.Image
    caption: tuple[str, ...]
    width: int

    @property
    def height(self) -> int:
        return self.picture.height + 10 + LINE * len(self.caption)


def sheet(photo: bytes, references: Sequence[Captioned], results: Sequence[Captioned], title: str) -> bytes:
    """A PNG, 1600 pixels wide, as high as it must be. A picture that cannot be opened leaves a grey field."""
    sources = [*_tiles([(photo, "Photo")], SOURCE_AREA), *_tiles(references, SOURCE_AREA)]
    bands = [
        ("The photo, and the bestsellers it learned from" if references else "The photo", _rows(sources)),
        ("Made of them", _rows(_tiles(results, RESULT_AREA))),
    ]
    height = MARGIN + 56 + sum(_band_height(rows) for _, rows in bands if rows) + MARGIN - GAP
    page = Image.new("RGB", (WIDTH, height), PAPER)
    draw = ImageDraw.Draw(page)
    _write(
        draw, (MARGIN, MARGIN - 12), _fitted(title, 34, WIDTH - 2 * MARGIN, "SemiBold"), 34, INK, "SemiBold"
    )
    top = MARGIN + 56
    for heading, rows in bands:
        if rows:
            _draw_band(page, draw, top, heading, rows)
            top += _band_height(rows)
    out = BytesIO()
    page.save(out, "PNG", optimize=True)
    return out.getvalue()


def _tiles(pictures: Iterable[Captioned], area: int) -> list[Tile]:
    return [_tile(data, caption, area) for data, caption in pictures]


def _tile(data: bytes, caption: str, area: int) -> Tile:
    try:
        picture = decode(data)
    except ImageError as error:
        picture, caption = Image.new("RGB", (400, 400), HAIRLINE), f"{caption}\n{error}"
    # The same area for every ratio: a banner is not larger than a square for being wide.
    scale = min((area / (picture.width * picture.height)) ** 0.5, TALLEST / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    width = max(picture.width, NARROWEST)
    lines = [part for line in caption.splitlines() for part in _broken(line, width)]
    return Tile(picture, tuple(lines), width)


def _rows(tiles: Iterable[Tile]) -> list[list[Tile]]:
    """Tiles in reading order, as many to a row as fit."""
    rows: list[list[Tile]] = []
    for tile in tiles:
        if rows and _row_width([*rows[-1], tile]) <= WIDTH - 2 * MARGIN:
            rows[-1].append(tile)
        else:
            rows.append([tile])
    return rows


def _row_width(row: Sequence[Tile]) -> int:
    return sum(tile.width for tile in row) + GAP * (len(row) - 1)


def _row_height(row: Sequence[Tile]) -> int:
    return max(tile.picture.height for tile in row) + max(tile.height - tile.picture.height for tile in row)


def _band_height(rows: Sequence[Sequence[Tile]]) -> int:
    return 44 + sum(_row_height(row) + GAP for row in rows) + GAP


def _draw_band(
    page: Image.Image, draw: ImageDraw.ImageDraw, top: int, heading: str, rows: list[list[Tile]]
) -> None:
    draw.line((MARGIN, top, WIDTH - MARGIN, top), fill=HAIRLINE)
    _write(draw, (MARGIN, top + 12), heading, 17, GREY, "Medium")
    top += 44
    for row in rows:
        left, foot = MARGIN, top + max(tile.picture.height for tile in row)
        for tile in row:
            _draw_tile(page, draw, left, foot, tile)
            left += tile.width + GAP
        top += _row_height(row) + GAP


def _draw_tile(page: Image.Image, draw: ImageDraw.ImageDraw, left: int, foot: int, tile: Tile) -> None:
    corner = left, foot - tile.picture.height
    page.paste(tile.picture, corner)
    right, bottom = corner[0] + tile.picture.width - 1, foot - 1
    draw.rectangle((*corner, right, bottom), outline=HAIRLINE)
    for number, line in enumerate(tile.caption):
        _write(draw, (left, foot + 10 + LINE * number), line, 16, INK if number == 0 else GREY, "Medium")


def _broken(caption: str, width: int) -> list[str]:
    """A caption in lines of `width` pixels, three at most."""
    lines: list[str] = []
    for word in caption.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and (len(lines) == LINES or _font(longer, 16, "Medium").getlength(longer) <= width):
            lines[-1] = longer
        else:
            lines.append(word)
    return [_fitted(line, 16, width, "Medium") for line in lines]


def _fitted(text: str, size: int, width: int, weight: Weight) -> str:
    """The text, cut with an ellipsis where it would be wider than `width` pixels."""
    font = _font(text, size, weight)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1].rstrip()
    return text + "…"


def _write(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size: int, fill: str, weight: Weight
) -> None:
    draw.text(place, text, font=_font(text, size, weight), fill=fill)


def _font(text: str, size: int, weight: Weight) -> ImageFont.FreeTypeFont:
    try:
        return font_for(text, weight, size)
    except FontMissing:
        return font_for("", weight, size)  # a caption with a gap is better than no sheet
