"""Images as a model paints them: the product drawn anew in a room, on somebody, in a hand, among props.

Nothing in them is the photo's pixel for pixel. The bad ones are spoiled as models spoil: another colour,
another product, none at all, words that are none, a bestseller painted again instead of learnt from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from generators.studio.cutout import cut_out
from infra.model import Painted, PaintTask
from infra.pixels import decode
from infra.silhouette import silhouette
from tests.bench import gate_cases as plain
from tests.bench.gate_cases import Case, Subject

Scene = Callable[[bytes | None, tuple[int, int], np.random.Generator], Image.Image]
SKIN = ((224, 180, 150), (150, 100, 70), (90, 60, 45))
GIBBERISH = ("NEVW COLLETION", "SUMNER STVLE", "Lirnited Edltion", "BEST OFFR TODAV")


def scene_cases(subject: Subject, seed: int = 0) -> Iterator[Case]:
    """Every kind of painted image for one product; the same seed makes the same images.

    None for a product that cannot be cut out cleanly: laid in with some of its floor it would be no good one.
    """
    if cut_out(decode(subject.photo)) is None:
        return
    square, portrait, banner = (plain.task_for(subject, ratio, seed) for ratio in ("1:1", "3:4", "4:1"))
    recoloured = plain.png(plain.recoloured(decode(subject.photo), subject.photo))
    scenes: tuple[tuple[str, Scene, PaintTask], ...] = (
        ("in a room", worn, portrait),
        ("held", held, square),
        ("among props", among_props, square),
    )
    for kind, scene, task in scenes:
        shown: tuple[tuple[str, bytes | None, str], ...] = (
            ("", subject.photo, ""),
            (", recoloured", recoloured, "colour"),
            (", other product", subject.other, "product"),
            (", no product", None, "product"),
        )
        for how, photo, fails in shown:
            image = scene(photo, _size(task), np.random.default_rng(seed))
            yield Case(kind + how, _painted(image), task, fails)
    yield from _cropped(subject, portrait, seed)
    yield from _worded(subject, square, banner, seed)
    yield from _copied(subject, square, seed)


def _cropped(subject: Subject, task: PaintTask, seed: int) -> Iterator[Case]:
    image = worn(subject.photo, _size(task), np.random.default_rng(seed))
    width, height = image.size
    half = image.crop((int(width * 0.5), 0, width, height))
    yield Case(
        "in a room, cropped",
        _painted(_room_beside(half, image.size, np.random.default_rng(seed))),
        task,
        "product",
    )


def _worded(subject: Subject, square: PaintTask, banner: PaintTask, seed: int) -> Iterator[Case]:
    """Words that a model painted: right, misspelt, with another price, or never asked for."""
    title, price = banner.text
    rng = np.random.default_rng(seed)
    set_ = among_props(subject.photo, _size(square), rng)
    room = _room(_size(banner), rng)
    _lay(room, subject.photo, rng, (int(0.82 * room.width), room.height // 2), 0.78)
    room = _developed(room, rng)
    for kind, lines in (
        ("painted words", (title, price)),
        ("painted words, garbled", (plain.garbled(title), price)),
        ("painted words, wrong price", (title, plain.other_price(price))),
        ("painted words, cut", (title[: len(title) // 2], price)),
    ):
        fails = "" if kind == "painted words" else "text"
        yield Case(kind, _painted(_written(room, lines)), banner, fails)
    stray = _written(set_, (GIBBERISH[seed % len(GIBBERISH)],), at=(0.06, 0.05))
    yield Case("painted gibberish", _painted(stray), square, "text")


def _copied(subject: Subject, task: PaintTask, seed: int) -> Iterator[Case]:
    """A bestseller's own picture: turned round, or painted again with every thread anew."""
    reference = ImageOps.fit(decode(subject.references[seed % len(subject.references)]), _size(task))
    yield Case("copied, mirrored", _painted(ImageOps.mirror(reference)), task, "copy")
    cloth, _ = plain.worn_cloth(np.asarray(reference), np.random.default_rng(seed), bend=0.012)
    yield Case("copied, painted anew", _painted(Image.fromarray(cloth)), task, "copy")


def worn(photo: bytes | None, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Somebody in a room wears it, an arm across its side."""
    room = _room(size, rng)
    draw = ImageDraw.Draw(room)
    skin = SKIN[rng.integers(3)]
    middle, head = int(size[0] * rng.uniform(0.42, 0.58)), int(size[1] * 0.13)
    draw.ellipse((middle - 75, head - 95, middle + 75, head + 95), fill=skin)
    draw.ellipse((middle - 85, head - 125, middle + 85, head - 10), fill=tuple(v // 3 for v in skin))
    for side in (-70, 70):
        draw.rounded_rectangle((middle + side - 42, size[1] // 2, middle + side + 42, size[1]), 30, fill=skin)
    if photo is not None:
        _lay(room, photo, rng, (middle, int(size[1] * 0.52)), 0.62)
    arm = [(middle + 0.2 * size[0], size[1] * 0.4), (middle + 0.12 * size[0], size[1] * 0.66)]
    draw.line(arm, fill=skin, width=46)
    return _developed(room, rng)


def held(photo: bytes | None, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A hand holds it up in front of a room out of focus; it spans less than half of the frame."""
    room = _room(size, rng).filter(ImageFilter.GaussianBlur(9))
    skin = SKIN[rng.integers(3)]
    middle = int(size[0] * rng.uniform(0.42, 0.58)), int(size[1] * 0.45)
    if photo is not None:
        _lay(room, photo, rng, middle, 0.46)
    draw = ImageDraw.Draw(room)
    wrist = middle[0] + int(0.05 * size[0]), int(size[1] * 0.66)
    draw.line([wrist, (wrist[0] + 90, size[1] + 40)], fill=skin, width=110)
    for finger in range(4):
        x = wrist[0] - 60 + 38 * finger
        draw.rounded_rectangle((x - 17, wrist[1] - 70, x + 17, wrist[1] + 40), 16, fill=skin)
    return _developed(room, rng)


def among_props(photo: bytes | None, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Laid on a table a little askew, a cup, a card and some leaves around it."""
    table = _boards(size, rng)
    draw = ImageDraw.Draw(table)
    for corner in ((0.1, 0.12), (0.9, 0.86), (0.88, 0.13)):
        x, y = corner[0] * size[0], corner[1] * size[1]
        tone = tuple(int(v) for v in rng.integers(40, 235, 3))
        radius = rng.uniform(0.05, 0.08) * size[0]
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tone)
        draw.ellipse((x - radius * 0.7, y - radius * 0.7, x + radius * 0.7, y + radius * 0.7), fill="#e9e2d8")
    draw.polygon([(40, 900), (150, 860), (190, 960), (80, 1000)], fill="#f4f1ea")
    if photo is not None:
        _lay(table, photo, rng, (size[0] // 2, size[1] // 2), 0.66, turn=float(rng.uniform(-9, 9)))
    return _developed(table, rng)


def _lay(
    scene: Image.Image,
    photo: bytes,
    rng: np.random.Generator,
    middle: tuple[int, int],
    share: float,
    turn: float = 0,
) -> None:
    """The product drawn anew into a scene, spanning a share of its shorter side, with its shadow."""
    cut = _cut(photo)
    cloth, cover = plain.worn_cloth(cut[..., :3], rng, 0.03, cut[..., 3].astype(np.float32) / 255)
    rgba = Image.fromarray(np.dstack([cloth, (cover * 255).astype(np.uint8)]))
    rgba = rgba.crop(Image.fromarray(cover > 0.5).getbbox()).rotate(
        turn, Image.Resampling.BICUBIC, expand=True
    )
    scale = share * min(scene.size) / max(rgba.size) * 1.15
    rgba = rgba.resize((int(rgba.width * scale), int(rgba.height * scale)), Image.Resampling.LANCZOS)
    place = middle[0] - rgba.width // 2, middle[1] - rgba.height // 2
    shadow = Image.new("L", scene.size)
    shadow.paste(rgba.getchannel("A").point(lambda a: a * 0.45), (place[0] + 10, place[1] + 16))
    scene.paste(Image.new("RGB", scene.size, "#1c1814"), mask=shadow.filter(ImageFilter.GaussianBlur(12)))
    scene.paste(rgba, place, rgba)


@lru_cache(maxsize=4)
def _cut(photo: bytes) -> NDArray[np.uint8]:
    """The product as RGBA with some room around it: cut out cleanly, else by its rough outline."""
    image = decode(photo)
    image.thumbnail((900, 900))
    cut = cut_out(image)
    if cut is None:
        rgb = np.asarray(image)
        return np.dstack([rgb, (silhouette(rgb) * 255).astype(np.uint8)])
    room = max(cut.shape) // 12
    return np.pad(cut, ((room, room), (room, room), (0, 0)), mode="constant")


def _room(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A wall, a window's light on it, a floor of boards, a plant."""
    width, height = size
    room = plain.backdrop(size, rng)
    floor = _boards((width, height // 4), rng)
    room.paste(floor, (0, height - height // 4))
    draw = ImageDraw.Draw(room, "RGBA")
    x = int(width * rng.uniform(0.02, 0.2))
    for pane in range(2):
        left = x + pane * width // 9
        draw.polygon(
            [
                (left, 40),
                (left + width // 11, 40),
                (left + width // 7, height // 3),
                (left + 40, height // 3),
            ],
            fill=(255, 250, 235, 90),
        )
    leaf = tuple(int(v) for v in rng.integers((30, 80, 30), (90, 140, 80)))
    for _ in range(9):
        tip = width * 0.93 + rng.normal(0, width * 0.03), height * 0.55 + rng.normal(0, height * 0.07)
        draw.line([(width * 0.93, height * 0.8), tip], fill=leaf, width=12)
    return room


def _boards(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A wooden floor or table: boards with grain and joints."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    base = rng.integers((120, 85, 55), (215, 185, 155)).astype(np.float32)
    board = np.floor(y / 90)
    tone = 1 + 0.06 * np.sin(board * 12.9898) + 0.03 * np.sin(x / 37 + 5 * np.sin(y / 11 + board))
    tone *= np.where(y % 90 < 3, 0.72, 1)
    grain = rng.normal(0, 3, (height, width, 1))
    return Image.fromarray((base * tone[..., None] + grain).clip(0, 255).astype(np.uint8))


def _room_beside(half: Image.Image, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """The right half of a scene at the left edge of a new one, so that its product is cut through."""
    room = _room(size, rng)
    room.paste(half, (0, 0))
    return _developed(room, rng)


def _written(
    image: Image.Image, lines: tuple[str, ...], at: tuple[float, float] = (0.04, 0.2)
) -> Image.Image:
    """Words as a model paints them: large, bright, with a soft edge."""
    layer = Image.new("L", image.size)
    draw = ImageDraw.Draw(layer)
    x, y = at[0] * image.width, at[1] * image.height
    for number, line in enumerate(lines):
        room = image.width * (0.66 if image.width > 2 * image.height else 0.85)
        font = ImageFont.load_default(
            max(36, min(image.height // 5 - 30 * number, int(1.7 * room / len(line))))
        )
        draw.text((x, y), line, font=font, fill=255)
        y += 1.5 * font.size
    ground = np.asarray(image.convert("L").resize((32, 32))).mean()
    ink = "#f7f4ee" if ground < 130 else "#1d1b19"
    written = image.copy()
    written.paste(Image.new("RGB", image.size, ink), mask=layer.filter(ImageFilter.GaussianBlur(0.6)))
    return written


def _developed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """One light and one grain over all of it, as a camera would have it."""
    rgb = np.asarray(image.filter(ImageFilter.GaussianBlur(0.7))).astype(np.float32)
    rgb = rgb * rng.uniform(0.95, 1.05) + rng.normal(0, 2.5, rgb.shape[:2])[..., None]
    return Image.fromarray(rgb.clip(0, 255).astype(np.uint8))


def _size(task: PaintTask) -> tuple[int, int]:
    return task.format.width, task.format.height


def _painted(image: Image.Image) -> Painted:
    return Painted(plain.jpeg(image), "image/jpeg", method="painted")
