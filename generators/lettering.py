"""Words set by us on a picture that a model painted without any: spelt right, in every language.

The painted picture is bought once and serves all languages; setting words costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from generators.paint import Kept
from generators.room import Ground, Room, ground_of, rooms
from generators.studio import typeset
from generators.studio.colour import Rgb
from generators.studio.fonts import font_for, is_right_to_left
from generators.studio.layout import Box
from generators.veil import Veil, lay_veil, veil_for
from infra.model import Painted, Painter, PaintTask
from infra.pixels import decode

TOUCHING = 0.01
"""Share of a line's box that a thing may reach into: shadows have no edge."""
BUSY, ON_BUSY_GROUND = 0.05, 7.0
"""Share of edges behind a line from which the eye has to work, and the contrast that it then needs:
https://www.w3.org/TR/WCAG22/#contrast-enhanced"""
FADE = 0.15, 0.5
"""Least and most share of what a veil covers over which it fades out, up to the product: it has no edge."""
NO_ROOM = "the picture leaves no calm room for its words; they were not set"


@dataclass(frozen=True, slots=True)
class _Pill:
    """The badge: its text and the box that it fills."""

    text: str
    font: ImageFont.FreeTypeFont
    box: Box


@dataclass(frozen=True, slots=True)
class _Setting:
    """Words in their room."""

    ground: Ground
    room: Room
    lines: tuple[typeset.Line, ...]
    pill: _Pill | None

    def boxes(self) -> list[tuple[float, float, float, float]]:
        """Left, top, right, bottom of each line and of the badge, with the air that they need around them."""
        spaced = [_with_air(line.box, 0.35 * line.font.size) for line in self.lines]
        if self.pill:
            box = self.pill.box
            spaced.append(_with_air((box.left, box.top, box.right, box.bottom), 0.35 * self.pill.font.size))
        return spaced

    def around(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """The box of them all, within the picture."""
        lefts, tops, rights, bottoms = zip(*self.boxes(), strict=True)
        right, bottom = min(size[0], round(max(rights))), min(size[1], round(max(bottoms)))
        return max(0, round(min(lefts))), max(0, round(min(tops))), right, bottom

    @property
    def stands_free(self) -> bool:
        return all(self.ground.share(box, self.ground.things) <= TOUCHING for box in self.boxes())

    @property
    def contrast(self) -> float:
        """What the words need where they stand."""
        busy = max(self.ground.share(box, self.ground.edges) for box in self.boxes())
        return ON_BUSY_GROUND if busy > BUSY else typeset.READABLE


@dataclass(frozen=True, slots=True)
class Lettering:
    """A painter that sets a task's words on a picture it already has; `badge` is the line set as one."""

    ground: Painted
    badge: str = ""

    @property
    def name(self) -> str:
        return f"lettering-1 on {sha256(self.ground.data).hexdigest()[:32]} {self.badge}".strip()

    def price(self, task: PaintTask) -> Decimal:  # noqa: ARG002
        return Decimal(0)

    def paint(self, task: PaintTask) -> Painted:
        """The picture with its words; without, and with a note, where there is no room for them."""
        photos = task.photo, *task.companions
        data, lines = set_in(self.ground.data, task.text, self.badge, photos)
        if not lines:
            return replace(self.ground, notes=(*self.ground.notes, NO_ROOM))
        return replace(self.ground, data=data, media_type="image/jpeg", text=lines)


def lettered(
    paint: Callable[[Painter, PaintTask], Kept], painter: Painter, task: PaintTask, badge: str = ""
) -> Kept:
    """Paints a task's picture without words, then sets them; a painter that is free sets its own.

    FontMissing comes before anything is bought. What the picture cost stands in its record, lettered or not.
    """
    if not task.text or not painter.price(task):
        return paint(painter, task)
    _copy(task.text)
    bare = paint(painter, replace(task, text=()))
    kept = paint(Lettering(bare.painted, badge), task)
    return replace(kept, painted=replace(kept.painted, cost_usd=bare.painted.cost_usd))


def set_in(
    data: bytes, text: tuple[str, ...], badge: str = "", photos: Sequence[bytes] = ()
) -> tuple[bytes, tuple[str, ...]]:
    """A JPEG with the words set in, headline first, and the lines as they stand in it, in the order given.

    They keep off the products of `photos` and whatever else is a thing. No lines, and the bytes as they were,
    where there is nothing to set or no room for it.
    """
    copy = _copy([line for line in text if line != badge])
    image = decode(data)
    setting = _setting(copy, badge if badge in text else "", image, photos) if copy else None
    if setting is None:
        return data, ()
    veil = _veiled(image, setting)
    typeset.draw(image, setting.lines, veil.ink)
    if setting.pill:
        _draw_pill(image, setting.pill, veil)
    lines = tuple(line.text for line in setting.lines)
    label = (setting.pill.text,) if setting.pill else ()
    return _jpeg(image), (*label, *lines) if text[0] == badge else (*lines, *label)


def _copy(lines: Sequence[str]) -> typeset.Copy | None:
    """All lines cleaned for setting, however many; a banner of the studio's own has three at most."""
    cleaned = [one for line in lines if (one := typeset.prepare((line,)))]
    if not cleaned:
        return None
    details = tuple(one.headline for one in cleaned[1:])
    return typeset.Copy(cleaned[0].headline, details, "".join(one.left_out for one in cleaned))


def _setting(copy: typeset.Copy, badge: str, image: Image.Image, photos: Sequence[bytes]) -> _Setting | None:
    """The largest setting whose lines stand free."""
    ground = ground_of(image, photos)
    for room in rooms(image.size, ground, right_to_left=is_right_to_left(copy.headline)):
        setting = _Setting(ground, room, *_arranged(copy, badge, room.box))
        if setting.stands_free:
            return setting
    return None


def _arranged(copy: typeset.Copy, badge: str, box: Box) -> tuple[tuple[typeset.Line, ...], _Pill | None]:
    """The lines in their box, and the badge right above them."""
    label = typeset.prepare((badge,)) if badge else None
    if label is None:
        return typeset.set_copy(copy, box), None
    size = max(12, round(0.085 * min(box.width, box.height)))
    high, gap = round(1.9 * size), round(0.8 * size)
    lower = Box(box.left, box.top + high + gap, box.width, box.height - high - gap)
    lines = typeset.set_copy(copy, lower)
    font = font_for(label.headline, "SemiBold", size)
    wide = round(font.getlength(label.headline) + 1.5 * size)
    left = box.right - wide if lines[0].anchor == "rs" else box.left
    top = max(box.top, lines[0].box[1] - gap - high)
    return lines, _Pill(label.headline, font, Box(left, top, wide, high))


def _veiled(image: Image.Image, setting: _Setting) -> Veil:
    """Lays a veil over the words' side, in place, as far as they need one and no thing is touched."""
    left, top, right, bottom = words = setting.around(image.size)
    veil = veil_for(np.asarray(image.crop(words).reduce(2), np.float32) / 255, setting.contrast)
    if veil.strength:
        side, (width, height) = setting.room.side, image.size
        full = {"left": right, "right": width - left, "top": bottom, "bottom": height - top}[side]
        end = min(setting.ground.free_until(side, full), round((1 + FADE[1]) * full))
        lay_veil(image, side, veil, full, max(end, round((1 + FADE[0]) * full)))
    return veil


def _draw_pill(image: Image.Image, pill: _Pill, veil: Veil) -> None:
    """The badge, in the ink's colour, its letters in the ground's."""
    box, (ink, ground) = pill.box, (_bytes(veil.ink), _bytes(veil.colour))
    shape = Image.new("L", (4 * box.width, 4 * box.height))
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, *shape.size), radius=shape.height // 2, fill=255)
    image.paste(ink, (box.left, box.top), shape.resize((box.width, box.height), Image.Resampling.BOX))
    middle = box.left + box.width / 2, box.top + box.height / 2
    ImageDraw.Draw(image).text(middle, pill.text, font=pill.font, fill=ground, anchor="mm")


def _with_air(box: tuple[int, int, int, int], air: float) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return left - 2 * air, top - air, right + 2 * air, bottom + air


def _bytes(colour: Rgb) -> tuple[int, int, int]:
    red, green, blue = (round(part * 255) for part in colour)
    return red, green, blue


def _jpeg(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=92, subsampling=0)
    return out.getvalue()
