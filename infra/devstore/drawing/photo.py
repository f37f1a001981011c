"""A photograph: a dressed stage set in a scene, with its shadow, the lens and the film."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from infra.devstore.drawing.curves import F32, f32
from infra.devstore.drawing.fields import Rng, blur, exposed, noise
from infra.devstore.drawing.light import Light
from infra.devstore.drawing.stage import HEIGHT, WIDTH, Stage


@dataclass(frozen=True)
class Scene:
    """Where and how a product is photographed.

    `ground` draws the backdrop, `gobo` the shadows that fall over everything. `distance` is how far the
    product is from the backdrop (pixels of its shadow), `flat` below 1 presses it down, `tilt` turns it
    (degrees), `hung` puts it on a hanger.
    """

    ground: Callable[[Light, Rng], F32]
    light: Light
    gobo: Callable[[Rng], F32] | None = None
    distance: float = 26.0
    shadow: float = 0.5
    flat: float = 1.0
    exposure: float = 1.0
    contrast: float = 0.18
    grain: float = 0.008
    hung: bool = False
    tilt: float = 0.0


def photograph(scene: Scene, stage: Stage, rng: Rng) -> F32:
    """The picture, (HEIGHT, WIDTH, 3), display values 0..1, red first."""
    rgb, alpha = _tilted(stage, scene.tilt)
    picture = scene.ground(scene.light, rng) * _cast(scene, alpha)[..., None]
    picture = picture * (1 - alpha[..., None]) + rgb
    if scene.gobo is not None:
        picture = picture * _displaced(scene.gobo(rng), alpha)[..., None]
    return _film(picture * scene.exposure, scene, rng)


def _tilted(stage: Stage, degrees: float) -> tuple[F32, F32]:
    if not degrees:
        return stage.rgb, stage.alpha
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, 1)
    rgb = cv2.warpAffine(stage.rgb, turn, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
    alpha = cv2.warpAffine(stage.alpha, turn, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
    return np.clip(rgb, 0, None), np.clip(alpha, 0, 1)


def _cast(scene: Scene, alpha: F32) -> F32:
    """The backdrop's brightness under the product's shadow: sharp where it touches, soft farther off."""
    x, y = scene.light.cast
    far = scene.distance
    dark = np.ones_like(alpha)
    for share, weight, soft in ((0.25, 0.30, 0.22), (0.65, 0.36, 0.42), (1.2, 0.34, 0.8)):
        move = f32([[1, 0, x * far * share], [0, 1, y * far * share]])
        shadow = cv2.warpAffine(blur(alpha, max(2.0, far * soft)), move, (WIDTH, HEIGHT))
        dark *= 1 - scene.shadow * weight * np.clip(shadow, 0, 1) * 1.15
    return dark


def _displaced(gobo: F32, alpha: F32) -> F32:
    """Shadows bend where they run over the product."""
    height = blur(alpha, 14) * 16
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    bent = cv2.remap(gobo, x + height, y - height * 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return f32(bent)


def _film(light: F32, scene: Scene, rng: Rng) -> F32:
    """Highlights roll off, a gentle curve adds contrast, corners darken a little, grain binds it together."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j].astype(np.float32)
    light = light * (1.02 - 0.13 * (x * x + y * y) / 2)[..., None]
    shown = exposed(f32(light))
    grey = shown @ f32([0.30, 0.59, 0.11])
    shown = shown + 0.10 * (grey[..., None] - shown)
    curved = shown + scene.contrast * (shown - 0.5) * shown * (1 - shown) * 2
    grain = noise((HEIGHT, WIDTH), 1.5, rng) * scene.grain
    return f32(np.clip(curved + grain[..., None], 0, 1))
