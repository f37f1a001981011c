"""A labelled set of images for the gate: good ones as painters make them, and bad ones spoiled on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from generators.formats import parse_format
from generators.studio.painter import StudioPainter
from infra.model import Painted, PaintTask, Product, StyleBrief
from infra.pixels import decode
from infra.silhouette import silhouette

BRIEFS: tuple[tuple[str, float, float, float, float, float, float], ...] = (
    ("#e6ddd2", 0.8, 0.3, 0.25, 0.75, 120, 0.74),
    ("#3b414c", 0.35, 0.6, -0.3, 0.2, 60, 0.6),
    ("#f0b9bf", 0.85, 0.4, 0.5, 0.9, 90, 0.8),
    ("#9fb3a2", 0.6, 0.5, -0.1, 0.5, 150, 0.66),
)
"""Backdrop, brightness, contrast, warmth, softness, light_from, fill."""


@dataclass(frozen=True)
class Case:
    """One image to judge. `fails` names the check that ought to refuse it, and is empty for a good one."""

    kind: str
    painted: Painted
    task: PaintTask
    fails: str = ""


@dataclass(frozen=True)
class Subject:
    """A product with its photo, its references' photos, and the photo of a quite different product."""

    product: Product
    photo: bytes
    references: tuple[bytes, ...]
    other: bytes


def cases(subject: Subject, painter: StudioPainter, seed: int = 0) -> Iterator[Case]:
    """Every kind of image for one product; the same seed makes the same images."""
    rng = np.random.default_rng(seed)
    square, portrait, banner = (task_for(subject, ratio, seed) for ratio in ("1:1", "3:4", "4:1"))
    paintings = {task.format.ratio: painter.paint(task) for task in (square, portrait, banner)}
    for task in (square, portrait, banner):
        yield Case("studio", paintings[task.format.ratio], task)
    one = paintings["1:1"]
    image = decode(one.data)
    yield Case("relit", _altered(one, _relit(image)), square)
    yield Case("worn", _scene(subject.photo, portrait, rng), portrait)

    yield Case("not an image", replace(one, data=b"<html>502 Bad Gateway</html>"), square, "pixels")
    yield Case("cut short", replace(one, data=one.data[: len(one.data) // 2]), square, "pixels")
    yield Case("wrong ratio", paintings["3:4"], square, "pixels")
    yield Case("too small", _altered(one, image.resize((512, 512))), square, "pixels")
    yield Case("blank", _altered(one, backdrop(image.size, rng)), square, "blank")
    yield Case("empty set", _altered(one, _empty_set(image.size, rng)), square, "product")
    yield Case("other product", painter.paint(replace(square, photo=subject.other)), square, "product")
    yield Case("cropped", _altered(one, _cropped(image, rng)), square, "product")
    yield Case("recoloured", _altered(one, recoloured(image, subject.photo)), square, "colour")
    yield Case(
        "worn, recoloured",
        _scene(png(recoloured(decode(subject.photo), subject.photo)), portrait, rng),
        portrait,
        "colour",
    )
    yield Case("worn, other product", _scene(subject.other, portrait, rng), portrait, "product")
    yield Case("nobody there", _scene(None, portrait, rng), portrait, "product")
    yield from _text_cases(painter, banner, paintings["4:1"], square, image)
    for number, reference in enumerate(subject.references[:2]):
        copied = _altered(one, _fitted(decode(reference), image.size, (0.5, 0.3)[number]))
        yield Case("copied reference", replace(copied, method="scene"), square, "copy")


def _text_cases(
    painter: StudioPainter, task: PaintTask, right: Painted, square: PaintTask, image: Image.Image
) -> Iterator[Case]:
    title, price = task.text
    for kind, text in (
        ("garbled text", (garbled(title), price)),
        ("wrong price", (title, other_price(price))),
        ("text missing", ()),
    ):
        format_ = replace(task.format, with_text=bool(text))
        painted = painter.paint(replace(task, text=text, format=format_))
        yield Case(kind, replace(painted, text=right.text), task, "text")
    written = image.copy()
    ImageDraw.Draw(written).text((80, 60), "SUMMER SALE", font=ImageFont.load_default(90), fill="#b01030")
    yield Case("unasked text", Painted(jpeg(written), "image/jpeg", method="scene"), square, "text")


def task_for(subject: Subject, ratio: str, seed: int) -> PaintTask:
    chosen = BRIEFS[(seed + len(ratio)) % len(BRIEFS)]
    backdrop, light = chosen[0], chosen[1:]
    brief = StyleBrief("studio", "soft", "flat lay", "calm", "", (backdrop, "#806a5a"), *light, "bench")
    format_ = parse_format(ratio)
    text = (subject.product.title, f"${subject.product.price}") if format_.with_text else ()
    return PaintTask(subject.product, subject.photo, subject.references, brief, format_, text)


def _relit(image: Image.Image) -> Image.Image:
    warm = np.asarray(image).astype(np.float32) * np.array([0.98, 0.94, 0.88], np.float32)
    return ImageEnhance.Contrast(Image.fromarray(warm.clip(0, 255).astype(np.uint8))).enhance(1.08)


def recoloured(image: Image.Image, photo: bytes) -> Image.Image:
    """Another colour: the hue turned; what is black, white or grey, dyed."""
    rgb = np.asarray(decode(photo))
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    light, *tint = np.median(lab[silhouette(rgb) > 0.5], axis=0)
    now = cv2.cvtColor(np.asarray(image).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    if np.hypot(*tint) > 14:
        now[..., 1], now[..., 2] = -now[..., 2], now[..., 1].copy()
    else:
        now += np.array([20 if light < 50 else -20, 28, -26], np.float32)
    return Image.fromarray((cv2.cvtColor(now, cv2.COLOR_LAB2RGB).clip(0, 1) * 255).astype(np.uint8))


def backdrop(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A wall with a soft gradient and a little noise."""
    width, height = size
    wall = np.linspace(1.06, 0.9, height)[:, None, None] * rng.integers(90, 230, 3)[None, None]
    wall = np.broadcast_to(wall, (height, width, 3)) + rng.normal(0, 1.5, (height, width, 1))
    return Image.fromarray(wall.clip(0, 255).astype(np.uint8))


def _empty_set(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A dressed set with nothing for sale on it: a plinth, a ball, a shadow."""
    image = backdrop(size, rng)
    draw = ImageDraw.Draw(image)
    tone = tuple(int(v) for v in rng.integers(60, 240, 3))
    width, height = size
    draw.rectangle((width * 0.2, height * 0.6, width * 0.8, height), fill=tone)
    draw.ellipse(
        (width * 0.4, height * 0.4, width * 0.6, height * 0.6), fill=tuple(v // 2 + 60 for v in tone)
    )
    return image


def _cropped(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Moved out of the frame by about a third of the product."""
    width, height = image.size
    edges = {"left": (0.42, 0), "right": (-0.42, 0), "up": (0, 0.42), "down": (0, -0.42)}
    x, y = list(edges.values())[rng.integers(len(edges))]
    move = np.array([[1, 0, x * width], [0, 1, y * height]], np.float32)
    moved = cv2.warpAffine(np.asarray(image), move, image.size, borderMode=cv2.BORDER_REPLICATE)
    return Image.fromarray(moved)


def _fitted(image: Image.Image, size: tuple[int, int], place: float) -> Image.Image:
    """Cropped to a ratio and enlarged, as a lazy copy is."""
    scale = max(size[0] / image.width, size[1] / image.height)
    large = image.resize((round(image.width * scale) + 1, round(image.height * scale) + 1))
    left, top = int((large.width - size[0]) * place), int((large.height - size[1]) * place)
    return ImageEnhance.Brightness(large.crop((left, top, left + size[0], top + size[1]))).enhance(1.08)


def _scene(photo: bytes | None, task: PaintTask, rng: np.random.Generator) -> Painted:
    """A stand-in for a model's scene: the garment bent, refolded and relit on somebody in a room."""
    size = task.format.width, task.format.height
    room = backdrop(size, rng)
    draw = ImageDraw.Draw(room)
    skin = [(224, 180, 150), (150, 100, 70), (90, 60, 45)][rng.integers(3)]
    middle, head = size[0] // 2, int(size[1] * 0.16)
    if photo:
        draw.ellipse((middle - 80, head - 110, middle + 80, head + 110), fill=skin)
        for side in (-70, 70):
            draw.rectangle((middle + side - 40, size[1] // 2, middle + side + 40, size[1]), fill=skin)
        cloth, cover = worn_cloth(np.asarray(decode(photo)), rng)
        scale = 0.62 * min(size[0] / cloth.shape[1], size[1] / cloth.shape[0])
        garment = Image.fromarray(cloth).resize((int(cloth.shape[1] * scale), int(cloth.shape[0] * scale)))
        mask = Image.fromarray((cover * 255).astype(np.uint8)).resize(garment.size)
        room.paste(garment, ((size[0] - garment.width) // 2, (size[1] - garment.height) // 2), mask)
    return Painted(jpeg(room), "image/jpeg", method="scene")


def worn_cloth(
    rgb: NDArray[np.uint8],
    rng: np.random.Generator,
    bend: float = 0.05,
    cover: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A garment smoothed, bent and folded anew, and its mask."""
    height, width = rgb.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    turn = rng.uniform(0, 6, 4)
    waist = 1 + 4 * bend * np.cos(y / height * 2 * np.pi)
    bend *= width
    to_x = (
        (x - width / 2) * waist
        + width / 2
        + bend * (np.sin(5 * y / height + turn[0]) + np.sin(7 * x / width + turn[1]) / 2)
    )
    to_y = y + bend * (0.7 * np.sin(6 * x / width + turn[2]) + 0.4 * np.sin(9 * y / height + turn[3]))
    maps = to_x.astype(np.float32), to_y.astype(np.float32)
    smooth = cv2.bilateralFilter(rgb, 9, 40, 7)
    cloth = cv2.remap(smooth, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT).astype(np.float32)
    folds = 1 + 0.12 * np.sin(x / width * rng.uniform(15, 30) + y / height * rng.uniform(3, 10))
    cloth *= folds[..., None] * rng.uniform(0.88, 1.12) * np.array([1.03, 1, 0.97], np.float32)
    cover = cv2.remap(silhouette(rgb) if cover is None else cover, *maps, cv2.INTER_LINEAR)
    return cloth.clip(0, 255).astype(np.uint8), cover.astype(np.float32)


def garbled(title: str) -> str:
    """A title as models misspell it: letters swapped and doubled in every word."""
    return " ".join(w[0] + w[2:3] + w[1:2] * 2 + w[3:-1] + w[-1] if len(w) > 3 else w for w in title.split())


def other_price(price: str) -> str:
    return price.translate(str.maketrans("0123456789", "1234567890"))


def _altered(painted: Painted, image: Image.Image) -> Painted:
    return replace(painted, data=jpeg(image), media_type="image/jpeg")


def jpeg(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
