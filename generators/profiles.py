"""Model profiles: what an image model is called, paints, is shown and costs, as data (profiles.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from generators.formats import LONGEST_SIDE, PIXELS_1K, SCALE, parse_format
from infra.errors import Refused, SettingsError
from infra.model import Format, Size
from infra.openrouter import ListedModel

Provider = Literal["openrouter", "google"]
Pixels = tuple[int, int]

DEFAULT = "nano-banana-2.1"

ROUNDING = Decimal("0.02")
"""Share by which two figures for one price may differ: some are given to the cent."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shown(_Frozen):
    """How many images a model is shown at most, by what they are there for."""

    products: int
    bestsellers: int
    in_all: int


class Profile(_Frozen):
    """One image model; prices in US dollars, pixels as (width, height). See profiles.toml for each field."""

    name: str
    title: str
    slugs: dict[Provider, str]
    endpoint: Literal["images", "chat"]
    ratios: tuple[str, ...]
    usd: dict[Size, Decimal]
    usd_reference: Decimal
    usd_beside: Decimal
    shown: Shown
    pixels: dict[Size, dict[str, Pixels]] = {}
    quirks: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _speaks_of_what_it_offers(self) -> Profile:
        if unknown := set(self.ratios) - set(PIXELS_1K):
            raise ValueError(f"no such ratio: {', '.join(sorted(unknown))}")
        if strangers := {r for row in self.pixels.values() for r in row} - set(self.ratios):
            raise ValueError(f"pixels of a ratio that is not painted: {', '.join(sorted(strangers))}")
        return self

    @property
    def sizes(self) -> tuple[Size, ...]:
        """What it offers, smallest first."""
        return tuple(self.usd)

    def pixels_of(self, ratio: str, size: Size) -> Pixels:
        """The exact pixels that the model gives; Refused for what it does not paint."""
        self._refuse(ratio, size)
        width, height = PIXELS_1K[ratio]
        exact = round(width * SCALE[size]), round(height * SCALE[size])
        return self.pixels.get(size, {}).get(ratio, exact)

    def format(self, ratio: str, size: Size) -> Format:
        """The format that a picture of this model is measured against, no larger than a store takes it."""
        width, height = self.pixels_of(ratio, size)
        scale = min(1.0, LONGEST_SIDE / max(width, height))
        return replace(parse_format(ratio, size), width=round(width * scale), height=round(height * scale))

    def at_most(self, ratio: str, size: Size, images_shown: int) -> Decimal:
        """What one image may cost at most, thinking and all; Refused for what it does not paint."""
        self._refuse(ratio, size)
        return self.usd[size] + self.usd_beside + images_shown * self.usd_reference

    def _refuse(self, ratio: str, size: Size) -> None:
        if ratio not in self.ratios:
            raise Refused(f"{self.title} does not paint {ratio}")
        if size not in self.usd:
            raise Refused(f"{self.title} does not paint at {size}, only at {', '.join(self.usd)}")


def profile(name: str) -> Profile:
    """The profile of that name; SettingsError names those there are."""
    try:
        return profiles()[name]
    except KeyError:
        known = ", ".join(profiles())
        raise SettingsError(f"{name!r} is no image model; use studio, {known}") from None


@cache
def profiles() -> dict[str, Profile]:
    """All profiles by name, the default one first."""
    text = (files("generators") / "profiles.toml").read_text("utf-8")
    tables = tomllib.loads(text, parse_float=Decimal)
    named = [{"name": name, **table} for name, table in tables.items()]
    return {one.name: one for one in TypeAdapter(list[Profile]).validate_python(named)}


def cheapest_size(model: Profile) -> Size:
    """The size for a draft."""
    return min(model.sizes, key=lambda size: (model.usd[size], SCALE[size]))


def size_for(model: Profile, wanted: Size) -> Size:
    """The size that the model offers in place of the wanted one: the next larger one, or else its largest."""
    larger = [size for size in model.sizes if SCALE[size] >= SCALE[wanted]]
    return min(larger, key=SCALE.__getitem__, default=model.sizes[-1])


def differences(models: Iterable[Profile], listed: Sequence[ListedModel]) -> list[str]:
    """Where OpenRouter's model list says something else than our profiles, in plain words.

    What the list leaves open is no difference.
    """
    offered = {one.slug: one for one in listed}
    return [
        f"{model.title}: {difference}"
        for model in models
        for difference in _differences(model, offered.get(model.slugs.get("openrouter", "")))
    ]


def _differences(model: Profile, listed: ListedModel | None) -> list[str]:
    if listed is None:
        slug = model.slugs.get("openrouter")
        return [f"OpenRouter has no model {slug}"] if slug else []
    return [
        *_sets("ratio", model.ratios, listed.ratios),
        *_sets("size", model.sizes, listed.sizes),
        *(
            f"an image at {size} costs ${listed.prices[size]}, not ${usd}"
            for size, usd in model.usd.items()
            if abs(listed.prices.get(size, usd) / usd - 1) > ROUNDING
        ),
        *_fewer_references(model, listed),
    ]


def _sets(what: str, ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    if not theirs:
        return []
    gone = [f"{what} {one} is no longer offered" for one in ours if one not in theirs]
    new = [f"{what} {one} is offered, but not in its profile" for one in theirs if one not in ours]
    return gone + new


def _fewer_references(model: Profile, listed: ListedModel) -> list[str]:
    most = listed.max_references
    if not most or most >= model.shown.in_all:
        return []
    return [f"it takes {most} images beside a prompt, not {model.shown.in_all}"]
