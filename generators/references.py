"""Which bestsellers to learn from: hybrid retrieval that widens step by step when a category has too few.

Sales decide who may be found (generators/bestsellers.py) and nothing else: among bestsellers, likeness alone
ranks. Whatever is found must also look like the new product; when nothing does, there is no reference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray

from generators.bestsellers import QUARTER, Bestsellers, Threshold, Window
from infra import keywords
from infra.errors import ImageError, Refused
from infra.milvus import CANDIDATES, Where
from infra.model import Product, Reference
from infra.services import Services

log = structlog.get_logger()

NEIGHBOURS = 2
"""How many other categories count as neighbouring: those of the most similar-looking products."""
UNKNOWN: NDArray[np.float32] = np.zeros(0, np.float32)
"""A look that nothing can be compared with: the embedder that filled the mirror is not to be had any more."""
HOUSE_STYLE = "so the plain house style is used"
NOT_COMPARABLE = f"The photo could not be compared with those of this store, {HOUSE_STYLE}."


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the search: who could be found, and how many were: at most CANDIDATES, `alike` of them."""

    threshold: Threshold
    words: str
    found: int
    alike: int


@dataclass(frozen=True, slots=True)
class Found:
    """The references, best first, and the numbers that they were found by: all that explains the choice.

    `alike` in a step means a cosine of `min_similarity` or more.
    """

    references: tuple[Reference, ...]
    note: str
    window: Window
    min_similarity: float
    steps: tuple[Step, ...]


def photo_vector(services: Services, shop: str, photo: bytes) -> NDArray[np.float32]:
    """A photo's embedding, as a shop's searches compare it; UNKNOWN where they cannot.

    A listing does not fail for want of a paid embedder: words find bestsellers, too.
    """
    embedder = services.embedder_of(shop)
    try:
        return embedder.embed_images([photo])[0] if embedder else UNKNOWN
    except (ImageError, Refused) as error:
        log.warning("the photo cannot be compared", shop=shop, why=str(error))
        return UNKNOWN


def find_references(services: Services, shop: str, product: Product, vector: NDArray[np.float32]) -> Found:
    """Bestsellers that resemble a product; `vector` is its `photo_vector`."""
    settings, bestsellers = services.settings, Bestsellers(services, shop)
    sparse = query_vector(services, shop, product)
    hits: dict[str, Reference] = {}
    steps: list[Step] = []
    for threshold in _widening(services, shop, product, vector, bestsellers):
        found = services.mirror.search(shop, vector, sparse, _where(threshold, product), CANDIDATES)
        alike = [hit for hit in found if hit.similarity >= settings.min_similarity]
        for hit in alike:
            hits.setdefault(hit.product_id, hit)
        steps.append(Step(threshold, threshold.words(), len(found), len(alike)))
        if len(hits) >= settings.references:
            break
    chosen = tuple(hits.values())[: settings.references]
    note = _note(chosen, steps, bestsellers.window) if vector.size else NOT_COMPARABLE
    return Found(chosen, note, bestsellers.window, settings.min_similarity, tuple(steps))


def find_by_words(services: Services, shop: str, words: str, limit: int) -> list[Reference]:
    """Products that a sentence describes, best first: its colours by photo, all of it by words."""
    embedder = services.embedder_of(shop)
    vector = embedder.embed_texts([words])[0] if embedder else UNKNOWN
    return services.mirror.search(shop, vector, _weighed(services, shop, words), Where(), limit)


def query_vector(services: Services, shop: str, product: Product) -> dict[int, float]:
    """The product's keywords, weighed by how rare each is in this shop."""
    return _weighed(services, shop, keywords.document_text(product))


def _weighed(services: Services, shop: str, text: str) -> dict[int, float]:
    return keywords.query_vector(text, *services.seen.frequencies(shop, keywords.terms(text)))


def _widening(
    services: Services, shop: str, product: Product, vector: NDArray[np.float32], bestsellers: Bestsellers
) -> Iterator[Threshold]:
    """Step by step further away: its category, the nearest others one after the other, the whole store."""
    if not vector.size or not bestsellers.exist(product.category):
        return
    if product.category:
        strict = bestsellers.threshold(product.category)
        yield strict
        lowered = bestsellers.threshold(product.category, QUARTER)
        if lowered.units < strict.units:
            yield lowered
        for category in _neighbours(services, shop, product, vector):
            yield bestsellers.threshold(category)
    yield bestsellers.threshold()


def _where(threshold: Threshold, product: Product) -> Where:
    categories = (threshold.category,) if threshold.category else ()
    return Where(categories, threshold.units, without=(product.id,))


def _neighbours(
    services: Services, shop: str, product: Product, vector: NDArray[np.float32]
) -> tuple[str, ...]:
    """The other categories that most of the similar-looking products belong to, whether they sold or not."""
    elsewhere = Where(without_categories=("", product.category))
    alike = services.mirror.search(shop, vector, {}, elsewhere, CANDIDATES)
    counted = Counter(hit.category for hit in alike)
    return tuple(category for category, _ in counted.most_common(NEIGHBOURS))


def _note(chosen: Sequence[Reference], steps: Sequence[Step], window: Window) -> str:
    """How it went, in a merchant's words and with the figures."""
    if not steps:
        return f"No product is known to have sold {window.words}: there is no bestseller yet, {HOUSE_STYLE}."
    first, *wider = [steps[0].threshold.words(window.words), *(step.words for step in steps[1:])]
    if chosen and not wider:
        return f"Bestsellers here: {first}."
    way = f"in {len(wider)} steps " if len(wider) > 1 else ""
    where = f"{first}; widened {way}to {wider[-1]}" if wider else first
    if chosen:
        return f"Too few are alike among {where}."
    none = "looks close enough to learn from" if any(step.found for step in steps) else "is there yet"
    return f"No bestseller {none}, {HOUSE_STYLE}. Looked among {where}."
