"""Painted in stages: an empty set by the model, then the product in it, one difficulty at a time.

A product that lies by itself is cut out of its photo and laid into the painted set under the studio's own
light and shadow: no model touches it. One that somebody wears or holds, or that cannot be cut out cleanly, a
second call of the model puts into that very set. Words are set last, by us.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np
from PIL import Image

from generators.lettering import Lettering
from generators.paint import Kept
from generators.profiles import Profile, Provider, size_for
from generators.prompts import _quoted
from generators.studio import light, typeset
from generators.studio.arrays import Bytes, Floats
from generators.studio.backdrop import to_bytes
from generators.studio.cutout import cut_out
from generators.studio.fonts import is_right_to_left
from generators.studio.layout import lay_out
from generators.studio.painter import jpeg, lay, scaled
from infra.errors import Blocked, NoImage
from infra.model import ImageModel, ImageRequest, Painted, Painter, PaintTask, People
from infra.pixels import decode

VIEWS: dict[People, str] = {
    "none": "Seen straight from above: one even, empty surface fills the frame. What dresses it stays at the "
    "very edges, and the middle is free.",
    "model": "Seen at eye level, with free room in the middle where somebody is going to stand.",
    "hands": "Seen close up, with free room in the middle where hands are going to show something.",
}


class EmptySet:
    """The first stage: scene and light of the brief, with nobody and nothing for sale in them.

    The bestsellers are not shown to the model, which would paint their products too: the brief's words do.
    """

    def __init__(self, model: ImageModel, profile: Profile, provider: Provider) -> None:
        self._model, self._profile, self._slug = model, profile, profile.slugs[provider]
        self.name = f"{profile.name}/empty-set-1"

    def price(self, task: PaintTask) -> Decimal:
        """The most that it may cost; Refused for a ratio that the model does not paint."""
        return self._profile.at_most(task.format.ratio, size_for(self._profile, task.size), 0)

    def paint(self, task: PaintTask) -> Painted:
        """The model's picture as it came, whatever its pixels are: the gate measures what becomes of it."""
        size, prompt = size_for(self._profile, task.size), empty_set_prompt(task)
        reply = self._model.generate(ImageRequest(self._slug, prompt, task.format.ratio, size))
        billed = self._profile.usd[size] if reply.cost_usd is None else reply.cost_usd
        return Painted(reply.data, reply.media_type, billed, "painted", prompt)


class Staged:
    """The stages as one painter. `buy` pays for each stage's image and keeps it (generators/paint.py).

    So it has no price of its own, and a stage that was paid for before a crash is found after it. What the
    stages have cost together is in `Painted.cost_usd`, or in that of NoImage and Blocked. `badge` is the line
    of a text that is set as one.
    """

    def __init__(
        self, empty_set: Painter, model: Painter, buy: Callable[[Painter, PaintTask], Kept], badge: str = ""
    ) -> None:
        self._empty_set, self._model, self._buy, self._badge = empty_set, model, buy, badge
        self.name = f"{model.name}/staged-1 {badge}".strip()

    def price(self, task: PaintTask) -> Decimal:  # noqa: ARG002
        """Nothing: the stages are bought one by one."""
        return Decimal(0)

    def paint(self, task: PaintTask) -> Painted:
        """The finished picture with its words; FontMissing and ImageError come before anything is bought."""
        typeset.prepare(task.text)
        bare = self._bare(task)
        return Lettering(bare, self._badge).paint(task) if task.text else bare

    def _bare(self, task: PaintTask) -> Painted:
        wordless = replace(task, text=(), references=())
        empty = replace(wordless, photo=b"", companions=(), like=None, remarks=())
        photo = decode(task.photo)
        cut = None if task.people != "none" or task.companions else cut_out(photo)
        ground = self._buy(self._empty_set, empty).painted
        if cut is not None:
            data = laid_in(cut, ground.data, task)
            return replace(ground, data=data, media_type="image/jpeg", method="composited")
        try:
            painted = self._buy(self._model, replace(wordless, like=ground.data)).painted
        except (NoImage, Blocked) as error:
            error.cost_usd = (error.cost_usd or Decimal(0)) + ground.cost_usd
            raise
        return replace(painted, cost_usd=ground.cost_usd + painted.cost_usd)


def empty_set_prompt(task: PaintTask) -> str:
    """The instruction for the set alone: from the brief, without a word about the product."""
    brief, hint = task.brief, task.product.hint.strip()
    wish = f"Place and light, but nobody and no thing, as the merchant wishes: {_quoted(hint, 500)}."
    parts = [
        f"An empty set for a {task.format.ratio} photograph, photorealistic, ready before anything arrives.",
        f"Scene: {brief.scene}",
        f"Light: {brief.lighting}",
        f"Mood: {brief.mood}",
        f"Colours: {', '.join(brief.palette[:3])}.",
        wish if hint else "",
        VIEWS[task.people],
        "Nobody is there, and no garment, product, packaging, words, logo, border or watermark.",
    ]
    return "\n".join(part for part in parts if part)


def laid_in(cut: Bytes, ground: bytes, task: PaintTask) -> bytes:
    """The cut-out product (RGBA) lying in the encoded picture of its set: a JPEG of the same pixels.

    Where the task has words, the product leaves them one side.
    """
    canvas: Floats = np.asarray(decode(ground), np.float32) / np.float32(255)
    height, width = canvas.shape[:2]
    backward = bool(task.text) and is_right_to_left(task.text[0])
    format_ = replace(task.format, width=width, height=height)
    room = lay_out(format_, task.brief.fill, words=bool(task.text), right_to_left=backward).product
    rgba = scaled(cut, room)
    tall, wide = rgba.shape[:2]
    left, top = room.left + (room.width - wide) // 2, room.top + (room.height - tall) // 2
    alpha = np.zeros((height, width), np.float32)
    alpha[top : top + tall, left : left + wide] = rgba[..., 3] / np.float32(255)
    canvas = light.shade(canvas, light.lying(alpha, float(np.hypot(tall, wide)), task.brief))
    lay(canvas, rgba, left, top)
    return jpeg(Image.fromarray(to_bytes(canvas)))
