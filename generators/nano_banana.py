"""The paid painter: a model of the Nano Banana family is shown the photo and the bestsellers, and paints."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from generators import prompts
from generators.profiles import Profile, Provider, size_for
from generators.prompts import Role, painting_prompt
from infra.errors import Refused
from infra.model import ImageModel, ImageReply, ImageRequest, Painted, PaintTask
from infra.pixels import thumbnail_jpeg

SHOWN_SIDE = 1024
"""Pixels of the longer side of an image that the model is shown: it sees no more of a larger one, which
would only take longer to send."""


class NanoBanana:
    """Paints by one model at one provider.

    `paints_text`: the words of a task are painted by the model; else it leaves room for them, and
    generators/lettering.py sets them.
    """

    def __init__(
        self, model: ImageModel, profile: Profile, provider: Provider, *, paints_text: bool = False
    ) -> None:
        self._model, self._profile = model, profile
        self.paints_text = paints_text
        self._slug = profile.slugs[provider]

    @property
    def name(self) -> str:
        """The same at every provider: what was paid at one is not bought again at another."""
        return f"{self._profile.name}-p{prompts.VERSION}" + ("-text" if self.paints_text else "")

    def price(self, task: PaintTask) -> Decimal:
        """The most that it may cost; Refused for a ratio or a number of products that it does not paint."""
        size = size_for(self._profile, task.size)
        return self._profile.at_most(task.format.ratio, size, len(shown(task, self._profile)))

    def paint(self, task: PaintTask) -> Painted:
        """The model's picture as it came, whatever its pixels are: the gate measures it."""
        self.price(task)
        images = shown(task, self._profile)
        prompt = painting_prompt(task, roles=[role for role, _ in images], paints_text=self.paints_text)
        size = size_for(self._profile, task.size)
        sent = tuple(thumbnail_jpeg(image, SHOWN_SIDE) for _, image in images)
        reply = self._model.generate(ImageRequest(self._slug, prompt, task.format.ratio, size, sent))
        return Painted(
            data=reply.data,
            media_type=reply.media_type,
            cost_usd=self._profile.usd[size] if reply.cost_usd is None else reply.cost_usd,
            method="painted",
            prompt=prompt,
            notes=_notes(reply),
        )


def shown(task: PaintTask, profile: Profile) -> list[tuple[Role, bytes]]:
    """What the model is shown, in order: the photo first, the bestsellers last, as many as its limits leave.

    Refused when a scene has more products than it takes: one left out would be a wrong picture.
    """
    most = profile.shown
    if len(task.companions) >= most.products:
        raise Refused(f"{profile.title} takes {most.products} products in one picture at most")
    kept: list[tuple[Role, bytes]] = [("photo", task.photo), *_as("companion", task.companions)]
    kept += _as("set", () if task.like is None else (task.like,))
    room = min(most.bestsellers, most.in_all - len(kept))
    return kept + _as("bestseller", task.references[:room])


def _as(role: Role, images: Sequence[bytes]) -> list[tuple[Role, bytes]]:
    return [(role, image) for image in images]


def _notes(reply: ImageReply) -> tuple[str, ...]:
    unsaid = "the provider does not say what it billed; this is its list price"
    said = " ".join(reply.text.split())[:200]
    return (*((unsaid,) if reply.cost_usd is None else ()), *((f"the model said: {said}",) if said else ()))
