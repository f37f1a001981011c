"""What OpenRouter says of its image models: ratios, sizes, references, prices.

https://openrouter.ai/docs/guides/overview/multimodal/image-generation#model-discovery
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, get_args
from urllib.parse import quote

from infra.errors import NotFound
from infra.model import Size
from infra.openrouter.client import OpenRouter

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ListedModel:
    """An image model as the provider lists it; what it does not tell is empty, or None."""

    slug: str
    ratios: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    prices: dict[str, Decimal] = field(default_factory=dict)
    """US dollars an image by size; of several providers the dearest."""
    max_references: int | None = None


def models(client: OpenRouter, priced: Collection[str] = ()) -> list[ListedModel]:
    """All image models on offer; the list has no prices, so those of `priced` slugs are asked one by one."""
    listed = [_listed(entry) for entry in _dicts(client.get("/images/models").get("data"))]
    return [_with_prices(client, model) if model.slug in priced else model for model in listed if model.slug]


def _listed(entry: Json) -> ListedModel:
    slug, parameters = entry.get("id"), _dict(entry.get("supported_parameters"))
    most = _dict(parameters.get("input_references")).get("max")
    return ListedModel(
        slug if isinstance(slug, str) else "",
        ratios=_values(parameters, "aspect_ratio"),
        sizes=_values(parameters, "resolution"),
        max_references=int(most) if isinstance(most, int | float) else None,
    )


def _with_prices(client: OpenRouter, model: ListedModel) -> ListedModel:
    try:
        page = client.get(f"/images/models/{quote(model.slug, safe='/')}/endpoints")
    except NotFound:
        return model  # listed, and served by nobody at the moment
    prices: dict[str, Decimal] = {}
    for endpoint in _dicts(page.get("endpoints")):
        for size, usd in _prices(endpoint, model.sizes):
            prices[size] = max(usd, prices.get(size, usd))
    return ListedModel(model.slug, model.ratios, model.sizes, prices, model.max_references)


def _prices(endpoint: Json, sizes: Collection[str]) -> Iterator[tuple[str, Decimal]]:
    """Price lines by the image: each for its size ("2k"), or one without a variant for them all.

    Lines by the token or the megapixel say nothing about one image, and other variants are no sizes.
    """
    for line in _dicts(endpoint.get("pricing")):
        usd = line.get("cost_usd")
        if line.get("billable") != "output_image" or line.get("unit") != "image":
            continue
        if isinstance(usd, int | float) and not isinstance(usd, bool):
            variant = line.get("variant")
            named = [str(variant).upper()] if variant else list(sizes)
            yield from ((size, Decimal(str(usd))) for size in named if size in get_args(Size))


def _values(parameters: Json, name: str) -> tuple[str, ...]:
    values = _dict(parameters.get(name)).get("values")
    return tuple(str(value) for value in values) if isinstance(values, list) else ()


def _dicts(value: object) -> Iterator[Json]:
    return (entry for entry in value if isinstance(entry, dict)) if isinstance(value, list) else iter(())


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}
