"""Which bestsellers to learn from: hybrid retrieval that widens step by step when a category has too few.

A product is a bestseller when it sold at least the threshold: a number that was set, or the store's own top
decile. Whatever is found must also look like the new product; when nothing does, there is no reference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infra import keywords
from infra.milvus import CANDIDATES, Where
from infra.model import Product, Reference
from infra.services import Services

TOP_DECILE = 0.9
CATEGORY_TOP = 0.75
"""The lowered threshold: the top quarter of the product's own category."""
NEIGHBOURS = 2
"""How many other categories count as neighbouring: those of the most similar-looking products."""


@dataclass(frozen=True, slots=True)
class Found:
    """The references, best first, and how they were found. `widened` says each step beyond the first."""

    references: tuple[Reference, ...]
    threshold: int
    note: str
    widened: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Circle:
    """One step of the search: who may be found, and how to say so."""

    where: Where
    words: str


def find_references(services: Services, shop: str, product: Product, vector: NDArray[np.float32]) -> Found:
    """Bestsellers that resemble a product; `vector` is its photo's embedding."""
    settings = services.settings
    threshold = bestseller_threshold(services, shop)
    sparse = query_vector(services, shop, product)
    hits: dict[str, Reference] = {}
    tried: list[str] = []
    for circle in _circles(services, shop, product, vector, threshold):
        tried.append(circle.words)
        for hit in services.mirror.search(shop, vector, sparse, circle.where, CANDIDATES):
            if hit.similarity >= settings.min_similarity:
                hits.setdefault(hit.product_id, hit)
        if len(hits) >= settings.references:
            break
    chosen = tuple(hits.values())[: settings.references]
    return Found(chosen, threshold, _note(chosen, tried), tuple(tried[1:]))


def find_by_words(services: Services, shop: str, words: str, limit: int) -> list[Reference]:
    """Products that a sentence describes, best first: its colours by photo, all of it by words."""
    (vector,) = services.embedder.embed_texts([words])
    return services.mirror.search(shop, vector, _weighed(services, shop, words), Where(), limit)


def bestseller_threshold(services: Services, shop: str) -> int:
    """Units sold that make a bestseller in this shop."""
    if services.settings.min_sales is not None:
        return services.settings.min_sales
    return _quantile(services.seen.sales(shop), TOP_DECILE)


def query_vector(services: Services, shop: str, product: Product) -> dict[int, float]:
    """The product's keywords, weighed by how rare each is in this shop."""
    return _weighed(services, shop, keywords.document_text(product))


def _weighed(services: Services, shop: str, text: str) -> dict[int, float]:
    return keywords.query_vector(text, *services.seen.frequencies(shop, keywords.terms(text)))


def _circles(
    services: Services, shop: str, product: Product, vector: NDArray[np.float32], threshold: int
) -> Iterator[Circle]:
    own = (product.category,)
    without = (product.id,)
    everywhere = Circle(
        Where((), threshold, without), f"anything in the store that sold at least {threshold:,}"
    )
    if not product.category:
        yield everywhere
        return
    lowered = min(threshold, _quantile(services.seen.sales(shop, product.category), CATEGORY_TOP))
    yield Circle(Where(own, threshold, without), f"{product.category} that sold at least {threshold:,}")
    if lowered < threshold:
        yield Circle(Where(own, lowered, without), f"{product.category} that sold at least {lowered:,}")
    near = _neighbours(services, shop, product, vector)
    if near:
        yield Circle(
            Where(near, threshold, without), f"{' and '.join(near)} that sold at least {threshold:,}"
        )
    yield everywhere


def _neighbours(
    services: Services, shop: str, product: Product, vector: NDArray[np.float32]
) -> tuple[str, ...]:
    """The other categories that most of the similar-looking products belong to."""
    alike = services.mirror.search(shop, vector, {}, Where(without=(product.id,)), CANDIDATES)
    counted = Counter(hit.category for hit in alike if hit.category != product.category)
    return tuple(category for category, _ in counted.most_common(NEIGHBOURS))


def _quantile(sales: NDArray[np.int64], share: float) -> int:
    """Units that `share` of the products stay below; at least 1: what never sold is no bestseller."""
    return max(1, int(np.quantile(sales, share, method="nearest"))) if sales.size else 1


def _note(chosen: tuple[Reference, ...], tried: list[str]) -> str:
    if not chosen:
        return "No bestseller looks close enough to learn from, so the plain house style is used."
    if len(tried) == 1:
        return f"Found among {tried[0]}."
    return f"Too few among {tried[0]}; widened to {', then '.join(tried[1:])}."
