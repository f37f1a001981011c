"""Which painters an installation has: by its settings, and by what it has a key for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial

from generators.analyst import Analyst
from generators.formats import parse_format
from generators.ladder import Rung
from generators.lettering import lettered
from generators.nano_banana import NanoBanana
from generators.paint import Kept
from generators.profiles import DEFAULT, Profile, Provider, cheapest_size, profile, size_for
from generators.staged import EmptySet, Staged
from generators.studio.painter import StudioPainter
from infra.errors import SettingsError
from infra.gemini import GeminiImages
from infra.model import Format, ImageModel, Painter, PaintTask, Size
from infra.openrouter import Chat, OpenRouterChatImages, OpenRouterImages
from infra.services import Services

STUDIO = "studio"
PRO = "nano-banana-pro"

Buy = Callable[[Painter, PaintTask], Kept]


class Workshop:
    """The painters, the analyst and the sizes of an installation.

    SettingsError for a model that does not exist, or that there is no key for.
    """

    def __init__(self, services: Services) -> None:
        settings, openrouter = services.settings, services.openrouter
        self._settings, self._openrouter = settings, openrouter
        self._google = bool(settings.gemini_api_key.get_secret_value())
        self._profile = self._chosen()
        self._studio = StudioPainter()
        if settings.analyst == "qwen3.5" and not openrouter:
            raise SettingsError("BESTSHOT_ANALYST=qwen3.5 needs OPENROUTER_API_KEY")
        asks = settings.analyst == "qwen3.5" or (self.buys and not settings.analyst)
        self.analyst = Analyst(Chat(openrouter), services.blobs) if openrouter and asks else None

    @cached_property
    def _gemini(self) -> GeminiImages:
        return GeminiImages(self._settings.gemini_api_key)

    @property
    def buys(self) -> bool:
        """Whether images are asked of a model."""
        return self._profile is not None

    @property
    def painter(self) -> str:
        """The name of what paints first."""
        return self._profile.name if self._profile else STUDIO

    @property
    def final_size(self) -> Size:
        return self._offered(self._settings.image_size)

    @property
    def first_size(self) -> Size:
        """The size that is painted first: a cheap one where a person looks before anything is published."""
        if self._profile and self._settings.publish == "review":
            return cheapest_size(self._profile)
        return self.final_size

    def format(self, ratio: str, size: Size) -> Format:
        """The format that a picture of the first painter is measured against."""
        return self._profile.format(ratio, size) if self._profile else parse_format(ratio, size)

    def painters(self, buy: Buy) -> dict[Rung, Painter]:
        """The ladder, lowest rung first. `buy` pays for and keeps one image (generators/paint.py)."""
        if self._profile is None:
            return {"studio": self._studio}
        first, silent = self._first(self._profile), NanoBanana(*self._model(self._profile))
        empty_set = EmptySet(*self._model(self._profile))
        ladder: dict[Rung, Painter] = {
            "first": first,
            "refined": silent,
            "staged": Staged(empty_set, silent, buy, self._settings.badge),
        }
        if self._profile.name != PRO:
            ladder["pro"] = NanoBanana(*self._model(profile(PRO)))
        return ladder | {"studio": self._studio}

    def lettering(self, buy: Buy) -> Buy:
        """`buy`, with a task's words set by us on what a model painted without them."""
        return partial(self._lettered, buy)

    def _lettered(self, buy: Buy, painter: Painter, task: PaintTask) -> Kept:
        paints_them = isinstance(painter, NanoBanana) and painter.paints_text
        return buy(painter, task) if paints_them else lettered(buy, painter, task, self._settings.badge)

    def _chosen(self) -> Profile | None:
        name, has_key = self._settings.painter, self._google or self._openrouter is not None
        if name == STUDIO or not (name or has_key):
            return None
        found = profile(name or DEFAULT)
        if not has_key:
            raise SettingsError(f"BESTSHOT_PAINTER={name} needs OPENROUTER_API_KEY or GEMINI_API_KEY")
        return found

    def _offered(self, size: Size) -> Size:
        return size_for(self._profile, size) if self._profile else size

    def _first(self, model: Profile) -> NanoBanana:
        """Words that a model has painted wrong once are set by us from then on."""
        return NanoBanana(*self._model(model), paints_text=self._settings.text == "painted")

    def _model(self, model: Profile) -> tuple[ImageModel, Profile, Provider]:
        if self._google:
            return self._gemini, model, "google"
        assert self._openrouter is not None  # noqa: S101 (`_chosen` saw to it)
        kind = OpenRouterChatImages if model.endpoint == "chat" else OpenRouterImages
        return kind(self._openrouter), model, "openrouter"
