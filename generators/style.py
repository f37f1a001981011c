"""What the references have in common, read from their pixels and put into words.

This is the built-in analyst: it measures backdrop, light, contrast and framing. A stronger one may return the
same `StyleBrief`; nothing downstream can tell the difference but by `analyst`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, degrees

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from generators.studio.colour import Lab, to_hex, to_lab, to_rgb
from generators.studio.cutout import find
from infra.model import Product, StyleBrief
from infra.pixels import decode

Floats = NDArray[np.float32]

ANALYST = "built-in"
COLOURS = 5
"""Colours of a palette: the backdrop and up to four more."""
PLAIN_BACKDROP = "#eceae6"


@dataclass(frozen=True, slots=True)
class Look:
    """One photo in figures. `backdrop` and `accents` are Lab (L 0..100); `busy` is the backdrop's own texture
    in Lab units; `lean` the fall of light over the backdrop (right, up); `fill` and `rest` as in StyleBrief.
    """

    backdrop: Lab
    accents: tuple[Lab, ...]
    busy: float
    lean: tuple[float, float]
    brightness: float
    contrast: float
    warmth: float
    softness: float
    fill: float


def plain_style(product: Product) -> StyleBrief:
    """The house style, for when no bestseller is close enough to learn from."""
    return StyleBrief(
        scene="Plain house style, as no bestseller is close enough to learn from: a seamless off-white studio sweep.",
        lighting="Large soft light from the upper left with a gentle contact shadow.",
        pose=_pose(0.72),
        mood=_mood(0.85, 0.3, 0.05, product),
        prompt=_prompt(
            "a seamless off-white studio sweep",
            "large soft light from the upper left",
            "clean and calm",
            product,
            0.72,
        ),
        palette=(PLAIN_BACKDROP, "#d6d2cb", "#3a3835"),
        brightness=0.85,
        contrast=0.3,
        warmth=0.05,
        softness=0.75,
        light_from=120.0,
        fill=0.72,
        analyst=ANALYST,
    )


def read_style(photos: Sequence[bytes], reference_ids: Sequence[str], product: Product) -> StyleBrief:
    """The brief that the references' photos (encoded bytes) share; without any, the plain house style.

    ImageError when bytes are not an image.
    """
    if not photos:
        return plain_style(product)
    looks = [look_at(photo) for photo in photos]
    typical = _typical(looks)
    angle = _angle(typical.lean)
    scene, lighting = _scene(typical), _lighting(typical, angle)
    mood = _mood(typical.brightness, typical.contrast, typical.warmth, product)
    return StyleBrief(
        scene=f"{scene[0].upper()}{scene[1:]}.",
        lighting=f"{lighting[0].upper()}{lighting[1:]}.",
        pose=_pose(typical.fill),
        mood=mood,
        prompt=_prompt(scene, lighting, mood.rstrip(".").lower(), product, typical.fill),
        palette=tuple(to_hex(to_rgb(colour)) for colour in (typical.backdrop, *typical.accents)),
        brightness=round(typical.brightness, 3),
        contrast=round(typical.contrast, 3),
        warmth=round(typical.warmth, 3),
        softness=round(typical.softness, 3),
        light_from=round(angle, 1),
        fill=round(typical.fill, 3),
        analyst=ANALYST,
        reference_ids=tuple(reference_ids),
    )


def look_at(photo: bytes) -> Look:
    """Measures one encoded photo; ImageError when it is none."""
    found = find(decode(photo))
    lab = found.lab * np.float32([100 / 255, 1, 1]) - np.float32([0, 128, 128])
    mask = found.mask if 0.02 < found.mask.mean() < 0.9 else _middle(lab.shape)
    near = cv2.dilate(mask.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    ground = ~near if (~near).mean() > 0.05 else ~mask
    backdrop, busy = _backdrop(lab, ground)
    box = cv2.boundingRect(mask.astype(np.uint8))
    light = lab[..., 0]
    low, high = np.percentile(light, (5, 95))
    return Look(
        backdrop=backdrop,
        accents=_accents(lab[mask]),
        busy=busy,
        lean=_lean(light, ground),
        brightness=float(np.clip((light[ground].mean() - 15) / 75, 0, 1)),
        contrast=float(np.clip((high - low) / 90, 0, 1)),
        warmth=float(np.clip((backdrop[2] + 0.4 * backdrop[1]) / 26, -1, 1)),
        softness=_softness(light, mask, near),
        fill=float(np.clip(max(box[2] / lab.shape[1], box[3] / lab.shape[0]), 0.4, 0.95)),
    )


def _middle(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    height, width = shape[:2]
    mask = np.zeros((height, width), bool)
    mask[height // 4 : -height // 4, width // 4 : -width // 4] = True
    return mask


def _backdrop(lab: Floats, ground: NDArray[np.bool_]) -> tuple[Lab, float]:
    """The backdrop's main colour and how much it varies around it at close range."""
    close = lab - cv2.GaussianBlur(lab, (0, 0), 6)
    centres, shares = _clusters(lab[ground], 3)
    colour = centres[int(shares.argmax())]
    return _lab(colour), float(np.linalg.norm(close[ground], axis=1).mean())


def _accents(pixels: Floats) -> tuple[Lab, ...]:
    centres, shares = _clusters(pixels, COLOURS - 1)
    return tuple(_lab(centres[i]) for i in np.argsort(-shares, kind="stable"))


def _clusters(pixels: Floats, count: int) -> tuple[Floats, Floats]:
    """KMeans centres in Lab and each one's share; fewer where there are fewer colours."""
    sample = pixels[:: max(1, len(pixels) // 4000)].astype(np.float64)
    count = min(count, len(np.unique(sample.round(), axis=0)))
    means = KMeans(count, n_init=2, random_state=0).fit(sample)
    shares = np.bincount(means.labels_, minlength=count) / len(sample)
    return means.cluster_centers_, shares


def _lab(values: Floats) -> Lab:
    return float(values[0]), float(values[1]), float(values[2])


def _lean(light: Floats, ground: NDArray[np.bool_]) -> tuple[float, float]:
    """The slope of a plane through the backdrop's lightness: L units from left to right and bottom to top."""
    rows, cols = np.nonzero(ground)
    height, width = light.shape
    plane = np.column_stack([cols / width - 0.5, 0.5 - rows / height, np.ones(len(rows))])
    slope, *_ = np.linalg.lstsq(plane, light[ground], rcond=None)
    return float(slope[0]), float(slope[1])


def _softness(light: Floats, mask: NDArray[np.bool_], near: NDArray[np.bool_]) -> float:
    """1 when the ground beside the product is no darker than elsewhere, towards 0 for deep shadows."""
    beside, away = light[near & ~mask], light[~near]
    if not len(beside) or not len(away):
        return 0.7
    return float(np.clip(1 - (np.median(away) - np.percentile(beside, 10)) / 60, 0.1, 1))


def _typical(looks: Sequence[Look]) -> Look:
    """The looks' common denominator: the middle of every figure, the palette of the most typical photo."""
    grounds = np.array([look.backdrop for look in looks])
    middle = np.median(grounds, axis=0)
    closest = looks[int(np.linalg.norm(grounds - middle, axis=1).argmin())]

    def median(name: str) -> float:
        return float(np.median([getattr(look, name) for look in looks]))

    return Look(
        backdrop=closest.backdrop,
        accents=closest.accents,
        busy=median("busy"),
        lean=_lab2(np.mean([look.lean for look in looks], axis=0)),
        brightness=median("brightness"),
        contrast=median("contrast"),
        warmth=median("warmth"),
        softness=median("softness"),
        fill=median("fill"),
    )


def _lab2(values: Floats) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def _angle(lean: tuple[float, float]) -> float:
    """Degrees the light comes from: 0 right, 90 above; from above where the backdrop is lit too evenly to tell."""
    right, up = lean
    return 105.0 if np.hypot(right, up) < 3 else degrees(atan2(up, right)) % 360


def _scene(look: Look) -> str:
    tone = _colour_name(look.backdrop)
    if look.busy < 2.2:
        return f"a seamless, plain {tone} backdrop"
    return f"a {tone} surface with {'a fine natural texture' if look.busy < 5 else 'a lively, patterned texture'}"


def _colour_name(colour: Lab) -> str:
    lightness, a, b = colour
    chroma, hue = float(np.hypot(a, b)), degrees(atan2(b, a)) % 360
    shade = "dark " if lightness < 35 else "pale " if lightness > 78 else ""
    if chroma < 5:
        return "white" if lightness > 90 else "charcoal" if lightness < 30 else f"{shade}grey"
    if chroma < 24 and 40 <= hue < 100:
        return (
            "cream"
            if lightness > 85
            else "beige"
            if lightness > 65
            else "taupe"
            if lightness > 40
            else "dark brown"
        )
    names = ((25, "rose"), (50, "terracotta"), (75, "amber"), (105, "yellow"), (165, "green"), (215, "teal"),
             (290, "blue"), (335, "violet"), (361, "rose"))  # fmt: skip
    return shade + next(name for end, name in names if hue < end)


def _lighting(look: Look, angle: float) -> str:
    quality = (
        "soft, even"
        if look.softness > 0.75
        else "gentle directional"
        if look.softness > 0.45
        else "crisp, hard"
    )
    temperature = "warm " if look.warmth > 0.25 else "cool " if look.warmth < -0.12 else "neutral "
    shadows = (
        "hardly any shadow"
        if look.softness > 0.75
        else "soft shadows"
        if look.softness > 0.45
        else "deep shadows"
    )
    return f"{quality} {temperature}light from {_direction(angle)}, {shadows}"


def _direction(angle: float) -> str:
    names = (
        "the right",
        "the upper right",
        "above",
        "the upper left",
        "the left",
        "the lower left",
        "below",
        "the lower right",
    )
    return names[round(angle / 45) % 8]


def _pose(fill: float) -> str:
    share = (
        "filling most of the frame"
        if fill > 0.8
        else "with room to breathe"
        if fill < 0.62
        else "at a natural size"
    )
    return f"The product alone, straight on and centred, {share}."


def _mood(brightness: float, contrast: float, warmth: float, product: Product) -> str:
    light = (
        "bright and airy"
        if brightness > 0.7
        else "moody and intimate"
        if brightness < 0.35
        else "calm and balanced"
    )
    accent = "with bold contrast" if contrast > 0.75 else "with quiet contrast" if contrast < 0.45 else ""
    seasons = {
        "summer": "a sunlit summer feel",
        "winter": "a snug winter feel",
        "spring": "a fresh spring feel",
        "autumn": "a mellow autumn feel",
        "fall": "a mellow autumn feel",
    }
    season = seasons.get(product.season.strip().lower(), "cosy" if warmth > 0.5 else "")
    style = product.style.strip().lower()
    words = [light, accent, season, f"in a {style} spirit" if style.isalpha() else ""]
    text = ", ".join(word for word in words if word)
    return f"{text[0].upper()}{text[1:]}."


def _prompt(scene: str, lighting: str, mood: str, product: Product, fill: float) -> str:
    what = product.category.strip().lower() or "product"
    return (
        f"Product photograph of the given {what} on {scene}. {lighting[0].upper()}{lighting[1:]}. {mood[0].upper()}{mood[1:]}. "
        f"The product spans about {round(fill * 100)} percent of the shorter side. Keep its shape, colours, pattern and "
        "details exactly as in the photo; add nothing to it."
    )
