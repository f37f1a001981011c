"""What the references have in common, measured from their pixels and put into words.

This is the built-in analyst. A stronger one may return the same `StyleBrief`; nothing downstream can tell the
difference but by `analyst`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import atan2, degrees, hypot

import numpy as np

from generators.look import Look, look_at
from generators.studio.colour import Lab, to_hex, to_rgb
from infra.model import Product, StyleBrief

ANALYST = "built-in"
SIDES = ("the right", "the upper right", "above", "the upper left", "the left")
SEASONS = {
    "spring": "a fresh spring feel",
    "summer": "a sunlit summer feel",
    "autumn": "a mellow autumn feel",
    "fall": "a mellow autumn feel",
    "winter": "a snug winter feel",
}
HUES = (
    (25, "rose"), (50, "terracotta"), (75, "amber"), (105, "yellow"), (165, "green"),
    (215, "teal"), (290, "blue"), (335, "violet"), (360, "rose"),
)  # fmt: skip
"""Names for hue angles in Lab, each up to the angle given."""


def plain_style(product: Product) -> StyleBrief:
    """The house style, for when no bestseller is close enough to learn from."""
    scene, lighting = "a seamless off-white studio sweep", "large soft light from the upper left"
    mood = _mood(0.85, 0.6, product)
    return StyleBrief(
        scene=f"{_capital(scene)}.",
        lighting=f"{_capital(lighting)}, a gentle contact shadow.",
        pose=_pose(0.72),
        mood=f"The plain house style. {mood}",
        prompt=_prompt(scene, lighting, mood, product, 0.72),
        palette=("#eceae6", "#d6d2cb", "#3a3835"),
        brightness=0.85,
        contrast=0.3,
        warmth=0.05,
        softness=0.75,
        light_from=120.0,
        fill=0.72,
        analyst=ANALYST,
    )


def read_style(photos: Sequence[bytes], reference_ids: Sequence[str], product: Product) -> StyleBrief:
    """The brief that the references' encoded photos share; without any, the plain house style.

    ImageError when bytes are not an image.
    """
    if not photos:
        return plain_style(product)
    look = _typical([look_at(photo) for photo in photos])
    angle = _light_from(look.lean)
    scene, lighting = _scene(look), _lighting(look, angle)
    mood = _mood(look.brightness, look.contrast, product)
    return StyleBrief(
        scene=f"{_capital(scene)}.",
        lighting=f"{_capital(lighting)}.",
        pose=_pose(look.fill),
        mood=mood,
        prompt=_prompt(scene, lighting, mood, product, look.fill),
        palette=tuple(to_hex(to_rgb(colour)) for colour in (look.backdrop, *look.accents)),
        brightness=round(look.brightness, 3),
        contrast=round(look.contrast, 3),
        warmth=round(look.warmth, 3),
        softness=round(look.softness, 3),
        light_from=round(angle, 1),
        fill=round(look.fill, 3),
        analyst=ANALYST,
        reference_ids=tuple(reference_ids),
    )


def _typical(looks: Sequence[Look]) -> Look:
    """The middle of every figure, and the colours of the photo whose backdrop is the most typical."""
    grounds = np.array([look.backdrop for look in looks])
    typical = looks[int(np.linalg.norm(grounds - np.median(grounds, axis=0), axis=1).argmin())]
    right, up = np.mean([look.lean for look in looks], axis=0)
    return Look(
        backdrop=typical.backdrop,
        accents=typical.accents,
        busy=float(np.median([look.busy for look in looks])),
        lean=(float(right), float(up)),
        brightness=float(np.median([look.brightness for look in looks])),
        contrast=float(np.median([look.contrast for look in looks])),
        warmth=float(np.median([look.warmth for look in looks])),
        softness=float(np.median([look.softness for look in looks])),
        fill=float(np.median([look.fill for look in looks])),
    )


def _light_from(lean: tuple[float, float]) -> float:
    """Degrees: 0 from the right, 90 from above; a little left of that where the backdrop is too even to tell.

    A floor is often lightest near the camera, which is no light from below: products are lit from above.
    """
    right, up = lean
    if hypot(right, up) < 3:
        return 105.0
    return degrees(atan2(max(up, 0.5 * abs(right), 1.0), right))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _scene(look: Look) -> str:
    tone = _tone(look.backdrop)
    if look.busy < 2.2:
        return f"a seamless, plain {tone} backdrop"
    texture = "a fine natural texture" if look.busy < 5 else "a lively, patterned texture"
    return f"a {tone} surface with {texture}"


def _tone(colour: Lab) -> str:
    lightness, a, b = colour
    chroma, hue = hypot(a, b), degrees(atan2(b, a)) % 360
    shade = "dark " if lightness < 35 else "pale " if lightness > 78 else ""
    if chroma < 5:
        return "white" if lightness > 90 else "charcoal" if lightness < 30 else f"{shade}grey"
    if chroma < 24 and 40 <= hue < 100:
        earths = ((85, "cream"), (65, "beige"), (40, "taupe"), (0, "dark brown"))
        return next((name for least, name in earths if lightness > least), "dark brown")
    return shade + next(name for end, name in HUES if hue <= end)


def _lighting(look: Look, angle: float) -> str:
    quality, shadows = (
        ("soft, even", "hardly any shadow")
        if look.softness > 0.75
        else ("gentle directional", "soft shadows")
        if look.softness > 0.45
        else ("crisp, hard", "deep shadows")
    )
    temperature = "warm" if look.warmth > 0.25 else "cool" if look.warmth < -0.12 else "neutral"
    return f"{quality} {temperature} light from {SIDES[round(angle / 45)]}, {shadows}"


def _pose(fill: float) -> str:
    room = "filling most of the frame" if fill > 0.8 else "with room to breathe" if fill < 0.62 else "at ease"
    return f"The product alone, straight on and centred, {room}."


def _mood(brightness: float, contrast: float, product: Product) -> str:
    light = "bright and airy" if brightness > 0.7 else "moody and intimate" if brightness < 0.35 else "calm"
    accent = "bold contrast" if contrast > 0.75 else "quiet contrast" if contrast < 0.45 else ""
    style = product.style.strip().lower()
    article = "an" if style[:1] in "aeiou" else "a"
    spirit = f"{article} {style} spirit" if style.isalpha() else ""
    parts = (light, accent, SEASONS.get(product.season.strip().lower(), ""), spirit)
    return f"{_capital(', '.join(part for part in parts if part))}."


def _prompt(scene: str, lighting: str, mood: str, product: Product, fill: float) -> str:
    # A painter is told this as it stands: a category gives words, and no sentences.
    what = " ".join(re.findall(r"[\w&'-]+", product.category)[:6]).lower() or "product"
    return (
        f"Product photograph of the given {what} on {scene}. {_capital(lighting)}. {mood} "
        f"The product spans about {round(fill * 100)} percent of the frame's shorter side. "
        "Keep its shape, colours, pattern and details exactly as in the photo; add nothing to it."
    )
